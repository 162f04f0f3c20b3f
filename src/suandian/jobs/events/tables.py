"""From columns of jobs and sites to the tables of a simulation before its first event."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from suandian.jobs.events import ordered
from suandian.jobs.events.alarms import ALARM
from suandian.jobs.events.batch import Batch, Facilities, Failures, Kinds, Wish
from suandian.jobs.events.machine import EASY, FAILURE, JOB, KIND, PIECE, RUN, SITE, Machine
from suandian.jobs.prefix import Prefix
from suandian.model.grid import Ints

# room for stretches beside one a job: the table grows when it is full
SPARE_RUNS = 16


def machine(
    batch: Batch,
    wish: Wish,
    places: Facilities,
    kinds: Kinds,
    reason: Ints,
    failures: Failures,
    cost: Prefix,
) -> Machine:
    """Return the tables of a simulation that follows no plan; `reason` (jobs,) refuses jobs."""
    jobs = len(batch.submit)
    sites = len(places.capacity)
    levels = ordered.offsets(jobs)
    # failures are repaired in another order than they come
    repair = np.argsort(failures.until, kind="stable")
    free = np.zeros(places.gb_per_tick.shape)
    return Machine(
        jobs=_jobs(batch, wish, reason),
        pieces=table(PIECE, begin=wish.begin, length=wish.length, width=wish.width),
        kinds=table(KIND, **kinds._asdict()),
        sites=table(SITE, capacity=places.capacity, running=-1, held_for=-1),
        failures=table(FAILURE, **failures._asdict(), repair=repair),
        runs=np.zeros(jobs + sites + SPARE_RUNS, RUN),
        may=places.rules.may,
        ways=np.stack([places.gb_per_tick, places.price_per_gb, free]),
        cost=cost.integral,
        cost_start=cost.start,
        cost_step=cost.step,
        quota=np.zeros((sites, 1)),
        quota_start=0,
        quota_step=1,
        heap=np.zeros(jobs, ALARM),
        at=np.full(jobs, -1),
        words=np.zeros((2 * sites + 2, levels[-1]), np.uint64),
        levels=levels,
        clock=np.zeros(9, np.int64),
        mode=EASY,
        depth=0,
        guided=False,
        preempt=False,
        least_width=float(wish.width.min(initial=np.inf)),
    )


def table(kind: np.dtype[np.void], **columns: object) -> NDArray[np.void]:
    """Return a table of type `kind` with `columns`; what is not given is zero."""
    length = max(np.size(np.asarray(column)) for column in columns.values())
    rows = np.zeros(length, kind)
    for name, column in columns.items():
        rows[name] = column
    return rows


def _jobs(batch: Batch, wish: Wish, reason: Ints) -> NDArray[np.void]:
    given = {name: getattr(batch, name) for name in ("submit", "due", "kind", "origin", "data_gb")}
    rows = np.zeros(len(batch.submit), JOB)
    wished = {
        "wish": wish.site,
        "first": wish.first[:-1],
        "last": wish.first[1:],
        "rank": wish.rank,
    }
    unknown = dict.fromkeys(("site", "place", "start", "end", "before", "after"), -1)
    rows["of_rank"][wish.rank] = np.arange(len(rows))
    for name, column in (given | wished | unknown | {"reason": reason}).items():
        rows[name] = column
    return rows
