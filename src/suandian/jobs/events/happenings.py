"""What comes to a job from outside: its submission, an alarm, the end of a piece, a failure."""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.jobs.events import ordered
from suandian.jobs.events.machine import (
    FAILED,
    FINISHED,
    OVER,
    REFUSED,
    REPAIRED,
    RUNNING,
    SMALL,
    WAITING,
)
from suandian.jobs.events.reject import GIVEN_UP
from suandian.jobs.events.room import pool_of, room_at
from suandian.jobs.events.running import leave, start
from suandian.jobs.events.starts import haul, wait
from suandian.jobs.events.timing import pend, silence


@kernel(inline="always")
def submit(w, j, now):  # type: ignore[no-untyped-def]
    """Let a job come: it is refused, waits for its first piece or its data, or for room."""
    if w.jobs[j].reason != 0:
        w.jobs[j].phase = REFUSED
        w.clock[OVER] += 1
        return
    w.jobs[j].piece = w.jobs[j].first
    w.jobs[j].left = w.pieces[w.jobs[j].first].length
    w.jobs[j].place = w.jobs[j].origin
    ready = max(now, w.pieces[w.jobs[j].first].begin)
    # a policy that chose a site sends the data there at once; else whoever gives room does
    if w.jobs[j].wish >= 0:
        w.jobs[j].site = w.jobs[j].wish
        ready = max(ready, haul(w, j, w.jobs[j].wish, now))
    if ready > now:
        pend(w, j, ready)
    else:
        wait(w, j, now)


@kernel(inline="always")
def ring(w, j, now):  # type: ignore[no-untyped-def]
    """Let the alarm of a job ring: what it means follows from how the job stands."""
    silence(w, j)
    if w.jobs[j].phase == RUNNING:
        finish(w, j, now)
        return
    if w.jobs[j].phase == WAITING:
        # its latest start has come: from now on it is urgent, and waits elsewhere
        ordered.discard(
            w.words,
            w.levels,
            pool_of(w, j, False),
            w.jobs[j].rank,
        )
    elif w.jobs[j].promised > 0:
        # its data have come: the room that was kept for it is its own now
        w.sites[w.jobs[j].site].coming -= w.jobs[j].promised
        w.jobs[j].promised = 0.0
    wait(w, j, now)


@kernel(inline="always")
def finish(w, j, now):  # type: ignore[no-untyped-def]
    """End a piece: the job is done, goes on, or pauses until its next piece begins."""
    leave(w, j, now)
    w.jobs[j].piece += 1
    if w.jobs[j].piece == w.jobs[j].last:
        w.jobs[j].phase = FINISHED
        w.jobs[j].end = now
        w.clock[OVER] += 1
        return
    w.jobs[j].left = w.pieces[w.jobs[j].piece].length
    if w.pieces[w.jobs[j].piece].begin > now:
        # a pause that the policy asked for costs a restart like any other
        w.jobs[j].suspensions += 1
        w.jobs[j].pay = w.kinds[w.jobs[j].kind].overhead
        pend(w, j, w.pieces[w.jobs[j].piece].begin)
    elif w.pieces[w.jobs[j].piece].width <= room_at(w, w.jobs[j].site, False) + SMALL:
        start(w, j, now)
    else:
        wait(w, j, now)


@kernel(inline="always")
def fail(w, f, now):  # type: ignore[no-untyped-def]
    """Take capacity away; running jobs that no longer fit lose what came after their last
    checkpoint.
    """
    s = w.failures[f].site
    w.sites[s].capacity -= w.failures[f].lost
    # room that was held was counted on the capacity of before
    w.sites[s].held_for = -1
    turn = np.uint64(f + 1)
    while w.sites[s].used > w.sites[s].capacity + SMALL and w.sites[s].running >= 0:
        count = 0
        k = w.sites[s].running
        while k >= 0:
            count += 1
            k = w.jobs[k].after
        # which of them were on the machines that failed: drawn, the same in every run (Knuth's
        # multiplier), each failure from a start of its own
        turn = turn * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        j = w.sites[s].running
        for _ in range(np.int64((turn >> np.uint64(33)) % np.uint64(count))):
            j = w.jobs[j].after
        leave(w, j, now)
        # work since the last checkpoint is lost; without checkpoints all of it is
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
            wait(w, j, now)
    w.sites[s].dirty = True


@kernel
def repair_and_fail(w, now):  # type: ignore[no-untyped-def]
    """Give back the capacity that is repaired now, then take away what fails now."""
    c = w.clock
    while c[REPAIRED] < len(w.failures):
        f = w.failures[c[REPAIRED]].repair
        if w.failures[f].until != now:
            break
        w.sites[w.failures[f].site].capacity += w.failures[f].lost
        w.sites[w.failures[f].site].dirty = True
        c[REPAIRED] += 1
    while c[FAILED] < len(w.failures) and w.failures[c[FAILED]].at == now:
        fail(w, c[FAILED], now)
        c[FAILED] += 1
