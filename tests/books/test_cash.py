"""Cash of a step by hand: who pays whom, and what is late."""

from dataclasses import replace

import numpy as np
import pytest

from run.test_world import KG_PER_MWH, PRICE, PUE, OneUnit, scene
from suandian.books.book import post_all
from suandian.books.house import house_books
from suandian.ledger.ledger import Posting
from suandian.maths.prepared import Prepared
from suandian.model.state import State

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


def test_work_is_late_from_the_edge_at_which_it_was_due() -> None:
    start_s = int(scene().axis.edges_s[STEP])
    on_time, work_wh = booked(start_s + 1)
    late, _ = booked(start_s)
    assert work_wh > 0
    assert on_time.memo["late"] == 0
    price = scene().goal.unserved_jobs
    assert late.memo["late"] == pytest.approx(work_wh / 1e6 * price * 1e4, abs=1)


def test_what_is_never_done_is_charged_once_at_the_end() -> None:
    last = scene().axis.n - 1
    cash, work_wh = booked(2**40, last)
    undone = int(scene().jobs.work_wh.sum()) - work_wh
    price = scene().goal.unserved_jobs
    assert cash.memo["late"] == pytest.approx(undone / 1e6 * price * 1e4, abs=1)
    assert booked(2**40, last - 1)[0].memo["late"] == 0
