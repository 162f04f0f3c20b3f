"""The time axis in any zone, against an oracle that only knows UTC."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from suandian.reading.series.axis import window
from suandian.reading.spec.time import TimeSpec
from suandian.reading.text.local_time import noon_before, to_utc


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def axis(zone, start, step="1 h", **ends):
    spec = TimeSpec.model_validate(
        {"zone": zone, "start": datetime.fromisoformat(start), "step": step, **ends}
    )
    return window(spec, "scenario.toml")


@pytest.mark.parametrize(
    ("zone", "start", "end", "hours"),
    [
        ("Europe/Berlin", "2024-03-31", "2024-04-01", 23),
        ("Europe/Berlin", "2024-10-27", "2024-10-28", 25),
        ("America/New_York", "2024-03-10", "2024-03-11", 23),
        ("Australia/Lord_Howe", "2024-04-07", "2024-04-08", 24.5),
        ("Australia/Lord_Howe", "2024-10-06", "2024-10-07", 23.5),
        ("Asia/Kathmandu", "2024-02-28", "2024-03-01", 48),
        ("Asia/Shanghai", "2023-02-28", "2023-03-01", 24),
        ("Etc/GMT+8", "2020-11-09", "2020-11-16", 168),
    ],
)
def test_local_days_have_their_hours(zone, start, end, hours):
    found, issues = axis(zone, start, "30 min", end=datetime.fromisoformat(end))
    assert issues == []
    assert found.hours == hours
    assert found.start_s == int(
        datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).timestamp()
    )


def test_duration_is_elapsed_time():
    found, _ = axis("Europe/Berlin", "2024-03-31", duration="24 h")
    assert found.n == 24
    assert found.end_s == at("2024-03-31T23:00")  # 01:00 local on 1 April


def test_the_zone_of_rts_gmlc_is_west_of_greenwich():
    found, _ = axis("Etc/GMT+8", "2020-11-09", duration="168 h")
    assert found.start_s == at("2020-11-09T08:00")


def test_an_offset_chooses_one_of_two_equal_wall_times():
    first, _ = axis("Europe/Berlin", "2024-10-27T02:30:00+02:00", duration="1 h")
    second, _ = axis("Europe/Berlin", "2024-10-27T02:30:00+01:00", duration="1 h")
    assert second.start_s - first.start_s == 3600


@pytest.mark.parametrize("minutes", [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60])
def test_steps(minutes):
    found, issues = axis("UTC", "2024-01-01", f"{minutes} min", duration="60 min")
    assert issues == [] and found.n == 60 // minutes


def test_one_step_is_enough():
    assert axis("UTC", "2024-02-29", duration="1 h")[0].n == 1


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
def test_wall_times_of_whole_years(zone):
    place = ZoneInfo(zone)
    utc = np.arange(at("2024-01-01"), at("2025-01-01"), 900)
    moments = [datetime.fromtimestamp(int(s), UTC).astimezone(place) for s in utc[::7]]
    local = np.array([int(m.replace(tzinfo=UTC).timestamp()) for m in moments])
    back, missing, double = to_utc(local, place)
    assert not missing.any()
    assert np.array_equal(back[~double], utc[::7][~double])
    assert double.any() == (zone != "Asia/Kathmandu")


def test_day_ahead_values_are_known_at_noon_of_the_day_before():
    berlin = ZoneInfo("Europe/Berlin")
    starts = np.array([at("2024-03-30T23:00"), at("2024-03-31T21:00"), at("2024-03-31T22:00")])
    known = noon_before(starts, berlin)
    assert known.tolist() == [
        at("2024-03-30T11:00"),
        at("2024-03-30T11:00"),
        at("2024-03-31T10:00"),
    ]
