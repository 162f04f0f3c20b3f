"""The event kernel: jobs at sites of limited capacity, from event to event, waiting jobs woken by
what is freed.

All of a simulation is in the flat arrays of `World`; an event is the alarm of a job (its end, the
end of a pause or of a transfer, its latest start), a submission, a failure or its repair, or the
edge of a step of the plan. In one tick things happen in this order: ends and other alarms, repairs
and failures, submissions, the plan's edge, and at last starts, so that nothing depends on the order
of equal events.

A `guided` simulation follows a plan: `quota` (sites, steps) is the capacity that the plan uses.
Work starts within the quota; what has to start now to be done in time starts wherever there is
room, and holds others back where there is none; where a step's quota is below what runs, classes
that give throughput are slowed down alike, then suspendable jobs with the most time left are
stopped. They start again wherever it suits the plan.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from suandian.jobs.compiled import kernel
from suandian.jobs.events import alarms, ordered
from suandian.jobs.events.reject import GIVEN_UP
from suandian.jobs.prefix import reached
from suandian.model.grid import Bools, Floats, Ints

STRICT, EASY, FIT = range(
    3
)  # who may overtake a job that does not fit: nobody; who does not delay it; anybody
FUTURE, PENDING, WAITING, RUNNING, FINISHED, REFUSED = range(6)
NOW, SUBMITTED, STEP, FAILED, REPAIRED, ALARMS, RECORDS, ACTIVE, OVER = range(
    9
)  # places in `clock`
BANDWIDTH, PRICE, BUSY = range(3)  # tables of `ways`
NEVER = np.iinfo(np.int64).max
SMALL = 1e-6  # of capacity and of ticks: what sums of floating point may be off


JOB = np.dtype(
    [
        # what it is (see batch.Batch), a `reason` to refuse it; what is wished: the site, the
        # pieces, the rank
        ("submit", "i8"),
        ("due", "i8"),
        ("kind", "i4"),
        ("origin", "i4"),
        ("data_gb", "f8"),
        ("reason", "i4"),
        ("wish", "i4"),
        ("first", "i8"),
        ("last", "i8"),
        ("rank", "i8"),
        ("of_rank", "i8"),
        # how it stands: its phase, site (-1 none), where its data are, its piece and the ticks
        # `left` of it, overhead ahead; begin, throughput and draw of its stretch, work since it was
        # last started; room promised to it at its site
        ("phase", "i4"),
        ("site", "i4"),
        ("place", "i4"),
        ("tries", "i4"),
        ("piece", "i8"),
        ("left", "f8"),
        ("pay", "i8"),
        ("since", "i8"),
        ("rate", "f8"),
        ("draws", "f8"),
        ("gained", "f8"),
        ("promised", "f8"),
        # neighbours in the list of what runs at its site
        ("before", "i8"),
        ("after", "i8"),
        # what became of it, see batch.Outcome
        ("start", "i8"),
        ("end", "i8"),
        ("ran", "i8"),
        ("suspensions", "i8"),
        ("lost", "f8"),
        ("moved_gb", "f8"),
        ("paid_to_move", "f8"),
    ],
    align=True,
)
PIECE = np.dtype([("begin", "i8"), ("length", "i8"), ("width", "f8")])
KIND = np.dtype(
    [
        ("suspendable", "?"),
        ("overhead", "i8"),
        ("checkpoint", "i8"),
        ("retries", "i8"),
        ("give", "f8"),
    ],
    align=True,
)
# capacity, in use, promised to jobs whose data are on the way, share that throughput is slowed by,
# first running job, whether something may start; the job that room is held for, until when, and
# what is spare then
SITE = np.dtype(
    [
        ("capacity", "f8"),
        ("used", "f8"),
        ("coming", "f8"),
        ("slowed", "f8"),
        ("running", "i8"),
        ("dirty", "?"),
        ("held_for", "i8"),
        ("held_until", "i8"),
        ("held_spare", "f8"),
    ],
    align=True,
)
FAILURE = np.dtype(
    [("at", "i8"), ("until", "i8"), ("site", "i8"), ("lost", "f8"), ("repair", "i8")]
)
RUN = np.dtype(
    [
        ("job", "i8"),
        ("site", "i8"),
        ("begin", "i8"),
        ("end", "i8"),
        ("width", "f8"),
        ("rate", "f8"),
        ("paid", "i8"),
    ]
)


class Machine(NamedTuple):
    """State of a simulation: tables whose rows are the types above, and what does not change.

    `may` (classes, origins, sites); `ways` (3, origins, sites): GB per tick, price per GB, tick
    until which it is busy; `cost` (sites, steps + 1) the integral of the cost, of a `cost_step`
    from `cost_start` on; `quota` (sites, steps) likewise; `heap`, `at` see alarms; `words`,
    `levels` see ordered: sets of waiting jobs by rank, of each site and of jobs without one, first
    those that have time; `clock` of places NOW …; `mode` … `preempt` see jobs.simulation.

    As few arrays as can be: each costs a count of its users in every call.
    """

    jobs: NDArray[np.void]
    pieces: NDArray[np.void]
    kinds: NDArray[np.void]
    sites: NDArray[np.void]
    failures: NDArray[np.void]
    runs: NDArray[np.void]
    may: Bools
    ways: Floats
    cost: Floats
    cost_start: int
    cost_step: int
    quota: Floats
    quota_start: int
    quota_step: int
    heap: NDArray[np.void]
    at: Ints
    words: NDArray[np.uint64]
    levels: tuple[int, ...]
    clock: Ints
    mode: int
    depth: int
    guided: bool
    preempt: bool
    least_width: float


@kernel
def advance(w, until):  # type: ignore[no-untyped-def]
    """Let everything happen that is before tick `until`; return whether it did, or runs
    are full.
    """
    c = w.clock
    while True:
        now = _next(w)
        if now >= until:
            c[NOW] = max(c[NOW], until) if until != NEVER else c[NOW]
            return True
        if c[RECORDS] + c[ACTIVE] > len(w.runs):
            return False
        c[NOW] = now
        while c[ALARMS] > 0 and w.heap[0].tick <= now:
            _alarm(w, w.heap[0].job, now)
        while (
            c[REPAIRED] < len(w.failures)
            and w.failures[w.failures[c[REPAIRED]].repair].until == now
        ):
            f = w.failures[c[REPAIRED]].repair
            w.sites[w.failures[f].site].capacity += w.failures[f].lost
            w.sites[w.failures[f].site].dirty = True
            c[REPAIRED] += 1
        while c[FAILED] < len(w.failures) and w.failures[c[FAILED]].at == now:
            _fail(w, c[FAILED], now)
            c[FAILED] += 1
        while c[SUBMITTED] < len(w.jobs) and w.jobs[c[SUBMITTED]].submit == now:
            _submit(w, c[SUBMITTED], now)
            c[SUBMITTED] += 1
        if _edge(w) == now:
            c[STEP] += 1
            for s in range(len(w.sites)):
                _follow(w, s, w.quota[s, c[STEP] - 1], now)
        for s in range(len(w.sites)):
            if w.sites[s].dirty:
                w.sites[s].dirty = False
                _fill(w, s, now)


@kernel(inline="always")
def _next(w):  # type: ignore[no-untyped-def]
    c = w.clock
    now = w.heap[0].tick if c[ALARMS] > 0 else NEVER
    if c[SUBMITTED] < len(w.jobs):
        now = min(now, w.jobs[c[SUBMITTED]].submit)
    if c[OVER] == len(w.jobs):
        return now  # all jobs are done: failures and plans no longer matter
    if c[FAILED] < len(w.failures):
        now = min(now, w.failures[c[FAILED]].at)
    if c[REPAIRED] < len(w.failures):
        now = min(now, w.failures[w.failures[c[REPAIRED]].repair].until)
    return min(now, _edge(w))


@kernel(inline="always")
def _edge(w):  # type: ignore[no-untyped-def]
    step = w.clock[STEP]
    return w.quota_start + step * w.quota_step if w.guided and step < w.quota.shape[1] else NEVER


# ---- a job comes, waits, is woken


@kernel(inline="always")
def _submit(w, j, now):  # type: ignore[no-untyped-def]
    if w.jobs[j].reason != 0:
        w.jobs[j].phase = REFUSED
        w.clock[OVER] += 1
        return
    w.jobs[j].piece = w.jobs[j].first
    w.jobs[j].left = w.pieces[w.jobs[j].first].length
    w.jobs[j].place = w.jobs[j].origin
    ready = max(now, w.pieces[w.jobs[j].first].begin)
    if w.jobs[j].wish >= 0:
        w.jobs[j].site = w.jobs[j].wish
        ready = max(ready, _haul(w, j, w.jobs[j].wish, now))
    if ready > now:
        _pend(w, j, ready)
    else:
        _wait(w, j, now)


@kernel(inline="always")
def _alarm(w, j, now):  # type: ignore[no-untyped-def]
    _silence(w, j)
    if w.jobs[j].phase == RUNNING:
        _finish(w, j, now)
        return
    if w.jobs[j].phase == WAITING:  # its latest start has come
        ordered.discard(w.words, w.levels, _pool(w, j, False), w.jobs[j].rank)
    elif w.jobs[j].promised > 0:  # its data have come
        w.sites[w.jobs[j].site].coming -= w.jobs[j].promised
        w.jobs[j].promised = 0.0
    _wait(w, j, now)


@kernel
def _wait(w, j, now):  # type: ignore[no-untyped-def]
    """Let a job wait for room; one without a site goes to the cheapest with room at once, if there
    is any.
    """
    w.jobs[j].phase = WAITING
    urgent = False
    if w.guided:
        latest = _latest(w, j)
        urgent = latest <= now
    if w.jobs[j].site >= 0:
        s = w.jobs[j].site
        if (
            not w.guided
            and _idle(w, s)
            and w.pieces[w.jobs[j].piece].width <= _room(w, s, False) + SMALL
        ):
            _start(w, j, now)  # nobody waits there: no need to queue
            return
        w.sites[s].dirty = True
    else:
        s = _pressing(w, j, now) if urgent else _cheapest(w, j, now)
        if s >= 0:
            _take(w, j, s, now)
            return
    if w.guided and not urgent:
        _set(w, j, latest)
    ordered.add(w.words, w.levels, _pool(w, j, urgent), w.jobs[j].rank)


@kernel(inline="always")
def _latest(w, j):  # type: ignore[no-untyped-def]
    """Return the last tick at which a job may start and be done in time."""
    return w.jobs[j].due - w.jobs[j].pay - np.int64(np.ceil(w.jobs[j].left - SMALL))


@kernel(inline="always")
def _idle(w, s):  # type: ignore[no-untyped-def]
    """Return whether no job waits for room at `s`."""
    waits = (
        ordered.least(w.words, w.levels, s, 0) >= 0
        or ordered.least(w.words, w.levels, len(w.sites), 0) >= 0
    )
    return not waits


@kernel(inline="always")
def _pool(w, j, urgent):  # type: ignore[no-untyped-def]
    """Return the set in which a job waits: that of its site or, without one, of all; of jobs that
    have time or not.
    """
    sites = len(w.sites)
    s = w.jobs[j].site if w.jobs[j].site >= 0 else sites
    return s + (sites + 1 if urgent else 0)


@kernel(inline="always")
def _pend(w, j, until):  # type: ignore[no-untyped-def]
    w.jobs[j].phase = PENDING
    _set(w, j, until)


@kernel(inline="always")
def _set(w, j, tick):  # type: ignore[no-untyped-def]
    w.clock[ALARMS] = alarms.put(w.heap, w.at, w.clock[ALARMS], j, tick)


@kernel(inline="always")
def _silence(w, j):  # type: ignore[no-untyped-def]
    w.clock[ALARMS] = alarms.drop(w.heap, w.at, w.clock[ALARMS], j)


@kernel(inline="always")
def _haul(w, j, s, now):  # type: ignore[no-untyped-def]
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
    there = max(float(now), w.ways[BUSY, here, s]) + w.jobs[j].data_gb / w.ways[BANDWIDTH, here, s]
    w.ways[BUSY, here, s] = there
    return max(now, np.int64(np.ceil(there - SMALL)))


@kernel(inline="always")
def _take(w, j, s, now):  # type: ignore[no-untyped-def]
    """Give a waiting job room at `s`: it starts, or its data set out and the room is kept."""
    _silence(w, j)
    ready = _haul(w, j, s, now)
    w.jobs[j].site = s
    if ready > now:
        w.jobs[j].promised = w.pieces[w.jobs[j].piece].width
        w.sites[s].coming += w.jobs[j].promised
        _pend(w, j, ready)
    else:
        _start(w, j, now)


# ---- room


@kernel(inline="always")
def _room(w, s, urgent):  # type: ignore[no-untyped-def]
    """Return how wide a job may still start at site `s`: within the capacity and, if it has time,
    within the plan.

    The plan is met as nearly as jobs allow: one that overshoots it by less than half of its width
    may start.
    """
    taken = w.sites[s].used + w.sites[s].coming
    room = w.sites[s].capacity - taken
    if w.guided and not urgent:
        room = min(room, 2.0 * (_planned(w, s) - taken))
    return room


@kernel(inline="always")
def _planned(w, s):  # type: ignore[no-untyped-def]
    """Return the capacity that the plan uses at `s` now."""
    return w.quota[s, min(max(w.clock[STEP] - 1, 0), w.quota.shape[1] - 1)]


@kernel
def _pressed(w, s):  # type: ignore[no-untyped-def]
    """Return whether urgent work waits for room at `s`: nothing else starts there."""
    sites = len(w.sites)
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
def _reached(w, s, tick):  # type: ignore[no-untyped-def]
    return reached(w.cost, w.cost_start, w.cost_step, s, tick)


@kernel(inline="always")
def _cost(w, j, s, now):  # type: ignore[no-untyped-def]
    """Return what the rest of a job costs at `s` if it starts now and goes on, its data's way
    included.
    """
    piece = w.pieces[w.jobs[j].piece]
    cost = piece.width * (_reached(w, s, now + np.int64(w.jobs[j].left)) - _reached(w, s, now))
    if w.jobs[j].place != s:
        cost += w.ways[PRICE, w.jobs[j].place, s] * w.jobs[j].data_gb
    return cost


@kernel
def _cheapest(w, j, now):  # type: ignore[no-untyped-def]
    """Return the cheapest allowed site with room for the job now, -1 if there is none."""
    best, least = -1, np.inf
    width = w.pieces[w.jobs[j].piece].width
    for s in range(len(w.sites)):
        if not w.may[w.jobs[j].kind, w.jobs[j].origin, s] or width > _room(w, s, False) + SMALL:
            continue
        if w.guided and _pressed(w, s):
            continue
        cost = _cost(w, j, s, now)
        if cost < least:
            best, least = s, cost
    return best


@kernel
def _pressing(w, j, now):  # type: ignore[no-untyped-def]
    """Return where a job that must start now does, -1 if nowhere.

    That is the cheapest site where the plan has room for it or jobs that have time make room; else
    where there is any; else where jobs that have the least bit of time make it.
    """
    sites = len(w.sites)
    width = w.pieces[w.jobs[j].piece].width
    cost = np.full(sites, np.inf)
    for s in range(sites):
        if w.may[w.jobs[j].kind, w.jobs[j].origin, s]:
            cost[s] = _cost(w, j, s, now)
    order = np.argsort(cost, kind="mergesort")
    for s in order:
        if cost[s] < np.inf:
            most = min(w.sites[s].capacity, _planned(w, s))
            if width <= _room(w, s, False) + SMALL or _displaced(
                w, s, width, most, w.quota_step, -1, now
            ):
                return s
    for s in order:
        if cost[s] < np.inf and width <= _room(w, s, True) + SMALL:
            return s
    for s in order:
        if cost[s] < np.inf and _displaced(w, s, width, w.sites[s].capacity, 0, -1, now):
            return s
    return -1


@kernel
def _displaced(w, s, width, most, least, rank, now):  # type: ignore[no-untyped-def]
    """Suspend jobs at `s` until one of `width` fits within `most`, if that is possible; return
    whether it fits.

    Those go that could pause for more than `least` ticks, most first; or those that come after
    `rank`, if one is given.
    """
    site = w.sites[s]
    if width > most + SMALL:
        return False
    jobs, spare = _running(w, s)
    if rank >= 0:
        for i in range(len(jobs)):
            spare[i] = (
                w.jobs[jobs[i]].rank - rank if w.kinds[w.jobs[jobs[i]].kind].suspendable else -1
            )
    order = np.argsort(-spare, kind="mergesort")
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
        _suspend(w, jobs[i], now)
        w.jobs[jobs[i]].phase = WAITING
        urgent = w.guided and _latest(w, jobs[i]) <= now
        if w.guided and not urgent:
            _set(w, jobs[i], _latest(w, jobs[i]))
        ordered.add(w.words, w.levels, _pool(w, jobs[i], urgent), w.jobs[jobs[i]].rank)
    w.sites["dirty"][:] = True
    return True


@kernel(inline="always")
def _fill(w, s, now):  # type: ignore[no-untyped-def]
    """Start what waits and fits at site `s`: urgent work first."""
    sites = len(w.sites)
    if w.guided:
        for pool in (sites + 1 + s, 2 * sites + 1):
            if ordered.least(w.words, w.levels, pool, 0) >= 0:
                _scan(w, s, pool, FIT, now, True)
        if _pressed(w, s):
            return
    for pool in (s, sites):
        if ordered.least(w.words, w.levels, pool, 0) >= 0:
            _scan(w, s, pool, w.mode if pool == s else FIT, now, False)


@kernel
def _scan(w, s, pool, mode, now, urgent):  # type: ignore[no-untyped-def]
    """Start the jobs of a waiting set that fit, in order of rank, as far as `mode` lets them
    overtake.
    """
    passed, held = 0, False
    r = ordered.least(w.words, w.levels, pool, 0)
    while r >= 0:
        room = _room(w, s, urgent)
        if room < w.least_width - SMALL and not w.preempt:
            return
        j = w.jobs[r].of_rank
        if w.may[w.jobs[j].kind, w.jobs[j].origin, s]:
            width = w.pieces[w.jobs[j].piece].width
            fits = width <= room + SMALL and (not held or _spares(w, s, j, now))
            if not fits and w.preempt:
                fits = _displaced(
                    w, s, width, room + w.sites[s].used + w.sites[s].coming, 0, r, now
                )
            if fits:
                ordered.discard(w.words, w.levels, pool, r)
                _take(w, j, s, now)
            elif mode == STRICT:
                return
            else:
                if mode == EASY and not held:
                    _hold(w, s, j, now)
                    held = True
                passed += 1
                if passed > w.depth:
                    return
        r = ordered.least(w.words, w.levels, pool, r + 1)


@kernel
def _hold(w, s, j, now):  # type: ignore[no-untyped-def]
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
        jobs[i], ends[i] = k, w.heap[w.at[k]].tick
        k = w.jobs[k].after
    free = w.sites[s].capacity - w.sites[s].used - w.sites[s].coming
    width = w.pieces[w.jobs[j].piece].width
    w.sites[s].held_for, w.sites[s].held_until, w.sites[s].held_spare = j, NEVER, 0.0
    order = np.argsort(ends, kind="mergesort")
    for i in range(count):
        free += w.jobs[jobs[order[i]]].draws
        last = i + 1 == count or ends[order[i + 1]] > ends[order[i]]
        if last and free >= width - SMALL:
            w.sites[s].held_until, w.sites[s].held_spare = ends[order[i]], free - width
            return


@kernel(inline="always")
def _spares(w, s, j, now):  # type: ignore[no-untyped-def]
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


# ---- a job runs


@kernel(inline="always")
def _start(w, j, now):  # type: ignore[no-untyped-def]
    s = w.jobs[j].site
    w.jobs[j].phase = RUNNING
    w.clock[ACTIVE] += 1
    if w.jobs[j].start < 0:
        w.jobs[j].start = now + w.jobs[j].pay
    w.jobs[j].gained = 0.0
    w.jobs[j].before, w.jobs[j].after = -1, w.sites[s].running
    if w.sites[s].running >= 0:
        w.jobs[w.sites[s].running].before = j
    w.sites[s].running = j
    _go(w, j, now, 1.0 - w.kinds[w.jobs[j].kind].give * w.sites[s].slowed)


@kernel(inline="always")
def _go(w, j, now, rate):  # type: ignore[no-untyped-def]
    """Begin a stretch at a throughput of `rate`, which power follows."""
    w.jobs[j].since, w.jobs[j].rate = now, rate
    w.jobs[j].draws = w.pieces[w.jobs[j].piece].width * rate
    w.sites[w.jobs[j].site].used += w.jobs[j].draws
    _set(w, j, now + w.jobs[j].pay + np.int64(np.ceil(w.jobs[j].left / rate - SMALL)))


@kernel(inline="always")
def _halt(w, j, now):  # type: ignore[no-untyped-def]
    """End a stretch: book what was done in it."""
    w.sites[w.jobs[j].site].used -= w.jobs[j].draws
    span = now - w.jobs[j].since
    if span == 0:
        return
    paid = min(w.jobs[j].pay, span)
    w.jobs[j].pay -= paid
    done = min(w.jobs[j].left, (span - paid) * w.jobs[j].rate)
    w.jobs[j].left -= done
    w.jobs[j].gained += done
    w.jobs[j].ran += span
    n = w.clock[RECORDS]
    w.runs[n].job, w.runs[n].site, w.runs[n].begin, w.runs[n].end = (
        j,
        w.jobs[j].site,
        w.jobs[j].since,
        now,
    )
    w.runs[n].width, w.runs[n].rate, w.runs[n].paid = w.jobs[j].draws, w.jobs[j].rate, paid
    w.clock[RECORDS] += 1


@kernel(inline="always")
def _leave(w, j, now):  # type: ignore[no-untyped-def]
    """Take a running job off its site."""
    _halt(w, j, now)
    s = w.jobs[j].site
    if w.jobs[j].before >= 0:
        w.jobs[w.jobs[j].before].after = w.jobs[j].after
    else:
        w.sites[s].running = w.jobs[j].after
    if w.jobs[j].after >= 0:
        w.jobs[w.jobs[j].after].before = w.jobs[j].before
    w.clock[ACTIVE] -= 1
    w.sites[s].dirty = True
    _silence(w, j)


@kernel(inline="always")
def _finish(w, j, now):  # type: ignore[no-untyped-def]
    """End a piece: the job is done, goes on, or pauses until its next piece begins."""
    _leave(w, j, now)
    w.jobs[j].piece += 1
    if w.jobs[j].piece == w.jobs[j].last:
        w.jobs[j].phase = FINISHED
        w.jobs[j].end = now
        w.clock[OVER] += 1
        return
    w.jobs[j].left = w.pieces[w.jobs[j].piece].length
    if w.pieces[w.jobs[j].piece].begin > now:
        w.jobs[j].suspensions += 1
        w.jobs[j].pay = w.kinds[w.jobs[j].kind].overhead
        _pend(w, j, w.pieces[w.jobs[j].piece].begin)
    elif w.pieces[w.jobs[j].piece].width <= _room(w, w.jobs[j].site, False) + SMALL:
        _start(w, j, now)
    else:
        _wait(w, j, now)


@kernel(inline="always")
def _fail(w, f, now):  # type: ignore[no-untyped-def]
    """Take capacity away; running jobs that no longer fit lose what came after their last
    checkpoint.
    """
    s = w.failures[f].site
    w.sites[s].capacity -= w.failures[f].lost
    w.sites[s].held_for = -1
    turn = np.uint64(f + 1)
    while w.sites[s].used > w.sites[s].capacity + SMALL and w.sites[s].running >= 0:
        count, k = 0, w.sites[s].running
        while k >= 0:
            count += 1
            k = w.jobs[k].after
        turn = turn * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        j = w.sites[s].running
        for _ in range(np.int64((turn >> np.uint64(33)) % np.uint64(count))):
            j = w.jobs[j].after
        _leave(w, j, now)
        every = w.kinds[w.jobs[j].kind].checkpoint
        kept = np.floor((w.jobs[j].gained + SMALL) / every) * every if every > 0 else 0.0
        undone = max(0.0, w.jobs[j].gained - kept)
        w.jobs[j].left += undone
        w.jobs[j].lost += undone
        w.jobs[j].tries += 1
        w.jobs[j].pay = w.kinds[w.jobs[j].kind].overhead
        if w.jobs[j].tries > w.kinds[w.jobs[j].kind].retries:
            w.jobs[j].phase = REFUSED
            w.jobs[j].reason = GIVEN_UP
            w.clock[OVER] += 1
        else:
            _wait(w, j, now)
    w.sites[s].dirty = True


# ---- the plan


@kernel(inline="always")
def _follow(w, s, quota, now):  # type: ignore[no-untyped-def]
    """Bring what runs at `s` down to the plan, or let it run freely again."""
    w.sites[s].dirty = True
    full, gives = 0.0, 0.0
    k = w.sites[s].running
    while k >= 0:
        full += w.pieces[w.jobs[k].piece].width
        gives += w.pieces[w.jobs[k].piece].width * w.kinds[w.jobs[k].kind].give
        k = w.jobs[k].after
    most = min(
        quota, w.sites[s].capacity - w.sites[s].coming
    )  # others may have taken what was given
    slowed = min(1.0, max(0.0, (full - most) / gives)) if gives > 0 else 0.0
    if slowed != w.sites[s].slowed:
        w.sites[s].slowed = slowed
        k = w.sites[s].running
        while k >= 0:
            if w.kinds[w.jobs[k].kind].give > 0:
                _halt(w, k, now)
                _silence(w, k)
                _go(w, k, now, 1.0 - w.kinds[w.jobs[k].kind].give * slowed)
            k = w.jobs[k].after
    if w.sites[s].used > quota + SMALL:
        _stop(w, s, quota, now)


@kernel
def _stop(w, s, quota, now):  # type: ignore[no-untyped-def]
    """Suspend jobs, those with the most time left first, as far as the plan asks and their time
    allows.
    """
    jobs, spare = _running(w, s)
    for i in np.argsort(-spare, kind="mergesort"):
        if w.sites[s].used <= quota + SMALL or spare[i] <= 0:
            return
        if w.jobs[jobs[i]].draws > 2.0 * (w.sites[s].used - quota):
            continue  # it would fall below the plan by more than it is above it
        _suspend(w, jobs[i], now)
        _wait(w, jobs[i], now)


@kernel
def _running(w, s):  # type: ignore[no-untyped-def]
    """Return what runs at `s` and the ticks that each could still pause for, -1 if it may not."""
    count, k = 0, w.sites[s].running
    while k >= 0:
        count += 1
        k = w.jobs[k].after
    jobs = np.empty(count, np.int64)
    spare = np.empty(count, np.int64)
    k = w.sites[s].running
    for i in range(count):
        kind = w.kinds[w.jobs[k].kind]
        jobs[i] = k
        spare[i] = w.jobs[k].due - w.heap[w.at[k]].tick - kind.overhead if kind.suspendable else -1
        k = w.jobs[k].after
    return jobs, spare


@kernel(inline="always")
def _suspend(w, j, now):  # type: ignore[no-untyped-def]
    """Stop a job; where a policy did not choose its site, it may go on at another."""
    _leave(w, j, now)
    w.jobs[j].suspensions += 1
    w.jobs[j].pay = w.kinds[w.jobs[j].kind].overhead
    if w.jobs[j].wish < 0:
        w.jobs[j].site = -1
