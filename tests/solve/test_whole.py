"""Whole numbers: the incumbent is audited, its gap stated, and the bound that is ours kept apart
from the solver's.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from suandian.model.issues import InfeasibleError, SolveError
from suandian.solve import whole
from suandian.solve.mip import branch
from suandian.solve.problem import Builder, Problem
from suandian.solve.whole import audit_whole, solve_whole


def knapsack(seed: int, n: int = 8) -> Problem:
    """Take things (0 or 1) of most value within a weight, and a real amount of something else."""
    rng = np.random.default_rng(seed)
    b = Builder()
    x = b.add_columns("take", (n,), 0.0, 1.0, -rng.uniform(1, 9, n), unit="1", integer=True)
    y = b.add_columns("pour", (1,), 0.0, 2.0, -0.5)
    row = b.add_rows("weight", (1,), upper=9.0, unit="kg")
    b.add_entries(row, x, rng.uniform(1, 5, n))
    b.add_entries(row, y, 1.0)
    return b.build()


def enumerated(problem: Problem) -> float:
    """The optimum by trying every choice; what weight is left is poured."""
    weight, best = problem.matrix.toarray()[0], np.inf
    for take in product((0.0, 1.0), repeat=len(weight) - 1):
        left = 9.0 - weight[:-1] @ take
        if left >= 0:
            best = min(best, problem.cost[:-1] @ take - 0.5 * min(left, 2.0))
    return best


def test_the_incumbent_is_the_enumerated_optimum_and_both_bounds_lie_below() -> None:
    for seed in range(8):
        problem = knapsack(seed)
        made = solve_whole(problem, mip_gap=0.0)
        assert made.objective == pytest.approx(enumerated(problem), abs=1e-6)
        assert made.status == "optimal"
        assert made.proven <= made.claimed + 1e-6 <= made.objective + 2e-6
        assert made.gap == pytest.approx(0.0, abs=1e-6) and made.proven_gap >= -1e-9
        assert made.dispatch.certificate.holds
        audit_whole(problem, made.dispatch.x)


@pytest.mark.parametrize(
    ("change", "says"), [(0.3, "from whole numbers"), (1.0, "violation"), (np.nan, "fails")]
)
def test_a_point_that_is_not_whole_or_breaks_a_row_is_refused(monkeypatch, change, says) -> None:
    problem, good = knapsack(1), whole.branch

    def branch(*args):
        found = good(*args)
        return replace(found, x=found.x + np.where(problem.integrality, change, 0.0))

    monkeypatch.setattr(whole, "branch", branch)
    with pytest.raises(SolveError, match=says):
        solve_whole(problem)


def test_no_time_leaves_no_incumbent_or_a_stated_gap() -> None:
    problem = knapsack(2, 40)
    try:
        made = solve_whole(problem, mip_gap=0.0, time_limit_s=1e-9)
    except SolveError as error:
        assert "no point" in str(error)
    else:
        assert made.proven_gap >= made.gap - 1e-9 and made.gap >= 0


def test_infeasible_is_explained_by_the_relaxation() -> None:
    problem = knapsack(3)
    problem.row_lower[0] = problem.row_upper[0] = 100.0
    with pytest.raises(InfeasibleError, match="weight"):
        solve_whole(problem)


def test_a_linear_problem_is_not_for_branching() -> None:
    with pytest.raises(SolveError, match="no column"):
        solve_whole(replace(knapsack(0), integrality=None))


def test_a_gap_is_a_distance_over_one_and_the_amount() -> None:
    found = solve_whole(knapsack(0))
    found = replace(found, objective=-9.0, claimed=-10.0, proven=-12.0)
    assert (found.gap, found.proven_gap) == pytest.approx((0.1, 0.3))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_cost_that_is_no_number_is_refused_before_the_search(value: float) -> None:
    problem = knapsack(0)
    problem.cost[2] = value
    with pytest.raises(SolveError, match="cost holds a value that is not finite"):
        branch(problem, None, 0.0, 5.0)
