"""The state of a simulation by events: flat tables, one row a job, a piece, a site."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from suandian.model.grid import Bools, Floats, Ints

STRICT, EASY, FIT = range(
    3
)  # who may overtake a job that does not fit: nobody; who does not delay it; anybody
FUTURE, PENDING, WAITING, RUNNING, FINISHED, REFUSED = range(6)
NOW, SUBMITTED, STEP, FAILED, REPAIRED, ALARMS, RECORDS, ACTIVE, OVER = range(
    9
)  # places in `clock`
BANDWIDTH, PRICE, BUSY = range(3)  # tables of `ways`
NEVER = np.iinfo(np.int64).max
SMALL = 1e-6  # of capacity and of ticks: what sums of floating point may be off


JOB = np.dtype(
    [
        # what it is (see batch.Batch), a `reason` to refuse it; what is wished: the site, the
        # pieces, the rank
        ("submit", "i8"),
        ("due", "i8"),
        ("kind", "i4"),
        ("origin", "i4"),
        ("data_gb", "f8"),
        ("reason", "i4"),
        ("wish", "i4"),
        ("first", "i8"),
        ("last", "i8"),
        ("rank", "i8"),
        ("of_rank", "i8"),
        # how it stands: its phase, site (-1 none), where its data are, its piece and the ticks
        # `left` of it, overhead ahead; begin, throughput and draw of its stretch, work since it was
        # last started; room promised to it at its site
        ("phase", "i4"),
        ("site", "i4"),
        ("place", "i4"),
        ("tries", "i4"),
        ("piece", "i8"),
        ("left", "f8"),
        ("pay", "i8"),
        ("since", "i8"),
        ("rate", "f8"),
        ("draws", "f8"),
        ("gained", "f8"),
        ("promised", "f8"),
        # neighbours in the list of what runs at its site
        ("before", "i8"),
        ("after", "i8"),
        # what became of it, see batch.Outcome
        ("start", "i8"),
        ("end", "i8"),
        ("ran", "i8"),
        ("suspensions", "i8"),
        ("lost", "f8"),
        ("moved_gb", "f8"),
        ("paid_to_move", "f8"),
    ],
    align=True,
)
PIECE = np.dtype([("begin", "i8"), ("length", "i8"), ("width", "f8")])
KIND = np.dtype(
    [
        ("suspendable", "?"),
        ("overhead", "i8"),
        ("checkpoint", "i8"),
        ("retries", "i8"),
        ("give", "f8"),
    ],
    align=True,
)
# capacity, in use, promised to jobs whose data are on the way, share that throughput is slowed by,
# first running job, whether something may start; the job that room is held for, until when, and
# what is spare then
SITE = np.dtype(
    [
        ("capacity", "f8"),
        ("used", "f8"),
        ("coming", "f8"),
        ("slowed", "f8"),
        ("running", "i8"),
        ("dirty", "?"),
        ("held_for", "i8"),
        ("held_until", "i8"),
        ("held_spare", "f8"),
    ],
    align=True,
)
FAILURE = np.dtype(
    [("at", "i8"), ("until", "i8"), ("site", "i8"), ("lost", "f8"), ("repair", "i8")]
)
RUN = np.dtype(
    [
        ("job", "i8"),
        ("site", "i8"),
        ("begin", "i8"),
        ("end", "i8"),
        ("width", "f8"),
        ("rate", "f8"),
        ("paid", "i8"),
    ]
)


class Machine(NamedTuple):
    """State of a simulation: tables whose rows are the types above, and what does not change.

    `may` (classes, origins, sites); `ways` (3, origins, sites): GB per tick, price per GB, tick
    until which it is busy; `cost` (sites, steps + 1) the integral of the cost, of a `cost_step`
    from `cost_start` on; `quota` (sites, steps) likewise; `heap`, `at` see alarms; `words`,
    `levels` see ordered: sets of waiting jobs by rank, of each site and of jobs without one, first
    those that have time; `clock` of places NOW …; `mode` … `preempt` see jobs.simulation.

    As few arrays as can be: each costs a count of its users in every call.
    """

    jobs: NDArray[np.void]
    pieces: NDArray[np.void]
    kinds: NDArray[np.void]
    sites: NDArray[np.void]
    failures: NDArray[np.void]
    runs: NDArray[np.void]
    may: Bools
    ways: Floats
    cost: Floats
    cost_start: int
    cost_step: int
    quota: Floats
    quota_start: int
    quota_step: int
    heap: NDArray[np.void]
    at: Ints
    words: NDArray[np.uint64]
    levels: tuple[int, ...]
    clock: Ints
    mode: int
    depth: int
    guided: bool
    preempt: bool
    least_width: float
