"""One alarm per job, soonest first: a binary heap in flat arrays that knows the place of each job.

`ticks` and `heap` hold the tick of each alarm and its job, `place` (jobs,) where each job is in them (-1: no alarm). Of
equal ticks the job of lower number comes first, so the order of events does not depend on the past of the heap.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True)
def put(ticks, heap, place, size, job, tick):  # type: ignore[no-untyped-def]
    """Set the alarm of `job`, which has none, to `tick`; return the new size."""
    _rise(ticks, heap, place, size, tick, job)
    return size + 1


@njit(cache=True)
def drop(ticks, heap, place, size, job):  # type: ignore[no-untyped-def]
    """Remove the alarm of `job`, if it has one; return the new size."""
    at = place[job]
    if at < 0:
        return size
    place[job] = -1
    size -= 1
    if at < size:
        tick, moved = ticks[size], heap[size]
        _rise(ticks, heap, place, at, tick, moved)
        if place[moved] == at:
            _sink(ticks, heap, place, size, at, tick, moved)
    return size


@njit(cache=True)
def _rise(ticks, heap, place, at, tick, job):  # type: ignore[no-untyped-def]
    while at > 0:
        above = (at - 1) >> 1
        if ticks[above] < tick or (ticks[above] == tick and heap[above] < job):
            break
        ticks[at], heap[at] = ticks[above], heap[above]
        place[heap[at]] = at
        at = above
    ticks[at], heap[at] = tick, job
    place[job] = at


@njit(cache=True)
def _sink(ticks, heap, place, size, at, tick, job):  # type: ignore[no-untyped-def]
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and _before(ticks, heap, below + 1, below):
            below += 1
        if tick < ticks[below] or (tick == ticks[below] and job < heap[below]):
            break
        ticks[at], heap[at] = ticks[below], heap[below]
        place[heap[at]] = at
        at = below
    ticks[at], heap[at] = tick, job
    place[job] = at


@njit(cache=True)
def _before(ticks, heap, one, other):  # type: ignore[no-untyped-def]
    return ticks[one] < ticks[other] or (ticks[one] == ticks[other] and heap[one] < heap[other])
