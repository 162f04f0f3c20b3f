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

from suandian.jobs.compiled import kernel
from suandian.jobs.events.happenings import repair_and_fail, ring, submit
from suandian.jobs.events.machine import (
    ACTIVE,
    ALARMS,
    FAILED,
    NEVER,
    NOW,
    OVER,
    RECORDS,
    REPAIRED,
    STEP,
    SUBMITTED,
)
from suandian.jobs.events.plan import follow
from suandian.jobs.events.starts import fill


@kernel
def advance(w, until):  # type: ignore[no-untyped-def]
    """Let everything happen that is before tick `until`; return whether it did, or runs
    are full.
    """
    c = w.clock
    while True:
        now = next_tick(w)
        if now >= until:
            # the clock stands where it was asked to be, not at the last event
            if until != NEVER:
                c[NOW] = max(c[NOW], until)
            return True
        # each running job may end a stretch in this tick: there must be room to book them all
        if c[RECORDS] + c[ACTIVE] > len(w.runs):
            return False
        c[NOW] = now
        # ends come first, so that what they free is there for all that follows
        while c[ALARMS] > 0 and w.heap[0].tick <= now:
            ring(w, w.heap[0].job, now)
        if c[REPAIRED] < len(w.failures):
            repair_and_fail(w, now)
        while c[SUBMITTED] < len(w.jobs) and w.jobs[c[SUBMITTED]].submit == now:
            submit(w, c[SUBMITTED], now)
            c[SUBMITTED] += 1
        if edge(w) == now:
            c[STEP] += 1
            # STEP counts the steps that have begun: this one is the last of them
            for s in range(len(w.sites)):
                follow(w, s, w.quota[s, c[STEP] - 1], now)
        # starts come last and once a site: nothing depends on the order of equal events
        for s in range(len(w.sites)):
            if w.sites[s].dirty:
                w.sites[s].dirty = False
                fill(w, s, now)


@kernel(inline="always")
def next_tick(w):  # type: ignore[no-untyped-def]
    """Return the tick of the next event, NEVER where there is none."""
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
    return min(now, edge(w))


@kernel(inline="always")
def edge(w):  # type: ignore[no-untyped-def]
    """Return the tick at which the next step of the plan begins."""
    step = w.clock[STEP]
    return w.quota_start + step * w.quota_step if w.guided and step < w.quota.shape[1] else NEVER
