"""The state that is folded from booked steps."""

from dataclasses import replace

import numpy as np

from small import make_scenario
from suandian.model.state import State


def detail(**columns: object) -> dict[str, np.ndarray]:
    base = {
        "job": [0, 2],
        "job_site": [1, 0],
        "job_energy_wh": [500, 0],
        "job_overhead_wh": [0, 40],
        "level_wh": [9],
        "level_g": [3],
        "output_wh": [1, 2, 3],
    }
    return {k: np.array(v) for k, v in {**base, **columns}.items()}


def test_the_first_state() -> None:
    scenario = make_scenario(jobs=3)
    state = State.initial(scenario)
    assert state.step == 0
    assert state.remaining_wh.tolist() == scenario.jobs.work_wh.tolist()
    assert state.remaining_wh is not scenario.jobs.work_wh
    assert (state.site.tolist(), state.last_wh.tolist()) == ([-1] * 3, [0] * 3)
    assert (state.level_wh.tolist(), state.output_wh.tolist()) == ([5_000_000], [-1] * 3)


def test_a_booked_step_by_hand() -> None:
    before = replace(
        State.initial(make_scenario(jobs=3)),
        remaining_wh=np.array([1000, 2000, 3000]),
        last_wh=np.array([7, 8, 9]),
        site=np.array([-1, -1, 0]),
    )
    after = before.after(detail())
    # job 0 ran 500 at site 1; job 1 was not touched; job 2 was suspended: it owes 40 more and did
    # not run
    assert after.step == 1
    assert after.remaining_wh.tolist() == [500, 2000, 3040]
    assert after.site.tolist() == [1, -1, 0]
    assert after.last_wh.tolist() == [500, 0, 0]
    assert (after.level_wh.tolist(), after.level_g.tolist(), after.output_wh.tolist()) == (
        [9],
        [3],
        [1, 2, 3],
    )
    assert before.remaining_wh.tolist() == [
        1000,
        2000,
        3000,
    ]  # states are not changed, they follow each other
