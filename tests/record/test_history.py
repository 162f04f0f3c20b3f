"""Booked steps as arrays, and ledgers that have none."""

from pathlib import Path

import numpy as np
import pytest

from run.test_world import OneUnit, scene
from suandian.ledger.ledger import Ledger, Posting
from suandian.model.issues import RecordError
from suandian.record.history import History, booked_columns
from suandian.record.states import last_details
from suandian.run.loop import simulate


def test_a_ledger_without_a_step_has_no_history_and_no_state(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db", "x") as ledger:
        with pytest.raises(RecordError, match="0 energy, 0 carbon and 0 cash entries"):
            History.of(scene(), ledger)
        with pytest.raises(RecordError, match="holds no entry of book energy"):
            last_details(ledger)


def test_columns_of_any_book_are_read_back(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db", "x") as ledger:
        for step in range(2):
            ledger.append([Posting(step, "water", {}, {}, {"level_l": np.array([step, 7])})])
        steps = booked_columns(ledger, "water")
    assert [step["level_l"].tolist() for step in steps] == [[0, 7], [1, 7]]


def test_powers_are_energies_over_the_length_of_the_step(tmp_path: Path) -> None:
    scenario = scene()
    with Ledger(tmp_path / "ledger.db", scenario.hash) as ledger:
        simulate(scenario, ledger, world=OneUnit(scenario))
        history = History.of(scenario, ledger)
    # steps are hours: 1 MWh is 1 MW
    assert history.mw(history.energy.load_wh).tolist() == [[30.0]] * scenario.axis.n
    assert history.job_wh.shape == (scenario.axis.n, 1, 1)
    assert int(history.job_wh.sum()) == int(scenario.jobs.work_wh.sum())
