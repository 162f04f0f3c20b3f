"""Futures: the forecast, and the forecast with the errors that the same forecaster made on earlier
days.

    future[k] = forecast(now) + (actual - forecast)(the same hours, made k days ago),   k whole days

All feeds of a future share k, so errors of wind, sun, load and inflow keep their correlation with
each other, with lead time and with the hour of day; nothing is fitted to a family of distributions.
Values stay within the range known. Only days that are over are drawn from: the errors of day k are
those of a window that has ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Floats, Ints
from suandian.model.issues import InputError, Issue
from suandian.model.ports.forecaster import Forecaster
from suandian.model.system import Jobs
from suandian.model.time import TimeAxis

DAY_S = 86400
WEEK_S = 7 * 86400
LEARNT_S = (
    7 * DAY_S
)  # history that the forecaster must have had on an earlier day for its errors to count
# arrivals against what was expected
MOST = 4.0
LEAST = 0.25
WEEKS = 3


@dataclass(frozen=True, eq=False)
class Future:
    """One future beside the forecast: the errors (steps, columns) by feed, and arrivals over those
    expected (classes,).

    `days`: how many days ago these errors were made.
    """

    days: int
    errors: Mapping[str, Floats]
    arrivals: Floats


def drawn(
    feeds: Mapping[str, Feed], axis: TimeAxis, as_of_s: int, count: int, seed: tuple[int, int]
) -> Ints:
    """Return `count` different days back (count,), drawn by `seed`, whose windows are over and were
    forecast.

    Raises
    ------
    InputError
        The history known has fewer such days.
    """
    first = -(-(axis.end_s - as_of_s) // DAY_S)
    last = min((axis.start_s - LEARNT_S - feed.axis.start_s) // DAY_S for feed in feeds.values())
    days = np.arange(first, last + 1)
    if len(days) < count:
        where = "policy.options.futures"
        hours = (axis.end_s - as_of_s) / 3600.0
        message = (
            f"the history known has {len(days)} days with a whole window of {hours:g} h "
            "and 7 days before it"
        )
        raise InputError(
            [
                Issue(
                    "scenario",
                    where,
                    count + 1,
                    message,
                    f"1 to {len(days) + 1}, or a shorter horizon",
                )
            ]
        )
    return np.sort(np.random.default_rng(seed).choice(days, count, replace=False)).astype(np.int64)


def future(
    feeds: Mapping[str, Feed],
    jobs: Sequence[Jobs],
    classes: int,
    axis: TimeAxis,
    as_of_s: int,
    forecaster: Forecaster,
    days: int,
) -> Future:
    """Return the future of the errors made `days` days ago. `jobs` are tables of those submitted by
    `as_of_s`.
    """
    back = days * DAY_S
    then = TimeAxis(axis.edges_s - back)
    errors = {
        name: feed.realised(then, as_of_s) - forecaster.forecast(feed, then, as_of_s - back)
        for name, feed in feeds.items()
    }
    return Future(days, errors, _surprise(jobs, classes, as_of_s - back, then.end_s))


def applied(feed: Feed, expected: Floats, error: Floats, as_of_s: int) -> Floats:
    """Return values (steps, columns) of a future, within the range of what is known at `as_of_s`
    and the forecast.
    """
    seen = feed.actual[: feed.known_actual(as_of_s)]
    low = np.minimum(seen.min(axis=0), 0.0)
    high = seen.max(axis=0)
    return np.clip(expected + error, np.minimum(low, expected), np.maximum(high, expected))


def _surprise(jobs: Sequence[Jobs], classes: int, start_s: int, end_s: int) -> Floats:
    """Return work submitted in [start, end) over its mean in the weeks before, by class, within
    LEAST … MOST.

    1 where a class has nothing to compare with.
    """
    kind, submit_s, work_wh = (
        np.concatenate([getattr(t, k) for t in jobs]) for k in ("kind", "submit_s", "work_wh")
    )

    def work(lag: int) -> Floats:
        mine = (submit_s >= start_s - lag * WEEK_S) & (submit_s < end_s - lag * WEEK_S)
        return np.bincount(kind[mine], weights=work_wh[mine], minlength=classes).astype(float)

    weeks = min(WEEKS, -((int(submit_s.min(initial=start_s)) - start_s) // WEEK_S))
    if weeks < 1:
        return np.ones(classes)
    usual = sum((work(lag) for lag in range(1, weeks + 1)), np.zeros(classes)) / weeks
    return np.where(
        usual > 0.0, np.clip(work(0) / np.where(usual > 0, usual, 1.0), LEAST, MOST), 1.0
    )
