"""One alarm per job, soonest first: a binary heap in flat arrays that knows the place of each job.

`heap` holds (tick, job) of each alarm, `place` (jobs,) where each job is in it (-1: no alarm). Of
equal ticks the job of lower number comes first, so the order of events does not depend on the past
of the heap.
"""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel

ALARM = np.dtype([("tick", "i8"), ("job", "i8")])


@kernel
def put(heap, place, size, job, tick):  # type: ignore[no-untyped-def]
    """Set the alarm of `job`, which has none, to `tick`; return the new size."""
    _rise(heap, place, size, tick, job)
    return size + 1


@kernel
def drop(heap, place, size, job):  # type: ignore[no-untyped-def]
    """Remove the alarm of `job`, if it has one; return the new size."""
    at = place[job]
    if at < 0:
        return size
    place[job] = -1
    size -= 1
    if at < size:
        tick, moved = heap[size].tick, heap[size].job
        _rise(heap, place, at, tick, moved)
        if place[moved] == at:
            _sink(heap, place, size, at, tick, moved)
    return size


@kernel
def _rise(heap, place, at, tick, job):  # type: ignore[no-untyped-def]
    while at > 0:
        above = (at - 1) >> 1
        if heap[above].tick < tick or (heap[above].tick == tick and heap[above].job < job):
            break
        heap[at].tick, heap[at].job = heap[above].tick, heap[above].job
        place[heap[at].job] = at
        at = above
    heap[at].tick, heap[at].job = tick, job
    place[job] = at


@kernel
def _sink(heap, place, size, at, tick, job):  # type: ignore[no-untyped-def]
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and _before(heap, below + 1, below):
            below += 1
        if tick < heap[below].tick or (tick == heap[below].tick and job < heap[below].job):
            break
        heap[at].tick, heap[at].job = heap[below].tick, heap[below].job
        place[heap[at].job] = at
        at = below
    heap[at].tick, heap[at].job = tick, job
    place[job] = at


@kernel
def _before(heap, one, other):  # type: ignore[no-untyped-def]
    return heap[one].tick < heap[other].tick or (
        heap[one].tick == heap[other].tick and heap[one].job < heap[other].job
    )
