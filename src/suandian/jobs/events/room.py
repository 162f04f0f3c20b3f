"""Where a waiting job has room, and what it would cost there; nothing changes here."""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.jobs.events import ordered
from suandian.jobs.events.machine import PRICE, SMALL, STEP
from suandian.jobs.prefix import reached


@kernel(inline="always")
def pool_of(w, j, urgent):  # type: ignore[no-untyped-def]
    """Return the set in which a job waits: that of its site or, without one, of all; of jobs that
    have time or not.
    """
    sites = len(w.sites)
    s = w.jobs[j].site if w.jobs[j].site >= 0 else sites
    # sets 0 … sites: those that have time, the last without a site; then the same of urgent ones
    return s + (sites + 1 if urgent else 0)


@kernel(inline="always")
def nobody_waits(w, s):  # type: ignore[no-untyped-def]
    """Return whether no job waits for room at `s`."""
    waits = (
        ordered.least(w.words, w.levels, s, 0) >= 0
        or ordered.least(w.words, w.levels, len(w.sites), 0) >= 0
    )
    return not waits


@kernel(inline="always")
def room_at(w, s, urgent):  # type: ignore[no-untyped-def]
    """Return how wide a job may still start at site `s`: within the capacity and, if it has time,
    within the plan.

    The plan is met as nearly as jobs allow: one that overshoots it by less than half of its width
    may start.
    """
    taken = w.sites[s].used + w.sites[s].coming
    room = w.sites[s].capacity - taken
    if w.guided and not urgent:
        # half of the width may lie above the plan: a job of width 2x fits where x is left of it
        room = min(room, 2.0 * (planned(w, s) - taken))
    return room


@kernel(inline="always")
def planned(w, s):  # type: ignore[no-untyped-def]
    """Return the capacity that the plan uses at `s` now."""
    return w.quota[s, min(max(w.clock[STEP] - 1, 0), w.quota.shape[1] - 1)]


@kernel
def pressed(w, s):  # type: ignore[no-untyped-def]
    """Return whether urgent work waits for room at `s`: nothing else starts there."""
    sites = len(w.sites)
    # the urgent set of the site, then that of jobs without a site
    for pool in (sites + 1 + s, 2 * sites + 1):
        r = ordered.least(w.words, w.levels, pool, 0)
        while r >= 0:
            j = w.jobs[r].of_rank
            if (
                w.may[w.jobs[j].kind, w.jobs[j].origin, s]
                and w.pieces[w.jobs[j].piece].width <= w.sites[s].capacity + SMALL
            ):
                return True
            r = ordered.least(w.words, w.levels, pool, r + 1)
    return False


@kernel(inline="always")
def cost_until(w, s, tick):  # type: ignore[no-untyped-def]
    """Return the integral of the cost at `s` from its start to a tick."""
    return reached(w.cost, w.cost_start, w.cost_step, s, tick)


@kernel(inline="always")
def cost_of_rest(w, j, s, now):  # type: ignore[no-untyped-def]
    """Return what the rest of a job costs at `s` if it starts now and goes on, its data's way
    included.
    """
    piece = w.pieces[w.jobs[j].piece]
    cost = piece.width * (cost_until(w, s, now + np.int64(w.jobs[j].left)) - cost_until(w, s, now))
    if w.jobs[j].place != s:
        cost += w.ways[PRICE, w.jobs[j].place, s] * w.jobs[j].data_gb
    return cost


@kernel
def cheapest(w, j, now):  # type: ignore[no-untyped-def]
    """Return the cheapest allowed site with room for the job now, -1 if there is none."""
    best = -1
    least = np.inf
    width = w.pieces[w.jobs[j].piece].width
    for s in range(len(w.sites)):
        if not w.may[w.jobs[j].kind, w.jobs[j].origin, s] or width > room_at(w, s, False) + SMALL:
            continue
        # a job that has time takes no room that an urgent one waits for
        if w.guided and pressed(w, s):
            continue
        cost = cost_of_rest(w, j, s, now)
        if cost < least:
            best = s
            least = cost
    return best
