"""Alarms against a sorted list."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.jobs.events import alarms


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 9)), max_size=80))
@settings(deadline=None)  # the first call compiles
def test_the_soonest_alarm_of_the_lowest_job_comes_first(moves) -> None:
    heap = np.zeros(16, alarms.ALARM)
    place, size = np.full(16, -1), 0
    known: dict[int, int] = {}
    for job, tick in moves:
        size = alarms.drop(heap, place, size, job)
        known.pop(job, None)
        if tick:  # 0 only removes
            size = alarms.put(heap, place, size, job, tick)
            known[job] = tick
        assert size == len(known)
        if known:
            assert (heap[0]["tick"], heap[0]["job"]) == min((t, j) for j, t in known.items())
    assert sorted(heap["job"][:size].tolist()) == sorted(known)
