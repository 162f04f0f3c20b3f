"""The state before anything has happened."""

from small import make_scenario
from suandian.model.state import State


def test_the_first_state() -> None:
    scenario = make_scenario(jobs=3)
    state = State.initial(scenario)
    assert state.step == 0
    assert state.remaining_wh.tolist() == scenario.jobs.work_wh.tolist()
    assert state.remaining_wh is not scenario.jobs.work_wh
    assert (state.site.tolist(), state.last_wh.tolist()) == ([-1] * 3, [0] * 3)
    assert (state.level_wh.tolist(), state.output_wh.tolist()) == ([5_000_000], [-1] * 3)
