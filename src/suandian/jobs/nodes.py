"""Jobs that take a whole node each, first come first served, on identical nodes; and what nodes
draw.
"""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.model.grid import Floats, Ints


def first_come(submit: Ints, length: Ints, nodes: int) -> Ints:
    """Return when each job starts (jobs,) [tick], taken in the order given on `nodes` identical
    nodes.

    Each starts as soon as it is submitted and a node is free; none could overtake, as all need the
    same.

    Raises
    ------
    ValueError
        There is no node, or jobs are not in order of submission.

    Examples
    --------
    >>> first_come(np.array([0, 0, 1, 1]), np.array([5, 2, 4, 1]), 2).tolist()
    [0, 0, 2, 5]
    """
    if nodes < 1:
        raise ValueError(f"there must be a node, not {nodes}")
    # the heap knows no queue: who comes first must be first in the arrays
    if np.any(np.diff(submit) < 0):
        raise ValueError("jobs must be in order of submission")
    return np.asarray(_first_come(submit.astype(np.int64), length.astype(np.int64), nodes))


@kernel
def _first_come(submit, length, nodes):  # type: ignore[no-untyped-def]
    free = np.full(
        nodes, np.iinfo(np.int64).min
    )  # a binary heap: when each node is free, the soonest first
    start = np.empty(len(submit), np.int64)
    for j in range(len(submit)):
        start[j] = max(free[0], submit[j])
        end = start[j] + length[j]
        # the job takes the node that is free soonest: its new end sinks to its place
        at = 0
        while True:
            below = 2 * at + 1
            if below >= nodes:
                break
            if below + 1 < nodes and free[below + 1] < free[below]:
                below += 1
            if free[below] >= end:
                break
            free[at] = free[below]
            at = below
        free[at] = end
    return start


def root_power(usage: Floats, idle_w: float, most_w: float) -> Floats:
    """Return the power of a node [W] at a `usage` of its capacity [1]: idle + (most - idle)·√usage.

    Examples
    --------
    >>> root_power(np.array([0.0, 0.25, 1.0]), 32.0, 180.0).tolist()
    [32.0, 106.0, 180.0]
    """
    return np.asarray(idle_w + (most_w - idle_w) * np.sqrt(usage))


def spread(begin: Ints, length: Ints, value: Floats, step: int, count: int) -> Floats:
    """Return Σ value·length of runs by the step that each is in, in parts where it crosses an edge
    (count,).

    `begin` and `length` (runs,) in ticks, steps of `step` ticks from tick 0 on; what lies outside
    is left out.

    Examples
    --------
    >>> spread(np.array([50, 0]), np.array([20, 10]), np.array([1.0, 2.0]), 60, 2).tolist()
    [30.0, 10.0]
    """
    return np.asarray(
        _spread(
            begin.astype(np.int64),
            length.astype(np.int64),
            value.astype(float),
            step,
            count,
        )
    )


@kernel
def _spread(begin, length, value, step, count):  # type: ignore[no-untyped-def]
    made = np.zeros(count)
    for i in range(len(begin)):
        at = begin[i]
        end = begin[i] + length[i]
        while at < end:
            # a run is cut at the edges of steps
            edge = min((at // step + 1) * step, end)
            if 0 <= at // step < count:
                made[at // step] += value[i] * (edge - at)
            at = edge
    return made
