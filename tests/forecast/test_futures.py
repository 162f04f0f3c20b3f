"""Futures: the errors that the same forecaster made on earlier days, and nothing that is not yet
known.
"""

from dataclasses import replace

import numpy as np
import pytest

from run.scenes import lively
from suandian.forecast.futures import applied, drawn, future
from suandian.forecast.intraday import Intraday
from suandian.model.feed import Feed
from suandian.model.issues import InputError, NotYetKnownError
from suandian.model.system import Jobs
from suandian.model.time import TimeAxis

H, DAY, WEEK = 3600, 86400, 7 * 86400


def feed(name: str, error: np.ndarray, base: float = 50.0) -> Feed:
    """Day-ahead `base`, known at noon of the day before; actual is `error` more, known when its
    hour is over.
    """
    axis = TimeAxis.regular(0, H, len(error))
    known = axis.edges_s[:-1] // DAY * DAY - 12 * H
    ahead = np.full((len(error), 1), base)
    return Feed(
        name, "MW", np.array(["c"]), axis, ahead + error[:, None], axis.edges_s[1:], ahead, known
    )


def no_jobs() -> Jobs:
    return lively().jobs.rows(np.zeros(0, np.int64))


def jobs(submit_h: list[float], work: list[int]) -> Jobs:
    rows = lively().jobs.rows(np.arange(len(work)))
    return replace(
        rows, submit_s=np.array([round(h * H) for h in submit_h]), work_wh=np.array(work)
    )


def test_a_future_has_the_errors_of_its_day_by_hand() -> None:
    # day d is off by d in its first half and by -d in its second; the last known error fades by ρ
    n = 20 * 24
    day, hour = np.arange(n) // 24, np.arange(n) % 24
    wind = feed("wind", np.where(hour < 12, day, -day).astype(float))
    now = 15 * DAY + 12 * H
    axis = wind.axis.window(15 * 24 + 12, 15 * 24 + 18)
    made = future({"wind": wind}, [no_jobs()], 1, axis, now, Intraday(now), days=3)
    then = wind.axis.window(12 * 24 + 12, 12 * 24 + 18)
    before = Intraday(now).forecast(wind, then, now - 3 * DAY)
    expected = wind.actual[12 * 24 + 12 : 12 * 24 + 18] - before
    assert np.array_equal(made.errors["wind"], expected)
    # at noon the last error known was +12, and the hours that came were off by -12: the fading +12
    # adds to that
    assert expected[0, 0] < -12 and expected[-1, 0] > expected[0, 0] and expected.max() <= -12
    assert made.arrivals.tolist() == [1.0]


def test_the_feeds_of_a_future_share_its_day() -> None:
    rng = np.random.default_rng(0)
    error = rng.normal(0, 5, 25 * 24)
    feeds = {"a": feed("a", error), "b": feed("b", -2 * error)}
    axis = feeds["a"].axis.window(20 * 24, 21 * 24)
    for days in drawn(feeds, axis, 20 * DAY, 4, (1, 0)):
        made = future(feeds, [no_jobs()], 1, axis, 20 * DAY, Intraday(20 * DAY), int(days))
        # a's forecaster fits the same ρ as b's, so errors mirror each other step by step
        assert made.errors["b"] == pytest.approx(-2 * made.errors["a"])


def test_days_are_drawn_from_those_that_are_over_and_were_forecast() -> None:
    feeds = {"a": feed("a", np.zeros(20 * 24))}
    axis = feeds["a"].axis.window(14 * 24, 14 * 24 + 30)  # 30 h: day 1 is not over
    assert drawn(feeds, axis, 14 * DAY, 6, (0, 0)).tolist() == [2, 3, 4, 5, 6, 7]
    assert (
        drawn(feeds, axis, 14 * DAY, 3, (5, 7)).tolist()
        == drawn(feeds, axis, 14 * DAY, 3, (5, 7)).tolist()
    )
    assert len({tuple(drawn(feeds, axis, 14 * DAY, 3, (5, step))) for step in range(20)}) > 3
    with pytest.raises(
        InputError, match=r"6 days with a whole window of 30 h .* 1 to 7, or a shorter horizon"
    ):
        drawn(feeds, axis, 14 * DAY, 7, (0, 0))
    with pytest.raises(NotYetKnownError):
        future(feeds, [no_jobs()], 1, axis, 14 * DAY, Intraday(14 * DAY), days=1)


def test_values_stay_within_what_is_known() -> None:
    wind = feed("wind", np.where(np.arange(10 * 24) < 5 * 24, 0.0, 30.0))
    expected = np.array([[45.0], [45.0], [80.0]])
    values = applied(wind, expected, np.array([[20.0], [-60.0], [0.0]]), 5 * DAY)
    assert values[:, 0].tolist() == [
        50.0,
        0.0,
        80.0,
    ]  # the 80 MW to come are not known: only a forecast may say so


def test_arrivals_are_those_of_the_day_over_the_weeks_before_by_hand() -> None:
    # 3 h windows; week 2: 30, weeks 1 and 0: 10 and 20 -> 30 / 15
    table = jobs([1, 1 + 168, 1 + 336, 5 + 336], [20, 10, 30, 999])
    none = {"a": feed("a", np.zeros(20 * 24))}
    axis = TimeAxis.regular(15 * DAY, H, 3)
    made = future(none, [table], 2, axis, 15 * DAY, Intraday(15 * DAY), days=1)
    assert made.arrivals.tolist() == [2.0, 1.0]  # nothing to compare the second class with
    twice = future(
        none,
        [table.rows(np.arange(2)), table.rows(np.arange(2, 4))],
        2,
        axis,
        15 * DAY,
        Intraday(15 * DAY),
        days=1,
    )
    assert twice.arrivals.tolist() == [2.0, 1.0]
    busy = replace(table, work_wh=np.array([1, 1, 900, 0]))
    assert future(
        none, [busy], 1, axis, 15 * DAY, Intraday(15 * DAY), days=1
    ).arrivals.tolist() == [4.0]
