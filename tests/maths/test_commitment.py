"""Golden cases of unit commitment that can be worked out by hand, and its invariants on random
small systems.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from small import make_grid, make_sites, writable
from suandian.maths.commit import dispatched, repaired, solve_committed
from suandian.maths.compile import compile_window
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.maths.signals import emitted_kg
from suandian.maths.solving import solve_window
from suandian.maths.supply import supply_curves
from suandian.maths.window import Groups, Window
from suandian.model.grid import Generators, Grid, table
from suandian.model.scenario import Commitment, Goal
from suandian.model.system import no_services

EXACT = Commitment("mip", gap=0.0, time_limit_s=30.0)


def units_of(**columns: object) -> Generators:
    """Units with one segment each; the columns of `Generators`, with `cost` [currency/MWh] at every
    output.
    """
    cost = np.asarray(columns.pop("cost"), dtype=float)
    low, high = (np.asarray(columns[key], dtype=float) for key in ("p_min_mw", "p_max_mw"))
    return table(
        Generators,
        len(cost),
        id=[f"g{i}" for i in range(len(cost))],
        carrier="gas",
        no_load=cost * low,
        segment_mw=(high - low)[:, None],
        segment_cost=cost[:, None],
        **columns,
    )


def system(units: Generators, commitment: Commitment = EXACT, **goal: float) -> Prepared:
    grid: Grid = replace(make_grid(1), generators=units)
    return Prepared(
        grid, "copper", make_sites([]), no_services(0), Goal(**goal), commitment=commitment
    )


def window(prepared: Prepared, load: list[float], **changes: object) -> Window:
    steps, none = len(load), np.zeros((len(load), 0))
    base = Window(
        np.ones(steps),
        np.array(load)[:, None],
        none,
        none,
        none,
        Groups.none(steps, len(prepared.sites)),
        np.zeros(0),
        np.zeros(0),
        np.full(len(prepared.units), np.nan),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def before(*hours: float) -> np.ndarray:
    return np.array([h * 3600 for h in hours], dtype=np.int64)


def on(result: Result) -> list[list[int]]:
    return np.rint(result.on()).astype(int).T.tolist()


PAIR: dict[str, object] = {"p_min_mw": [10, 20], "p_max_mw": [100, 60], "cost": [10.0, 30.0]}


def test_start_cost_is_paid_when_it_is_worth_it() -> None:
    # load above the cheap unit's 100 MW in step 1 only: 10 MW short; the dear unit must run at 20
    # MW for its start cost
    prepared = system(units_of(**PAIR, start_cost=[0, 500]))
    result = solve_committed(prepared, window(prepared, [90, 110, 90], on_s=before(5, -5)))
    assert on(result) == [[1, 1, 1], [0, 1, 0]]
    # 90·10 + (90·10 + 20·30) + 90·10 + 500
    assert result.solution.objective == pytest.approx(3800)
    assert result.commitment is not None and result.commitment.gap <= 1e-9


def test_a_start_is_spread_over_the_steps_that_need_it() -> None:
    # two peaks with one step between: staying on costs 20·(30-10) = 400 more, a second start 500
    # (stay) or 300 (start)
    load = [90, 110, 90, 110, 90]
    for start_cost, expected in ((500, [0, 1, 1, 1, 0]), (300, [0, 1, 0, 1, 0])):
        prepared = system(units_of(**PAIR, start_cost=[0, start_cost]))
        result = solve_committed(prepared, window(prepared, load, on_s=before(5, -5)))
        assert on(result)[1] == expected


def test_minimum_up_time_keeps_a_unit_on() -> None:
    prepared = system(units_of(**PAIR, min_up_h=[0, 3]))
    result = solve_committed(prepared, window(prepared, [110, 90, 90, 90], on_s=before(5, -5)))
    assert on(result)[1] == [1, 1, 1, 0]
    # the relaxation would run it for one step at the 10 MW that are missing
    # 1000+600 (90+20 MW), then 70·10 + 20·30 twice, then 900
    assert result.solution.objective == pytest.approx(90 * 10 + 600 + 2 * (70 * 10 + 600) + 900)


def test_what_happened_before_counts() -> None:
    prepared = system(units_of(**PAIR, min_up_h=[0, 3], min_down_h=[0, 3]))
    one_more = solve_committed(prepared, window(prepared, [90, 90, 90], on_s=before(5, 2)))
    assert on(one_more)[1] == [1, 0, 0]
    # off for one hour of three: 10 MW are unserved for two steps, then the unit may start
    short = solve_committed(prepared, window(prepared, [110, 110, 110], on_s=before(5, -1)))
    assert on(short)[1] == [0, 0, 1]
    assert short.column("shed")[:, 0].tolist() == pytest.approx([10, 10, 0])


def test_minimum_down_time_makes_staying_on_worth_it() -> None:
    # one step without need between two with: down for 2 h would shed load at the second peak
    prepared = system(units_of(**PAIR, min_down_h=[0, 2]))
    result = solve_committed(prepared, window(prepared, [110, 90, 110], on_s=before(5, 5)))
    assert on(result)[1] == [1, 1, 1]


def test_output_that_nobody_can_take_is_dumped_not_hidden() -> None:
    # both must stay on: at least 30 MW, and 25 MW of load; 5 MW are dumped at the price of unserved
    # load
    prepared = system(units_of(**PAIR, min_up_h=[4, 4]), unserved_load=1000.0)
    result = solve_committed(prepared, window(prepared, [25.0], on_s=before(1, 1)))
    assert result.dump_mw().sum() == pytest.approx(5)
    assert result.output_mw()[0].tolist() == pytest.approx([10, 20])
    assert result.solution.objective == pytest.approx(100 + 600 + 5 * 1000)


def test_ramps_pass_through_start_and_stop_at_minimum_output() -> None:
    # ramp 5 MW/h, minimum 20: a start reaches 20 at once, then 25, 30
    units = units_of(p_min_mw=[20.0], p_max_mw=[60.0], cost=[10.0], ramp_mw_per_h=[5.0])
    prepared = system(units)
    up = solve_committed(
        prepared, window(prepared, [50.0, 50.0, 50.0], on_s=before(-9), last_mw=np.array([0.0]))
    )
    assert up.output_mw()[:, 0].tolist() == pytest.approx([20, 25, 30])
    # at 32 MW it comes down by its ramp to 20 MW (27, 22, 20), before it may stop; what nobody
    # takes is dumped
    down = solve_committed(
        prepared, window(prepared, [0.0] * 5, on_s=before(9), last_mw=np.array([32.0]))
    )
    assert down.output_mw()[:, 0].tolist() == pytest.approx([27, 22, 20, 0, 0], abs=1e-4)
    assert on(down) == [[1, 1, 1, 0, 0]]


def test_an_unknown_past_costs_no_start() -> None:
    prepared = system(units_of(**PAIR, start_cost=[1000, 1000]))
    result = solve_committed(prepared, window(prepared, [110, 110]))
    assert on(result) == [[1, 1], [1, 1]]
    assert result.column("start").sum() == pytest.approx(0)


def test_steps_of_mixed_length() -> None:
    # minimum up time 1 h = four quarters, or one hour step
    prepared = system(units_of(**PAIR, min_up_h=[0, 1]))
    hours = np.array([0.25] * 4 + [1.0, 1.0])
    result = solve_committed(
        prepared, window(prepared, [110, 90, 90, 90, 90, 90], on_s=before(5, -5), hours=hours)
    )
    assert on(result)[1] == [1, 1, 1, 1, 0, 0]


def test_carbon_of_no_load_and_start_is_priced() -> None:
    units = units_of(**PAIR, start_kg=[0, 2000])
    writable(units.no_load_kg_per_h)[:] = [0, 50]
    prepared = system(units, carbon_price=100.0)
    result = solve_committed(prepared, window(prepared, [110], on_s=before(5, -5)))
    assert result.solution.objective == pytest.approx(900 + 600 + 0.1 * 2000 + 0.1 * 50)


def test_prices_are_those_of_the_fixed_commitment() -> None:
    prepared = system(units_of(**PAIR, start_cost=[0, 500]))
    result = solve_committed(prepared, window(prepared, [90, 110, 125], on_s=before(5, -5)))
    # the dear unit is at its minimum in step 1 (10 to spare below the cheap one's maximum) and sets
    # the price in step 2
    assert result.price()[:, 0].tolist() == pytest.approx([10, 10, 30])
    assert result.solution.certificate.holds


def test_increments_that_fall_are_repaired_above_the_minimum_only() -> None:
    units = table(
        Generators,
        1,
        id=["a"],
        p_min_mw=20,
        p_max_mw=60,
        no_load=900,
        segment_mw=[[20, 20]],
        segment_cost=[[30, 10]],
        segment_kg_per_mwh=[[0, 0]],
    )
    curve = supply_curves(units, relaxed=np.array([False]))
    assert (curve.base_mw[0], curve.base_cost[0]) == (20, 900)
    assert curve.cost.tolist() == pytest.approx([20.0]) and curve.repaired[0]
    assert supply_curves(units).base_mw[0] == 0


def test_reserve_is_held_by_units_that_are_on() -> None:
    # 90 MW of load leave 10 MW on the cheap unit; a margin of 20 MW needs the other one on
    prepared = system(units_of(**PAIR))
    free = solve_committed(prepared, window(prepared, [90.0], on_s=before(5, -5)))
    held = solve_committed(prepared, window(prepared, [90.0], on_s=before(5, -5), reserve_mw=20.0))
    assert on(free) == [[1], [0]] and on(held) == [[1], [1]]


def test_without_committed_units_it_is_the_linear_problem() -> None:
    units = units_of(p_min_mw=[0.0], p_max_mw=[50.0], cost=[7.0])
    prepared = system(units)
    assert not len(prepared.committed)
    asked = window(prepared, [20.0, 30.0])
    assert (
        solve_committed(prepared, asked).solution.objective
        == solve_window(prepared, asked).solution.objective
    )


def test_the_order_of_bounds() -> None:
    """Fluid bound ≤ relaxation ≤ proven bound ≤ plan ≤ rounded start."""
    units = units_of(
        p_min_mw=[10, 20, 8],
        p_max_mw=[60, 60, 30],
        cost=[10.0, 22.0, 41.0],
        start_cost=[900, 400, 30],
        min_up_h=[6, 3, 1],
        min_down_h=[5, 2, 1],
    )
    prepared = system(units)
    asked = window(prepared, [70, 95, 60, 25, 15, 40, 110, 130, 90, 50], on_s=before(9, -9, -9))
    result = solve_committed(prepared, asked)
    found, fluid = result.commitment, solve_window(prepared.relaxation(), asked).solution.objective
    assert found is not None
    order = [fluid, found.relaxation, found.bound, found.objective, found.rounded]
    assert all(a <= b + 1e-6 * abs(b) for a, b in pairwise(order))
    assert fluid < found.relaxation  # start costs and minimum times do count here


@st.composite
def systems(draw: Callable) -> tuple[Prepared, Window]:
    n, steps = draw(st.integers(1, 4)), draw(st.integers(1, 9))
    whole = st.integers

    def each(low: int, high: int) -> list[int]:
        return [draw(whole(low, high)) for _ in range(n)]

    low = np.array(each(1, 30), dtype=float)
    units = units_of(
        p_min_mw=low,
        p_max_mw=low + np.array(each(1, 60)),
        cost=np.array(each(5, 60), dtype=float),
        start_cost=each(0, 900),
        min_up_h=each(0, 5),
        min_down_h=each(0, 5),
        ramp_mw_per_h=np.array(each(5, 80), dtype=float),
    )
    prepared = system(units)
    hours = np.array([draw(st.sampled_from([0.25, 0.5, 1.0])) for _ in range(steps)])
    state = before(*[draw(whole(-6, 6)) for _ in range(n)])
    part = np.array([draw(whole(0, 8)) / 8 for _ in range(n)])
    last = np.where(
        state > 0, low + part * (units.p_max_mw - low), np.where(state < 0, 0.0, np.nan)
    )
    load = [float(draw(whole(0, 160))) for _ in range(steps)]
    return prepared, window(prepared, load, hours=hours, on_s=state, last_mw=last)


def spells_hold(prepared: Prepared, asked: Window, on: np.ndarray) -> bool:
    """Check minimum times by walking through the steps, unit by unit: a second, plain program."""
    for c, g in enumerate(prepared.committed.tolist()):
        past = int(asked.on_s[g])
        state, lasted = (past > 0, abs(past) / 3600) if past else (bool(on[0, c]), 1e9)
        for t, hours in enumerate(asked.hours.tolist()):
            if bool(on[t, c]) != state:
                least = prepared.units.min_up_h[g] if state else prepared.units.min_down_h[g]
                if lasted < least - 1e-9:
                    return False
                state, lasted = not state, 0.0
            lasted += hours
    return True


@settings(max_examples=60, deadline=None)
@given(systems())
def test_invariants_of_any_plan(case: tuple[Prepared, Window]) -> None:
    prepared, asked = case
    result = solve_committed(prepared, asked)
    if not len(prepared.committed):
        return
    on, mine, units = result.on(), prepared.committed, prepared.units
    assert np.abs(on - np.rint(on)).max() <= 1e-6
    assert spells_hold(prepared, asked, np.rint(on))
    output = result.output_mw()[:, mine]
    assert (output >= on * units.p_min_mw[mine] - 1e-6).all() and (
        output <= on * units.p_max_mw[mine] + 1e-6
    ).all()
    found = result.commitment
    assert found is not None
    assert found.gap <= 1e-6 and result.solution.certificate.holds
    fluid = solve_window(prepared.relaxation(), asked).solution.objective
    assert fluid <= result.solution.objective + 1e-6 * (1 + abs(fluid))


@settings(max_examples=60, deadline=None)
@given(systems(), st.randoms(use_true_random=False))
def test_any_wish_is_repaired_to_a_plan_that_can_be_run(
    case: tuple[Prepared, Window], random
) -> None:
    prepared, asked = case
    wanted = np.array(
        [[random.random() < 0.5 for _ in prepared.committed] for _ in asked.hours], dtype=np.bool_
    )
    if not wanted.size:
        return
    made = repaired(prepared, asked, wanted)
    assert spells_hold(prepared, asked, made)
    dispatched(prepared, asked, made.astype(float))  # raises where it cannot be run


def test_an_unknown_past_lets_a_unit_stop_at_once() -> None:
    # nothing binds before the first step: on while wanted, though 3 h is its least, and off after
    prepared = system(units_of(**PAIR, min_up_h=[0, 3], min_down_h=[0, 3]))
    wanted = np.array([[True, True], [True, False], [True, False]])
    made = repaired(prepared, window(prepared, [110, 90, 90]), wanted)
    assert made.tolist() == wanted.tolist()


def test_a_mwh_that_needs_a_start_is_charged_with_its_emissions() -> None:
    # kg of the columns: 900 a MWh of output in half an hour, 50 an hour for being on, 2,000 a start
    units = units_of(**PAIR, start_kg=[0, 2000])
    writable(units.no_load_kg_per_h)[:] = [0, 50]
    writable(units.segment_kg_per_mwh)[:] = 900
    prepared = system(units)
    asked = window(prepared, [110, 90], on_s=before(5, -5), hours=np.array([0.5, 1.0]))
    compiled = compile_window(prepared, asked)
    kg = emitted_kg(compiled)
    columns = compiled.problem.columns
    assert columns["segment"].of(kg).tolist() == [[450, 450], [900, 900]]
    assert columns["on"].of(kg).tolist() == [[0, 25], [0, 50]]
    assert columns["start"].of(kg).tolist() == [[0, 2000], [0, 2000]]
