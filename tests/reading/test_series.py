"""Series: odd but legal input works exactly; feeds keep their known times."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from suandian.model.issues import InputError
from suandian.model.time import TimeAxis
from suandian.reading.series.series import Sources, beside, constant
from suandian.reading.spec.grid import SeriesFile

BERLIN = ZoneInfo("Europe/Berlin")


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def feed(tmp_path, text, axis, scenario_zone=BERLIN, /, **options):
    (tmp_path / "s.csv").write_text(text)
    return Sources(tmp_path, "scenario.toml", scenario_zone).feed(
        SeriesFile(file="s.csv", **options), axis, "here"
    )


def rows(times, values):
    return "time,value\n" + "".join(f"{t},{v}\n" for t, v in zip(times, values, strict=True))


def test_offsets_carry_a_series_over_the_25_hour_day(tmp_path):
    axis = TimeAxis.regular(at("2024-10-26T22:00"), 3600, 25)
    times = [datetime.fromtimestamp(int(s), BERLIN).isoformat() for s in axis.edges_s[:-1]]
    assert feed(tmp_path, rows(times, range(25)), axis).actual[:, 0].tolist() == list(range(25))


def test_wall_times_carry_a_series_over_the_23_hour_day(tmp_path):
    axis = TimeAxis.regular(at("2024-03-30T23:00"), 3600, 23)
    times = [f"2024-03-31T{h:02}:00" for h in range(24) if h != 2]
    assert feed(tmp_path, rows(times, range(23)), axis).actual[:, 0].tolist() == list(range(23))


def test_half_hour_zone_and_its_own_zone(tmp_path):
    axis = TimeAxis.regular(at("2024-02-28T18:30"), 3600, 24)  # 29 February in Kolkata
    times = [f"2024-02-29 {h:02}:00" for h in range(24)]
    found = feed(tmp_path, rows(times, range(24)), axis, BERLIN, zone="Asia/Kolkata")
    assert found.actual[:, 0].tolist() == list(range(24))


def test_quarter_hours_are_averaged_and_hours_repeated_when_declared(tmp_path):
    hourly = TimeAxis.regular(at("2024-01-01T00:00"), 3600, 2)
    quarters = TimeAxis.regular(at("2024-01-01T00:15"), 900, 5)
    fine = rows(
        [f"2024-01-01T0{i // 4}:{15 * (i % 4):02}Z" for i in range(8)], [0, 1, 2, 3, -4, 4, 4, 4]
    )
    assert feed(tmp_path, fine, hourly, resample="mean").actual[:, 0].tolist() == [1.5, 2.0]
    coarse = rows(["2024-01-01T00:00Z", "2024-01-01T01:00Z"], [7, -8])
    assert feed(tmp_path, coarse, quarters, resample="repeat").actual[:, 0].tolist() == [
        7,
        7,
        7,
        -8,
        -8,
    ]
    for text, axis, wrong in (
        (fine, hourly, "repeat"),
        (coarse, quarters, "mean"),
        (coarse, quarters, "none"),
    ):
        with pytest.raises(InputError, match="min and the scenario"):
            feed(tmp_path, text, axis, resample=wrong)


def test_known_times(tmp_path):
    axis = TimeAxis.regular(at("2024-01-01T23:00"), 3600, 3)
    text = "time,value,f\n" + "".join(f"2024-01-02T0{h}:00,1,2\n" for h in range(3))
    found = feed(tmp_path, text, axis, ahead="f")
    assert found.actual_known_s.tolist() == axis.edges_s[1:].tolist()
    assert found.ahead[:, 0].tolist() == [2, 2, 2]
    assert set(found.ahead_known_s.tolist()) == {at("2024-01-01T11:00")}


def test_beside_waits_for_the_last_of_a_row_and_stands_in_for_a_missing_forecast(tmp_path):
    axis = TimeAxis.regular(at("2024-01-01T00:00"), 3600, 72)
    times = [f"2024-01-0{1 + h // 24}T{h % 24:02}:00Z" for h in range(72)]
    bare = feed(tmp_path, rows(times, range(72)), axis)
    both = beside("x", "MW", axis, [bare, constant(axis, 3.0)])
    assert both.actual.shape == both.ahead.shape == (72, 2)
    assert both.ahead[48:, 0].tolist() == list(range(24))
    assert np.array_equal(both.ahead_known_s, constant(axis).ahead_known_s)
    assert beside("x", "MW", axis, [bare]).ahead is None
    assert beside("x", "MW", axis, []).actual.shape == (72, 0)


def test_blank_lines_at_the_end_are_fine_and_in_the_middle_are_not(tmp_path):
    axis = TimeAxis.regular(at("2024-01-01T00:00"), 3600, 2)
    text = rows(["2024-01-01T00:00Z", "2024-01-01T01:00Z"], [1, 2])
    assert feed(tmp_path, text + "\n\n", axis).actual.sum() == 3
    with pytest.raises(InputError, match="row 3"):
        feed(tmp_path, text.replace(",1\n", ",1\n\n"), axis)


def test_many_findings_are_counted_not_listed(tmp_path):
    axis = TimeAxis.regular(at("2024-01-01T00:00"), 3600, 2)
    text = rows([f"2024-01-{1 + h // 24:02}T{h % 24:02}:00Z" for h in range(500)], ["x"] * 500)
    with pytest.raises(InputError) as caught:
        feed(tmp_path, text, axis)
    assert len(caught.value.issues) == 21
    assert "480 more" in caught.value.issues[-1].message
