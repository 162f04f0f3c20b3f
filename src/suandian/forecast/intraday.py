"""Intraday forecasts: day-ahead value plus the last known error, fading.

    forecast[t] = base[t] + ρ^k · (actual - base)[last known],   k = steps since the last known
    value

base is the published day-ahead value where it is known; beyond it, the mean of the same hour of the
last seven days (feeds with a day-ahead forecast) or of the same hour in up to three earlier weeks
(feeds without). ρ is the least- squares slope of the base's error on the one a step before (no
intercept: a lasting bias lasts), in the history before the study. Values are kept within the range
of the history, and at zero where the history of that hour of day is always zero (no sun forecast at
night).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Floats
from suandian.model.time import TimeAxis

DAYS, WEEKS = 7, 3


def forecast(feed: Feed, axis: TimeAxis, as_of_s: int, fit_end_s: int) -> Floats:
    """Return expected values (axis.n, columns) on future steps, from what is known at `as_of_s`.

    `fit_end_s` ends the history that ρ is fitted on (the start of the study).
    """
    first = feed.position(axis.start_s)
    known = min(feed.known_actual(as_of_s), first)
    made = _corrected(_mean_of_earlier, feed, first, axis.n, known, fit_end_s)
    if feed.ahead is not None:
        published = max(0, min(feed.known_ahead(as_of_s) - first, axis.n))
        made[:published] = _corrected(_day_ahead, feed, first, published, known, fit_end_s)
    return made if known == 0 else _kept_in_range(feed, made, first, known)


Base = Callable[[Feed, int, int, int], Floats]


def _corrected(base: Base, feed: Feed, first: int, n: int, known: int, fit_end_s: int) -> Floats:
    """Return base + ρ^k · its last known error."""
    made = base(feed, first, n, known)
    if known == 0 or n == 0:
        return made
    error = feed.actual[known - 1] - base(feed, known - 1, 1, known - 1)[0]
    steps = (first - (known - 1)) + np.arange(n)
    return np.asarray(made + np.power.outer(persistence(base, feed, fit_end_s), steps).T * error)


def persistence(base: Base, feed: Feed, fit_end_s: int) -> Floats:
    """Return ρ by column: slope of the error on the one before, before `fit_end_s`, within [0, 1];
    0 unfitted.
    """
    end = int(np.searchsorted(feed.axis.edges_s, fit_end_s))
    start = 0 if base is _day_ahead else _first_lag(feed)
    if end - start < 48:
        return np.zeros(feed.actual.shape[1])
    error = feed.actual[start:end] - base(feed, start, end - start, end)
    power = (error[:-1] ** 2).sum(axis=0)
    rho = (error[1:] * error[:-1]).sum(axis=0) / np.where(power > 0, power, 1.0)
    return np.clip(np.where(power > 0, rho, 0.0), 0.0, 1.0)


def _day_ahead(feed: Feed, first: int, n: int, known: int) -> Floats:  # noqa: ARG001 - one signature for all bases
    assert feed.ahead is not None
    return feed.ahead[first : first + n].copy()


def _first_lag(feed: Feed) -> int:
    return _lag(feed, 24) if feed.ahead is not None else _lag(feed, 7 * 24)


def _lag(feed: Feed, hours: int) -> int:
    step = int(feed.axis.edges_s[1] - feed.axis.edges_s[0])
    return hours * 3600 // step


def _mean_of_earlier(feed: Feed, first: int, n: int, known: int) -> Floats:
    """The mean of up to seven days, or three weeks, of known values of the same hour."""
    lag, count = (_lag(feed, 24), DAYS) if feed.ahead is not None else (_lag(feed, 7 * 24), WEEKS)
    rows = first + np.arange(n)
    total, found = np.zeros((n, feed.actual.shape[1])), np.zeros((n, 1))
    back = (rows - known) // lag + 1  # whole lags to the latest known value of that hour
    for i in range(count):
        source = rows - (np.maximum(back, 1) + i) * lag
        good = source >= 0
        total[good] += feed.actual[source[good]]
        found[good] += 1
    if known > 0:
        total[found[:, 0] == 0] = feed.actual[known - 1]
        found[found == 0] = 1
    return np.asarray(total / np.maximum(found, 1))


def _kept_in_range(feed: Feed, made: Floats, first: int, known: int) -> Floats:
    seen = feed.actual[:known]
    made = np.clip(made, np.minimum(seen.min(axis=0), 0.0), seen.max(axis=0))
    day = _lag(feed, 24)
    if known < day:
        return made
    days = known // day
    recent = seen[known - days * day :].reshape(days, day, -1)
    offset = (first - known + np.arange(len(made))) % day
    dark = np.logical_not(np.any(recent, axis=0))
    made[np.asarray(dark)[offset]] = 0.0
    return made
