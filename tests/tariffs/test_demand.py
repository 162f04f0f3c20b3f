"""Demand charges by hand: windows, months, what lasts from bill to bill."""

from datetime import UTC, datetime

import numpy as np
import pytest

from suandian.model.ports.tariff import Meters
from suandian.model.time import TimeAxis
from suandian.tariffs.demand import Demand, DemandOptions
from suandian.tariffs.lines import lines_of

NOTHING = np.zeros((1, 0), np.int64)


def moment(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def demand(zone: str = "UTC", **options: object) -> Demand:
    meters = Meters(np.array(["dc"]), np.array([zone]), "USD")
    return Demand.of(meters, DemandOptions(**{"price": 1000.0, **options}))


def billed(tariff: Demand, axis: TimeAxis, mw: list[float], lasting=NOTHING):
    """Return the lines (first step, last step, quantity, amount) and what lasts."""
    energy_mwh = np.array(mw)[:, None] * axis.hours[:, None]
    terms = tariff.terms(axis, np.zeros((axis.n, 1)), lasting)
    (lines,) = lines_of(terms, np.rint(energy_mwh * 1e6).astype(np.int64))
    rows = zip(lines.first, lines.last, lines.quantity, lines.amount, strict=True)
    shown = [(int(a), int(b), round(float(q), 9), int(m)) for a, b, q, m in rows]
    return shown, tariff.after(axis, energy_mwh, lasting)


def test_the_highest_hour_of_each_month_is_charged() -> None:
    # four hours over the end of January: 5 and 8 MW before midnight, 3 and 4 MW after it
    axis = TimeAxis.regular(moment(2026, 1, 31, 22), 3600, 4)
    rows, _ = billed(demand(window=1.0), axis, [5.0, 8.0, 3.0, 4.0])
    assert rows == [(0, 2, 8.0, 80_000_000), (2, 4, 4.0, 40_000_000)]


def test_the_month_ends_at_midnight_of_the_zone() -> None:
    # 23:00 UTC of 31 January is 00:00 of 1 February in Berlin
    axis = TimeAxis.regular(moment(2026, 1, 31, 22), 3600, 4)
    rows, _ = billed(demand("Europe/Berlin", window=1.0), axis, [5.0, 8.0, 3.0, 4.0])
    assert rows == [(0, 1, 5.0, 50_000_000), (1, 4, 8.0, 80_000_000)]


def test_power_is_the_mean_of_the_window_not_of_the_step() -> None:
    # windows of 30 min: (6 + 2)/2 = 4 and (3 + 7)/2 = 5; no step's 7 MW is charged
    axis = TimeAxis.regular(moment(2026, 1, 5), 900, 4)
    rows, _ = billed(demand(window=0.5), axis, [6.0, 2.0, 3.0, 7.0])
    assert rows == [(0, 4, 5.0, 50_000_000)]


def test_a_step_longer_than_the_window_counts_by_its_mean() -> None:
    axis = TimeAxis.regular(moment(2026, 1, 5), 3600, 2)
    assert billed(demand(window=0.25), axis, [6.0, 2.0])[0] == [(0, 2, 6.0, 60_000_000)]


def test_only_what_rises_above_the_peak_so_far_is_charged() -> None:
    first = TimeAxis.regular(moment(2026, 1, 5), 3600, 2)
    rows, lasting = billed(demand(window=1.0), first, [5.0, 4.0])
    assert rows == [(0, 2, 5.0, 50_000_000)]
    again = TimeAxis.regular(moment(2026, 1, 5, 2), 3600, 2)
    assert billed(demand(window=1.0), again, [4.9, 5.0], lasting)[0] == []
    rows, lasting = billed(demand(window=1.0), again, [5.5, 6.0], lasting)
    assert rows == [(0, 2, 1.0, 10_000_000)]
    # a new month forgets; in a year's charge it goes on
    month = TimeAxis.regular(moment(2026, 2, 1), 3600, 1)
    assert billed(demand(window=1.0), month, [3.0], lasting)[0] == [(0, 1, 3.0, 30_000_000)]
    _, yearly = billed(demand(window=1.0, period="year"), first, [5.0, 4.0])
    assert billed(demand(window=1.0, period="year"), month, [3.0], yearly)[0] == []


def test_a_window_that_is_open_is_charged_when_it_ends() -> None:
    # 8 MW in the first half of an hour are nothing yet; with 2 MW in the second, 5 MW
    start = moment(2026, 1, 5)
    rows, lasting = billed(demand(window=1.0), TimeAxis.regular(start, 1800, 1), [8.0])
    assert rows == [] and lasting[0].tolist()[3:] == [4_000_000, 1800]
    rows, lasting = billed(
        demand(window=1.0), TimeAxis.regular(start + 1800, 1800, 1), [2.0], lasting
    )
    assert rows == [(0, 1, 5.0, 50_000_000)] and lasting[0].tolist()[3:] == [0, 0]


def test_the_hour_that_comes_twice_is_two_windows() -> None:
    # Berlin, 25 October 2026: 02:00 to 03:00 twice; 6 MW in each are 6 MW, not 12
    axis = TimeAxis.regular(moment(2026, 10, 25, 0), 3600, 2)
    rows, _ = billed(demand("Europe/Berlin", window=1.0), axis, [6.0, 6.0])
    assert rows == [(0, 2, 6.0, 60_000_000)]


def test_meters_of_several_zones_have_months_of_their_own() -> None:
    meters = Meters(np.array(["a", "b"]), np.array(["UTC", "Asia/Shanghai"]), "USD")
    tariff = Demand.of(meters, DemandOptions(price=1000.0, window=1.0))
    axis = TimeAxis.regular(moment(2026, 1, 31, 15), 3600, 2)  # 23:00 and 24:00 in Shanghai
    terms = tariff.terms(axis, np.zeros((2, 2)), np.zeros((2, 0), np.int64))
    owed = terms.cost(np.array([[5.0, 5.0], [4.0, 4.0]]))
    # one month: its highest 5; two months: 5 and 4
    assert owed == pytest.approx([5000.0, 9000.0])
