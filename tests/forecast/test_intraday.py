"""Intraday forecasts by hand: base + ρ^k · last known error, from what is known and
nothing else.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.forecast.intraday import Intraday, _day_ahead, _mean_of_earlier, slope_of_errors
from suandian.model.feed import Feed
from suandian.model.issues import NotYetKnownError
from suandian.model.time import TimeAxis

H, DAY = 3600, 24


def feed(actual: np.ndarray, ahead: np.ndarray | None = None, step_s: int = H) -> Feed:
    """A feed of one column from midnight on; actual known at the end of its step, ahead at 12:00 of
    the day before.
    """
    axis = TimeAxis.regular(0, step_s, len(actual))
    start = axis.edges_s[:-1]
    known = start // 86400 * 86400 - 12 * H
    column = None if ahead is None else np.asarray(ahead, dtype=float)[:, None]
    return Feed(
        "f",
        "MW",
        np.array(["c"]),
        axis,
        np.asarray(actual, dtype=float)[:, None],
        axis.edges_s[1:],
        column,
        None if ahead is None else known,
    )


def made(
    f: Feed, first: int, n: int, as_of: int | None = None, fit_end: int | None = None
) -> list[float]:
    """The forecast of `n` steps from `first` on, as of step `as_of`."""
    as_of = first if as_of is None else as_of
    edges = f.axis.edges_s
    fit = as_of if fit_end is None else fit_end
    forecaster = Intraday(int(edges[fit]))
    axis = f.axis.window(first, first + n)
    return forecaster.forecast(f, axis, int(edges[as_of]))[:, 0].tolist()


def swinging(n: int) -> np.ndarray:
    """Errors 4, 2, 4, 2 …"""
    return np.where(np.arange(n) % 2 == 0, 4.0, 2.0)


def test_day_ahead_plus_a_fading_error() -> None:
    # 72 h of errors: ρ = Σ e'e / Σ e² = 71·8 / (36·16 + 35·4) = 568/716; the last known error is 2
    n, rho = 72, 568 / 716
    f = feed(np.r_[100 + swinging(n), np.full(24, 999.0)], np.full(96, 100.0))
    assert slope_of_errors(_day_ahead, f, n * H)[0] == pytest.approx(rho)
    assert made(f, n, 4) == pytest.approx([100 + 2 * rho**k for k in (1, 2, 3, 4)])


def test_the_error_fades_from_the_last_known_value_not_from_the_first_asked() -> None:
    # asked for the steps from 3 after now on: k starts at 4; and ρ is fitted before the study, so
    # later errors of 3 count as the error to carry on, not for ρ
    n, rho = 72, 568 / 716
    f = feed(np.r_[100 + swinging(n), np.full(24, 103.0)], np.full(96, 100.0))
    assert made(f, n + 3, 2, as_of=n) == pytest.approx([100 + 2 * rho**k for k in (4, 5)])
    assert made(f, n + 5, 2, fit_end=n) == pytest.approx([100 + 3 * rho**k for k in (1, 2)])


def test_the_next_day_is_published_at_noon() -> None:
    # no errors so far; the published value of day 4 is 60. Before 12:00 of day 3 the mean of the
    # last days, 100, stands
    ahead = np.r_[np.full(3 * DAY, 100.0), np.full(2 * DAY, 60.0)]
    f = feed(np.full(5 * DAY, 100.0), ahead)
    noon = 2 * DAY + 12
    assert made(f, noon - 1, 24) == pytest.approx([100.0] * 24)
    assert made(f, noon, 24) == pytest.approx([100.0] * 12 + [60.0] * 12)
    assert made(f, noon, 40) == pytest.approx(
        [100.0] * 12 + [60.0] * 24 + [100.0] * 4
    )  # the day after: again a mean


def test_beyond_publication_the_mean_of_the_same_hour_of_seven_days() -> None:
    # hour 2 was 10, 20 … 80 on eight days, all other hours 5 as published: the mean of the last
    # seven is 50
    actual = np.full(10 * DAY, 5.0)
    actual[2 : 8 * DAY : DAY] = 10.0 * np.arange(1, 9)
    ahead = actual.copy()
    f = feed(actual, ahead)
    now = 8 * DAY - 16  # 8:00 of the eighth day: tomorrow is not published
    assert made(f, now, 24)[16:20] == pytest.approx([5.0, 5.0, 50.0, 5.0])


def test_without_day_ahead_the_mean_of_three_weeks() -> None:
    # 9:00 was 1000, 60, 20, 10 in the four weeks before, every other hour 5; no error at the last
    # known hour
    actual = np.full(5 * 168, 5.0)
    actual[9 : 4 * 168 : 168] = [1000.0, 60.0, 20.0, 10.0]
    f = feed(actual)
    assert made(f, 4 * 168, 11)[8:] == pytest.approx([5.0, 30.0, 5.0])


@pytest.mark.parametrize(("weeks", "value"), [(1, 60.0), (2, 40.0), (3, 30.0)])
def test_fewer_weeks_are_a_shorter_mean(weeks, value) -> None:
    actual = np.full((weeks + 1) * 168, 5.0)
    actual[9 : weeks * 168 : 168] = [60.0, 20.0, 10.0][:weeks]
    assert made(feed(actual), weeks * 168, 10)[9] == pytest.approx(value)


def test_beyond_a_week_the_latest_known_weeks_count() -> None:
    # as of the start of week 3, 9:00 in week 4 (lag of two weeks) has weeks 2, 1, 0 behind it
    actual = np.full(6 * 168, 5.0)
    actual[9 : 3 * 168 : 168] = [60.0, 20.0, 10.0]
    actual[3 * 168 + 9] = 777.0  # not yet known
    f = feed(actual)
    assert made(f, 3 * 168, 168 + 10)[168 + 9] == pytest.approx(30.0)


def test_without_any_history_the_last_known_value_stands() -> None:
    assert made(feed(np.r_[7.0, 8.0, 9.0, 0.0, 0.0]), 3, 2) == pytest.approx([9.0, 9.0])
    assert made(feed(np.r_[7.0, 8.0]), 0, 2) == [0.0, 0.0]


def test_half_hours_are_counted_as_half_hours() -> None:
    # day lag = 48 steps: 1:30 was 10 yesterday
    actual = np.full(3 * 48, 5.0)
    actual[3] = 10.0
    f = feed(actual, np.full(3 * 48, 5.0), step_s=H // 2)
    base = _mean_of_earlier(f, 48, 6, 48)[:, 0]
    assert base.tolist() == [5, 5, 5, 10, 5, 5]


def test_no_sun_at_night() -> None:
    # errors of +3 by day make ρ > 0 and the last one, at 17:00, is carried on: into the evening,
    # not into the night
    hour = np.arange(5 * DAY) % DAY
    day = (hour >= 6) & (hour < 18)
    ahead = np.where(day, 20.0, 0.0)
    f = feed(np.where(day, 23.0, 0.0), ahead)
    now = 3 * DAY + 17
    values = np.array(made(f, now, 24))
    light = day[now : now + 24]
    assert values[~light].tolist() == [0.0] * 12
    assert values[0] > 20.5
    assert (values[light] >= 20.0).all()


def test_what_is_extrapolated_stays_within_what_was_seen() -> None:
    # a last error of 4 on a value of 54 that was published: no more than what was published
    actual = np.r_[50 + swinging(71), 54.0, np.zeros(24)]
    f = feed(actual, np.r_[np.full(72, 50.0), np.full(24, 54.0)])
    assert max(made(f, 72, 24)) == 54.0


def test_what_is_published_is_used_as_published() -> None:
    # beyond all that was seen, above and below
    f = feed(
        np.r_[50 + swinging(72), np.zeros(24)],
        np.r_[np.full(72, 50.0), np.full(12, 500.0), np.full(12, -500.0)],
    )
    values = made(f, 72, 24)
    assert values[:12] == pytest.approx(np.full(12, 500.0), abs=5)
    assert values[12:] == pytest.approx(np.full(12, -500.0), abs=5)
    # at hours at which there was never anything: no error of other hours is put on it
    night = np.arange(96) % 24 < 12
    sun = np.where(night, 0.0, 40.0)
    published = sun.copy()
    published[72:] = np.where(np.arange(24) == 3, 25.0, sun[72:])
    values = made(feed(sun + np.where(night, 0.0, 3.0), published), 72, 24)
    assert values[:12] == [0.0, 0.0, 0.0, 25.0] + 8 * [0.0]


@pytest.mark.parametrize("rho", [0.3, 0.7, 0.95])
def test_persistence_recovers_rho(rho) -> None:
    # the slope's standard error is √((1-ρ²)/n): three of them
    n, rng = 6000, np.random.default_rng(7)
    error = np.zeros(n)
    for t in range(1, n):
        error[t] = rho * error[t - 1] + rng.standard_normal()
    f = feed(100 + error, np.full(n, 100.0))
    assert slope_of_errors(_day_ahead, f, n * H)[0] == pytest.approx(
        rho, abs=3 * np.sqrt((1 - rho**2) / n)
    )


def test_a_lasting_bias_lasts_and_an_alternating_error_is_dropped() -> None:
    n = 96
    biased = feed(np.full(n + 24, 103.0), np.full(n + 24, 100.0))
    assert slope_of_errors(_day_ahead, biased, n * H)[0] == pytest.approx(1.0)
    assert made(biased, n, 3) == pytest.approx([103.0] * 3)
    turning = feed(100 + np.tile([3.0, -3.0], 60), np.full(n + 24, 100.0))
    assert slope_of_errors(_day_ahead, turning, n * H)[0] == 0.0
    assert made(turning, n, 3) == pytest.approx([100.0] * 3)


def test_persistence_needs_two_days_and_looks_only_before_the_study() -> None:
    f = feed(np.r_[100 + swinging(72), 100 + 50 * (-1.0) ** np.arange(72)], np.full(144, 100.0))
    assert slope_of_errors(_day_ahead, f, 47 * H)[0] == 0.0
    assert slope_of_errors(_day_ahead, f, 72 * H)[0] == pytest.approx(568 / 716)


@given(
    seed=st.integers(0, 2**16),
    now=st.integers(30, 200),
    n=st.integers(1, 60),
    published=st.booleans(),
)
@settings(deadline=None, max_examples=40)
def test_the_future_does_not_matter(seed, now, n, published) -> None:
    rng = np.random.default_rng(seed)
    actual, ahead = rng.uniform(0, 100, 300), rng.uniform(0, 100, 300)
    other, other_ahead = rng.uniform(0, 100, 300), rng.uniform(0, 100, 300)
    one = feed(actual, ahead if published else None)
    end = 0 if one.ahead is None else one.known_ahead(now * H)
    same = feed(
        np.r_[actual[:now], other[now:]],
        np.r_[ahead[:end], other_ahead[end:]] if published else None,
    )
    fit = min(now, 100)
    assert made(one, now, n, fit_end=fit) == made(same, now, n, fit_end=fit)


def test_a_feed_refuses_values_before_their_time() -> None:
    f = feed(np.arange(48.0), np.arange(48.0))
    assert f.realised(f.axis.window(3, 5), 5 * H)[:, 0].tolist() == [3.0, 4.0]
    with pytest.raises(NotYetKnownError, match="1 of 2 asked values"):
        f.realised(f.axis.window(3, 5), 5 * H - 1)
    assert (f.known_actual(5 * H - 1), f.known_actual(5 * H)) == (4, 5)
    assert (f.known_ahead(12 * H - 1), f.known_ahead(12 * H)) == (24, 48)


def test_a_feed_is_read_on_its_own_steps() -> None:
    f = feed(np.arange(48.0))
    with pytest.raises(KeyError, match="no step starts at 1800"):
        f.position(1800)
    with pytest.raises(KeyError, match="no step starts"):
        f.position(48 * H)
    with pytest.raises(KeyError, match="other steps"):
        f.rows(TimeAxis.regular(0, H // 2, 4))
    with pytest.raises(KeyError, match="other steps"):
        f.rows(TimeAxis.regular(46 * H, H, 4))
