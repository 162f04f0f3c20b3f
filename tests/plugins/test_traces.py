"""Trace plug-ins: the generator against the quantiles it follows, parquet files against
their rows.
"""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import polars as pl
import pytest

from plugin_options import played
from suandian.model.issues import InputError
from suandian.plugins.traces import pai_quantiles, parquet

DAY = 86400
WEEK = 7 * DAY
LOCAL = timezone(timedelta(hours=-8))
MONDAY = int(datetime(2020, 11, 9, tzinfo=LOCAL).timestamp())
ANCHOR = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())


def generated(start, end, seed=7, **options):
    return played(pai_quantiles.TRACE, options, start, end, seed)


def rows(trace):
    return np.column_stack([trace.submit_s, trace.length_h, trace.cores, trace.count])


def test_quantiles_are_the_published_ones():
    trace = generated(MONDAY, MONDAY + WEEK, bundles_per_week=100_000)
    assert len(trace.submit_s) == 100_000
    levels = np.array([0.5, 0.9, 0.99])
    spread = np.sqrt(
        levels * (1 - levels) / 100_000
    )  # one standard deviation of a share among 100,000 draws
    for values, published in ((trace.length_h, [0.66, 5.5, 24.1]), (trace.cores, [1, 8, 40])):
        share = (values[:, None] <= published).mean(axis=0)
        assert (np.abs(share - levels) < 4 * spread).all()
    assert 0.02 <= trace.length_h.min() < 0.03 < 40 < trace.length_h.max() <= 48
    assert 0.5 <= trace.cores.min() < 0.51 < 80 < trace.cores.max() <= 96
    assert abs(np.corrcoef(trace.length_h, trace.cores)[0, 1]) < 0.02


def test_a_week_has_the_same_jobs_in_any_window():
    whole = generated(MONDAY - WEEK, MONDAY + 2 * WEEK, bundles_per_week=1000)
    inside = (whole.submit_s >= MONDAY + DAY) & (whole.submit_s < MONDAY + 9 * DAY)
    part = generated(MONDAY + DAY, MONDAY + 9 * DAY, bundles_per_week=1000)
    np.testing.assert_array_equal(rows(part), rows(whole)[inside])
    assert (np.diff(whole.submit_s) >= 0).all()
    assert len(whole.submit_s) == 3000


def test_seeds_and_weeks_differ():
    first, again = generated(MONDAY, MONDAY + WEEK), generated(MONDAY, MONDAY + WEEK)
    np.testing.assert_array_equal(rows(first), rows(again))
    other, after = (
        generated(MONDAY, MONDAY + WEEK, seed=8),
        generated(MONDAY + WEEK, MONDAY + 2 * WEEK),
    )
    assert not np.array_equal(first.length_h, other.length_h)
    assert not np.array_equal(first.length_h, after.length_h)


@pytest.mark.parametrize("offset", [-8, 8])
def test_arrivals_peak_in_the_local_afternoon_and_rest_at_weekends(offset):
    start = int(datetime(2020, 11, 9, tzinfo=timezone(timedelta(hours=offset))).timestamp())
    trace = generated(start, start + WEEK, bundles_per_week=100_000, utc_offset_h=offset)
    hour = (trace.submit_s - start) // 3600
    daily = np.bincount(hour // 24, minlength=7)
    assert daily[5:].mean() / daily[:5].mean() == pytest.approx(0.8, abs=0.02)
    by_hour = np.bincount(hour % 24, minlength=24)
    assert 13 <= np.argmax(by_hour) <= 16
    assert by_hour.max() / by_hour.min() == pytest.approx(1.3 / 0.7, rel=0.08)


def test_an_empty_window_has_no_jobs():
    assert len(generated(MONDAY, MONDAY).submit_s) == 0


def test_bundles_and_provenance():
    trace = generated(MONDAY, MONDAY + WEEK, bundles_per_week=1000, jobs_per_bundle=3)
    assert set(trace.count.tolist()) == {3}
    text = " ".join(trace.provenance)
    for part in (
        "not a recorded trace",
        "[7, week",
        "p0 0.02",
        "p99 40",
        "1000 bundles",
        "3 identical",
        "0.8 on Sat",
    ):
        assert part in text


def test_generator_options_are_all_checked():
    with pytest.raises(InputError) as caught:
        generated(0, WEEK, bundles_per_week=999, jobs_per_bundle=1.5, utc_offset_h=True, bundle=1)
    places = [issue.place for issue in caught.value.issues]
    names = ("bundles_per_week", "jobs_per_bundle", "utc_offset_h", "bundle")
    assert places == [f"trace_options.{name}" for name in names]


@pytest.fixture
def trace_file(tmp_path):
    def write(**columns):
        path = tmp_path / "jobs.parquet"
        pl.DataFrame(columns).write_parquet(path)
        return str(path)

    return write


def test_parquet_rows_fall_on_the_anchor(trace_file):
    path = trace_file(arrival_h=[3.0, 0.0, 1.5], length_h=[1.0, 2.0, 3.0], cpus=[4, 5, 6])
    trace = played(parquet.TRACE, {"path": path}, ANCHOR, ANCHOR + 3 * 3600, 0)
    assert (trace.submit_s - ANCHOR).tolist() == [0, 5400]
    assert (trace.length_h.tolist(), trace.cores.tolist(), trace.count.tolist()) == (
        [2, 3],
        [5, 6],
        [1, 1],
    )
    assert "2 of 3 jobs" in trace.provenance[0]


def test_parquet_start_h_leaves_the_earlier_jobs_as_history(trace_file):
    path = trace_file(arrival_h=[0.0, 10.0, 11.0], length_h=[1.0] * 3, cpus=[1, 2, 3])
    options = {"path": path, "start_h": 10, "anchor": "2021-05-01T00:00:00+02:00"}
    zero = int(datetime(2021, 4, 30, 22, tzinfo=UTC).timestamp())
    assert played(parquet.TRACE, options, zero, zero + DAY, 0).cores.tolist() == [2, 3]
    assert played(parquet.TRACE, options, zero - DAY, zero, 0).cores.tolist() == [1]


def test_parquet_outside_of_the_trace(trace_file):
    path = trace_file(arrival_h=[0.0, 10.0], length_h=[1.0] * 2, cpus=[1, 2])
    for start in (ANCHOR - DAY, ANCHOR + DAY):
        with pytest.raises(InputError, match=r"2020-01-01T00:00:00Z to 2020-01-01T10:00:00Z"):
            played(parquet.TRACE, {"path": path}, start, start + DAY, 0)


def test_parquet_reports_every_bad_row(trace_file):
    path = trace_file(
        arrival_h=[0.0, -1.0, 2.0, 3.0],
        length_h=[1.0, 1.0, 0.0, float("nan")],
        cpus=[1.0, None, -2.0, 1.0],
    )
    with pytest.raises(InputError) as caught:
        played(parquet.TRACE, {"path": path}, ANCHOR, ANCHOR + DAY, 0)
    assert [issue.place for issue in caught.value.issues] == [
        "row 2, column arrival_h",
        "row 3, column length_h",
        "row 4, column length_h",
        "row 2, column cpus",
        "row 3, column cpus",
    ]


def test_parquet_missing_and_textual_columns(trace_file):
    path = trace_file(arrival_h=["noon"], length_h=[1.0])
    with pytest.raises(InputError) as caught:
        played(parquet.TRACE, {"path": path}, ANCHOR, ANCHOR + DAY, 0)
    assert [issue.place for issue in caught.value.issues] == ["column arrival_h", "column cpus"]


def test_parquet_options_are_all_checked(tmp_path):
    with pytest.raises(InputError) as caught:
        played(
            parquet.TRACE, {"start_h": "0", "anchor": "2020-01-01T00:00:00", "seed": 1}, 0, DAY, 0
        )
    places = {issue.place for issue in caught.value.issues}
    assert places == {f"trace_options.{name}" for name in ("seed", "path", "start_h", "anchor")}
    with pytest.raises(InputError, match="cannot be read"):
        played(parquet.TRACE, {"path": str(tmp_path / "none.parquet")}, 0, DAY, 0)
