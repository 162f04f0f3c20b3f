"""A computing plan: what is served and run where, before anything is said of power."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from suandian.maths.result import Result
from suandian.maths.window import FixedWork, Groups, Window
from suandian.model.grid import Bools, Floats
from suandian.model.known import Known
from suandian.policy.outlook import BINS, Outlook


@dataclass(frozen=True, eq=False)
class Computing:
    """A computing plan: `serve` (T, services, sites), `run` (T, groups, sites) [MW of IT power]."""

    serve: Floats
    run: Floats

    @property
    def work(self) -> Floats:
        """IT power of work by site (T, sites)."""
        return np.asarray(self.serve.sum(axis=1) + self.run.sum(axis=1))

    def fixed(self, window: Window) -> Window:
        """Return the window of a dispatch for this computing."""
        return replace(window, computing=FixedWork(self.work, self.run.sum(axis=1)))

    def blended(self, other: Computing, share: float) -> Computing:
        """Return (1 - share) of this and `share` of the other: feasible if both are."""
        return Computing(
            (1 - share) * self.serve + share * other.serve,
            (1 - share) * self.run + share * other.run,
        )


def computing_of(result: Result) -> Computing:
    """Return the computing plan of a solved window (a solver may leave -1e-12)."""
    return Computing(np.maximum(result.serve_mw(), 0.0), np.maximum(result.run_mw(), 0.0))


def late_work_mwh(groups: Groups, run: Floats, hours: Floats) -> float:
    """Return the work that is not done when it is due [MWh], of `run` (T, groups, sites) [MW].

    What is late may be done later; it is late once.

    Examples
    --------
    Two MWh are due after an hour, one of them is done by then and the other in the next hour.

    >>> groups = Groups(np.ones((1, 1), bool), np.zeros((1, 1)), *2 * (np.full((2, 1), 2.0),))
    >>> late_work_mwh(groups, np.ones((2, 1, 1)), np.ones(2))
    1.0
    """
    done = np.cumsum(run.sum(axis=2) * hours[:, None], axis=0)
    missing = np.maximum(groups.due_mwh - done, 0.0)
    # what comes due in a step and is missing then: what was missing before has been counted
    comes_due = np.diff(groups.due_mwh, axis=0, prepend=0.0)
    return float(np.minimum(missing, comes_due).sum())


def asap_computing(known: Known, outlook: Outlook, open_steps: Bools | None = None) -> Computing:
    """Services at home; jobs where and when submitted (or where they have started), capacity
    permitting.

    With `open_steps` (T,) jobs wait for the steps in which it is true. (In execution the placer
    still starts those that could not be done in time otherwise.)
    """
    window = outlook.window
    groups = outlook.groups
    sites = known.sites
    steps, count = groups.arrived_mwh.shape
    room = np.maximum(sites.cluster_mw - sites.idle_mw, 0.0)
    serve = _served_at_home(known, window, room)
    # groups are classes first, then work that is bound to each site (see Outlook)
    start = np.maximum(known.classes.start_site, 0)
    home = np.concatenate([start, np.arange(len(sites))]).repeat(BINS)
    run = np.zeros((steps, count, len(sites)))
    every = np.arange(count)
    left = np.zeros(count)
    arrivals = np.diff(groups.arrived_mwh, axis=0, prepend=0.0)
    for t in range(steps):
        left += arrivals[t]
        # where work asks for more than the services leave, every group gets the same part
        if open_steps is not None and not open_steps[t]:
            continue
        hours = window.hours[t]
        asked = np.bincount(home, weights=left, minlength=len(sites)) / hours
        free = room - serve[t].sum(axis=0)
        part = np.minimum(1.0, free / np.where(asked > 0, asked, 1.0))
        ran = left * part[home]
        run[t, every, home] = ran / hours
        left = left - ran
    return Computing(serve, run)


def _served_at_home(known: Known, window: Window, room_mw: Floats) -> Floats:
    """Return services at their homes (T, services, sites) [MW], cut to the room that is there."""
    services = known.services
    serve = np.zeros((window.n, len(services), len(room_mw)))
    serve[:, np.arange(len(services)), services.home] = window.service_mw
    # a service that is larger than its site is cut to it
    share = serve.sum(axis=1) / np.where(room_mw > 0, room_mw, 1.0)
    over = np.maximum(share, 1.0)
    return np.asarray(serve / over[:, None, :])
