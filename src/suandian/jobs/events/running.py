"""A job runs: it starts, goes on at another throughput, is taken off its site."""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.jobs.events.machine import ACTIVE, RECORDS, RUNNING, SMALL
from suandian.jobs.events.timing import set_alarm, silence


@kernel(inline="always")
def start(w, j, now):  # type: ignore[no-untyped-def]
    """Let a job run at its site."""
    s = w.jobs[j].site
    w.jobs[j].phase = RUNNING
    w.clock[ACTIVE] += 1
    # it begins to work when what a restart costs is paid
    if w.jobs[j].start < 0:
        w.jobs[j].start = now + w.jobs[j].pay
    w.jobs[j].gained = 0.0
    # at the head of the list of what runs there: put in and taken out without a search
    w.jobs[j].before = -1
    w.jobs[j].after = w.sites[s].running
    if w.sites[s].running >= 0:
        w.jobs[w.sites[s].running].before = j
    w.sites[s].running = j
    go(
        w,
        j,
        now,
        1.0 - w.kinds[w.jobs[j].kind].give * w.sites[s].slowed,
    )


@kernel(inline="always")
def go(w, j, now, rate):  # type: ignore[no-untyped-def]
    """Begin a stretch at a throughput of `rate`, which power follows."""
    w.jobs[j].since = now
    w.jobs[j].rate = rate
    w.jobs[j].draws = w.pieces[w.jobs[j].piece].width * rate
    w.sites[w.jobs[j].site].used += w.jobs[j].draws
    set_alarm(w, j, now + w.jobs[j].pay + np.int64(np.ceil(w.jobs[j].left / rate - SMALL)))


@kernel(inline="always")
def halt(w, j, now):  # type: ignore[no-untyped-def]
    """End a stretch: book what was done in it."""
    w.sites[w.jobs[j].site].used -= w.jobs[j].draws
    span = now - w.jobs[j].since
    # started and stopped in one tick: nothing happened that could be booked
    if span == 0:
        return
    # overhead is paid before any work is done
    paid = min(w.jobs[j].pay, span)
    w.jobs[j].pay -= paid
    done = min(w.jobs[j].left, (span - paid) * w.jobs[j].rate)
    w.jobs[j].left -= done
    w.jobs[j].gained += done
    w.jobs[j].ran += span
    n = w.clock[RECORDS]
    w.runs[n].job = j
    w.runs[n].site = w.jobs[j].site
    w.runs[n].begin = w.jobs[j].since
    w.runs[n].end = now
    w.runs[n].width = w.jobs[j].draws
    w.runs[n].rate = w.jobs[j].rate
    w.runs[n].paid = paid
    w.clock[RECORDS] += 1


@kernel(inline="always")
def leave(w, j, now):  # type: ignore[no-untyped-def]
    """Take a running job off its site."""
    halt(w, j, now)
    s = w.jobs[j].site
    if w.jobs[j].before >= 0:
        w.jobs[w.jobs[j].before].after = w.jobs[j].after
    else:
        w.sites[s].running = w.jobs[j].after
    if w.jobs[j].after >= 0:
        w.jobs[w.jobs[j].after].before = w.jobs[j].before
    w.clock[ACTIVE] -= 1
    w.sites[s].dirty = True
    silence(w, j)


@kernel(inline="always")
def suspend(w, j, now):  # type: ignore[no-untyped-def]
    """Stop a job; where a policy did not choose its site, it may go on at another."""
    leave(w, j, now)
    w.jobs[j].suspensions += 1
    w.jobs[j].pay = w.kinds[w.jobs[j].kind].overhead
    if w.jobs[j].wish < 0:
        w.jobs[j].site = -1


@kernel
def running_at(w, s):  # type: ignore[no-untyped-def]
    """Return what runs at `s` and the ticks that each could still pause for, -1 if it may not."""
    count = 0
    k = w.sites[s].running
    while k >= 0:
        count += 1
        k = w.jobs[k].after
    jobs = np.empty(count, np.int64)
    spare = np.empty(count, np.int64)
    k = w.sites[s].running
    for i in range(count):
        kind = w.kinds[w.jobs[k].kind]
        jobs[i] = k
        # its alarm is its end: what lies between that, a restart and its due time can be paused
        spare[i] = w.jobs[k].due - w.heap[w.at[k]].tick - kind.overhead if kind.suspendable else -1
        k = w.jobs[k].after
    return jobs, spare
