"""What both sides of the kernel share: active jobs gathered into arrays, and the
outcome of a step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.jobs.step.kernel import Pools, Work, assign
from suandian.model.grid import Bools, Floats, Ints
from suandian.model.placement import Placement
from suandian.model.state import State
from suandian.model.system import JobClasses, Jobs
from suandian.model.units import WH_PER_MWH

ROUND_WH = (
    1e-3  # what floating point may lose of a Wh: 0.1 MW in 3 h is 300000 Wh, not one more or less
)
_MOST_WH = 2.0**61  # stands for "no limit"


@dataclass(frozen=True, eq=False)
class Active:
    """Released, unfinished jobs in order of precedence: columns of equal length, `rows` in the
    table of jobs.

    `want_wh` most energy in the step, `keep_wh` energy that the rate of the last step would take (0
    where it did not run), `laxity_h` time to the deadline less time to finish at full width [h].

    The width is a bound rounded up to whole Wh per step. So work that fits into k steps of a job
    still fits into k-1 of them after one at full width.
    """

    rows: Ints
    kind: Ints
    width_wh: Floats
    remaining_wh: Ints
    want_wh: Ints
    last_wh: Floats
    keep_wh: Ints
    laxity_h: Floats
    until_h: Floats

    @classmethod
    def of(
        cls,
        now_s: int,
        hours: float,
        jobs: Jobs,
        state: State,
        last_hours: float | None,
        *,
        running: bool = False,
    ) -> Active:
        """Gather the active jobs, in table order, or the `running` ones; `width_wh` and `last_wh`
        are Wh per hour.
        """
        rows = np.flatnonzero((jobs.release_s <= now_s) & (state.remaining_wh > 0))
        rows = rows[state.last_wh[rows] > 0] if running else rows
        remaining = state.remaining_wh[rows]
        width = jobs.width_mw[rows] * WH_PER_MWH
        want = np.minimum(np.ceil(width * hours - ROUND_WH).astype(np.int64), remaining)
        last = state.last_wh[rows] / (last_hours or hours)
        until = (jobs.deadline_s[rows] - now_s) / 3600.0
        laxity = until - np.divide(
            remaining, width, out=np.full(len(rows), np.inf), where=width > 0
        )
        keep = np.minimum(np.rint(last * hours).astype(np.int64), want)
        return cls(rows, jobs.kind[rows], width, remaining, want, last, keep, laxity, until)

    def ordered(self, order: Ints) -> Active:
        """Return the jobs in another order."""
        return Active(**{name: getattr(self, name)[order] for name in self.__dataclass_fields__})

    @property
    def running(self) -> Bools:
        """Whether a job ran in the last step."""
        return self.last_wh > 0

    def need_wh(self, hours: float) -> Ints:
        """Return what must run in this step, or else the deadline is missed at full width; all that
        fits if late.
        """
        later = self.width_wh * np.maximum(self.until_h - hours, 0.0)
        need = np.ceil(self.remaining_wh - later - ROUND_WH).astype(np.int64)
        return np.clip(need, 0, self.want_wh)


def pools(
    hours: float,
    room_mw: Floats,
    started_mw: Floats,
    waiting_mw: Floats,
    allowed: Bools,
    price: Floats,
) -> Pools:
    """Return the pools of a step [Wh]. Room is rounded down, quotas to the nearest: a solver leaves
    crumbs.
    """
    wh = hours * WH_PER_MWH
    total = started_mw + waiting_mw.sum(axis=0)
    started, waiting, planned = (_whole(np.rint(mw * wh)) for mw in (started_mw, waiting_mw, total))
    room = _whole(np.floor(room_mw * wh + ROUND_WH))
    return Pools(
        room, planned, started, waiting, np.array(allowed), np.array(price, dtype=np.float64)
    )


def settle(
    hours: float, classes: JobClasses, state: State, active: Active, goals_wh: Ints, limits: Pools
) -> Placement:
    """Run the kernel and return the step's outcome; `goals_wh` (goals, active jobs) are forced in
    that order.

    A job that can be suspended restarts from its checkpoint wherever it is allowed: it is free to
    change its site, at the price of a restart if it was running. One that cannot is bound to the
    site where it started.
    """
    before = state.site[active.rows]
    bound = (before >= 0) & ~classes.suspendable[active.kind]
    energy = np.zeros(len(active.rows), dtype=np.int64)
    site = np.where(bound, before, -1)
    last = np.where(active.running & ~bound, before, -1)
    assign(Work(active.want_wh, goals_wh, energy, site, bound, active.kind, last), limits)
    site = np.where(site < 0, before, site)
    cut, extra = _suspended(hours, classes, active, np.where(site == before, energy, 0))
    outcome = Placement.idle(state.site, state.remaining_wh)
    outcome.energy_wh[active.rows] = energy
    outcome.site[active.rows] = site
    outcome.remaining_wh[active.rows] += extra - energy
    outcome.suspended[active.rows] = cut
    outcome.overhead_wh[active.rows] = extra
    return outcome


def _suspended(
    hours: float, classes: JobClasses, active: Active, energy_wh: Ints
) -> tuple[Bools, Ints]:
    """Return which jobs had to slow down, by more than a rounded Wh, and the work this adds [Wh].

    overhead = overhead_h · (last power - power now): the part of a bundle that stops is restarted
    once.
    """
    cut = energy_wh < active.keep_wh - 1
    lost = np.maximum(np.minimum(active.last_wh, active.width_wh) - energy_wh / hours, 0.0)
    pays = cut & classes.suspendable[active.kind]
    extra = np.where(pays, np.rint(classes.overhead_h[active.kind] * lost), 0.0)
    return cut, extra.astype(np.int64)


def _whole(wh: Floats) -> Ints:
    return np.clip(wh, 0.0, _MOST_WH).astype(np.int64)
