"""One step of the least-laxity placer: from planned power by site to energy by job."""

from __future__ import annotations

import numpy as np

from suandian.jobs.step.placement import Active, pools, settle
from suandian.model.grid import Bools, Floats, Ints
from suandian.model.placement import Placement
from suandian.model.state import State
from suandian.model.system import JobClasses, Jobs


def place(  # noqa: PLR0913
    now_s: int,
    hours: float,
    jobs: Jobs,
    classes: JobClasses,
    state: State,
    started_mw: Floats,
    waiting_mw: Floats,
    room_mw: Floats,
    price: Floats,
    *,
    last_hours: float | None = None,
) -> Placement:
    """Return which jobs run where in the step of `hours` [h] that starts at `now_s` [UTC s].

    `started_mw` (sites,) and `waiting_mw` (classes, sites) are the planned IT power for jobs that
    are at a site and for jobs that have not started; `room_mw` (sites,) the power that is
    physically left for jobs; `price` (sites,) prefers the lower of equal sites; `last_hours` is the
    length of the previous step, if another.

    In this order, jobs of least laxity first in each pass:

    1. Forced, limited by room only and charged to the quotas: jobs that are not suspendable keep
       their rate; jobs that would miss their deadline (or already do) get what they need now, and
       running jobs too tight to bear the overhead of a suspension keep their rate; jobs that are
       not suspendable rise to their full width.
    2. Planned: each job draws on its quota, at its site or, if it waits, where its class has most
       left.
    3. Top-up: what is left of a site's planned total, to jobs at the site first, then to jobs that
       may start there.

    Among jobs that can wait for a step, those that ran in the last one go first: it spares
    suspensions.
    """
    active = Active.of(now_s, hours, jobs, state, last_hours)
    active = active.ordered(_precedence(active, hours))
    limits = pools(hours, room_mw, started_mw, waiting_mw, classes.allowed, price)
    return settle(hours, classes, state, active, goals(active, classes, hours), limits)


def _precedence(active: Active, hours: float) -> Ints:
    """Return the order of the jobs: those with at most a step of laxity, then running ones, then
    the others.

    Inside each part by laxity, ties in table order.
    """
    order = np.argsort(active.laxity_h, kind="stable")
    can_wait = active.laxity_h[order] > hours
    running = active.running[order]
    parts = (~can_wait, can_wait & running, can_wait & ~running)
    ordered: Ints = np.concatenate([order[part] for part in parts])
    return ordered


def goals(active: Active, classes: JobClasses, hours: float) -> Ints:
    """Return forced energy (4, active jobs) [Wh], first goal first.

    A suspension costs up to `overhead_h` of laxity. A running job that has a step and that much can
    still be stopped; one that has less keeps its rate, so its overhead never makes it late.
    """
    firm: Bools = active.running & ~classes.suspendable[active.kind]
    overhead = classes.overhead_h[active.kind]
    tight = active.running & ~firm & (overhead > 0) & (active.laxity_h < hours + overhead)
    need = np.maximum(active.need_wh(hours), np.where(tight, active.keep_wh, 0))
    at_home = np.where(
        active.running, need, 0
    )  # before others take the room: moving would cost a restart
    return np.stack(
        [np.where(firm, active.keep_wh, 0), at_home, need, np.where(firm, active.want_wh, 0)]
    )
