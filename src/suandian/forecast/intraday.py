"""Intraday forecasts: day-ahead value plus the last known error, fading.

    forecast[t] = base[t] + ρ^k · (actual - base)[last known],   k = steps since the last known
    value

base is the published day-ahead value where it is known; beyond it, the mean of the same hour of the
last seven days (feeds with a day-ahead forecast) or of the same hour in up to three earlier weeks
(feeds without). ρ is the least- squares slope of the base's error on the one a step before (no
intercept: a lasting bias lasts), in the history before the study. What is extrapolated is kept
within the range of the history, and at zero where the history of that hour of day is always zero
(no sun forecast at night). What is published counts as published: it widens the range, and at hours
that were always zero it stands uncorrected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Floats
from suandian.model.known import Known
from suandian.model.ports.forecaster import ForecasterKind
from suandian.model.ports.options import PluginOptions
from suandian.model.time import TimeAxis

DAYS = 7
WEEKS = 3
# errors that a slope is fitted on at least: two days of hours
FEWEST = 48


Base = Callable[[Feed, int, int, int], Floats]


@dataclass(frozen=True)
class Intraday:
    """The forecaster. `fit_end_s` ends the history that ρ is fitted on (the start of the study)."""

    fit_end_s: int

    @classmethod
    def of(cls, known: Known, options: PluginOptions) -> Intraday:  # noqa: ARG003 - it has none
        """Return the forecaster of a study."""
        return cls(known.axis.start_s)

    def forecast(self, feed: Feed, axis: TimeAxis, as_of_s: int) -> Floats:
        """Return expected values (axis.n, columns) on future steps, from what is known at
        `as_of_s`.
        """
        first = feed.position(axis.start_s)
        known = min(feed.known_actual(as_of_s), first)
        values = _corrected(
            _mean_of_earlier,
            feed,
            first,
            axis.n,
            known,
            self.fit_end_s,
        )
        published = values[:0]
        if feed.ahead is not None:
            # published values are a leading part of the window; beyond them the mean stays
            count = max(0, min(feed.known_ahead(as_of_s) - first, axis.n))
            values[:count] = _corrected(
                _day_ahead,
                feed,
                first,
                count,
                known,
                self.fit_end_s,
            )
            published = feed.ahead[first : first + count]
        return values if known == 0 else _kept_in_range(feed, values, published, first, known)


def _corrected(base: Base, feed: Feed, first: int, n: int, known: int, fit_end_s: int) -> Floats:
    """Return base + ρ^k · its last known error."""
    values = base(feed, first, n, known)
    if known == 0 or n == 0:
        return values
    error = (
        feed.actual[known - 1]
        - base(
            feed,
            known - 1,
            1,
            known - 1,
        )[0]
    )
    steps = (first - (known - 1)) + np.arange(n)
    fading = np.power.outer(slope_of_errors(base, feed, fit_end_s), steps).T
    return np.asarray(values + fading * error)


def slope_of_errors(base: Base, feed: Feed, fit_end_s: int) -> Floats:
    """Return ρ by column: slope of the error on the one before, before `fit_end_s`, within [0, 1];
    0 unfitted.
    """
    # a value that is published late is not known yet at the start of the study
    end = min(int(np.searchsorted(feed.axis.edges_s, fit_end_s)), len(feed.actual))
    start = 0 if base is _day_ahead else _first_lag(feed)
    if end - start < FEWEST:
        return np.zeros(feed.actual.shape[1])
    error = feed.actual[start:end] - base(feed, start, end - start, end)
    power = (error[:-1] ** 2).sum(axis=0)
    rho = (error[1:] * error[:-1]).sum(axis=0) / np.where(power > 0, power, 1.0)
    return np.clip(np.where(power > 0, rho, 0.0), 0.0, 1.0)


# all bases have one signature
def _day_ahead(feed: Feed, first: int, n: int, known: int) -> Floats:  # noqa: ARG001
    assert feed.ahead is not None
    return feed.ahead[first : first + n].copy()


def _first_lag(feed: Feed) -> int:
    return _lag(feed, 24) if feed.ahead is not None else _lag(feed, 7 * 24)


def _lag(feed: Feed, hours: int) -> int:
    step = int(feed.axis.edges_s[1] - feed.axis.edges_s[0])
    return hours * 3600 // step


def _mean_of_earlier(feed: Feed, first: int, n: int, known: int) -> Floats:
    """The mean of up to seven days, or three weeks, of known values of the same hour."""
    # a published forecast knows weekdays already, so its errors repeat by day; without one the week
    # is the shortest rhythm that tells Saturday from Friday
    by_day = feed.ahead is not None
    lag = _lag(feed, 24 if by_day else 7 * 24)
    count = DAYS if by_day else WEEKS
    rows = first + np.arange(n)
    total = np.zeros((n, feed.actual.shape[1]))
    weight = np.zeros((n, 1))
    # whole lags to the latest known value of that hour
    back = (rows - known) // lag + 1
    for i in range(count):
        source = rows - (np.maximum(back, 1) + i) * lag
        inside = source >= 0
        total[inside] += feed.actual[source[inside]]
        weight[inside] += 1
    if known > 0:
        # shorter history than one lag: the last value known is the best there is
        total[weight[:, 0] == 0] = feed.actual[known - 1]
        weight[weight == 0] = 1
    return np.asarray(total / np.maximum(weight, 1))


def _kept_in_range(feed: Feed, values: Floats, published: Floats, first: int, known: int) -> Floats:
    """Return values within the range known, and zero at hours of the day that always were; the
    `published` first ones within a range that holds what was published, and at these hours as it
    was.
    """
    seen = feed.actual[:known]
    count = len(published)
    low = np.tile(np.minimum(seen.min(axis=0), 0.0), (len(values), 1))
    high = np.tile(seen.max(axis=0), (len(values), 1))
    low[:count] = np.minimum(low[:count], published)
    high[:count] = np.maximum(high[:count], published)
    values = np.clip(values, low, high)
    day = _lag(feed, 24)
    if known < day:
        return values
    days = known // day
    recent = seen[known - days * day :].reshape(days, day, -1)
    offset = (first - known + np.arange(len(values))) % day
    dark = np.logical_not(np.any(recent, axis=0))
    nothing = np.zeros_like(values)
    nothing[:count] = published
    return np.where(np.asarray(dark)[offset], nothing, values)


KIND = ForecasterKind(
    "intraday", "the day-ahead value plus the last known error, fading", Intraday.of
)
