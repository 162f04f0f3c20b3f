"""Joined problems: the newsvendor, whose optimum is known, with and without risk."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.solve.futures import Risk, joined, parts, value_at_risk
from suandian.solve.port import solve
from suandian.solve.problem import Builder, Problem

COST, PRICE = 3.0, 10.0


def vendor(demand: float, fee: float = 0.0) -> Problem:
    """Buy x before demand shows, sell at most that and no more than is asked for."""
    b = Builder()
    bought = b.add_columns("bought", (1,), cost=COST)
    sold = b.add_columns("sold", (1,), upper=demand, cost=-PRICE)
    row = b.add_rows("stock", (1,), lower=0.0)
    b.add_entries(row, bought, 1.0)
    b.add_entries(row, sold, -1.0)
    b.offset = fee
    return b.build()


def answer(demands: list[float], risk: Risk) -> tuple[float, float]:
    problems = [vendor(d, fee=2.0) for d in demands]
    solution = solve(joined(problems, [p.columns["bought"].ids() for p in problems], risk))
    bought = [x[0] for x in parts(problems, solution.x)]
    assert bought == pytest.approx([bought[0]] * len(demands))
    assert solution.certificate.holds
    return float(bought[0]), solution.objective


def worth(bought: float, demands: list[float], risk: Risk) -> float:
    costs = np.array([2.0 + COST * bought - PRICE * min(bought, d) for d in demands])
    return (1 - risk.weight) * costs.mean() + risk.weight * value_at_risk(costs, risk.level)


def test_the_newsvendor_buys_the_critical_quantile() -> None:
    demands = [float(d) for d in range(1, 11)]
    bought, cost = answer(demands, Risk())
    assert bought == pytest.approx(7.0, abs=1e-6) or bought == pytest.approx(
        8.0, abs=1e-6
    )  # (10 - 3) / 10
    assert cost == pytest.approx(2.0 + 3 * 7 - 10 * np.minimum(7, demands).mean())


def test_who_counts_only_the_worst_buys_what_is_sold_in_any_case() -> None:
    assert answer([1.0, 5.0, 9.0, 10.0], Risk(1.0, 0.75))[0] == pytest.approx(1.0)
    assert answer([1.0, 5.0, 9.0, 10.0], Risk(1.0, 0.0))[1] == pytest.approx(
        answer([1.0, 5.0, 9.0, 10.0], Risk())[1]
    )


# a weight below the solver's tolerance of 1e-7 is no weight to it
WEIGHTS = st.just(0.0) | st.floats(1e-4, 1)


@settings(max_examples=40, deadline=None)
@given(
    demands=st.lists(st.integers(0, 50).map(float), min_size=1, max_size=8),
    weight=WEIGHTS,
    level=st.floats(0, 0.95),
)
def test_the_optimum_is_that_of_trying_every_demand(
    demands: list[float], weight: float, level: float
) -> None:
    # the objective is piecewise linear in x with kinks at demands only
    risk = Risk(weight, level)
    best = min(worth(x, demands, risk) for x in [0.0, *demands])
    bought, cost = answer(demands, risk)
    assert cost == pytest.approx(best, abs=1e-5)
    assert worth(bought, demands, risk) == pytest.approx(best, abs=1e-5)


def test_one_future_is_the_problem_itself() -> None:
    problem = vendor(4.0, fee=1.0)
    for risk in (Risk(), Risk(0.5, 0.9)):
        found = solve(joined([problem], [problem.columns["bought"].ids()], risk))
        assert found.objective == pytest.approx(solve(problem).objective)
    plain = joined([problem], [problem.columns["bought"].ids()], Risk())
    assert plain.shape == problem.shape
    assert set(plain.rows) == {"0: stock", "shared"}


def test_what_a_plan_at_risk_adds_has_names_and_the_unit_of_money() -> None:
    problems = [vendor(d, fee=1.0) for d in (4.0, 6.0)]
    both = joined(problems, [p.columns["bought"].ids() for p in problems], Risk(0.5, 0.5))
    n = both.shape[1]
    assert both.columns["cost_at_risk"].ids().tolist() == [n - 3]
    assert both.columns["excess"].ids().tolist() == [n - 2, n - 1]
    assert {both.columns[name].unit for name in ("cost_at_risk", "excess")} == {"currency"}
    # 0.5 of the mean, and 0.5 of η + Σ excess / (2 futures · half of them)
    assert both.columns["excess"].of(both.cost).tolist() == [0.5, 0.5]
