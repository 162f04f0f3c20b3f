"""The books of a step: each reads what came before, a stranger's stands beside ours."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from run.scenes import finished, lively
from run.test_world import OneUnit, scene
from suandian.books.book import Book, Earlier, post_all
from suandian.books.energy import EnergyBook
from suandian.books.house import house_books
from suandian.ledger.ledger import Ledger, Posting
from suandian.maths.prepared import Prepared
from suandian.model.issues import RecordError
from suandian.model.placement import Placement
from suandian.model.readings import Readings
from suandian.model.scenario import Commitment, Scenario
from suandian.model.state import State
from suandian.record.details import CarbonDetail, CashDetail, EnergyDetail
from suandian.report.books import PARTS
from suandian.run.loop import simulate
from suandian.run.study import run_study
from suandian.verify import verify

LITRES_PER_KWH = 1.8


@dataclass(frozen=True)
class WaterBook:
    """A stranger's book: cooling evaporates water, from the energies booked before it [l]."""

    scenario: Scenario
    name: str = "water"

    def post(self, step: int, readings: Readings, state: State, earlier: Earlier) -> Posting:
        cooling_wh = earlier.detail(EnergyDetail).cooling_wh
        litres = np.rint(cooling_wh / 1e3 * LITRES_PER_KWH).astype(np.int64)
        accounts = {
            f"site:{s}": int(v) for s, v in zip(self.scenario.sites.id, litres, strict=True)
        }
        accounts["river"] = -int(litres.sum())
        return Posting(step, self.name, accounts, {}, {"evaporated_l": litres})


def test_a_strangers_book_is_kept_beside_ours(tmp_path: Path) -> None:
    scenario = scene()
    water: Book = WaterBook(scenario)
    run_study(scenario, tmp_path / "run", world=OneUnit(scenario), more_books=(water,))
    with Ledger(tmp_path / "run" / "ledger.db", scenario.hash) as ledger:
        entries = list(ledger.entries("water"))
        columns = [ledger.detail(entry.detail)["evaporated_l"] for entry in entries]
    assert len(entries) == scenario.axis.n
    assert all(sum(entry.accounts.values()) == 0 for entry in entries)
    # a quarter of the work is cooling (PUE 1.25), a litre for each 1/1.8 kWh of it
    kwh = 0.25 * scenario.jobs.work_wh.sum() / 1e3
    assert int(np.sum(columns)) == pytest.approx(kwh * LITRES_PER_KWH, abs=scenario.axis.n)
    assert verify(tmp_path / "run").holds


def test_a_book_that_is_left_out_of_a_step_is_seen(tmp_path: Path) -> None:
    scenario = scene()
    out = run_study(scenario, tmp_path / "run", world=OneUnit(scenario))
    with Ledger(out / "ledger.db", scenario.hash) as ledger:
        ledger.append([Posting(scenario.axis.n - 1, "water", {"river": -1, "site:d0": 1})])
    assert "ledger steps" in {finding.check for finding in verify(out).failed}


def test_a_book_cannot_read_one_that_comes_later() -> None:
    scenario = lively("asap")
    state, (_, carbon, _) = State.initial(scenario), house_books(scenario, None)
    with pytest.raises(RecordError, match="book energy is not posted yet; before: none"):
        carbon.post(0, None, state, Earlier())


def test_ours_are_posted_in_the_order_that_verify_expects() -> None:
    scenario = scene()
    state, world = State.initial(scenario), OneUnit(scenario)
    books = house_books(scenario, Prepared.of(scenario).curves)
    postings = post_all(books, 0, world.advance(state, None), state)
    kinds = (EnergyDetail, CarbonDetail, CashDetail)
    assert [posting.book for posting in postings] == [kind.BOOK for kind in kinds]
    assert [posting.step for posting in postings] == [0, 0, 0]


def one_step(**changes: object) -> tuple[EnergyDetail, Posting]:
    """Return the energy posting of the first step of the scene, some readings changed."""
    scenario, state = scene(), State.initial(scene())
    readings = replace(OneUnit(scenario).advance(state, None), **changes)
    posting = EnergyBook(scenario).post(0, readings, state, Earlier())
    return EnergyDetail.of(posting.detail), posting


def test_output_that_was_not_measured_is_a_residual_with_a_name() -> None:
    # the meter of the unit reads 3 MW too little: the plate is short of 3 MWh, and says so
    detail, posting = one_step(output_mw=np.array([27.0]))
    assert detail.load_wh.tolist() == [30_000_000]
    assert posting.accounts["rounding"] == -3_000_000
    assert sum(posting.accounts.values()) == 0


def test_unserved_load_is_booked_as_not_served() -> None:
    detail, posting = one_step(output_mw=np.array([25.0]), shed_mw=np.array([5.0]))
    assert (detail.load_wh.tolist(), detail.shed_wh.tolist()) == ([30_000_000], [5_000_000])
    assert posting.accounts["load:1"] == 25_000_000
    assert detail.rounding_wh.tolist() == [0]


def test_every_part_of_the_cost_has_its_place_in_the_report() -> None:
    run = finished("asap")
    memo = {name for entry, _ in run.book("cash") for name in entry.memo}
    assert memo <= set(PARTS)


def test_a_book_that_does_not_balance_stops_the_run(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.db", "x") as ledger, pytest.raises(RecordError, match="sum to 1"):
        simulate(scene(), ledger, world=OneUnit(scene()), more_books=(Unbalanced(),))


class Unbalanced:
    """A book that loses a unit: the ledger refuses the whole step."""

    name = "leaky"

    def post(self, step: int, readings: Readings, state: State, earlier: Earlier) -> Posting:
        return Posting(step, self.name, {"a": 1})


def test_output_above_what_was_available_leaves_no_potential_below_zero() -> None:
    # the meter of a fed unit reads a Wh more than its forecaster says there was
    scenario, state = scene(), State.initial(scene())
    units = replace(scenario.grid.generators, feed=np.zeros(1, np.int64))
    scenario = replace(scenario, grid=replace(scenario.grid, generators=units))
    base = OneUnit(scenario).advance(state, None)
    for available_mw, potential_wh in ((base.output_mw - 1e-6, 0), (base.output_mw + 2.0, 2e6)):
        readings = replace(base, available_mw=available_mw)
        posting = EnergyBook(scenario).post(0, readings, state, Earlier())
        assert posting.detail["potential_wh"].tolist() == [potential_wh]


def test_a_store_gives_back_no_more_carbon_than_it_holds() -> None:
    # a store of 10 MWh holds 3 Wh with 2 g: a share of 2/3 g/Wh of 3 Wh is 2 g, of 4 Wh it is 3 g
    scenario = lively("asap", "copper")
    prepared = Prepared.of(scenario)
    stored = np.array([3, 0])
    state = replace(State.initial(scenario), level_wh=stored, level_g=np.array([2, 0]))
    _, carbon, _ = house_books(scenario, prepared.curves)
    _, columns = finished("asap", "copper").book("energy")[0]
    energy = replace(
        EnergyDetail.of(columns),
        discharge_wh=np.array([3, 0]),
        discharge_loss_wh=np.array([1, 0]),
        charge_wh=np.array([0, 0]),
    )
    earlier = Earlier((Posting(0, "energy", {}, {}, energy.columns()),))
    readings = replace(
        OneUnit(scene()).advance(State.initial(scene()), None),
        on=np.ones(3),
        marginal_kg_per_mwh=np.zeros(5),
        marginal_reason=np.zeros(5, np.int64),
    )
    posting = carbon.post(0, readings, state, earlier)
    assert posting.detail["level_g"].tolist() == [0, 0]
    assert sum(posting.accounts.values()) == 0


def test_what_nobody_took_was_burnt_and_paid_for() -> None:
    # the unit makes 60 MW at 40 per MWh, of which nobody takes 20: 60 MWh of fuel are paid for
    scenario, state = scene(), State.initial(scene())
    units = replace(scenario.grid.generators, p_min_mw=np.array([50.0]))
    units = replace(units, no_load=np.array([2000.0]), segment_mw=np.array([[150.0]]))
    scenario = replace(
        scenario,
        grid=replace(scenario.grid, generators=units),
        commitment=Commitment("mip", gap=1e-3, time_limit_s=30.0),
    )
    idle = Placement.idle(state.site, state.remaining_wh)
    readings = replace(
        OneUnit(scenario).advance(state, None),
        placement=idle,
        output_mw=np.array([60.0]),
        spilled_mw=np.array([20.0]),
    )
    books = house_books(scenario, Prepared.of(scenario).curves)
    energy, _, cash = post_all(books, 0, readings, state)
    assert energy.detail["output_wh"].tolist() == [40_000_000]
    assert energy.detail["spilled_wh"].tolist() == [20_000_000]
    assert cash.memo["fuel"] == 60 * 40 * 10_000
    assert cash.memo["spilled"] == 20 * scenario.goal.unserved_load * 10_000
