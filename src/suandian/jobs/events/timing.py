"""Alarms of jobs: when something happens to one next."""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.jobs.events import alarms
from suandian.jobs.events.machine import ALARMS, PENDING, SMALL


@kernel(inline="always")
def set_alarm(w, j, tick):  # type: ignore[no-untyped-def]
    """Set the one alarm of a job, or move it."""
    w.clock[ALARMS] = alarms.put(w.heap, w.at, w.clock[ALARMS], j, tick)


@kernel(inline="always")
def silence(w, j):  # type: ignore[no-untyped-def]
    """Drop the alarm of a job, if it has one."""
    w.clock[ALARMS] = alarms.drop(w.heap, w.at, w.clock[ALARMS], j)


@kernel(inline="always")
def pend(w, j, until):  # type: ignore[no-untyped-def]
    """Let a job do nothing until a tick: a pause is on, or its data are on the way."""
    w.jobs[j].phase = PENDING
    set_alarm(w, j, until)


@kernel(inline="always")
def latest_start(w, j):  # type: ignore[no-untyped-def]
    """Return the last tick at which a job may start and be done in time."""
    # a tick that is begun is taken whole; SMALL keeps 3.0000001 from being four
    return w.jobs[j].due - w.jobs[j].pay - np.int64(np.ceil(w.jobs[j].left - SMALL))
