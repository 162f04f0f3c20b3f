"""Jobs that run whole, in one step: each has all of its width or does not run, by the event kernel.

Within the step time is continuous (ticks are seconds): a job may start when another one ends. What
runs at the end of a step goes on in the next one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from suandian.jobs.events.batch import Batch, Facilities, Kinds, Rules, Wish
from suandian.jobs.events.machine import EASY, FIT, RUNNING, SMALL
from suandian.jobs.events.simulation import PlannedCapacity, Queue, Simulation
from suandian.jobs.prefix import prefix
from suandian.model.grid import Bools, Floats, Ints
from suandian.model.placement import Placement
from suandian.model.state import State
from suandian.model.system import JobClasses, Jobs
from suandian.model.units import WH_PER_MWH

HOUR_S = 3600
BEFORE = 1  # ticks: what runs already is there before what wants to start


@dataclass(frozen=True, eq=False)
class Gangs:
    """Released, unfinished jobs that run whole, columns of equal length.

    `rows` in the table of jobs; `length_s` what is left at full width [s]; `laxity_s` time to the
    deadline beyond that [s]; `running` whether it ran at the end of the last step; `site` where it
    is (-1 nowhere yet); `bound` whether it can run nowhere else.
    """

    rows: Ints
    kind: Ints
    width_mw: Floats
    remaining_wh: Ints
    length_s: Ints
    laxity_s: Ints
    running: Bools
    site: Ints
    bound: Bools

    @classmethod
    def of(cls, now_s: int, jobs: Jobs, classes: JobClasses, state: State) -> Gangs:
        """Gather them, in table order."""
        whole = classes.whole[jobs.kind]
        rows = np.flatnonzero(whole & (jobs.release_s <= now_s) & (state.remaining_wh > 0))
        kind = jobs.kind[rows]
        remaining = state.remaining_wh[rows]
        watt = jobs.width_mw[rows] * WH_PER_MWH
        # a second that is begun is taken whole
        length = np.ceil(remaining * HOUR_S / watt - SMALL).astype(np.int64)
        site = state.site[rows]
        return cls(
            rows,
            kind,
            jobs.width_mw[rows],
            remaining,
            length,
            jobs.deadline_s[rows] - now_s - length,
            state.last_wh[rows] > 0,
            site,
            (site >= 0) & ~classes.suspendable[kind],
        )

    def chosen(self, which: Bools | Ints) -> Gangs:
        """Return some of them, or all in another order."""
        return Gangs(**{name: getattr(self, name)[which] for name in self.__dataclass_fields__})

    def going_on_mw(self, sites: int) -> Floats:
        """Return by site (sites,) what those that run and may not stop draw [MW]."""
        goes_on = self.running & self.bound
        width = self.width_mw[goes_on]
        return np.bincount(self.site[goes_on], width, minlength=sites).astype(float)

    def slowed(self, room_mw: Floats) -> Gangs:
        """Return them as far as `room_mw` (sites,) allows: where less is there than those need that
        run and may not stop, each of these goes on with the same part of its width.
        """
        asked = self.going_on_mw(len(room_mw))
        part = np.minimum(room_mw / np.where(asked > 0, asked, 1.0), 1.0)
        slow = self.running & self.bound & (part[self.site] < 1.0 - SMALL)
        # one that stands still for want of any power is not slow, it does not run
        slow &= part[self.site] > SMALL
        width = np.where(slow, self.width_mw * part[self.site], self.width_mw)
        length = np.ceil(self.remaining_wh * HOUR_S / (width * WH_PER_MWH) - SMALL)
        length = np.where(slow, length, self.length_s).astype(np.int64)
        return replace(self, width_mw=width, length_s=length)


def place_whole(
    now_s: int,
    hours: float,
    jobs: Jobs,
    classes: JobClasses,
    state: State,
    planned_mw: Floats,
    room_mw: Floats,
    price: Floats,
) -> Placement:
    """Return which whole jobs run where in the step of `hours` [h] that starts at `now_s` [UTC s].

    `planned_mw` (sites,) is the IT power that the plan has for them, `room_mw` (sites,) what is
    physically there, `price` (sites,) prefers the cheaper of sites with room.

    Jobs that run go on: those that may not be suspended (slower where there is less room than they
    need), and those that have no time for it, as far as there is room; the others as far as the
    plan goes, least laxity first. Then waiting jobs start within the plan, met as nearly as whole
    jobs can (see jobs.events); one that must start now to be in time starts wherever there is room.
    """
    gangs = Gangs.of(now_s, jobs, classes, state).slowed(room_mw)
    overhead_s = classes.overhead_h[gangs.kind] * HOUR_S
    tight = gangs.laxity_s < hours * HOUR_S + overhead_s
    firm = gangs.running & (gangs.bound | tight)
    order = np.lexsort((gangs.laxity_s, ~firm, ~gangs.bound, ~gangs.running))
    gangs = gangs.chosen(order)
    firm = firm[order]
    # a plan is met as nearly as it can: half of the last job may lie above it
    within = _taken(gangs, len(room_mw)) - gangs.width_mw / 2 <= planned_mw[gangs.site] + SMALL
    kept = _fitting(gangs, gangs.running & (firm | within), room_mw)
    wish = np.where(kept | gangs.bound, gangs.site, -1)
    return _advanced(
        hours,
        classes,
        state,
        gangs,
        kept,
        wish,
        room_mw,
        planned_mw,
        price,
    )


def run_whole_asap(
    now_s: int, hours: float, jobs: Jobs, classes: JobClasses, state: State, room_mw: Floats
) -> Placement:
    """Return which whole jobs run in the step without a plan: at home, first come first served.

    One at the head of a queue that does not fit is overtaken only by those that do not delay it
    (EASY backfill). What runs goes on.
    """
    gangs = Gangs.of(now_s, jobs, classes, state).slowed(room_mw)
    first_come = jobs.release_s[gangs.rows]
    gangs = gangs.chosen(np.lexsort((first_come, ~gangs.bound, ~gangs.running)))
    kept = _fitting(gangs, gangs.running, room_mw)
    home = classes.start_site[gangs.kind]
    wish = np.where(kept | gangs.bound, gangs.site, home)
    return _advanced(hours, classes, state, gangs, kept, wish, room_mw)


def _taken(gangs: Gangs, sites: int) -> Floats:
    """Return for each running job what it and those before it draw at its site [MW]."""
    taken = np.zeros(len(gangs.rows))
    for site in range(sites):
        here = gangs.running & (gangs.site == site)
        taken[here] = np.cumsum(gangs.width_mw[here])
    return taken


def _fitting(gangs: Gangs, going_on: Bools, room_mw: Floats) -> Bools:
    """Return which of the jobs that would go on have room, first come first served."""
    fitting = going_on.copy()
    for site, room in enumerate(room_mw.tolist()):
        here = np.flatnonzero(going_on & (gangs.site == site))
        # who is stopped here waits like others: the kernel may start it in what is left
        fitting[here] = np.cumsum(gangs.width_mw[here]) <= room + SMALL
    return fitting


def _advanced(  # noqa: PLR0913
    hours: float,
    classes: JobClasses,
    state: State,
    gangs: Gangs,
    kept: Bools,
    wish: Ints,
    room_mw: Floats,
    planned_mw: Floats | None = None,
    price: Floats | None = None,
) -> Placement:
    """Return what the event kernel makes of the step, guided where there is a plan."""
    # a job that is bound to a site without room for it cannot run at all
    possible = np.flatnonzero((wish < 0) | (gangs.width_mw <= room_mw[wish] + SMALL))
    # in order of submission: what goes on is there first
    asked = possible[np.argsort(~kept[possible], kind="stable")]
    end = BEFORE + round(hours * HOUR_S)
    ran = np.zeros(len(gangs.rows), np.int64)
    site = gangs.site.copy()
    if len(asked):
        plan = None if planned_mw is None else PlannedCapacity(planned_mw[:, None], 0, end)
        cost = None if price is None else prefix(price[None, :], 0, end)
        batch = _batch(gangs.chosen(asked), kept[asked])
        # among those that wait, who comes first in the table goes first
        wishes = Wish.whole(batch, wish[asked], key=np.arange(len(asked)))
        simulation = Simulation.of(
            batch,
            wishes,
            _facilities(classes, room_mw),
            # within a step nothing is stopped: what was started goes on to its end
            Kinds.of(len(classes)),
            cost,
            plan=plan,
            queue=Queue(EASY if plan is None else FIT),
        )
        simulation.advance(end)
        ran[asked] = _seconds(simulation, end)
        begun = asked[ran[asked] > 0]
        site[begun] = simulation.world.jobs["site"][ran[asked] > 0]
    return _outcome(classes, state, gangs, kept, ran, site)


def _batch(gangs: Gangs, going_on: Bools) -> Batch:
    """Return the jobs as the kernel takes them, in ticks of the step."""
    submit = np.where(going_on, 0, BEFORE)
    length = gangs.length_s + np.where(going_on, BEFORE, 0)
    # the kernel refuses what cannot be in time: a late job is one that must start now, and so is
    # one that goes on whatever the plan says
    least = submit + length
    due = np.where(going_on, least, BEFORE + gangs.length_s + gangs.laxity_s)
    none = np.zeros(len(gangs.rows), np.int64)
    return Batch(
        submit,
        length,
        gangs.width_mw,
        np.maximum(due, least),
        gangs.kind,
        origin=none,
        data_gb=np.zeros(len(gangs.rows)),
    )


def _facilities(classes: JobClasses, room_mw: Floats) -> Facilities:
    """Return the sites with their room and residency; data are there already, as in all steps."""
    sites = len(room_mw)
    free = Facilities.of(np.maximum(room_mw, 0.0), len(classes))
    no_limit = np.full(len(classes), np.inf)
    return replace(free, rules=Rules(classes.allowed, np.zeros((sites, sites)), no_limit))


def _seconds(simulation: Simulation, end: int) -> Ints:
    """Return how long each job ran in the step [s]."""
    jobs = simulation.world.jobs
    ended = simulation.runs
    stretches = np.minimum(ended.end, end) - np.maximum(ended.begin, BEFORE)
    seconds = np.bincount(ended.job, stretches, minlength=len(jobs)).astype(np.int64)
    # who still runs has a stretch that is not booked yet
    running = jobs["phase"] == RUNNING
    seconds[running] += end - np.maximum(jobs["since"][running], BEFORE)
    return seconds


def _outcome(
    classes: JobClasses, state: State, gangs: Gangs, kept: Bools, ran_s: Ints, site: Ints
) -> Placement:
    """Return the step's placement of jobs that ran for `ran_s` [s]."""
    watt = gangs.width_mw * WH_PER_MWH
    part = np.floor(watt * ran_s / HOUR_S + SMALL).astype(np.int64)
    energy = np.where(ran_s >= gangs.length_s, gangs.remaining_wh, part)
    stopped = gangs.running & ~kept
    # the work that a restart repeats is known when the job is stopped, as for other jobs
    pays = stopped & classes.suspendable[gangs.kind]
    again = np.rint(classes.overhead_h[gangs.kind] * watt).astype(np.int64)
    extra = np.where(pays, again, 0)
    placement = Placement.idle(state.site, state.remaining_wh)
    placement.energy_wh[gangs.rows] = energy
    placement.site[gangs.rows] = site
    placement.remaining_wh[gangs.rows] += extra - energy
    placement.suspended[gangs.rows] = stopped
    placement.overhead_wh[gangs.rows] = extra
    return placement
