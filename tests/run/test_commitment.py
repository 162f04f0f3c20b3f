"""A run with unit commitment: what is planned is what runs, what starts is paid, and a kill changes
nothing.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from run.scenes import Finished, export, lively
from small import as_text, writable
from suandian.books.book import Earlier
from suandian.books.energy import EnergyBook
from suandian.ledger.ledger import Ledger
from suandian.maths.prepared import Prepared
from suandian.model.plan import Plan
from suandian.model.scenario import Commitment, PolicySpec, Scenario
from suandian.model.state import LONG_S, State
from suandian.record.read import open_run
from suandian.report.kpis import kpis
from suandian.run.loop import simulate, states
from suandian.run.study import run_study
from suandian.run.twin.twin import Twin
from suandian.verify import verify
from suandian.verify.commitment import check_commitment, check_gaps
from suandian.verify.tables import Tables

EXACT = Commitment("mip", gap=1e-6, time_limit_s=30.0, quick_start_h=0.5)
MINIMUM, UP_H, DOWN_H, START = (30.0, 20.0), (6.0, 3.0), (4.0, 2.0), (800.0, 120.0)


def committed(policy: str = "joint", steps: int = 18, seed: int = 3, **changes: object) -> Scenario:
    """`lively` with two units that have minimum outputs, minimum times and start costs; short
    windows.
    """
    scenario = lively(policy, "ptdf", steps, seed=seed)
    units = scenario.grid.generators
    for g in range(2):
        writable(units.p_min_mw)[g] = MINIMUM[g]
        writable(units.min_up_h)[g] = UP_H[g]
        writable(units.min_down_h)[g] = DOWN_H[g]
        writable(units.start_cost)[g] = START[g]
        writable(units.start_kg)[g] = 1000.0
        writable(units.no_load)[g] = units.segment_cost[g, 0] * MINIMUM[g] + 50.0
        writable(units.no_load_kg_per_h)[g] = units.segment_kg_per_mwh[g, 0] * MINIMUM[g]
        writable(units.segment_mw)[g, 0] = units.p_max_mw[g] - MINIMUM[g]
    made = replace(scenario, commitment=EXACT, hash=f"committed-{scenario.hash}")
    if policy != "oracle":
        made = replace(made, policy=PolicySpec(policy, 6, 12))
    return replace(made, **changes)  # type: ignore[arg-type]


@cache
def run_of(policy: str, seed: int = 3) -> Finished:
    """Return a finished run; made once."""
    scenario = committed(policy, seed=seed)
    solves: list = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        with Ledger(path, scenario.hash) as ledger:
            simulate(scenario, ledger, lambda turn: solves.extend(turn.solves))
            entries = tuple(ledger.entries())
            details = {e.detail: ledger.detail(e.detail) for e in entries}
            made, head = tuple(states(scenario, ledger)), ledger.head
        return Finished(scenario, entries, details, made, tuple(solves), head, export(path))


def output_mw(run: Finished) -> np.ndarray:
    """Output (T, 2) with what was spilled; the scene's steps are hours."""
    return np.array([(d["output_wh"] + d["spilled_wh"])[:2] / 1e6 for _, d in run.book("energy")])


def spells(on: np.ndarray) -> Iterator[tuple[bool, int]]:
    """Yield (state, steps) of the runs of one unit, without the first and the last, which the study
    cuts.
    """
    edges = np.flatnonzero(np.diff(on.astype(int))) + 1
    for first, last in pairwise(edges):
        yield bool(on[first]), int(last - first)


@pytest.mark.parametrize("policy", ["asap", "carbon-aware", "separate", "joint", "oracle"])
def test_what_runs_keeps_minimum_output_and_times(policy: str) -> None:
    run = run_of(policy)
    made = output_mw(run)
    for g in range(2):
        on = made[:, g] > 0
        assert (made[on, g] >= MINIMUM[g] - 1e-6).all()
        assert all(steps >= (UP_H if state else DOWN_H)[g] for state, steps in spells(on))


def test_units_do_start_and_starts_are_paid() -> None:
    run = run_of("joint")
    on_s = np.array([s.on_s[:2] for s in run.states])
    started = (on_s[1:] > 0) & (on_s[:-1] < 0)
    assert started.any()  # else the scene shows nothing
    cash = [entry for entry, _ in run.book("cash")]
    assert [e.memo["start"] / 1e4 for e in cash] == pytest.approx(
        (started @ np.array(START)).tolist()
    )
    assert [e.memo["unit_starts"] for e, _ in run.book("energy")] == started.sum(axis=1).tolist()
    assert sum(e.accounts.get("start", 0) for e in cash) == sum(e.memo["start"] for e in cash)
    assert all(sum(e.accounts.values()) == 0 for e in cash)
    # emissions: a ton per start on top of the curve, by hand from what was made
    made = output_mw(run) * np.array([900.0, 400.0]) + started * 1000.0
    booked = np.array([d["emission_g"][:2] / 1000 for _, d in run.book("carbon")])
    assert booked == pytest.approx(made, abs=1e-2)


def test_fuel_is_that_of_the_curve() -> None:
    run = run_of("joint")
    made = output_mw(run)
    fuel = (made * np.array([20.0, 55.0]) + 50.0 * (made > 0)).sum(axis=1)
    assert [e.memo["fuel"] / 1e4 for e, _ in run.book("cash")] == pytest.approx(
        fuel.tolist(), abs=1e-3
    )


def test_solves_state_their_gap_and_the_order_of_bounds_holds() -> None:
    joint = [s for s in run_of("joint").solves if s["name"] == "joint"]
    assert joint and all(
        s["gap"] <= 1e-6 and s["status"] in ("commitment: rounded", "commitment: optimal")
        for s in joint
    )
    for solve in joint:
        found = solve["certificate"]["commitment"]
        assert found["relaxation"] <= found["bound"] + 1e-6 <= found["objective"] + 2e-6
        assert found["objective"] <= found["rounded"] + 1e-6
        assert solve["certificate"]["holds"]


def test_the_bound_lies_below_every_run() -> None:
    bound = next(s for s in run_of("oracle").solves if s["name"] == "bound")["objective"]
    for policy in ("asap", "separate", "joint", "oracle"):
        assert bound <= run_of(policy).cost + 1e-6


@settings(max_examples=4, deadline=None)
@given(st.integers(10, 10_000))
def test_other_weather_and_other_jobs(seed: int) -> None:
    scenario = committed("joint", steps=10, seed=seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        Ledger(Path(folder) / "l.db", scenario.hash) as ledger,
    ):
        simulate(scenario, ledger)
        details = [ledger.detail(e.detail) for e in ledger.entries("energy")]
    made = np.array([(d["output_wh"] + d["spilled_wh"])[:2] / 1e6 for d in details])
    for g in range(2):
        on = made[:, g] > 0
        assert (made[on, g] >= MINIMUM[g] - 1e-6).all()
        assert all(steps >= (UP_H if state else DOWN_H)[g] for state, steps in spells(on))


class Killed(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize("stop", [1, 5, 7, 13])
def test_a_run_cut_and_taken_up_again_ends_at_the_same_ledger(tmp_path: Path, stop: int) -> None:
    scenario, path = committed(), tmp_path / "ledger.db"

    def watch(turn) -> None:
        if turn.step >= stop and not turn.solves:
            raise Killed

    with pytest.raises(Killed), Ledger(path, scenario.hash) as ledger:
        simulate(scenario, ledger, watch)
    with Ledger(path, scenario.hash) as ledger:
        simulate(scenario, ledger)
        assert ledger.head == run_of("joint").head
    assert export(path) == run_of("joint").export


def plan(scenario: Scenario, on: tuple[float, float]) -> Plan:
    sites, stores = len(scenario.sites), len(scenario.grid.storage)
    none = np.zeros((1, 1, sites))
    return Plan(
        0,
        "hand",
        True,
        none,
        none,
        none[0],
        np.zeros((1, stores)),
        np.zeros((1, stores)),
        np.zeros((1, 3)),
        none[0],
        on=np.array([on]),
    )


def advanced(
    scenario: Scenario,
    on: tuple[float, float],
    hours: tuple[float, float],
    last: tuple[float, float],
):
    """Return the readings and the booked energy of a step, from units on or off for `hours` at
    `last` MW.
    """
    prepared, state = Prepared.of(scenario), State.initial(scenario)
    on_s = np.array([*(h * 3600 for h in hours), 0], dtype=np.int64)
    state = replace(
        state, on_s=on_s, output_wh=np.array([*(mw * 1e6 for mw in last), 0], dtype=np.int64)
    )
    readings = Twin(scenario, prepared).advance(state, plan(scenario, on))
    return readings, EnergyBook(scenario).post(0, readings, state, Earlier()).detail


def test_the_twin_keeps_to_the_plan_and_load_is_unserved() -> None:
    readings, booked = advanced(committed(), (1, 0), (9, -9), (60, 0))
    assert readings.output_mw[1] == 0 and readings.shed_mw.sum() > 1
    assert booked["on_s"].tolist() == [10 * 3600, -10 * 3600, 0]


def test_a_quick_unit_starts_where_load_would_be_unserved() -> None:
    quick = replace(EXACT, quick_start_h=3.0)
    readings, booked = advanced(committed(commitment=quick), (1, 0), (9, -9), (60, 0))
    assert readings.output_mw[1] >= 20 - 1e-6 and readings.shed_mw.sum() == pytest.approx(0)
    assert booked["on_s"].tolist() == [10 * 3600, 3600, 0]
    # it has been off for one hour of two: it may not
    readings, _ = advanced(committed(commitment=quick), (1, 0), (9, -1), (60, 0))
    assert readings.shed_mw.sum() > 1


def test_minimum_times_bind_the_twin_whatever_a_plan_says() -> None:
    readings, booked = advanced(committed(), (0, 1), (2, -9), (60, 0))
    assert readings.output_mw[0] >= 30 - 1e-6  # two hours of six
    assert booked["on_s"].tolist() == [3 * 3600, 3600, 0]


def test_what_was_so_at_first_counts_as_long() -> None:
    state = State.initial(committed())
    assert state.on_after(np.array([True, False, True]), 3600).tolist() == [
        LONG_S + 3600,
        -LONG_S - 3600,
        LONG_S + 3600,
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenario = committed()
    text = as_text("committed", "ptdf", scenario.sites)
    return run_study(replace(scenario, text=text), tmp_path_factory.mktemp("run") / "a")


def test_a_run_folder_verifies_and_tells_its_starts(folder: Path) -> None:
    report = verify(folder)
    wrong = [
        f for f in report.findings if not f.ok and f.check != "scenario hash"
    ]  # the scene's hash is made up
    assert not wrong
    assert {"minimum output", "minimum up times", "minimum down times"} <= {
        f.check for f in report.findings
    }
    figures = kpis(open_run(folder))
    assert figures["cost_start"]["value"] == pytest.approx(
        sum(e.memo["start"] for e, _ in run_of("joint").book("cash")) / 1e4
    )
    assert figures["unit_starts"]["value"] > 0
    on = open_run(folder).table("plans").filter(pl.col("quantity") == "on")
    assert set(on["element"]) <= {"generator:g0", "generator:g1"} and len(on)


def test_verify_audits_what_solves_say_of_their_gap(folder: Path) -> None:
    tables = Tables(open_run(folder))
    told = [c for c in tables.run.certificates if "commitment" in c["certificate"]]
    assert told and all(f.ok for f in check_gaps(tables))
    for change in ({"bound": 1e9}, {"gap": 0.5}, {"integrality": 0.2}, {"objective": 0.0}):
        wrong = [
            {
                **c,
                "certificate": {
                    **c["certificate"],
                    "commitment": {**c["certificate"]["commitment"], **change},
                },
            }
            for c in told
        ]
        tables.run.__dict__["certificates"] = wrong
        assert not any(f.ok for f in check_gaps(tables)), change


def damaged(folder: Path, change) -> dict[str, bool]:
    """Return the verdicts on flows that were changed."""
    tables = Tables(open_run(folder))
    tables.run.__dict__["flows"] = change(tables.run.flows)
    return {f.check: f.ok for f in check_commitment(tables)}


def test_verify_finds_output_below_the_minimum_and_short_spells(folder: Path) -> None:
    mine = (pl.col("from_node") == "generator:g0") & (pl.col("carrier") == "electricity")
    assert all(damaged(folder, lambda f: f).values())
    halved = pl.when(mine).then(pl.col("energy_wh") // 4).otherwise(pl.col("energy_wh"))
    assert damaged(folder, lambda f: f.with_columns(energy_wh=halved)) == {
        "minimum output": False,
        "minimum up times": True,
        "minimum down times": True,
    }
    starts = open_run(folder).flows.filter(mine)["start"].unique().sort()
    gone = starts[len(starts) // 2]
    without = damaged(folder, lambda f: f.filter(~(mine & (pl.col("start") == gone))))
    assert not without["minimum down times"]
