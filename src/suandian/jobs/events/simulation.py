"""A simulation of jobs: made from what they are and wish, advanced as far as one likes, read at any
time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from suandian.jobs.events import advance as events
from suandian.jobs.events import ordered
from suandian.jobs.events.advance import EASY, NEVER, Machine
from suandian.jobs.events.alarms import ALARM
from suandian.jobs.events.batch import Batch, Failures, Kinds, Outcome, Places, Runs, Wish
from suandian.jobs.events.reject import reasons
from suandian.jobs.prefix import Prefix, prefix
from suandian.model.grid import Bools, Floats, Ints

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
        places: Places,
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

        >>> whole, cores = np.array([0, 0, 0]), np.array([2.0, 2.0, 2.0])
        >>> length = np.array([50, 30, 10])
        >>> batch = Batch(whole, length, cores, whole + 99, whole, whole, 0 * cores)
        >>> made = Simulation.of(batch, Wish.whole(batch), Places.of(np.array([4.0]))).run()
        >>> made.outcome.start.tolist(), made.outcome.end.tolist()
        ([0, 0, 30], [50, 30, 40])
        """
        n, sites = len(batch.submit), len(places.capacity)
        kinds = kinds or Kinds.of(int(batch.kind.max(initial=0)) + 1)
        _check(batch, wish, kinds, places)
        reason = reasons(batch, places)
        _check_allowed(batch, wish, places, reason == 0)
        failures = failures or Failures.none()
        guide = plan or PlannedCapacity(np.zeros((sites, 1)), 0, 1)
        levels = ordered.offsets(n)
        cost = cost or prefix(np.zeros((1, sites)), 0, 1)
        repair = np.argsort(failures.until, kind="stable")
        world = Machine(
            jobs=_jobs(batch, wish, reason),
            pieces=_table(events.PIECE, begin=wish.begin, length=wish.length, width=wish.width),
            kinds=_table(events.KIND, **kinds._asdict()),
            sites=_table(events.SITE, capacity=places.capacity, running=-1, held_for=-1),
            failures=_table(events.FAILURE, **failures._asdict(), repair=repair),
            runs=np.zeros(n + sites + 16, events.RUN),
            may=places.rules.may,
            ways=np.stack(
                [places.gb_per_tick, places.price_per_gb, np.zeros(places.gb_per_tick.shape)]
            ),
            cost=cost.integral,
            cost_start=cost.start,
            cost_step=cost.step,
            quota=guide.quota.astype(float),
            quota_start=guide.start,
            quota_step=guide.step,
            heap=np.zeros(n, ALARM),
            at=np.full(n, -1),
            words=np.zeros((2 * sites + 2, levels[-1]), np.uint64),
            levels=levels,
            clock=np.zeros(9, np.int64),
            mode=queue.mode,
            depth=queue.depth,
            guided=plan is not None,
            preempt=queue.preempt,
            least_width=float(wish.width.min(initial=np.inf)),
        )
        return cls(world)

    def advance(self, until: int = NEVER) -> None:
        """Let everything happen that is before tick `until`."""
        while not events.advance(self.world, until):
            more = np.zeros(len(self.world.runs), events.RUN)
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
        ended = self.world.runs[: int(self.world.clock[events.RECORDS])]
        return Runs(*(ended[name] for name in Runs._fields))

    def left(self) -> Floats:
        """Return the work that each job still has now (jobs,) [tick at full width], 0 for done or
        refused.

        The overhead that a job has ahead counts as work.
        """
        jobs, lengths = self.world.jobs, self.world.pieces["length"]
        done = np.concatenate([[0], np.cumsum(lengths)])
        running, span = (
            jobs["phase"] == events.RUNNING,
            self.world.clock[events.NOW] - jobs["since"],
        )
        paid = np.where(running, np.minimum(jobs["pay"], span), 0)
        gained = np.where(running, (span - paid) * jobs["rate"], 0.0)
        later = done[jobs["last"]] - done[np.minimum(jobs["piece"] + 1, jobs["last"])]
        under_way = np.maximum(jobs["left"] - gained, 0.0) + jobs["pay"] - paid + later
        over = (jobs["phase"] == events.FINISHED) | (jobs["phase"] == events.REFUSED)
        ahead = np.where(
            jobs["phase"] == events.FUTURE, done[jobs["last"]] - done[jobs["first"]], under_way
        )
        made: Floats = np.where(over, 0.0, ahead)
        return made


def _table(kind: np.dtype[np.void], **columns: object) -> NDArray[np.void]:
    """Return a table of type `kind` with `columns`; what is not given is zero."""
    made = np.zeros(max(np.size(column) for column in columns.values()), kind)  # type: ignore[arg-type]
    for name, column in columns.items():
        made[name] = column
    return made


def _jobs(batch: Batch, wish: Wish, reason: Ints) -> NDArray[np.void]:
    given = {name: getattr(batch, name) for name in ("submit", "due", "kind", "origin", "data_gb")}
    made = np.zeros(len(batch.submit), events.JOB)
    wished = {
        "wish": wish.site,
        "first": wish.first[:-1],
        "last": wish.first[1:],
        "rank": wish.rank,
    }
    unknown = dict.fromkeys(("site", "place", "start", "end", "before", "after"), -1)
    made["of_rank"][wish.rank] = np.arange(len(made))
    for name, column in (given | wished | unknown | {"reason": reason}).items():
        made[name] = column
    return made


def _check(batch: Batch, wish: Wish, kinds: Kinds, places: Places) -> None:
    n, sites = len(batch.submit), len(places.capacity)
    if (
        any(len(column) != n for column in batch)
        or len(wish.site) != n
        or len(wish.rank) != n
        or len(wish.first) != n + 1
    ):
        raise ValueError(
            f"columns of jobs differ in length: {[len(c) for c in batch]}, wishes {len(wish.site)}"
        )
    if np.any(np.diff(batch.submit) < 0):
        raise ValueError("jobs must be in order of submission")
    if len(places.gb_per_tick) < sites:
        raise ValueError(
            "the first origins are the sites themselves: there must be at least as many"
        )
    if n and (batch.origin.min() < 0 or batch.origin.max() >= len(places.gb_per_tick)):
        raise ValueError("an origin is not among the places")
    if n and (batch.kind.min() < 0 or batch.kind.max() >= len(kinds.suspendable)):
        raise ValueError("a class of jobs is not among the classes")
    if n and wish.site.max() >= sites:
        raise ValueError("a wished site does not exist")
    if n and (
        wish.rank.min() < 0 or wish.rank.max() >= n or np.bincount(wish.rank, minlength=n).max() > 1
    ):
        raise ValueError("ranks must be the numbers from 0 on, each once")
    if np.any(np.diff(wish.first) < 1):
        raise ValueError("each job needs a piece")


def _check_allowed(batch: Batch, wish: Wish, places: Places, fine: Bools) -> None:
    """Refuse wishes that the rules or the sites rule out for jobs that could be done."""
    if not len(batch.submit):
        return
    widest = np.maximum.reduceat(wish.width, wish.first[:-1])
    chosen, site = wish.site >= 0, np.maximum(wish.site, 0)
    if np.any(fine & (widest > np.where(chosen, places.capacity[site], places.capacity.max()))):
        raise ValueError("a piece is wider than the site that its job wishes")
    if np.any(fine & chosen & ~places.rules.may[batch.kind, batch.origin, site]):
        raise ValueError("a wished site is not allowed for its job")
