"""The loop against a world that knows no solver: whatever reports readings can be booked.

The world here has one bus, one unit that makes what is drawn, and a scheduler that starts jobs at
once where they were submitted. Its meters are the whole of it.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from small import as_text, make_grid, make_scenario, make_sites
from suandian.ledger.ledger import Ledger
from suandian.model.feed import Feed
from suandian.model.issues import RecordError
from suandian.model.placement import Placement
from suandian.model.plan import Plan
from suandian.model.readings import Readings
from suandian.model.scenario import Scenario
from suandian.model.signals import UNSOLVED
from suandian.model.state import State
from suandian.model.system import no_services
from suandian.record.folder import RunFolder
from suandian.record.history import History
from suandian.record.states import states
from suandian.run.clock import VirtualClock, WallClock
from suandian.run.loop import simulate
from suandian.run.study import run_study
from suandian.verify import verify

PRICE, KG_PER_MWH, PUE = 40.0, 500.0, 1.25
EMPTY = np.zeros(0)


class OneUnit:
    """A world of one bus: a unit follows what is drawn, and jobs run as soon as they may."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def advance(self, state: State, plan: Plan) -> Readings:
        jobs, axis = self.scenario.jobs, self.scenario.axis
        start_s, hours = axis.edges_s[state.step], axis.hours[state.step]
        placement = Placement.idle(state.site, state.remaining_wh)
        run = np.flatnonzero((jobs.release_s <= start_s) & (state.remaining_wh > 0))
        most = np.ceil(jobs.width_mw[run] * hours * 1e6).astype(np.int64)
        placement.energy_wh[run] = np.minimum(most, state.remaining_wh[run])
        placement.remaining_wh[run] -= placement.energy_wh[run]
        placement.site[run] = 0
        load_mw = self.scenario.feeds["load"].actual[:1, 0]
        drawn_mw = placement.energy_wh.sum() / 1e6 / hours * PUE
        return Readings(
            output_mw=load_mw + drawn_mw,
            spilled_mw=np.zeros(1),
            on=np.ones(1),
            available_mw=np.array([200.0]),
            **dict.fromkeys(("charge_mw", "discharge_mw", "spill_mw", "inflow_mw"), EMPTY),
            **dict.fromkeys(("line_mw", "link_mw"), EMPTY),
            load_mw=load_mw,
            shed_mw=np.zeros(1),
            price=np.array([PRICE]),
            marginal_kg_per_mwh=np.full(2, np.nan),
            marginal_reason=np.full(2, UNSOLVED),
            serve_wh=np.zeros((0, 1), np.int64),
            unserved_service_wh=np.zeros(0, np.int64),
            placement=placement,
        )


def scene() -> Scenario:
    """One bus with 30 MW of load and one site of 50 MW; 40 jobs in 12 h, and 12 h to end them."""
    base = make_scenario("asap", "copper", steps=12)
    grid = make_grid(1, units=[(0, 200.0, PRICE, KG_PER_MWH)])
    load = replace(grid.buses, load_feed=np.zeros(1, np.int64), load_share=np.ones(1))
    feed = base.feeds["load"]
    flat = np.full_like(feed.actual, 30.0)

    def nothing(name: str) -> Feed:
        none = np.zeros((len(feed.actual), 0))
        return Feed(name, "MW", np.zeros(0, np.str_), feed.axis, none, feed.actual_known_s)

    classes = replace(
        base.classes, allowed=np.ones((1, 1), np.bool_), move_per_mwh=np.zeros((1, 1))
    )
    routes = replace(
        base.routes,
        origin=base.routes.origin[:1],
        rtt_ms=base.routes.rtt_ms[:1, :1],
        price_per_gb=base.routes.price_per_gb[:1, :1],
        mbit_per_s=base.routes.mbit_per_s[:1, :1],
    )
    sites = make_sites([0], pue=PUE)
    text = as_text("one", "copper", sites)
    return replace(
        base,
        text=text,
        hash=hashlib.sha256((text + "{}").encode()).hexdigest(),
        grid=replace(grid, buses=load),
        sites=sites,
        services=no_services(sites=1),
        classes=classes,
        routes=routes,
        feeds={
            "load": replace(feed, actual=flat, ahead=flat),
            **{name: nothing(name) for name in ("available", "inflow", "service")},
        },
    )


def test_the_loop_runs_to_the_end_and_every_book_balances(tmp_path: Path) -> None:
    scenario = scene()
    with Ledger(tmp_path / "ledger.db", scenario.hash) as ledger:
        end = simulate(scenario, ledger, world=OneUnit(scenario))
        entries, history = list(ledger.entries()), History.of(scenario, ledger)
        *_, replayed = states(scenario, ledger)
    assert end.step == replayed.step == scenario.axis.n
    assert end.remaining_wh.tolist() == replayed.remaining_wh.tolist() == [0] * 40
    assert all(sum(entry.accounts.values()) == 0 for entry in entries)
    # energy: all work was done once; the unit made load and work with its cooling
    work_wh = int(scenario.jobs.work_wh.sum())
    assert int(history.energy.job_energy_wh.sum()) == work_wh
    made_wh = int(history.energy.output_wh.sum())
    assert made_wh == pytest.approx(scenario.axis.n * 30e6 + PUE * work_wh, abs=2 * 24)
    # carbon and cash follow from that energy alone
    assert int(history.carbon.emission_g.sum()) == pytest.approx(
        made_wh / 1e6 * KG_PER_MWH * 1e3, abs=24
    )
    site = sum(e.accounts.get("site:d0", 0) for e in entries if e.book == "cash")
    assert -site == pytest.approx(PUE * work_wh / 1e6 * PRICE * 1e4, abs=24 * 2)


def test_the_folder_of_such_a_run_verifies(tmp_path: Path) -> None:
    scenario = scene()
    run_study(scenario, tmp_path / "run", world=OneUnit(scenario))
    report = verify(tmp_path / "run")
    assert report.failed == ()


def test_the_loop_asks_the_clock_before_each_step(tmp_path: Path) -> None:
    scenario = scene()
    asked: list[int] = []

    class Noted(VirtualClock):
        def wait_until(self, edge_s: int) -> None:
            asked.append(edge_s)

    with Ledger(tmp_path / "ledger.db", scenario.hash) as ledger:
        simulate(scenario, ledger, world=OneUnit(scenario), clock=Noted())
    assert asked == scenario.axis.edges_s[:-1].tolist()


def test_a_wall_clock_gives_the_same_ledger(tmp_path: Path) -> None:
    scenario = scene()
    slept: list[float] = []
    start_s = float(scenario.axis.start_s)
    wall = WallClock(read_s=lambda: start_s + sum(slept), sleep=slept.append)
    heads = []
    for name, clock in (("virtual", None), ("wall", wall)):
        with Ledger(tmp_path / name, scenario.hash) as ledger:
            simulate(scenario, ledger, world=OneUnit(scenario), clock=clock)
            heads.append(ledger.head)
    assert heads[0] == heads[1]
    # it slept to the start of the last step, and not a moment beyond
    assert sum(slept) == scenario.axis.edges_s[-2] - scenario.axis.start_s


def test_a_folder_of_another_schema_is_refused_with_the_reason(tmp_path: Path) -> None:
    scenario = scene()
    out = run_study(scenario, tmp_path / "run", world=OneUnit(scenario))
    record = json.loads((out / "run.json").read_text())
    (out / "run.json").write_text(json.dumps(record | {"schema_version": 1}))
    message = "has schema version 1, this program reads 3: simulate its scenario again"
    with pytest.raises(RecordError, match=message):
        verify(out)
    with pytest.raises(RecordError, match=message):
        RunFolder(out).read()
    # nor is a run that such a program left unfinished taken up
    (out / "run.json").write_text(json.dumps(record | {"schema_version": 1, "state": "running"}))
    with pytest.raises(RecordError, match=message):
        run_study(scenario, out, world=OneUnit(scenario))
