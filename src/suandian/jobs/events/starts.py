"""Waiting jobs get room: in the order of their ranks, past one another, or at another's cost."""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.jobs.events import ordered
from suandian.jobs.events.machine import (
    BANDWIDTH,
    BUSY,
    EASY,
    FIT,
    NEVER,
    PRICE,
    SMALL,
    STRICT,
    WAITING,
)
from suandian.jobs.events.room import (
    cheapest,
    cost_of_rest,
    nobody_waits,
    planned,
    pool_of,
    pressed,
    room_at,
)
from suandian.jobs.events.running import running_at, start, suspend
from suandian.jobs.events.timing import latest_start, pend, set_alarm, silence


@kernel(inline="always")
def haul(w, j, s, now):  # type: ignore[no-untyped-def]
    """Move the job's data to site `s`, after what is on the way already; return when they are
    there.
    """
    here = w.jobs[j].place
    w.jobs[j].place = s
    if here == s or w.jobs[j].data_gb <= 0:
        return now
    w.jobs[j].moved_gb += w.jobs[j].data_gb
    w.jobs[j].paid_to_move += w.jobs[j].data_gb * w.ways[PRICE, here, s]
    if w.ways[BANDWIDTH, here, s] == np.inf:
        return now
    # data follow one another on a way: first come, first served
    begin = max(float(now), w.ways[BUSY, here, s])
    there = begin + w.jobs[j].data_gb / w.ways[BANDWIDTH, here, s]
    w.ways[BUSY, here, s] = there
    return max(now, np.int64(np.ceil(there - SMALL)))


@kernel(inline="always")
def take(w, j, s, now):  # type: ignore[no-untyped-def]
    """Give a waiting job room at `s`: it starts, or its data set out and the room is kept."""
    silence(w, j)
    ready = haul(w, j, s, now)
    w.jobs[j].site = s
    if ready > now:
        w.jobs[j].promised = w.pieces[w.jobs[j].piece].width
        w.sites[s].coming += w.jobs[j].promised
        pend(w, j, ready)
    else:
        start(w, j, now)


@kernel
def wait(w, j, now):  # type: ignore[no-untyped-def]
    """Let a job wait for room; one without a site goes to the cheapest with room at once, if there
    is any.
    """
    w.jobs[j].phase = WAITING
    urgent = False
    if w.guided:
        latest = latest_start(w, j)
        urgent = latest <= now
    if w.jobs[j].site >= 0:
        s = w.jobs[j].site
        if (
            not w.guided
            and nobody_waits(w, s)
            and w.pieces[w.jobs[j].piece].width <= room_at(w, s, False) + SMALL
        ):
            # nobody waits there: no need to queue
            start(w, j, now)
            return
        w.sites[s].dirty = True
    else:
        s = place_urgent(w, j, now) if urgent else cheapest(w, j, now)
        if s >= 0:
            take(w, j, s, now)
            return
    if w.guided and not urgent:
        set_alarm(w, j, latest)
    ordered.add(
        w.words,
        w.levels,
        pool_of(w, j, urgent),
        w.jobs[j].rank,
    )


@kernel
def place_urgent(w, j, now):  # type: ignore[no-untyped-def]
    """Return where a job that must start now does, -1 if nowhere.

    That is the cheapest site where the plan has room for it or jobs that have time make room; else
    where there is any; else where jobs that have the least bit of time make it.
    """
    sites = len(w.sites)
    width = w.pieces[w.jobs[j].piece].width
    cost = np.full(sites, np.inf)
    for s in range(sites):
        if w.may[w.jobs[j].kind, w.jobs[j].origin, s]:
            cost[s] = cost_of_rest(w, j, s, now)
    # a stable order: equal costs are taken in the order of the sites, on every machine
    order = np.argsort(cost, kind="mergesort")
    for s in order:
        if cost[s] < np.inf:
            most = min(w.sites[s].capacity, planned(w, s))
            if width <= room_at(w, s, False) + SMALL or displace(
                w, s, width, most, w.quota_step, -1, now
            ):
                return s
    for s in order:
        if cost[s] < np.inf and width <= room_at(w, s, True) + SMALL:
            return s
    for s in order:
        if cost[s] < np.inf and displace(w, s, width, w.sites[s].capacity, 0, -1, now):
            return s
    return -1


@kernel
def displace(w, s, width, most, least, rank, now):  # type: ignore[no-untyped-def]
    """Suspend jobs at `s` until one of `width` fits within `most`, if that is possible; return
    whether it fits.

    Those go that could pause for more than `least` ticks, most first; or those that come after
    `rank`, if one is given.
    """
    site = w.sites[s]
    if width > most + SMALL:
        return False
    jobs, spare = running_at(w, s)
    if rank >= 0:
        for i in range(len(jobs)):
            spare[i] = (
                w.jobs[jobs[i]].rank - rank if w.kinds[w.jobs[jobs[i]].kind].suspendable else -1
            )
    order = np.argsort(-spare, kind="mergesort")
    # first whether it would do: nobody is stopped for nothing
    total = most - site.used - site.coming
    for i in order:
        if spare[i] <= least or total >= width - SMALL:
            break
        total += w.jobs[jobs[i]].draws
    if total < width - SMALL:
        return False
    for i in order:
        if most - site.used - site.coming >= width - SMALL:
            break
        suspend(w, jobs[i], now)
        w.jobs[jobs[i]].phase = WAITING
        urgent = w.guided and latest_start(w, jobs[i]) <= now
        if w.guided and not urgent:
            set_alarm(w, jobs[i], latest_start(w, jobs[i]))
        ordered.add(
            w.words,
            w.levels,
            pool_of(w, jobs[i], urgent),
            w.jobs[jobs[i]].rank,
        )
    # who was stopped may go on at any site
    w.sites["dirty"][:] = True
    return True


@kernel(inline="always")
def fill(w, s, now):  # type: ignore[no-untyped-def]
    """Start what waits and fits at site `s`: urgent work first."""
    sites = len(w.sites)
    if w.guided:
        for pool in (sites + 1 + s, 2 * sites + 1):
            if ordered.least(w.words, w.levels, pool, 0) >= 0:
                start_waiting(w, s, pool, FIT, now, True)
        # what is left is kept for urgent work that waits for more of it
        if pressed(w, s):
            return
    for pool in (s, sites):
        if ordered.least(w.words, w.levels, pool, 0) >= 0:
            start_waiting(w, s, pool, w.mode if pool == s else FIT, now, False)


@kernel
def start_waiting(w, s, pool, mode, now, urgent):  # type: ignore[no-untyped-def]
    """Start the jobs of a waiting set that fit, in order of rank, as far as `mode` lets them
    overtake.
    """
    passed = 0
    held = False
    r = ordered.least(w.words, w.levels, pool, 0)
    while r >= 0:
        room = room_at(w, s, urgent)
        # no job is as narrow: the rest of the set need not be looked at
        if room < w.least_width - SMALL and not w.preempt:
            return
        j = w.jobs[r].of_rank
        if w.may[w.jobs[j].kind, w.jobs[j].origin, s]:
            width = w.pieces[w.jobs[j].piece].width
            fits = width <= room + SMALL and (not held or spares(w, s, j, now))
            if not fits and w.preempt:
                fits = displace(w, s, width, room + w.sites[s].used + w.sites[s].coming, 0, r, now)
            if fits:
                ordered.discard(w.words, w.levels, pool, r)
                take(w, j, s, now)
            elif mode == STRICT:
                return
            else:
                if mode == EASY and not held:
                    hold_room(w, s, j, now)
                    held = True
                passed += 1
                if passed > w.depth:
                    return
        r = ordered.least(w.words, w.levels, pool, r + 1)


@kernel
def hold_room(w, s, j, now):  # type: ignore[no-untyped-def]
    """Reserve room for the first job that does not fit: from when on, and what is spare then (EASY
    backfill).
    """
    if w.sites[s].held_for == j and w.sites[s].held_until > now:
        return
    count = 0
    k = w.sites[s].running
    while k >= 0:
        count += 1
        k = w.jobs[k].after
    jobs = np.empty(count, np.int64)
    ends = np.empty(count, np.int64)
    k = w.sites[s].running
    for i in range(count):
        jobs[i] = k
        ends[i] = w.heap[w.at[k]].tick
        k = w.jobs[k].after
    free = w.sites[s].capacity - w.sites[s].used - w.sites[s].coming
    width = w.pieces[w.jobs[j].piece].width
    w.sites[s].held_for = j
    w.sites[s].held_until = NEVER
    w.sites[s].held_spare = 0.0
    order = np.argsort(ends, kind="mergesort")
    for i in range(count):
        free += w.jobs[jobs[order[i]]].draws
        # jobs that end in one tick free their room together
        last = i + 1 == count or ends[order[i + 1]] > ends[order[i]]
        if last and free >= width - SMALL:
            w.sites[s].held_until = ends[order[i]]
            w.sites[s].held_spare = free - width
            return


@kernel(inline="always")
def spares(w, s, j, now):  # type: ignore[no-untyped-def]
    """Return whether a job may overtake the one that room is held for; what it takes of the spare
    room is gone.
    """
    if now + w.jobs[j].pay + np.int64(np.ceil(w.jobs[j].left - SMALL)) <= w.sites[s].held_until:
        return True
    width = w.pieces[w.jobs[j].piece].width
    if width <= w.sites[s].held_spare + SMALL:
        w.sites[s].held_spare -= width
        return True
    return False
