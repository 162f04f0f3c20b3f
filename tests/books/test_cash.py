"""Cash of a step by hand: who pays whom, and what is late."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from run.scenes import lively
from run.test_commitment import START, run_of
from run.test_world import KG_PER_MWH, PRICE, PUE, OneUnit, scene
from suandian.books.book import post_all
from suandian.books.house import house_books
from suandian.ledger.ledger import Ledger, Posting
from suandian.maths.prepared import Prepared
from suandian.model.scenario import Security
from suandian.model.state import State
from suandian.model.time import TimeAxis
from suandian.run.loop import simulate

STEP = 5


def booked(deadline_s: int, step: int = STEP) -> tuple[Posting, int]:
    """Return the cash of a step, every job due at `deadline_s`, and the work done [Wh]."""
    scenario = scene()
    due = np.full(len(scenario.jobs), deadline_s)
    scenario = replace(scenario, jobs=replace(scenario.jobs, deadline_s=due))
    state = replace(State.initial(scenario), step=step)
    readings = OneUnit(scenario).advance(state, None)
    books = house_books(scenario, Prepared.of(scenario).curves)
    *_, cash = post_all(books, step, readings, state)
    return cash, int(readings.placement.energy_wh.sum())


def test_everybody_pays_the_price_of_the_bus_and_nobody_else() -> None:
    cash, work_wh = booked(2**40)
    drawn_mwh = PUE * work_wh / 1e6
    assert cash.accounts["site:d0"] == pytest.approx(-drawn_mwh * PRICE * 1e4, abs=2)
    assert cash.accounts["load:1"] == -30 * PRICE * 1e4
    # fuel costs the price, so that the unit keeps nothing but owes the levy of 30 per t
    made_mwh = 30 + drawn_mwh
    levy = made_mwh * KG_PER_MWH / 1e3 * 30.0
    assert cash.memo["carbon"] == cash.accounts["carbon levy"]
    assert cash.accounts["carbon levy"] == pytest.approx(levy * 1e4, abs=2)
    assert cash.accounts["supply:g0"] == pytest.approx(-levy * 1e4, abs=4)
    assert cash.accounts["grid"] == pytest.approx(0, abs=4)  # no line binds: no rent
    assert sum(cash.accounts.values()) == 0


def test_what_a_job_has_left_at_its_deadline_is_late() -> None:
    # jobs take the first part of a step, at their width: one of half an hour is in time at half
    # past
    start_s = int(scene().axis.edges_s[STEP])
    price = scene().goal.unserved_jobs
    whole, work_wh = booked(start_s)
    assert whole.memo["late"] == pytest.approx(work_wh / 1e6 * price * 1e4, abs=1)
    assert booked(start_s + 3600)[0].memo["late"] == 0
    scenario = scene()
    state = replace(State.initial(scenario), step=STEP)
    energy_wh = OneUnit(scenario).advance(state, None).placement.energy_wh
    in_time_wh = np.minimum(energy_wh, np.ceil(scenario.jobs.width_mw * 1e6 / 4))
    late_wh = (energy_wh - in_time_wh).sum()
    quarter, _ = booked(start_s + 900)
    assert 0 < late_wh < work_wh
    assert quarter.memo["late"] == pytest.approx(late_wh / 1e6 * price * 1e4, abs=1)


def test_what_is_never_done_is_charged_once_at_the_end() -> None:
    last = scene().axis.n - 1
    cash, work_wh = booked(2**40, last)
    undone = int(scene().jobs.work_wh.sum()) - work_wh
    price = scene().goal.unserved_jobs
    assert cash.memo["late"] == pytest.approx(undone / 1e6 * price * 1e4, abs=1)
    assert booked(2**40, last - 1)[0].memo["late"] == 0


def test_a_risk_is_priced_by_its_energy() -> None:
    # 4 MW above an emergency limit for half an hour, at 300 a MWh
    scenario = scene()
    half = TimeAxis.regular(int(scenario.axis.edges_s[0]), 1800, 2)
    scenario = replace(scenario, axis=half, security=Security(("line",), 1.2, 300.0))
    state = State.initial(scenario)
    readings = replace(OneUnit(scenario).advance(state, None), n1_excess_mw=4.0)
    readings = replace(readings, redispatch_mw=6.0)
    energy, _, cash = post_all(
        house_books(scenario, Prepared.of(scenario).curves), 0, readings, state
    )
    assert cash.memo["n1_violation"] == 4 * 300 // 2 * 10_000
    assert energy.memo["redispatch_wh"] == 3_000_000


def test_moving_data_costs_its_site_what_the_energy_that_moved_costs(tmp_path: Path) -> None:
    # jobs must leave home for d1, at 4 a MWh; services cost 3 a MWh wherever they are
    scenario = lively("joint", steps=8)
    away = replace(scenario.classes, allowed=np.array([[False, True]]))
    scenario = replace(scenario, classes=away)
    everywhere = np.full_like(scenario.services.move_per_mwh, 3.0)
    scenario = replace(scenario, services=replace(scenario.services, move_per_mwh=everywhere))
    with Ledger(tmp_path / "ledger.db", scenario.hash) as ledger:
        simulate(scenario, ledger)
        entries = list(ledger.entries())
        details = {entry.detail: ledger.detail(entry.detail) for entry in entries}
    energies = [details[entry.detail] for entry in entries if entry.book == "energy"]
    total = np.zeros(2)
    for entry, energy in zip((e for e in entries if e.book == "cash"), energies, strict=True):
        jobs_wh = energy["job_energy_wh"][energy["job_site"] == 1].sum()
        owed = (4.0 * jobs_wh / 1e6, 3.0 * energy["serve_wh"].sum() / 1e6)
        assert entry.memo["transfer"] == pytest.approx(sum(owed) * 1e4, abs=2)
        assert entry.accounts["data transfer"] == entry.memo["transfer"]
        total += owed
    assert (total > 0).all()


def test_a_start_is_paid_when_a_unit_starts() -> None:
    run = run_of("joint")
    started = [int(entry.memo["unit_starts"]) for entry, _ in run.book("energy")]
    cash = [entry for entry, _ in run.book("cash")]
    assert sum(started) > 0
    for entry, count in zip(cash, started, strict=True):
        assert entry.memo["start"] == entry.accounts.get("start", 0)
        assert (int(entry.memo["start"]) > 0) == (count > 0)
        assert START[1] * 1e4 * count <= int(entry.memo["start"]) <= START[0] * 1e4 * count
