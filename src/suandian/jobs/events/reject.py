"""Jobs that no schedule can do: found before the simulation, listed with the reason,
never dropped.
"""

from __future__ import annotations

import numpy as np

from suandian.jobs.events.batch import Batch, Facilities
from suandian.model.grid import Ints

DONE, EMPTY, NOWHERE, TOO_WIDE, TOO_LONG, GIVEN_UP = range(6)

REASONS = (
    "done",
    "has no length or no width",
    "no site is allowed for its class, or near enough to its origin",
    "is wider than every site where it is allowed",
    "is longer than its window from submission to due",
    "failed more often than is allowed",
)


def reasons(batch: Batch, places: Facilities) -> Ints:
    """Return (jobs,): 0 for jobs that can be done, else the code of the first reason against them
    (see `REASONS`).

    Examples
    --------
    >>> one = lambda value: np.array([value], dtype=np.int64)
    >>> batch = Batch(one(0), one(90), np.array([2.0]), one(60), one(0), one(0), np.zeros(1))
    >>> REASONS[reasons(batch, Facilities.of(np.array([4.0])))[0]]
    'is longer than its window from submission to due'
    """
    widest = np.max(np.where(places.rules.may, places.capacity, -np.inf), axis=2, initial=-np.inf)
    room = widest[batch.kind, batch.origin]
    found = np.zeros(len(batch.submit), dtype=np.int64)
    found[batch.length > batch.due - batch.submit] = TOO_LONG
    found[batch.width > room] = TOO_WIDE
    found[room == -np.inf] = NOWHERE
    found[(batch.length <= 0) | ~(batch.width > 0)] = EMPTY
    return found
