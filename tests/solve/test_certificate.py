"""The judge of answers: it catches a wrong point, a wrong dual and a violated bound, and its bound
is a bound.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.model.issues import InfeasibleError, SolveError
from suandian.solve import highs
from suandian.solve.certificate import certify
from suandian.solve.highs import solve
from suandian.solve.problem import Builder, Problem


def two_sources() -> Problem:
    """Need 5 from x0 ≤ 4 at 1 and x1 ≤ 9 at 2, and 10 fixed: 10 + 4 + 2 = 16; one more costs 2."""
    b = Builder()
    x = b.add_columns("x", (2,), 0.0, [4.0, 9.0], [1.0, 2.0])
    row = b.add_rows("need", (1,), lower=5.0)
    b.add_entries(row, x, 1.0)
    b.offset = 10.0
    return b.build()


def random_problem(seed: int, columns: int = 12, rows: int = 8) -> Problem:
    """A feasible problem: a random point fulfils every row; boxes make it bounded."""
    rng = np.random.default_rng(seed)
    b = Builder()
    x = b.add_columns(
        "x", (columns,), 0.0, rng.uniform(1, 10, columns), rng.uniform(-5, 5, columns)
    )
    matrix = rng.uniform(-2, 2, (rows, columns)) * (rng.random((rows, columns)) < 0.4)
    inside = matrix @ (rng.uniform(0, 1, columns))
    lower = np.where(rng.random(rows) < 0.3, -np.inf, inside - rng.uniform(0, 2, rows))
    upper = np.where(rng.random(rows) < 0.3, np.inf, inside + rng.uniform(0, 2, rows))
    r = b.add_rows("r", (rows,), lower, upper)
    b.add_entries(r[:, None], x, matrix)
    return b.build()


def test_the_right_pair_holds_and_proves_its_optimum() -> None:
    made = certify(two_sources(), np.array([4.0, 1.0]), np.array([2.0]))
    # reduced costs -1 and 0: bound = 10 + 2·5 - 1·4
    assert made.holds
    assert (made.objective, made.bound, made.gap) == (16.0, 16.0, 0.0)
    assert (made.primal, made.dual) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("x", "dual", "broken", "amount"),
    [
        ([4.0, 0.7], [2.0], "primal", 0.3 / 6),  # the need is missed by 0.3, relative to 1 + 5
        ([4.5, 0.5], [2.0], "primal", 0.5 / 5),  # above its bound by 0.5, relative to 1 + 4
        ([5.2, -0.2], [2.0], "primal", 1.2 / 5),
        ([3.0, 2.0], [2.0], "gap", 1 / 18),  # feasible, costs 17 instead of 16
        (
            [4.0, 1.0],
            [1.5],
            "gap",
            1 / 17,
        ),  # bound 10 + 7.5 - 0.5·4 + 0 = 15.5; and x1's 0.5 at its lower bound
        ([4.0, 1.0], [-1.0], "dual", 1 / 3),  # a need has no upper limit to push on
        ([np.nan, 1.0], [2.0], "primal", np.nan),
    ],
)
def test_a_wrong_pair_is_caught(x, dual, broken, amount) -> None:
    made = certify(two_sources(), np.array(x), np.array(dual))
    assert not made.holds
    assert made.as_dict()["holds"] is False
    if dual == [1.5]:
        amount = 0.5 / 17
    assert getattr(made, broken) == pytest.approx(amount, nan_ok=True)


def test_an_upper_limit_and_a_negative_dual() -> None:
    # sell as much as 5 allow: min -3x, x + y ≤ 5, y ≥ 1: x = 4, dual -3
    b = Builder()
    x = b.add_columns("x", (2,), [0.0, 1.0], np.inf, [-3.0, 0.0])
    b.add_entries(b.add_rows("cap", (1,), upper=5.0), x, 1.0)
    problem = b.build()
    assert certify(problem, np.array([4.0, 1.0]), np.array([-3.0])).holds
    # with dual -2 the reduced cost of x is -1, and x has no upper bound
    assert certify(problem, np.array([4.0, 1.0]), np.array([-2.0])).dual == pytest.approx(1 / 4)
    answer = solve(problem)
    assert (answer.objective, answer.row_dual.tolist()) == (-12.0, [-3.0])


@given(seed=st.integers(0, 2**20), other=st.integers(0, 2**20))
@settings(deadline=None, max_examples=60)
def test_any_duals_prove_a_lower_bound(seed, other) -> None:
    problem = random_problem(seed)
    answer = solve(problem)
    assert answer.certificate.holds
    rng = np.random.default_rng(other)
    dual = answer.row_dual + rng.normal(0, 0.3, len(answer.row_dual)) * (
        rng.random(len(answer.row_dual)) < 0.5
    )
    dual = np.where(np.isinf(problem.row_lower), np.minimum(dual, 0), dual)
    dual = np.where(np.isinf(problem.row_upper), np.maximum(dual, 0), dual)
    made = certify(problem, answer.x, dual)
    assert made.dual == 0.0
    assert made.bound <= answer.objective + 1e-7
    if np.abs(dual - answer.row_dual).max() < 1e-9:
        assert made.bound == pytest.approx(answer.objective)


@pytest.mark.parametrize("method", ["simplex", "ipx"])
def test_methods_agree(method) -> None:
    for seed in range(8):
        problem = random_problem(seed)
        answer = solve(problem, method)
        assert answer.solver == f"highs-{method}"
        assert answer.objective == pytest.approx(solve(problem).objective, abs=1e-6)


def _changed(**vectors: object) -> Problem:
    problem = two_sources()
    for name, (place, value) in vectors.items():
        (problem.matrix.data if name == "matrix" else getattr(problem, name))[place] = value
    return problem


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("cost", np.nan),
        ("cost", np.inf),
        ("cost", -np.inf),
        ("matrix", np.nan),
        ("matrix", np.inf),
        ("lower", np.nan),
        ("upper", np.nan),
        ("row_lower", np.nan),
        ("row_upper", np.nan),
    ],
)
def test_a_number_that_is_none_is_refused_before_the_solver_sees_it(
    where, value, monkeypatch
) -> None:
    monkeypatch.setattr(highs, "_run", lambda *_: pytest.fail("it was solved"))
    with pytest.raises(SolveError, match=r"not finite|NaN"):
        solve(_changed(**{where: (0, value)}))


def test_unbounded_is_an_error_not_a_plan() -> None:
    b = Builder()
    x = b.add_columns("x", (2,), cost=[-1.0, 0.0])
    b.add_entries(b.add_rows("r", (1,), upper=3.0), x, [1.0, -1.0])
    with pytest.raises(SolveError, match="Unbounded"):
        solve(b.build())


def test_a_limit_without_an_answer_is_an_error_not_zeros() -> None:
    rng = np.random.default_rng(0)
    b = Builder()
    x = b.add_columns("x", (300,), 0.0, 1.0, -rng.uniform(1, 2, 300))
    b.add_entries(b.add_rows("r", (200,), upper=5.0)[:, None], x, rng.uniform(0, 1, (200, 300)))
    with pytest.raises(SolveError, match="time limit"):
        solve(b.build(), time_limit_s=0.0)


def test_a_warm_answer_that_fails_the_audit_is_solved_again_from_cold(monkeypatch) -> None:
    problem, asked = random_problem(3), []
    good = highs._run

    def run(problem, method, basis, *rest):
        asked.append(basis)
        answer = good(problem, method, basis, *rest)
        if basis is None:
            return answer
        x = answer.x + 1e-3
        return type(answer)(
            **{**answer.__dict__, "x": x, "certificate": certify(problem, x, answer.row_dual)}
        )

    cold = solve(problem)
    monkeypatch.setattr(highs, "_run", run)
    warm = solve(problem, basis=cold.basis)
    assert [b is None for b in asked] == [False, True]
    assert warm.x.tobytes() == cold.x.tobytes()


def test_an_answer_that_fails_the_audit_from_cold_is_an_error(monkeypatch) -> None:
    good = highs._run

    def run(problem, *rest):
        answer = good(problem, *rest)
        return type(answer)(
            **{**answer.__dict__, "certificate": certify(problem, answer.x, answer.row_dual + 0.1)}
        )

    monkeypatch.setattr(highs, "_run", run)
    with pytest.raises(SolveError, match="fails the audit"):
        solve(two_sources())


def test_infeasible_is_a_kind_of_solve_error() -> None:
    with pytest.raises(InfeasibleError):
        solve(_changed(upper=(1, 0.5)))
    assert issubclass(InfeasibleError, SolveError)
