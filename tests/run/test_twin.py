"""What really happens in a step, by hand: redispatch, shares, cuts, stores at plan."""

from dataclasses import replace

import numpy as np
import pytest

from small import make_grid, make_scenario, make_sites, writable
from suandian.books.book import Earlier
from suandian.books.energy import EnergyBook
from suandian.maths.prepared import Prepared
from suandian.model.placement import Placement
from suandian.model.plan import Plan
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.run.twin.jobs import without
from suandian.run.twin.twin import Twin

TRIANGLE = [(0, 2, 40.0), (0, 1, 100.0), (1, 2, 100.0)]
H = 3600


def scene(
    load: float = 0.0, service: float = 0.0, jobs: tuple[tuple[float, float], ...] = (), **changes
) -> Scenario:
    """Cheap unit at b0, dear one at b2, load at b2; sites at b0 and b1 without overhead; jobs are
    (MWh, MW).
    """
    base = make_scenario(steps=4, jobs=len(jobs))
    start = base.axis.start_s
    feeds = {
        "load": replace(base.feeds["load"], actual=np.full_like(base.feeds["load"].actual, load)),
        "service": replace(
            base.feeds["service"], actual=np.full_like(base.feeds["service"].actual, service)
        ),
    }
    work = np.array([round(w * 1e6) for w, _ in jobs], dtype=np.int64)
    whole = np.full(len(jobs), start, dtype=np.int64)
    table = replace(
        base.jobs,
        submit_s=whole,
        release_s=whole,
        due_s=whole + 12 * H,
        deadline_s=whole + 12 * H,
        work_wh=work,
        width_mw=np.array([w for _, w in jobs]),
    )
    grid = make_grid(3, TRIANGLE, [(0, 200, 10, 0), (2, 200, 30, 0)])
    grid = replace(grid, buses=base.grid.buses)
    changes = {"grid": grid, "sites": make_sites([0, 1], pue=1.0), **changes}
    return replace(base, network="dc", jobs=table, feeds={**base.feeds, **feeds}, **changes)


def plan(scenario: Scenario, output: tuple[float, ...] = (0.0, 0.0), **changes) -> Plan:
    """A plan of one step; what is not said is zero."""
    sites, stores = len(scenario.sites), len(scenario.grid.storage)
    base = Plan(
        0,
        "hand",
        False,
        np.zeros((1, 1, sites)),
        np.zeros((1, 1, sites)),
        np.zeros((1, sites)),
        np.zeros((1, stores)),
        np.zeros((1, stores)),
        np.array([output]),
        np.zeros((1, sites)),
    )
    return replace(base, **{k: np.array(v) if k != "immediate" else v for k, v in changes.items()})


def step(scenario: Scenario, planned: Plan, state: State | None = None):
    return Twin(scenario, Prepared.of(scenario)).advance(state or State.initial(scenario), planned)


def test_a_plan_that_overloads_a_line_is_redispatched() -> None:
    # 90 from b0 to b2: 60 take the line that carries 40. The Twin makes 60 there and 30 at b2
    scenario = scene(load=90.0)
    readings = step(scenario, plan(scenario, (90.0, 0.0)))
    assert readings.output_mw.tolist() == pytest.approx([60, 30])
    assert (readings.planned_overloads, readings.redispatch_mw) == (1, pytest.approx(30))


def test_a_forecast_error_is_shared_by_capacity_before_it_counts_as_redispatch() -> None:
    # 50 planned, 90 needed: 20 more from each would be 70 and 20; the Twin makes 60 and 30, so 10
    # moved; on the line 40 + 2/3·10 = 46.7 would have gone
    scenario = scene(load=90.0)
    readings = step(scenario, plan(scenario, (50.0, 0.0)))
    assert (readings.planned_overloads, readings.redispatch_mw) == (1, pytest.approx(10))
    good = step(scenario, plan(scenario, (60.0, 30.0)))
    assert (good.planned_overloads, good.redispatch_mw) == (0, pytest.approx(0, abs=1e-9))


def test_ramps_start_from_the_last_realised_output() -> None:
    scenario = scene(load=60.0)
    writable(scenario.grid.generators.ramp_mw_per_h)[0] = 20.0
    state = replace(State.initial(scenario), output_wh=np.array([25_000_000, 35_000_000]))
    readings = step(scenario, plan(scenario), state)
    assert readings.output_mw.tolist() == pytest.approx([45, 15])


def test_load_that_no_line_reaches_is_unserved_never_gone() -> None:
    # b2: 30 of its own, 60 over the lines, 10 unserved
    scenario = scene(load=100.0)
    units = scenario.grid.generators
    writable(units.segment_mw)[1, 0] = writable(units.p_max_mw)[1] = 30.0
    readings = step(scenario, plan(scenario))
    assert readings.shed_mw.tolist() == pytest.approx([0, 0, 10])


@pytest.mark.parametrize(
    ("demand", "planned", "served", "unserved"),
    [
        (20.0, [2.0, 8.0], [4, 16], 0),  # by the plan's shares, whatever the demand
        (60.0, [2.0, 8.0], [12, 48], 0),
        (90.0, [2.0, 8.0], [40, 50], 0),  # the second is full at 50: the rest goes to the first
        (120.0, [2.0, 8.0], [50, 50], 20),
        (30.0, [0.0, 0.0], [30, 0], 0),  # no plan: at home
    ],
)
def test_services_follow_the_plan_then_what_is_free(demand, planned, served, unserved) -> None:
    scenario = scene(service=demand)
    readings = step(scenario, plan(scenario, serve_mw=[[planned]]))
    assert readings.serve_wh[0].tolist() == [s * 1_000_000 for s in served]
    assert readings.unserved_service_wh.tolist() == [unserved * 1_000_000]


def test_services_stay_where_they_are_allowed() -> None:
    scenario = scene(service=60.0)
    scenario.services.allowed[0, 1] = False
    readings = step(scenario, plan(scenario, serve_mw=[[[2.0, 0.0]]]))
    assert readings.serve_wh[0].tolist() == [50_000_000, 0]
    assert readings.unserved_service_wh.tolist() == [10_000_000]


def test_the_connection_limits_work_not_only_the_cluster() -> None:
    # 36 MW / 1.2 - 5 idle = 25 MW
    scenario = scene(sites=make_sites([0, 1], limit_mw=36.0, idle_mw=5.0))
    assert scenario.sites.room_mw(scenario.sites.pue).tolist() == pytest.approx([25, 25])


def test_jobs_run_where_the_plan_says_or_at_once_at_home() -> None:
    scenario = scene(jobs=((4.0, 4.0), (6.0, 3.0)))
    away = step(scenario, plan(scenario, waiting_mw=[[[0.0, 3.0]]]))
    assert away.placement.by_site(2).tolist() == [0, 3_000_000]
    soon = step(scenario, plan(scenario, immediate=True))
    assert soon.placement.by_site(2).tolist() == [7_000_000, 0]
    assert soon.placement.energy_wh.tolist() == [4_000_000, 3_000_000]


def test_what_the_grid_cannot_deliver_is_cut_jobs_first_in_equal_parts() -> None:
    # b1 gets 100 over its lines' ratings of 3: at most 6 MW; 4 of service and 8 of jobs are there:
    # 6 of jobs go
    lines = [(0, 2, 3.0), (0, 1, 3.0), (1, 2, 3.0)]
    grid = make_grid(3, lines, [(0, 200, 10, 0), (2, 200, 30, 0)])
    scenario = scene(service=4.0, jobs=((8.0, 2.0), (8.0, 6.0)))
    scenario = replace(scenario, grid=replace(grid, buses=scenario.grid.buses))
    readings = step(scenario, plan(scenario, serve_mw=[[[0.0, 4.0]]], waiting_mw=[[[0.0, 8.0]]]))
    assert readings.serve_wh[0].tolist() == [0, 4_000_000]
    assert readings.placement.energy_wh.tolist() == pytest.approx([500_000, 1_500_000], abs=1)
    assert readings.placement.remaining_wh.tolist() == pytest.approx([7_500_000, 6_500_000], abs=1)
    # with 2 MW lines the jobs go altogether, and none of the service
    writable(grid.lines.rating_mw)[:] = 2.0
    readings = step(scenario, plan(scenario, serve_mw=[[[0.0, 4.0]]], waiting_mw=[[[0.0, 8.0]]]))
    assert readings.placement.energy_wh.tolist() == [0, 0]
    assert readings.serve_wh[0].tolist() == [0, 4_000_000]
    writable(grid.lines.rating_mw)[:] = 1.0
    readings = step(scenario, plan(scenario, serve_mw=[[[0.0, 4.0]]], waiting_mw=[[[0.0, 8.0]]]))
    assert readings.serve_wh[0].tolist() == pytest.approx([0, 2_000_000], abs=1)
    assert readings.unserved_service_wh.tolist() == pytest.approx([2_000_000], abs=1)


def test_a_cut_leaves_other_sites_alone() -> None:
    made = Placement(
        np.array([10, 30, 7, 0]),
        np.array([1, 1, 0, -1]),
        np.array([5, 5, 5, 5]),
        np.zeros(4, bool),
        np.zeros(4, int),
    )
    kept = without(made, np.array([7, 40]), np.array([0.2, 20.0]))
    assert kept.energy_wh.tolist() == [5, 15, 7, 0]
    assert kept.remaining_wh.tolist() == [10, 20, 5, 5]


def _stored(node: int, band: float = 0.0, **changes) -> Scenario:
    grid = make_grid(3, TRIANGLE, [(0, 200, 10, 0), (2, 200, 30, 0)], stores=1)
    writable(grid.storage.node)[0], writable(grid.storage.initial_mwh)[0] = node, 10.0
    scenario = scene(**changes)
    policy = replace(scenario.policy, storage_band_mw=band)
    return replace(scenario, grid=replace(grid, buses=scenario.grid.buses), policy=policy)


@pytest.mark.parametrize(("band", "discharge"), [(0.0, 4.0), (3.0, 7.0), (20.0, 9.0)])
def test_stores_keep_to_the_plan_within_the_band(band, discharge) -> None:
    # 10 MWh in store give at most 9; discharging is worth 10 to 30 per MWh now
    scenario = _stored(2, band, load=50.0)
    readings = step(scenario, plan(scenario, charge_mw=[[0.0]], discharge_mw=[[4.0]]))
    assert readings.discharge_mw.tolist() == pytest.approx([discharge])


def test_a_store_behind_a_meter_discharges_no_more_than_the_site_takes() -> None:
    # planned 4 MW, the site draws 3 and may not export: the step is executed with what is possible
    scenario = _stored(3, load=50.0, service=3.0)
    state, planned = (
        State.initial(scenario),
        plan(scenario, charge_mw=[[0.0]], discharge_mw=[[4.0]]),
    )
    readings = step(scenario, planned, state)
    assert readings.discharge_mw.tolist() == pytest.approx([3])
    energy = EnergyBook(scenario).post(0, readings, state, Earlier())
    assert energy.detail["import_wh"].tolist() == [0, 0]
    assert energy.detail["level_wh"].tolist() == [10_000_000 - 3_000_000 - 333_333]
    assert sum(energy.accounts.values()) == 0


def test_a_store_on_the_grid_discharges_no_more_than_there_is_load() -> None:
    scenario = _stored(2, load=3.0)
    readings = step(scenario, plan(scenario, charge_mw=[[0.0]], discharge_mw=[[4.0]]))
    assert readings.discharge_mw.tolist() == pytest.approx([3])


@pytest.mark.parametrize(("charge", "discharge"), [(5.0, 2.0), (2.0, 5.0)])
def test_a_plan_with_both_directions_is_executed_in_one_to_the_planned_level(
    charge: float, discharge: float
) -> None:
    readings = step(
        _stored(2, load=50.0), plan(_stored(2), charge_mw=[[charge]], discharge_mw=[[discharge]])
    )
    # 0.9 of what is charged reaches the store, and 1/0.9 of what is given leaves it
    rise = 0.9 * charge - discharge / 0.9
    assert readings.charge_mw.tolist() == pytest.approx([max(rise, 0.0) / 0.9], abs=1e-5)
    assert readings.discharge_mw.tolist() == pytest.approx([max(-rise, 0.0) * 0.9], abs=1e-5)
    assert min(readings.charge_mw[0], readings.discharge_mw[0]) == 0
