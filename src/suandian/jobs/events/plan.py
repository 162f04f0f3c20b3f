"""What runs is brought to the plan: slowed down alike, or stopped."""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.jobs.events.machine import SMALL
from suandian.jobs.events.running import go, halt, running_at, suspend
from suandian.jobs.events.starts import wait
from suandian.jobs.events.timing import silence


@kernel(inline="always")
def follow(w, s, quota, now):  # type: ignore[no-untyped-def]
    """Bring what runs at `s` down to the plan, or let it run freely again."""
    w.sites[s].dirty = True
    full = 0.0
    gives = 0.0
    k = w.sites[s].running
    while k >= 0:
        full += w.pieces[w.jobs[k].piece].width
        gives += w.pieces[w.jobs[k].piece].width * w.kinds[w.jobs[k].kind].give
        k = w.jobs[k].after
    # others may have taken what was given
    most = min(quota, w.sites[s].capacity - w.sites[s].coming)
    # all that can give throughput give the same share of it
    slowed = min(1.0, max(0.0, (full - most) / gives)) if gives > 0 else 0.0
    if slowed != w.sites[s].slowed:
        w.sites[s].slowed = slowed
        k = w.sites[s].running
        while k >= 0:
            if w.kinds[w.jobs[k].kind].give > 0:
                halt(w, k, now)
                silence(w, k)
                go(w, k, now, 1.0 - w.kinds[w.jobs[k].kind].give * slowed)
            k = w.jobs[k].after
    if w.sites[s].used > quota + SMALL:
        stop_beyond(w, s, quota, now)


@kernel
def stop_beyond(w, s, quota, now):  # type: ignore[no-untyped-def]
    """Suspend jobs, those with the most time left first, as far as the plan asks and their time
    allows.
    """
    jobs, spare = running_at(w, s)
    for i in np.argsort(-spare, kind="mergesort"):
        # a job without time to spare goes on, whatever the plan says
        if w.sites[s].used <= quota + SMALL or spare[i] <= 0:
            return
        # without it the site would be below the plan by more than it is above it now
        if w.jobs[jobs[i]].draws > 2.0 * (w.sites[s].used - quota):
            continue
        suspend(w, jobs[i], now)
        wait(w, jobs[i], now)
