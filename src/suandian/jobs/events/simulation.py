"""A simulation of jobs: made from what they are and wish, advanced as far as one likes, read at any
time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from suandian.jobs.events.advance import advance
from suandian.jobs.events.batch import Batch, Facilities, Failures, Kinds, Outcome, Runs, Wish
from suandian.jobs.events.checking import check_allowed, check_jobs
from suandian.jobs.events.machine import (
    EASY,
    FINISHED,
    FUTURE,
    NEVER,
    NOW,
    RECORDS,
    REFUSED,
    RUN,
    RUNNING,
    Machine,
)
from suandian.jobs.events.reject import reasons
from suandian.jobs.events.tables import machine
from suandian.jobs.prefix import Prefix, prefix
from suandian.model.grid import Floats

DEPTH = 500  # jobs that are passed over at most when room is freed, as schedulers do


class Queue(NamedTuple):
    """How jobs wait at a site for room.

    `mode` says who may overtake a job at the head that does not fit: nobody (STRICT), who does not
    delay it (EASY backfill), anybody (FIT); `depth` jobs are passed over at most. With `preempt` a
    job that does not fit suspends running ones of later rank that can be, if that makes it fit:
    with ranks by due this is earliest due first.
    """

    mode: int = EASY
    depth: int = DEPTH
    preempt: bool = False


@dataclass(frozen=True)
class PlannedCapacity:
    """The capacity that a plan uses: `quota` (sites, steps) in steps of `step` ticks from `start`
    on.
    """

    quota: Floats
    start: int
    step: int


@dataclass
class Simulation:
    """Jobs on their way; `world` is its state (see `jobs.events`)."""

    world: Machine

    @classmethod
    def of(
        cls,
        batch: Batch,
        wish: Wish,
        places: Facilities,
        kinds: Kinds | None = None,
        cost: Prefix | None = None,
        failures: Failures | None = None,
        plan: PlannedCapacity | None = None,
        queue: Queue = Queue(),  # noqa: B008 - it never changes
    ) -> Simulation:
        """Return the simulation before its first event.

        `cost` [per width and tick] by site decides where jobs without a wished site go. With a
        `plan` the simulation is guided.

        Raises
        ------
        ValueError
            Columns of different length, jobs not in order of submission, or an origin that is no
            place.

        Examples
        --------
        Three jobs of two cores on four cores: the third waits for the end of the shorter one.

        >>> whole = np.array([0, 0, 0])
        >>> cores = np.array([2.0, 2.0, 2.0])
        >>> length = np.array([50, 30, 10])
        >>> batch = Batch(whole, length, cores, whole + 99, whole, whole, 0 * cores)
        >>> ended = Simulation.of(batch, Wish.whole(batch), Facilities.of(np.array([4.0]))).run()
        >>> ended.outcome.start.tolist(), ended.outcome.end.tolist()
        ([0, 0, 30], [50, 30, 40])
        """
        sites = len(places.capacity)
        kinds = kinds or Kinds.of(int(batch.kind.max(initial=0)) + 1)
        check_jobs(batch, wish, kinds, places)
        reason = reasons(batch, places)
        check_allowed(batch, wish, places, reason == 0)
        failures = failures or Failures.none()
        # without a plan nobody looks at the quota; kernels want an array all the same
        guide = plan or PlannedCapacity(np.zeros((sites, 1)), 0, 1)
        cost = cost or prefix(np.zeros((1, sites)), 0, 1)
        world = machine(batch, wish, places, kinds, reason, failures, cost)
        world = world._replace(
            quota=guide.quota.astype(float),
            quota_start=guide.start,
            quota_step=guide.step,
            guided=plan is not None,
            mode=queue.mode,
            depth=queue.depth,
            preempt=queue.preempt,
        )
        return cls(world)

    def advance(self, until: int = NEVER) -> None:
        """Let everything happen that is before tick `until`."""
        while not advance(self.world, until):
            more = np.zeros(len(self.world.runs), RUN)
            self.world = self.world._replace(runs=np.concatenate([self.world.runs, more]))

    def run(self) -> Simulation:
        """Let everything happen; return the simulation."""
        self.advance()
        return self

    @property
    def outcome(self) -> Outcome:
        """What became of each job so far; a job that was not done has no end."""
        jobs = self.world.jobs
        columns = {name: jobs[name].copy() for name in Outcome._fields}
        return Outcome(**columns | {"start": np.where(jobs["end"] >= 0, jobs["start"], -1)})

    @property
    def runs(self) -> Runs:
        """The stretches that have ended so far."""
        ended = self.world.runs[: int(self.world.clock[RECORDS])]
        return Runs(*(ended[name] for name in Runs._fields))

    def left(self) -> Floats:
        """Return the work that each job still has now (jobs,) [tick at full width], 0 for done or
        refused.

        The overhead that a job has ahead counts as work.
        """
        jobs = self.world.jobs
        lengths = self.world.pieces["length"]
        done = np.concatenate([[0], np.cumsum(lengths)])
        running = jobs["phase"] == RUNNING
        span = self.world.clock[NOW] - jobs["since"]
        # overhead is paid before any work is done
        paid = np.where(running, np.minimum(jobs["pay"], span), 0)
        gained = np.where(running, (span - paid) * jobs["rate"], 0.0)
        later = done[jobs["last"]] - done[np.minimum(jobs["piece"] + 1, jobs["last"])]
        under_way = np.maximum(jobs["left"] - gained, 0.0) + jobs["pay"] - paid + later
        over = (jobs["phase"] == FINISHED) | (jobs["phase"] == REFUSED)
        ahead = np.where(
            jobs["phase"] == FUTURE, done[jobs["last"]] - done[jobs["first"]], under_way
        )
        left: Floats = np.where(over, 0.0, ahead)
        return left
