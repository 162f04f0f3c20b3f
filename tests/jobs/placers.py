"""The placers of jobs behind one face: the step placer (fluid, least laxity), the event kernel, and
the two together for jobs that run whole, step by step.

All are given the same jobs, sites and plan, and answer with what ran: who, where, from when to
when, at what power. The contract (test_contract.py) knows no more than this.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from suandian.jobs.events.batch import Batch, Facilities, Kinds, Rules, Wish
from suandian.jobs.events.machine import FIT
from suandian.jobs.events.simulation import PlannedCapacity, Queue, Simulation
from suandian.jobs.step.gangs import place_whole
from suandian.jobs.step.placer import place
from suandian.model.placement import Placement
from suandian.model.state import State
from suandian.model.system import JobClasses, Jobs

HOUR_S = 3600
STEPS = 60  # hours that are looked at: every job of a case is due long before


@dataclass(frozen=True)
class Case:
    """Jobs (release and due [h], run time at full width [h], width [MW], class), two classes of
    which the first may be suspended, sites with capacity [MW] and residency (classes, sites), and
    what a plan wants at each site (hours, sites) [MW].
    """

    release_h: np.ndarray
    due_h: np.ndarray
    length_h: np.ndarray
    width_mw: np.ndarray
    kind: np.ndarray
    capacity_mw: np.ndarray
    allowed: np.ndarray
    planned_mw: np.ndarray
    overhead_h: float

    @property
    def work_mwh(self) -> np.ndarray:
        return self.length_h * self.width_mw


@dataclass(frozen=True)
class Ran:
    """What ran, a row a stretch: job, site, begin and end [h], power [MW]; by job how often it was
    stopped, and the work that restarts added [MWh].
    """

    job: np.ndarray
    site: np.ndarray
    begin_h: np.ndarray
    end_h: np.ndarray
    mw: np.ndarray
    stopped: np.ndarray
    overhead_mwh: np.ndarray

    def energy_mwh(self, jobs: int) -> np.ndarray:
        return np.bincount(self.job, self.mw * (self.end_h - self.begin_h), jobs)

    def last_h(self, jobs: int) -> np.ndarray:
        last = np.zeros(jobs)
        np.maximum.at(last, self.job, self.end_h)
        return last


def by_steps(case: Case) -> Ran:
    """Run a case hour by hour with the step placer."""
    jobs, classes = tables(case)

    def placed(now_s: int, state: State, planned: np.ndarray) -> Placement:
        # what is planned at a site is for both classes, as their residency allows
        waiting = case.allowed * planned / 2
        none = 0 * planned
        room = case.capacity_mw
        return place(now_s, 1.0, jobs, classes, state, none, waiting, room, none)

    return hour_by_hour(case, jobs, placed)


def by_gangs(case: Case) -> Ran:
    """Run a case hour by hour, each job whole or not at all."""
    jobs, classes = tables(case, whole=True)

    def placed(now_s: int, state: State, planned: np.ndarray) -> Placement:
        return place_whole(now_s, 1.0, jobs, classes, state, planned, case.capacity_mw, 0 * planned)

    return hour_by_hour(case, jobs, placed)


def hour_by_hour(
    case: Case, jobs: Jobs, placed: Callable[[int, State, np.ndarray], Placement]
) -> Ran:
    """Run a case with a placer of one step."""
    none = np.zeros(0, np.int64)
    remaining = jobs.work_wh
    site = np.full(len(jobs), -1)
    last = np.zeros(len(jobs), np.int64)
    rows = []
    stopped = np.zeros(len(jobs), np.int64)
    overhead = np.zeros(len(jobs), np.int64)
    for step in range(STEPS):
        state = State(step, remaining, site, last, none, none, none, none)
        planned = case.planned_mw[step]
        done = placed(step * HOUR_S, state, planned)
        remaining, site, last = done.remaining_wh, done.site, done.energy_wh
        stopped += done.suspended
        overhead += done.overhead_wh
        for j in np.flatnonzero(done.energy_wh):
            rows.append((j, site[j], step, step + 1, done.energy_wh[j] / 1e6))
    return stretches(rows, stopped, overhead / 1e6)


def by_events(case: Case) -> Ran:
    """Run a case by the event kernel, guided by the plan; a tick is a second."""
    second = np.rint(case.release_h * HOUR_S).astype(np.int64)
    order = np.argsort(second, kind="stable")
    sites = len(case.capacity_mw)
    batch = Batch(
        submit=second[order],
        length=np.rint(case.length_h * HOUR_S).astype(np.int64)[order],
        width=case.width_mw[order],
        due=np.rint(case.due_h * HOUR_S).astype(np.int64)[order],
        kind=case.kind[order],
        origin=np.zeros(len(order), np.int64),
        data_gb=np.zeros(len(order)),
    )
    rules = Rules(case.allowed, np.zeros((sites, sites)), np.full(2, np.inf))
    free = np.full((sites, sites), np.inf)
    places = Facilities(case.capacity_mw, rules, free, np.zeros((sites, sites)))
    pause = round(case.overhead_h * HOUR_S)
    kinds = Kinds.of(2)._replace(
        suspendable=np.array([True, False]), overhead=np.array([pause, 0], np.int64)
    )
    plan = PlannedCapacity(case.planned_mw.T.copy(), 0, HOUR_S)
    anywhere = np.full(len(order), -1)
    wish = Wish.whole(batch, anywhere, key=batch.due - batch.length)
    simulation = Simulation.of(batch, wish, places, kinds, plan=plan, queue=Queue(FIT)).run()
    runs = simulation.runs
    rows = list(
        zip(
            order[runs.job],
            runs.site,
            runs.begin / HOUR_S,
            runs.end / HOUR_S,
            runs.width,
            strict=True,
        )
    )
    stopped = np.zeros(len(order), np.int64)
    stopped[order] = simulation.outcome.suspensions
    paid = np.zeros(len(order))
    np.add.at(paid, order[runs.job], runs.paid / HOUR_S * runs.width)
    return stretches(rows, stopped, paid)


def tables(case: Case, *, whole: bool = False) -> tuple[Jobs, JobClasses]:
    """Return jobs and classes as a scenario has them."""
    n = len(case.release_h)
    release = np.rint(case.release_h * HOUR_S).astype(np.int64)
    due = np.rint(case.due_h * HOUR_S).astype(np.int64)
    jobs = Jobs(
        np.array([f"j{i}" for i in range(n)], dtype=np.str_),
        case.kind,
        np.ones(n, np.int64),
        release,
        due,
        release,
        due,
        np.rint(case.work_mwh * 1e6).astype(np.int64),
        case.width_mw,
    )
    classes = JobClasses(
        id=np.array(["soft", "firm"]),
        origin=np.zeros(2, np.int64),
        home=case.allowed.argmax(axis=1),
        allowed=case.allowed,
        gb_per_mwh=np.zeros(2),
        move_per_mwh=np.zeros(case.allowed.shape),
        overhead_h=np.array([case.overhead_h, 0.0]),
        suspendable=np.array([True, False]),
        whole=np.full(2, whole),
    )
    return jobs, classes


def stretches(rows: list[tuple], stopped: np.ndarray, overhead_mwh: np.ndarray) -> Ran:
    job, site, begin, end, mw = (np.array(c) for c in zip(*rows, strict=True)) if rows else [[]] * 5
    return Ran(
        np.asarray(job, np.int64),
        np.asarray(site, np.int64),
        np.asarray(begin, float),
        np.asarray(end, float),
        np.asarray(mw, float),
        stopped,
        overhead_mwh,
    )


PLACERS: dict[str, Callable[[Case], Ran]] = {
    "steps": by_steps,
    "events": by_events,
    "gangs": by_gangs,
}
