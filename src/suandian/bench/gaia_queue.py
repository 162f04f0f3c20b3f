"""GAIA's waiting queue and reserved pool, tick by tick, with the order that Python's heap gives to
equal arrivals.

Which of several jobs of the same tick gets the reserved capacity decides some cents. In GAIA that
is the order in which a binary heap hands out equal entries, all of which are taken out and put back
in every tick; it is neither first come first served nor stable, and is followed here only because
the figures are to be the same.
"""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.model.grid import Bools, Floats, Ints


def queued(
    arrival: Ints,
    latest: Ints,
    length: Ints,
    width: Floats,
    pool: float,
    eager: Bools,
    barred: Bools,
) -> tuple[Ints, Bools]:
    """Return the starts of runs (runs,) [tick] and which of them hold reserved capacity (runs,).

    Runs are in order of `arrival` (runs,). A run starts at `latest`; one that is `eager` as soon
    after its arrival as the pool has its `width`. Whoever starts while the pool has its width takes
    it, unless `barred`. What is given back at the end of a run can be taken a tick later.

    Examples
    --------
    Both fit the pool of 2 one after the other; the second need not wait for its latest start.

    >>> two = lambda a, b: np.array([a, b])
    >>> on_demand, spot = two(False, True), two(False, False)
    >>> start, held = queued(two(0, 0), two(0, 9), two(3, 3), two(2.0, 2.0), 2.0, on_demand, spot)
    >>> start.tolist(), held.tolist()
    ([0, 4], [True, True])
    """
    start, held = _queued(arrival, latest, length, np.asarray(width, float), pool, eager, barred)
    return start, held


@kernel
def _queued(arrival, latest, length, width, pool, eager, barred):  # type: ignore[no-untyped-def]
    runs = len(arrival)
    start = np.full(runs, -1, np.int64)
    held = np.zeros(runs, np.bool_)
    # what is given back in each tick: no list of running jobs is needed
    back = np.zeros(latest.max() + length.max() + 2)
    queue = np.empty(runs, np.int64)
    other = np.empty(runs, np.int64)
    size = 0
    come = 0
    free = pool
    for now in range(latest.max() + 1):
        # GAIA's order is that of its heap: ties fall as they fall there, so the heap is rebuilt as
        # Python's heapq has it
        while come < runs and arrival[come] <= now:
            _push(queue, size, come, arrival)
            size += 1
            come += 1
        # who cannot start yet goes into the other heap, and the heaps change places
        kept = 0
        while size > 0:
            j = _pop(queue, size, arrival)
            size -= 1
            fits = free >= width[j]
            if now >= latest[j] or (eager[j] and fits):
                start[j] = now
                if fits and not barred[j]:
                    held[j] = True
                    free -= width[j]
                    back[now + length[j]] += width[j]
            else:
                _push(other, kept, j, arrival)
                kept += 1
        queue, other, size = other, queue, kept
        free += back[now]
    return start, held


@kernel
def _push(heap, size, item, key):  # type: ignore[no-untyped-def]
    heap[size] = item
    _rise(heap, 0, size, key)


@kernel
def _pop(heap, size, key):  # type: ignore[no-untyped-def]
    """Take out the first entry: the last one takes its place, sinks to a leaf by the lesser child,
    and rises again.
    """
    last = heap[size - 1]
    n = size - 1
    if n == 0:
        return last
    first = heap[0]
    # heapq sinks the smaller child all the way and lets the last rise again: the order of equals
    # depends on it
    at = 0
    below = 1
    while below < n:
        right = below + 1
        if right < n and not key[heap[below]] < key[heap[right]]:
            below = right
        heap[at] = heap[below]
        at, below = below, 2 * below + 1
    heap[at] = last
    _rise(heap, 0, at, key)
    return first


@kernel
def _rise(heap, top, at, key):  # type: ignore[no-untyped-def]
    item = heap[at]
    while at > top:
        above = (at - 1) >> 1
        if not key[item] < key[heap[above]]:
            break
        heap[at] = heap[above]
        at = above
    heap[at] = item
