"""The declared columns are those that are booked: names, types and members."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from run.scenes import finished, lively
from small import writable
from suandian.books.book import post_all
from suandian.books.house import house_books
from suandian.maths.prepared import Prepared
from suandian.model.issues import RecordError
from suandian.model.notebook import Notebook
from suandian.model.ports.tariff import CHARGE_KINDS
from suandian.model.scenario import Commitment, Scenario, Security
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.chosen import make
from suandian.record.details import (
    ALWAYS,
    COMMITMENT,
    DETAILS,
    SECURITY,
    TOUCHED,
    CashDetail,
    EnergyDetail,
    PlanDetail,
    declared,
)
from suandian.record.history import stacked
from suandian.run.twin.twin import Twin

PLAIN, BOTH = {ALWAYS}, {ALWAYS, COMMITMENT, SECURITY}


def booked(scenario: Scenario) -> dict[str, dict[str, np.ndarray]]:
    """Return the columns of the first step by book, as they go to the ledger."""
    prepared, state = Prepared.of(scenario), State.initial(scenario)
    plan, _ = make(scenario).decide(View.at(scenario, state), Notebook())
    readings = Twin(scenario, prepared).advance(state, plan)
    postings = post_all(house_books(scenario, prepared.curves), 0, readings, state)
    return {posting.book: dict(posting.detail) for posting in postings}


def members(scenario: Scenario, touched: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of a column over each kind of members."""
    grid, sites, services = scenario.grid, len(scenario.sites), len(scenario.services)
    copper = scenario.network == "copper"
    return {
        TOUCHED: (touched,),
        "services × sites": (services, sites),
        "services": (services,),
        "units": (len(grid.generators),),
        "stores": (len(grid.storage),),
        "lines": (len(grid.lines),),
        "links": (len(grid.links),),
        "buses": (len(grid.buses),),
        "buses of a copper plate": (len(grid.buses) if copper else 0,),
        "sites": (sites,),
        "islands": (1,),
        "places": (len(grid.buses) + sites,),
        "kinds of charge × sites": (len(CHARGE_KINDS) * sites,),
    }


def secured(scenario: Scenario) -> Scenario:
    security = Security(("line",))
    commitment = Commitment("mip", gap=1e-3, time_limit_s=30.0)
    writable(scenario.grid.generators.p_min_mw)[0] = 1.0
    return replace(scenario, security=security, commitment=commitment)


# a copper plate has no line to lose
@pytest.mark.parametrize(
    ("network", "secure"), [("ptdf", False), ("ptdf", True), ("copper", False)]
)
def test_what_is_declared_is_what_is_booked(network: str, secure: bool) -> None:
    scenario = lively("asap", network)
    scenario = secured(scenario) if secure else scenario
    found, when = booked(scenario), BOTH if secure else PLAIN
    assert set(found) == set(DETAILS)
    shapes = members(scenario, len(found["energy"]["job"]))
    for book, columns in found.items():
        about = declared(DETAILS[book])
        assert set(columns) == {name for name, column in about.items() if column.when in when}
        for name, values in columns.items():
            assert values.dtype == np.dtype(about[name].dtype), name
            assert values.shape == shapes[about[name].over], name
            assert about[name].unit and about[name].meaning


def test_what_is_read_back_is_what_was_booked() -> None:
    _, columns = finished("asap").book("energy")[3]
    again = EnergyDetail.of(columns).columns()
    assert {name: v.tolist() for name, v in again.items()} == {
        name: v.tolist() for name, v in columns.items()
    }


def test_a_detail_that_lacks_a_column_is_refused() -> None:
    with pytest.raises(RecordError, match="book cash: the booked column price is missing"):
        CashDetail.of({})


def test_steps_are_stacked_and_jobs_stand_below_each_other() -> None:
    steps = [columns for _, columns in finished("asap").book("energy")]
    whole = stacked(EnergyDetail, steps)
    assert whole.output_wh.shape == (len(steps), 3)
    assert whole.job.tolist() == [int(j) for step in steps for j in step["job"]]
    assert whole.on_s is None
    with pytest.raises(RecordError, match="book energy: 1 steps lack the column on_s"):
        stacked(EnergyDetail, [steps[0], {**steps[1], "on_s": np.zeros(3, np.int64)}])


@pytest.mark.parametrize("policy", ["joint", "asap"])
def test_a_booked_plan_has_the_declared_columns(policy: str) -> None:
    for _, columns in finished(policy).book("plan"):
        names = {name for name in columns if not name.startswith("memory_")}
        about = declared(PlanDetail)
        assert names == {name for name, column in about.items() if column.when == ALWAYS}
        steps = len(columns["plan_price"])
        for name in names:
            assert columns[name].dtype == np.dtype(about[name].dtype)
            assert len(columns[name]) in (0, steps), name


def test_the_contract_of_the_run_folder_lists_every_column() -> None:
    text = (Path(__file__).parents[2] / "docs" / "run-folder.md").read_text(encoding="utf-8")
    for kind in (*DETAILS.values(), PlanDetail):
        for name, c in declared(kind).items():
            when = c.when or "always"
            row = f"| {kind.BOOK} | `{name}` | {c.unit} | {c.over} | {c.meaning} | {when} |"
            assert row in text, row
