"""Cumulative arrivals and dues of groups of jobs: what a plan has to know of the work ahead."""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.model.grid import Floats, Ints
from suandian.model.units import WH_PER_MWH


def curves(
    remaining_wh: Ints,
    width_mw: Floats,
    release_s: Ints,
    deadline_s: Ints,
    group: Ints,
    n_groups: int,
    edges_s: Ints,
    weight: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Return cumulative arrived and due work [MWh], each (steps, groups), at the end of each step.

    For a job with remaining work w [MWh], width p [MW], release r and deadline u in a window that
    starts at s:

        arrived(t) = min(w, p · max(0, t - max(r, s)))
        due(t)     = min(arrived(t), max(0, w - p · max(0, u - t)))

    Work that cannot be done by its deadline is due as fast as it arrives: it is late, not
    infeasible. The cap is taken job by job (so it holds for the sums too): otherwise work of its
    group that has time would have to stand in for it.

    `remaining_wh` [Wh], `width_mw` [MW], `release_s`, `deadline_s` [UTC s] and `group` are by job,
    shape (jobs,); a job of group -1 is left out. `edges_s` (steps + 1,) [UTC s]. `weight` [1]
    multiplies a job's work in the sums; 1/n for jobs of n earlier weeks gives their mean.

    Examples
    --------
    2 MWh at 1 MW, released at once and due after three hours: the first hour is slack.

    >>> whole = lambda value: np.array([value], dtype=np.int64)
    >>> edges = 3600 * np.arange(4, dtype=np.int64)
    >>> work, width, release, deadline = whole(2_000_000), np.ones(1), whole(0), whole(3 * 3600)
    >>> arrived, due = curves(work, width, release, deadline, whole(0), 1, edges)
    >>> arrived[:, 0].tolist(), due[:, 0].tolist()
    ([1.0, 2.0, 2.0], [0.0, 1.0, 2.0])
    """
    # expected arrivals are past ones, each with a part of its weight
    factor = np.ones(len(remaining_wh)) if weight is None else np.asarray(weight, dtype=np.float64)
    work_mwh = np.asarray(remaining_wh, dtype=np.int64) / WH_PER_MWH
    edges = np.asarray(edges_s, dtype=np.int64)
    arrived, due = np.zeros((2, len(edges) - 1, n_groups))
    _increments(
        np.column_stack([work_mwh, np.asarray(width_mw, dtype=np.float64), factor]),
        np.column_stack([release_s, deadline_s, group]).astype(np.int64),
        edges,
        arrived,
        due,
    )
    arrived, due = np.cumsum(arrived, axis=0), np.cumsum(due, axis=0)
    return arrived, np.minimum(due, arrived)  # the sums round differently


@kernel
def _increments(power, times, edges, arrived, due):  # type: ignore[no-untyped-def]
    """Add arrivals and dues by step; `power` is (work, width, weight), `times` (release, deadline,
    group) by job.
    """
    steps = len(edges) - 1
    for j in range(len(power)):
        work, width, weight = power[j]
        release, deadline, g = times[j]
        # work of before the window waits at its beginning
        start = max(release, edges[0])
        if g < 0 or work <= 0.0 or width <= 0.0 or start >= edges[steps]:
            continue
        before = 0.0
        for t in range(np.searchsorted(edges, start, side="right") - 1, steps):
            now = _arrived(work, width, start, edges[t + 1])
            arrived[t, g] += weight * (now - before)
            before = now
            if now >= work:
                break
        before = 0.0
        first_s = max(
            start, deadline - np.int64(work / width * 3600.0) - 1
        )  # nothing is due before
        for t in range(np.searchsorted(edges, first_s, side="right") - 1, steps):
            left = max(0, deadline - edges[t + 1]) / 3600.0
            now = min(_arrived(work, width, start, edges[t + 1]), max(0.0, work - width * left))
            due[t, g] += weight * (now - before)
            before = now
            if now >= work:
                break


@kernel
def _arrived(work, width, start, end):  # type: ignore[no-untyped-def]
    """Work that may have been done by `end` [MWh]."""
    return min(work, width * (max(0, end - start) / 3600.0))
