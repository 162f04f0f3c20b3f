"""Plans whose steps grow with lead time (policy.look_ahead): same plans where all are equal, exact
sums, one ledger.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from run.scenes import POLICIES, export, lively
from small import make_grid, make_scenario, make_services, make_sites, writable
from suandian.jobs.curves import curves
from suandian.ledger.ledger import Ledger
from suandian.maths.prepared import Prepared
from suandian.maths.solving import solve_window
from suandian.maths.window import Groups, Window
from suandian.model.grid import Floats
from suandian.model.hindsight import Hindsight
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.scenario import Goal, Scenario
from suandian.model.state import State
from suandian.model.time import TimeAxis
from suandian.model.view import View
from suandian.policy.chosen import make, view_for_policy
from suandian.policy.desk import moved
from suandian.policy.outlook import Outlook, expected, foreseen
from suandian.reading import check, load, load_text
from suandian.reading.templates import folder
from suandian.record.plans import plans
from suandian.run.loop import simulate

FIVE = ['time.step="5 min"', 'policy.horizon="24 h"', 'generators.wind.series.resample="repeat"']
MIXED = ((6.0, 1.0), (12.0, 2.0), (24.0, 4.0))


def looking(scenario: Scenario, look_ahead=MIXED) -> Scenario:
    """The scenario with plans in steps of 1, 2 and 4 h."""
    name = f"{scenario.hash}-{look_ahead}"
    return replace(scenario, policy=replace(scenario.policy, look_ahead=look_ahead), hash=name)


ARRAYS = ("serve_mw", "waiting_mw", "started_mw", "charge_mw", "discharge_mw", "output_mw", "price")


@pytest.mark.parametrize("policy", POLICIES)
def test_equal_steps_give_the_same_plan_to_the_bit(policy) -> None:
    scenario = lively(policy, steps=30)
    made = []
    for each in (scenario, looking(scenario, ((24.0, 1.0),))):
        plan, notebook = make(each).decide(view_for_policy(each, State.initial(each)), Notebook())
        made.append((plan, notebook))
    (a, x), (b, y) = made
    assert b.steps is None and y.steps is None
    assert all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in ARRAYS)
    assert (x.leftover, x.level_value) == (y.leftover, y.level_value)


@settings(max_examples=60, deadline=None)
@given(start=st.integers(0, 200), steps=st.integers(1, 160), ends=st.booleans())
def test_edges_stay_where_they_are_while_the_start_moves_on(start, steps, ends) -> None:
    look, origin = [(1.0, 1 / 12), (3.0, 0.25), (12.0, 1.0)], 300 * 7
    axes = [
        TimeAxis.regular(origin + 300 * (start + i), 300, max(steps - (i if ends else 0), 1)).mixed(
            look, origin, ends
        )
        for i in range(2)
    ]
    for axis in axes:
        lead_h = (axis.edges_s[:-1] - axis.start_s) / 3600.0
        allowed = np.select([lead_h < 1.0, lead_h < 3.0], [300, 900], 3600)
        assert (
            np.diff(axis.edges_s) <= np.maximum(allowed, 300)
        ).all()  # never longer than its lead time allows
        whole = np.diff(axis.edges_s)[:-1]
        assert (
            ((axis.edges_s[:-2] - origin) % whole == 0) & np.isin(whole, (300, 900, 3600))
        ).all()
    first, second = (set(axis.edges_s.tolist()) for axis in axes)
    if ends and steps > 1:
        assert axes[0].end_s == axes[1].end_s
    assert {edge for edge in first if second and axes[1].start_s <= edge <= axes[1].end_s} <= second


def test_inputs_are_means_and_work_is_exact_at_the_edges() -> None:
    scenario = lively(steps=30)
    mixed, fine = (
        foreseen(Hindsight.at(s, State.initial(s)), 24.0) for s in (looking(scenario), scenario)
    )
    assert mixed.steps.tolist() == [1] * 6 + [2] * 3 + [4] * 3
    assert fine.window.n == 24 and mixed.window.hours.tolist() == mixed.steps.tolist()
    first = np.cumsum(mixed.steps) - mixed.steps
    for name in ("load_mw", "available_mw", "inflow_mw", "service_mw"):
        a, b = getattr(mixed.window, name), getattr(fine.window, name)
        assert (a * mixed.window.hours[:, None]).sum(axis=0) == pytest.approx(b.sum(axis=0))
        assert a[-1] == pytest.approx(b[-4:].mean(axis=0)) and a[6] == pytest.approx(
            b[6:8].mean(axis=0)
        )
    ends = first + mixed.steps - 1
    for name in ("arrived_mwh", "due_mwh"):
        assert getattr(mixed.groups, name) == pytest.approx(getattr(fine.groups, name)[ends])
    assert (
        mixed.each(np.arange(12.0)[:, None])[:, 0].tolist()
        == np.repeat(np.arange(12.0), mixed.steps).tolist()
    )


def test_curves_of_a_job_by_hand() -> None:
    # 3 MWh at 1 MW, released at once, due after 5 h: steps of 1, 2 and 4 h end with 1, 3, 3 done
    # and 0, 1, 3 due
    whole = [np.array([v], np.int64) for v in (3_000_000, 0, 5 * 3600, 0)]
    arrived, due = curves(
        whole[0], np.ones(1), whole[1], whole[2], whole[3], 1, np.array([0, 1, 3, 7]) * 3600
    )
    assert (arrived[:, 0].tolist(), due[:, 0].tolist()) == ([1.0, 3.0, 3.0], [0.0, 1.0, 3.0])


def _hand(hours: list[float], load_mw: list[float], stores: int = 0) -> tuple[Prepared, Window]:
    """One bus, a unit of 100 MW at 10 that ramps by 10 MW/h from 0, load shed at 1000."""
    grid = make_grid(1, [], [(0, 100, 10, 0)], stores)
    writable(grid.generators.ramp_mw_per_h)[0] = 10.0
    goal = Goal(unserved_load=1000.0)
    prepared = Prepared(grid, "copper", make_sites([0]), make_services([[1]]), goal)
    n, level = len(hours), np.zeros(stores)
    empty: Floats = np.zeros((n, 0))
    window = Window(
        np.array(hours),
        np.array(load_mw)[:, None],
        empty,
        empty,
        np.zeros((n, 1)),
        Groups.none(n, len(prepared.sites)),
        level,
        level,
        np.array([0.0]),
    )
    return prepared, window


def test_ramps_reach_from_middle_to_middle() -> None:
    # half an hour: 5, again half an hour: 10; then from the middle of that to the middle of two
    # hours: 12.5 more
    result = solve_window(*_hand([0.5, 0.5, 2.0], [100.0, 100.0, 100.0]))
    assert result.output_mw()[:, 0] == pytest.approx([5.0, 10.0, 22.5])
    served = 0.5 * 5 + 0.5 * 10 + 2 * 22.5
    assert result.solution.objective == pytest.approx(10 * served + 1000 * (300 - served))


def test_stores_and_prices_know_the_length_of_steps() -> None:
    # the unit gives 20 MW over 2 h (ramp from 0), 1 of them into the store: level 1.8 MWh, 1.62 MWh
    # in half an hour
    result = solve_window(*_hand([2.0, 0.5], [19.0, 60.0], stores=1))
    assert result.output_mw()[:, 0] == pytest.approx([20.0, 20.0 + 12.5])
    # the output before is known to half a Wh
    assert result.column("charge")[:, 0] == pytest.approx([1.0, 0.0], abs=1e-5)
    assert result.column("level")[:, 0] == pytest.approx([1.8, 0.0], abs=1e-5)
    assert result.column("discharge")[:, 0] == pytest.approx([0.0, 3.24], abs=1e-5)
    assert result.column("shed")[:, 0] == pytest.approx([0.0, 60.0 - 32.5 - 3.24], abs=1e-5)
    assert result.price()[1, 0] == pytest.approx(1000.0)


def test_constant_inputs_cost_the_same_in_steps_of_any_length() -> None:
    scenario = make_scenario(steps=36, jobs=0)
    feeds = {
        name: replace(f, actual=np.broadcast_to(f.actual.mean(axis=0), f.actual.shape).copy())
        for name, f in scenario.feeds.items()
    }
    scenario = replace(scenario, feeds=feeds)
    cost = [
        solve_window(
            Prepared.of(s), foreseen(Hindsight.at(s, State.initial(s)), 24.0).window
        ).solution.objective
        for s in (scenario, looking(scenario))
    ]
    assert cost[0] == pytest.approx(cost[1], rel=1e-9)


def test_the_old_step_of_each_new_one_is_the_one_its_end_lies_in() -> None:
    axis = TimeAxis.regular(0, 3600, 9)
    window = foreseen(Hindsight.at(lively(), State.initial(lively())), 9.0).window
    before = Notebook(step=4, steps=np.array([1, 1, 2, 4]))
    mixed = Outlook(axis.window(0, 6), window, False, np.array([1, 1, 1, 1, 1, 4]))
    assert moved(before, 5, mixed).tolist() == [
        1,
        2,
        2,
        3,
        3,
        4,
    ]  # 4: beyond the old window, its last is taken
    assert moved(before, 5, Outlook(axis.window(0, 3), window, False)).tolist() == [1, 2, 2]
    assert moved(Notebook(step=4), 5, mixed).tolist() == [1, 2, 3, 4, 5, 9]
    assert moved(Notebook(step=4), 7, Outlook(axis, window, False)) == 3


def test_warm_and_cold_agree_and_warm_is_used() -> None:
    value = '[["2 h", "5 min"], ["6 h", "15 min"], ["24 h", "1 h"]]'
    scenario = load(
        folder("two-sites"), [*FIVE, 'policy.replan="5 min"', f"policy.look_ahead={value}"]
    )
    policy, state = make(scenario), State.initial(scenario)
    _, notebook = policy.decide(View.at(scenario, state), Notebook())
    later = View.at(scenario, replace(state, step=1))
    warm, _ = policy.decide(later, notebook)
    cold, _ = policy.decide(later, replace(notebook, memories={}))
    a, b = warm.solves[-1], cold.solves[-1]
    assert a["objective"] == pytest.approx(b["objective"], rel=1e-9)
    assert a["iterations"] < 0.5 * b["iterations"]


class _StopError(Exception):
    pass


@pytest.mark.parametrize("policy", ["joint", "separate"])
def test_a_run_that_is_stopped_resumes_to_the_same_ledger(policy, tmp_path: Path) -> None:
    scenario = looking(lively(policy, steps=18))
    made: dict[str, str] = {}
    for name, stops in (("whole", ()), ("cut", (3, 6, 13))):
        path = tmp_path / f"{name}.db"
        for stop in (*stops, None):

            def watch(turn, stop=stop) -> None:
                if turn.notebook is None and turn.step == stop:
                    raise _StopError

            with Ledger(path, scenario.hash) as ledger:
                try:
                    state = simulate(scenario, ledger, watch)
                except _StopError:
                    continue
                table = plans(scenario, ledger)
        made[name] = export(path)
        assert state.remaining_wh.tolist() == [0] * len(scenario.jobs)
    assert made["whole"] == made["cut"]
    assert table.select("start", "element", "quantity").is_duplicated().sum() == 0
    assert table["start"].n_unique() == scenario.axis.n


def test_a_plan_that_stays_in_force_into_its_long_steps_is_read_at_the_right_row(
    tmp_path: Path,
) -> None:
    scenario = looking(lively(steps=18), ((2.0, 1.0), (24.0, 4.0)))
    plan, _ = make(scenario).decide(View.at(scenario, State.initial(scenario)), Notebook())
    rows = [plan.row(step) for step in range(plan.covers)]
    assert rows == np.repeat(np.arange(plan.n), plan.steps).tolist() and plan.covers == 24
    assert plan.starts()[rows].tolist() == [s // 4 * 4 if s >= 4 else s for s in range(24)]
    with Ledger(
        tmp_path / "l.db", scenario.hash
    ) as ledger:  # 6 h in force: two of its own, four of the long step
        simulate(scenario, ledger)
        table = (
            plans(scenario, ledger).filter(element="site:d0", quantity="service_mw").sort("start")
        )
    prices = table["dual"].to_list()
    assert len(prices) == scenario.axis.n and prices[:6] == plan.price[rows[:6], 0].tolist()
    with pytest.raises(ValueError, match="does not cover"):
        plan.row(plan.covers)
    assert Plan(3, "p", False, *(np.zeros((2, 0)),) * 7).starts().tolist() == [3, 4]


def test_what_does_not_fit_is_told_with_its_place() -> None:
    template = folder("two-sites")
    sets = [*FIVE, 'policy.replan="30 min"']

    def places(value: str) -> list[str]:
        return [
            i.place.removeprefix("policy.look_ahead")
            for i in check(template, [*sets, f"policy.look_ahead={value}"])
        ]

    assert places('[["1 h", "5 min"], ["4 h", "15 min"], ["24 h", "1 h"]]') == []
    assert places('[["1 h", "5 min"], ["4 h", "15 min"], ["12 h", "1 h"]]') == [
        "[2][0]"
    ]  # ends before the plan
    assert places('[["1 h", "5 min"], ["4 h", "7 min"], ["24 h", "1 h"]]') == ["[1][1]", "[2][1]"]
    assert places('[["2 h", "5 min"], ["2 h", "15 min"], ["24 h", "1 h"]]') == ["[1][0]"]
    assert places('[["2 h", "15 min"], ["24 h", "1 h"]]') == [
        "[0][1]"
    ]  # what is executed is planned in own steps
    assert places('[["10 min", "5 min"], ["24 h", "1 h"]]') == [
        "[0][0]"
    ]  # shorter than the plan is in force
    assert places('[["24 h", 5]]') and places('[["24 h"]]') and places("[]") and places('"2 h"')


def test_it_is_written_out_and_left_out_where_it_is_not_given() -> None:
    template, value = folder("two-sites"), '[["1 h", "5 min"], ["4 h", "15 min"], ["24 h", "1 h"]]'
    scenario = load(template, [*FIVE, 'policy.replan="30 min"', f"policy.look_ahead={value}"])
    assert scenario.policy.look_ahead == ((1.0, 1 / 12), (4.0, 0.25), (24.0, 1.0))
    again = load_text(scenario.text, template)
    assert again.text == scenario.text and again.policy == scenario.policy
    assert "look_ahead" not in load(template).text


def test_five_minutes_end_to_end_cost_what_equal_steps_cost(tmp_path: Path) -> None:
    sets = [
        *FIVE,
        'time.duration="1 h"',
        'policy.replan="30 min"',
        'workloads.training.slack="1 h"',
    ]
    value, cost, columns = '[["1 h", "5 min"], ["2 h", "15 min"], ["24 h", "1 h"]]', [], []
    for name, more in (("equal", []), ("mixed", [f"policy.look_ahead={value}"])):
        scenario = load(folder("two-sites"), [*sets, *more])
        solves: list = []
        with Ledger(tmp_path / f"{name}.db", scenario.hash) as ledger:
            simulate(scenario, ledger, lambda turn, into=solves: into.extend(turn.solves))
            cost.append(sum(int(v) for e in ledger.entries("cash") for v in e.memo.values()) / 1e4)
        columns.append(solves[0]["columns"])
    assert columns[1] < 0.5 * columns[0]
    assert cost[1] == pytest.approx(cost[0], rel=2e-3)


def test_forecasts_of_joined_steps_are_means_of_the_forecasts() -> None:
    scenario = lively(steps=30)
    mixed, fine = (
        expected(View.at(s, State.initial(s)), 24.0) for s in (looking(scenario), scenario)
    )
    first = np.cumsum(mixed.steps) - mixed.steps
    wanted = np.add.reduceat(fine.window.available_mw, first, axis=0) / mixed.steps[:, None]
    assert mixed.window.available_mw == pytest.approx(wanted)
    assert not mixed.foreseen and (mixed.groups.due_mwh <= mixed.groups.arrived_mwh + 1e-12).all()
