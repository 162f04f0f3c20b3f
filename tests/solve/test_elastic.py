"""Why a problem is infeasible: the planted conflict is named, with its amount."""

import re

import numpy as np
import pytest

from small import make_grid, make_sites
from suandian.maths.prepared import Prepared
from suandian.maths.solving import solve_window
from suandian.maths.window import Groups, Window
from suandian.model.issues import InfeasibleError
from suandian.model.scenario import Goal
from suandian.model.system import no_services
from suandian.solve.elastic import Relaxation
from suandian.solve.highs import solve
from suandian.solve.problem import Builder

STEPS, SITES = 4, 3
FAMILIES = (("need", (STEPS, SITES)), ("capacity", (STEPS,)), ("ramp", (STEPS - 1, SITES)))


def _problem(
    plant: tuple[str, tuple[int, ...], float, float] | None = None,
    cost: float | None = None,
    seed: int = 0,
):
    """Output by step and site within 0 … 10: a need in each, a common capacity per step, ramps
    between steps.

    Loose where nothing is planted, but coupled: with less capacity, needs give way too. `plant` is
    (family, member, sign, limit): the row must be ≥ limit (sign 1) or ≤ (sign -1). With `cost`, the
    sign of it is put on the activity of the planted row instead, to see how far it can go.
    """
    rng, b = np.random.default_rng(seed), Builder()
    x = b.add_columns(
        "x",
        (STEPS, SITES),
        0.0,
        rng.uniform(6, 10, (STEPS, SITES)),
        rng.uniform(0, 1, (STEPS, SITES)),
    )
    sizes = {"need": (0.3, np.inf), "capacity": (-np.inf, 20.0), "ramp": (-4.0, 4.0)}
    weights = rng.uniform(0.5, 1.5, (STEPS, SITES))
    for name, shape in FAMILIES:
        low, high = (np.full(shape, v) for v in sizes[name])
        if plant and plant[0] == name and cost is None:
            (low if plant[2] > 0 else high)[plant[1]] = plant[3]
        rows = b.add_rows(
            name, shape, low, high, unit={"need": "MW", "capacity": "MWh", "ramp": "MW/h"}[name]
        )
        if name == "need":
            b.add_entries(rows, x, weights)
        elif name == "capacity":
            b.add_entries(rows[:, None], x, 1.0)
        else:
            b.add_entries(rows, x[1:], 1.0)
            b.add_entries(rows, x[:-1], -1.0)
    problem = b.build()
    if plant and cost is not None:
        row = problem.rows[plant[0]].ids()[plant[1]]
        problem.cost[:] = cost * problem.matrix.tocsr()[[int(row)]].toarray()[0]
    return problem


def _planted(seed: int):
    """A member chosen by chance, made to ask for 0.5 to 5 more than the rest allows."""
    rng = np.random.default_rng(10_000 + seed)
    family, shape = FAMILIES[rng.integers(len(FAMILIES))]
    member = tuple(int(rng.integers(n)) for n in shape)
    sign = -1.0 if family == "capacity" else 1.0
    far = -sign * solve(_problem((family, member, sign, 0.0), cost=-sign, seed=seed)).objective
    amount = float(rng.uniform(0.5, 5))
    return (family, member, sign, far + sign * amount), sign * amount


def _named(error: InfeasibleError) -> list[tuple[str, tuple[int, ...], float]]:
    found = re.findall(r"(\w+)\[([\d, ]*)\]: relax by (\S+) ", str(error))
    return [
        (name, tuple(int(i) for i in member.split(",")), float(amount))
        for name, member, amount in found
    ]


def test_a_planted_conflict_is_named_with_its_amount() -> None:
    hits, wrong = 0, []
    for seed in range(100):
        plant, amount = _planted(seed)
        with pytest.raises(InfeasibleError) as caught:
            solve(_problem(plant, seed=seed))
        first = _named(caught.value)[0]
        right = first[:2] == plant[:2] and first[2] == pytest.approx(amount, rel=0.01)
        hits += right
        if not right:
            wrong.append((seed, plant, amount, str(caught.value)))
    assert hits >= 95, wrong


def test_what_is_named_is_enough() -> None:
    for seed in range(40):
        plant, _ = _planted(seed)
        problem = _problem(plant, seed=seed)
        with pytest.raises(InfeasibleError) as caught:
            solve(problem)
        for name, member, amount in _named(caught.value):
            row = problem.rows[name].ids()[member]
            problem.row_lower[row] -= max(amount, 0.0) * (1 + 1e-5)  # the message has six digits
            problem.row_upper[row] -= min(amount, 0.0) * (1 + 1e-5)
        assert solve(problem).certificate.holds


def test_limits_that_cross_are_named_whether_of_rows_or_of_columns() -> None:
    b = Builder()
    x = b.add_columns("x", (2, 2), 0.0, [[1.0, 2.0], [3.0, -0.5]], unit="MWh")
    b.add_entries(b.add_rows("band", (2,), lower=[0.0, 5.0], upper=[-0.2, 3.0]), x[0], 1.0)
    with pytest.raises(InfeasibleError) as caught:
        solve(b.build())
    assert _named(caught.value) == [("band", (1,), 2.0), ("x", (1, 1), 0.5), ("band", (0,), 0.2)]


def test_without_the_plant_the_problem_is_feasible() -> None:
    for seed in range(0, 100, 10):
        assert solve(_problem(seed=seed)).certificate.holds


def test_relaxations_come_with_the_error_largest_first() -> None:
    # two needs that nothing connects: 11 and 12 are asked of at most 10 and 8
    b = Builder()
    x = b.add_columns("x", (2,), 0.0, [10.0, 8.0])
    b.add_entries(b.add_rows("need", (2,), lower=[11.0, 12.0], unit="MWh"), x, 1.0)
    with pytest.raises(InfeasibleError) as caught:
        solve(b.build())
    assert [n for n, _, _ in caught.value.relaxations] == ["need", "need"]
    assert [a for _, a, _ in caught.value.relaxations] == pytest.approx([4.0, 1.0])
    assert [u for _, _, u in caught.value.relaxations] == ["MWh", "MWh"]
    assert _named(caught.value) == [("need", (1,), 4.0), ("need", (0,), 1.0)]


def test_one_row_is_named_where_two_would_cost_less() -> None:
    # 0.6·x0 ≥ 1 and 1.3·x1 ≥ 1 take 1.667 + 0.769; 0.5 are allowed. Least sum: the first need gives
    # 1, and 0.269 more are allowed; one row can do it alone: 1.936 more are allowed
    b = Builder()
    x = b.add_columns("x", (2,), 0.0, 10.0)
    b.add_entries(b.add_rows("need", (2,), lower=1.0), x, [0.6, 1.3])
    b.add_entries(b.add_rows("allowed", (1,), upper=0.5), x, 1.0)
    with pytest.raises(InfeasibleError) as caught:
        solve(b.build())
    assert _named(caught.value) == [("allowed", (0,), pytest.approx(-1.9359, abs=1e-4))]


def test_few_rows_are_relaxed_rather_than_many_a_little() -> None:
    # x ≥ 3 is asked by one row against three that say x ≤ 2: one gives 1, not three
    b = Builder()
    x = b.add_columns("x", (1,), 0.0, 10.0)
    b.add_entries(b.add_rows("ask", (1,), lower=3.0), x, 1.0)
    b.add_entries(b.add_rows("limit", (3,), upper=2.0), np.repeat(x, 3), 1.0)
    with pytest.raises(InfeasibleError) as caught:
        solve(b.build())
    assert _named(caught.value) == [("ask", (0,), 1.0)]


def test_an_upper_limit_is_relaxed_downwards() -> None:
    assert str(Relaxation("reserve", (3,), -12.5, "MW")) == "reserve[3]: relax by -12.5 MW"


def test_a_margin_that_no_plant_can_keep_is_missed_by_what_is_missing() -> None:
    # 80 MW of firm units cannot keep 100 free: 20 are missing in each step, whatever runs
    prepared = Prepared(
        make_grid(units=[(0, 80, 10, 0)]),
        "dc",
        make_sites([]),
        no_services(),
        Goal(reserve_mw=100.0),
    )
    empty = np.zeros((2, 0))
    window = Window(
        np.ones(2),
        np.zeros((2, 1)),
        empty,
        empty,
        empty,
        Groups.none(2, len(prepared.sites)),
        np.zeros(0),
        np.zeros(0),
        np.full(1, np.nan),
        reserve_mw=100.0,
    )
    result = solve_window(prepared, window)
    assert result.column("reserve_short")[:, 0] == pytest.approx([20.0, 20.0])


def test_only_what_is_needed_is_named() -> None:
    # three needs, one common stock that is short by 4: least is missed, and rows that could stay
    # are not named beside it
    b = Builder()
    x = b.add_columns("x", (3,), 0.0, 10.0)
    b.add_entries(b.add_rows("need", (3,), lower=[5.0, 3.0, 2.0]), x, 1.0)
    b.add_entries(b.add_rows("stock", (1,), upper=6.0), x, 1.0)
    with pytest.raises(InfeasibleError) as caught:
        solve(b.build())
    assert len(_named(caught.value)) == 1
    assert sum(abs(amount) for *_, amount in _named(caught.value)) == pytest.approx(4.0)
