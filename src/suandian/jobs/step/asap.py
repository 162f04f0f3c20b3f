"""Jobs as soon as possible: at home, in order of release, as far as there is room."""

from __future__ import annotations

import numpy as np

from suandian.jobs.step.placement import Active, pools, settle
from suandian.model.grid import Bools, Floats
from suandian.model.placement import Placement
from suandian.model.state import State
from suandian.model.system import JobClasses, Jobs


def run_asap(
    now_s: int,
    hours: float,
    jobs: Jobs,
    classes: JobClasses,
    state: State,
    room_mw: Floats,
    *,
    last_hours: float | None = None,
) -> Placement:
    """Return which jobs run in the step of `hours` [h] that starts at `now_s` [UTC s], without plan
    or deadline.

    Each job runs at the home site of its class (the first allowed one where it has none), limited
    by `room_mw` (sites,). Running jobs keep their rate first, those that are not suspendable before
    the others; then come jobs that have started and at last new ones, each in order of release.
    """
    active = Active.of(now_s, hours, jobs, state, last_hours)
    waits = state.site[active.rows] < 0
    active = active.ordered(np.lexsort((jobs.release_s[active.rows], waits)))
    firm = ~classes.suspendable[active.kind]
    goals = np.stack([np.where(firm, active.keep_wh, 0), active.keep_wh])
    home = _home(classes)
    no_limit = np.full(len(room_mw), np.inf)
    limits = pools(
        hours, room_mw, no_limit, np.where(home, np.inf, 0.0), home, np.zeros(len(room_mw))
    )
    return settle(hours, classes, state, active, goals, limits)


def _home(classes: JobClasses) -> Bools:
    """Return (classes, sites): the one site where jobs of a class start, none where none is
    allowed.
    """
    at_home = np.zeros_like(classes.allowed)
    site = classes.start_site
    known = np.flatnonzero(site >= 0)
    at_home[known, site[known]] = True
    return at_home
