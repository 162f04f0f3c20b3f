"""RTS-GMLC against figures of its own files, read here a second way."""

import csv
import importlib.util
import shutil
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from plugin_options import chosen
from suandian.model.issues import InputError, NotYetKnownError
from suandian.model.time import TimeAxis
from suandian.plugins.grids import rts_gmlc, rts_series

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("dispatches_data") is None, reason="needs suandian[demo]"
)
LOCAL = timezone(timedelta(hours=-8))


def local_s(*when):
    return int(datetime(*when, tzinfo=LOCAL).timestamp())


def loaded(given):
    return rts_gmlc.load(chosen(rts_gmlc.GRID, given, "grid"))


@pytest.fixture(scope="module")
def source():
    return loaded({})


@pytest.fixture(scope="module")
def year(source):
    return source.feeds(TimeAxis.regular(rts_series.START_S, 3600, 366 * 24))


def cell(source, file, column, month, day, period):
    """Return one value of a series file, found by its stamp."""
    with (source.folder / "timeseries_data_files" / file).open() as stream:
        for row in csv.DictReader(stream):
            if (int(row["Month"]), int(row["Day"]), int(row["Period"])) == (month, day, period):
                return float(row[column])
    raise AssertionError("no such row")


def of(table, name, column):
    return getattr(table, column)[table.id.tolist().index(name)]


def test_totals_of_the_static_grid(source):
    grid = source.grid
    assert (len(grid.buses), len(grid.lines), len(grid.links)) == (73, 120, 1)
    np.testing.assert_allclose(
        np.bincount(grid.buses.load_feed, weights=grid.buses.load_share), 1.0
    )
    carrier, p_max = grid.generators.carrier, grid.generators.p_max_mw
    total = {c: round(float(p_max[carrier == c].sum()), 1) for c in set(carrier.tolist())}
    assert total == {
        "coal": 2317,
        "gas cc": 3550,
        "gas ct": 1485,
        "oil ct": 240,
        "oil st": 84,
        "nuclear": 400,
        "hydro": 1000,
        "wind": 2507.9,
        "pv": 1554.5,
        "rooftop pv": 1161.4,
    }
    assert not any("SYNC" in i for i in grid.generators.id)
    assert any("must-run" in note for note in grid.notes)


def test_a_line_and_the_dc_link(source):
    lines, links, bus = source.grid.lines, source.grid.links, source.grid.buses.id
    assert of(lines, "A1", "susceptance_mw") == pytest.approx(100 * 0.014 / (0.003**2 + 0.014**2))
    assert (of(lines, "A1", "rating_mw"), of(lines, "A1", "emergency_mw")) == (175, 200)
    assert np.isinf(lines.angle_max).all()
    assert (bus[links.from_bus[0]], bus[links.to_bus[0]], links.capacity_mw[0]) == (
        "113",
        "316",
        100,
    )


def test_heat_rate_curve_of_a_coal_unit(source):
    g = source.grid.generators  # 101_STEAM_3: 30 to 76 MW, 2.11399 USD/MMBTU, 210 lb/MMBTU
    assert of(g, "101_STEAM_3", "p_min_mw") == 30.0
    assert of(g, "101_STEAM_3", "no_load") == pytest.approx(13.270 * 30 * 2.11399)
    assert of(g, "101_STEAM_3", "no_load_kg_per_h") == pytest.approx(13.270 * 30 * 210 * 0.45359237)
    np.testing.assert_allclose(of(g, "101_STEAM_3", "segment_mw"), 46 / 3, rtol=1e-6)
    np.testing.assert_allclose(
        of(g, "101_STEAM_3", "segment_cost"), np.array([6.713, 8.028, 8.549]) * 2.11399
    )
    np.testing.assert_allclose(
        of(g, "101_STEAM_3", "segment_kg_per_mwh")[0], 6.713 * 210 * 0.45359237
    )
    assert of(g, "101_STEAM_3", "ramp_mw_per_h") == 120
    widths = g.p_min_mw + g.segment_mw.sum(axis=1)
    np.testing.assert_allclose(widths, g.p_max_mw)


def test_nuclear_increments_are_at_the_average_heat_rate(source):
    g = source.grid.generators
    np.testing.assert_allclose(of(g, "121_NUCLEAR_1", "segment_cost"), 10 * 0.81035)
    assert of(g, "121_NUCLEAR_1", "p_min_mw") == 396


def test_stores_are_not_doubled(source):
    s = source.grid.storage
    assert s.id.tolist() == ["212_CSP_1", "313_STORAGE_1"]
    assert s.energy_mwh.tolist() == [1200, 150]
    assert s.charge_mw.tolist() == [0, 50]
    assert s.discharge_mw.tolist() == [200, 50]
    assert s.initial_mwh.tolist() == [0, 75]
    np.testing.assert_allclose(s.charge_efficiency * s.discharge_efficiency, [1, 0.85])
    assert s.inflow_feed.tolist() == [0, -1]


def test_totals_of_the_year(source, year):
    assert year["load"].ahead.sum(axis=1).max() == pytest.approx(8191.84, abs=0.01)
    assert year["inflow"].actual.max() < 391.1 <= year["inflow"].ahead.max()
    available = year["available"]
    p_max = source.grid.generators.p_max_mw[source.grid.generators.feed >= 0]
    assert (available.actual <= p_max + 1e-9).all()
    assert (available.actual >= 0).all()
    assert available.columns.tolist() == source.variable()


def test_load_differs_from_its_forecast_by_a_constant_as_the_note_says(year):
    ratio = year["load"].actual / year["load"].ahead
    np.testing.assert_allclose(
        ratio, np.broadcast_to([0.9198, 0.9981, 0.9943], ratio.shape), atol=3e-4
    )


def test_values_stand_at_their_local_time(source, year):
    t = year["load"].position(local_s(2020, 11, 9, 15))
    rows = [
        cell(source, "Load/REAL_TIME_regional_Load.csv", "2", 11, 9, 15 * 12 + k) for k in (1, 12)
    ]
    assert min(rows) * 0.98 < year["load"].actual[t, 1] < max(rows) * 1.02
    assert year["load"].ahead[t, 1] == cell(
        source, "Load/DAY_AHEAD_regional_Load.csv", "2", 11, 9, 16
    )
    wind = year["available"].columns.tolist().index("309_WIND_1")
    assert year["available"].ahead[t, wind] == cell(
        source, "WIND/DAY_AHEAD_wind.csv", "309_WIND_1", 11, 9, 16
    )
    single = source.available(TimeAxis.regular(local_s(2020, 11, 9, 15), 300, 1), ["309_WIND_1"])
    assert single.actual[0, 0] == cell(
        source, "WIND/REAL_TIME_wind.csv", "309_WIND_1", 11, 9, 15 * 12 + 1
    )


def test_known_times(year):
    load = year["load"]
    t = load.position(local_s(2020, 7, 1, 23))
    assert load.ahead_known_s[t] == local_s(2020, 6, 30, 12)
    assert load.ahead_known_s[t + 1] == local_s(2020, 7, 1, 12)
    assert load.actual_known_s[t] == local_s(2020, 7, 2)
    with pytest.raises(NotYetKnownError):
        load.realised(load.axis.window(t, t + 1), local_s(2020, 7, 2) - 1)


def test_other_resolutions_have_the_same_energy(source, year):
    day = local_s(2020, 4, 20)
    hourly = year["available"].position(day)
    quarter = source.feeds(TimeAxis.regular(day, 900, 96))["available"]
    np.testing.assert_allclose(
        quarter.actual.reshape(24, 4, -1).mean(axis=1),
        year["available"].actual[hourly : hourly + 24],
        atol=1e-9,
    )
    np.testing.assert_array_equal(quarter.ahead[::4], year["available"].ahead[hourly : hourly + 24])
    np.testing.assert_array_equal(quarter.ahead[3::4], quarter.ahead[::4])
    shifted = source.feeds(TimeAxis.regular(day + 1800, 3600, 3))["load"]
    t = year["load"].position(day)
    np.testing.assert_allclose(
        shifted.ahead,
        (year["load"].ahead[t : t + 3] + year["load"].ahead[t + 1 : t + 4]) / 2,
        rtol=1e-12,
    )


@pytest.mark.parametrize(
    ("start", "n"),
    [(rts_series.START_S - 3600, 2), (rts_series.END_S - 3600, 2)],
    ids=["before", "after"],
)
def test_outside_of_the_year(source, start, n):
    with pytest.raises(InputError, match=r"2020-01-01T08:00:00Z to 2021-01-01T08:00:00Z"):
        source.feeds(TimeAxis.regular(start, 3600, n))


def test_steps_off_the_five_minute_marks(source):
    with pytest.raises(InputError, match="5-minute"):
        source.feeds(TimeAxis.regular(rts_series.START_S + 60, 3600, 2))


def test_all_unknown_options_are_listed():
    with pytest.raises(InputError) as caught:
        loaded({"pat": "x", "year": 2020, "path": 3})
    places = {issue.place for issue in caught.value.issues}
    assert places == {"grid.pat", "grid.year", "grid.path"}


def test_data_that_are_not_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"suandian\[demo\]"):
        loaded({})


def test_every_finding_of_damaged_tables(source, tmp_path):
    shutil.copytree(
        source.folder / "SourceData",
        tmp_path / "SourceData",
        ignore=shutil.ignore_patterns("HR_data"),
    )
    for name, old, new in (
        ("branch", "A1,101,102,0.003,0.014", "A1,101,999,0.003,0"),
        ("gen", "101_CT_1,101,1,U20,CT,Oil CT", "101_CT_1,101,1,U20,CT,Peat"),
    ):
        path = tmp_path / "SourceData" / f"{name}.csv"
        path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        loaded({"path": tmp_path})
    found = {(issue.file, issue.place, issue.message) for issue in caught.value.issues}
    assert ("branch.csv", "row 2, column To Bus", "no such bus") in found
    assert ("branch.csv", "row 2, column X", "reactance is not positive") in found
    assert ("gen.csv", "row 2, column Category", "unknown category") in found


def test_rows_out_of_order_are_refused(source, tmp_path):
    folder = tmp_path / "timeseries_data_files" / "Load"
    folder.mkdir(parents=True)
    rows = [f"2020,1,1,{period},1,2,3" for period in range(1, 289)]
    rows[5], rows[6] = rows[6], rows[5]
    (folder / "REAL_TIME_regional_Load.csv").write_text(
        "\n".join(["Year,Month,Day,Period,1,2,3", *rows])
    )
    broken = rts_gmlc.RtsGmlc(source.grid, tmp_path)
    with pytest.raises(InputError, match=r"row 7: is not the expected period"):
        broken.feeds(TimeAxis.regular(rts_series.START_S, 3600, 24))
