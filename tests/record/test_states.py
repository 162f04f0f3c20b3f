"""The state that is folded from booked steps."""

from dataclasses import replace

import numpy as np
import pytest

from small import make_scenario
from suandian.model.issues import RecordError
from suandian.model.state import State
from suandian.record.details import CarbonDetail, CashDetail, EnergyDetail, declared
from suandian.record.states import after

BEFORE = replace(
    State.initial(make_scenario(jobs=3)),
    remaining_wh=np.array([1000, 2000, 3000]),
    last_wh=np.array([7, 8, 9]),
    site=np.array([-1, -1, 0]),
)


def booked(**columns: object) -> dict[str, dict[str, np.ndarray]]:
    """Job 0 ran 500 at site 1, job 2 was suspended; other columns are empty unless given."""
    given = {
        "job": [0, 2],
        "job_site": [1, 0],
        "job_energy_wh": [500, 0],
        "job_overhead_wh": [0, 40],
        "level_wh": [9],
        "level_g": [3],
        "output_wh": [1, 2, 3],
        "spilled_wh": [0, 0, 0],
        **columns,
    }
    details = {}
    for kind in (EnergyDetail, CarbonDetail, CashDetail):
        names = [n for n, c in declared(kind).items() if n in given or not c.when]
        details[kind.BOOK] = {name: np.array(given.get(name, [])) for name in names}
    return details


def test_a_booked_step_by_hand() -> None:
    state = after(BEFORE, booked())
    # job 1 was not touched; job 2 was suspended: it owes 40 more and did not run
    assert state.step == 1
    assert state.remaining_wh.tolist() == [500, 2000, 3040]
    assert state.site.tolist() == [1, -1, 0]
    assert state.last_wh.tolist() == [500, 0, 0]
    assert (state.level_wh.tolist(), state.level_g.tolist()) == ([9], [3])
    assert state.output_wh.tolist() == [1, 2, 3]
    # states are not changed, they follow each other
    assert BEFORE.remaining_wh.tolist() == [1000, 2000, 3000]


def test_a_ramp_starts_from_what_was_made_taken_or_not() -> None:
    state = after(BEFORE, booked(spilled_wh=[0, 10, 0], on_s=[-3600, 3600, 0]))
    assert state.output_wh.tolist() == [1, 12, 3]
    assert state.on_s.tolist() == [-3600, 3600, 0]
    assert state.started(np.array([3600, 7200, 0])).tolist() == [True, False, False]


def test_what_tariffs_remember_goes_on() -> None:
    first = after(BEFORE, booked(lasting=[2, 7]))
    assert first.lasting.tolist() == [2, 7]
    # tariffs that remember nothing book nothing
    assert after(first, booked()).lasting.tolist() == [2, 7]
    assert BEFORE.lasting.tolist() == []


def test_a_step_without_its_carbon_gives_no_state() -> None:
    with pytest.raises(RecordError, match="folded from book carbon"):
        after(BEFORE, {"energy": booked()["energy"]})
    cut = booked()
    del cut["energy"]["level_wh"]
    with pytest.raises(RecordError, match="book energy: the booked column level_wh is missing"):
        after(BEFORE, cut)
