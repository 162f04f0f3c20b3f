"""Persistence by hand, and any forecaster by its name in a scenario."""

from dataclasses import replace

import numpy as np
import pytest

from run.scenes import lively
from suandian.forecast.chosen import forecaster
from suandian.forecast.intraday import Intraday
from suandian.forecast.persistence import Persistence
from suandian.ledger.ledger import Ledger
from suandian.model.feed import Feed
from suandian.model.issues import InputError
from suandian.model.known import Known
from suandian.model.scenario import ForecastSpec
from suandian.model.time import TimeAxis
from suandian.run.loop import simulate

H = 3600


def feed(n: int, delay_h: int = 0) -> Feed:
    """Hour k has the value k, known `delay_h` after its end."""
    axis = TimeAxis.regular(0, H, n)
    values = np.arange(float(n))[:, None]
    return Feed("f", "MW", np.array(["c"]), axis, values, axis.edges_s[1:] + delay_h * H)


def said(f: Feed, first: int, n: int, days: int = 1) -> list[float]:
    now = int(f.axis.edges_s[first])
    return (
        Persistence(days)
        .forecast(f.until(now), f.axis.window(first, first + n), now)[:, 0]
        .tolist()
    )


def test_the_same_hour_of_the_last_day_known() -> None:
    assert said(feed(96), 48, 3) == [24, 25, 26]
    # beyond a day the same day again; a week's rhythm reaches further back
    assert said(feed(96), 48, 26)[-3:] == [47, 24, 25]
    assert said(feed(400), 200, 2, days=7) == [32, 33]


def test_values_that_come_late_are_taken_from_the_day_before() -> None:
    # at hour 48 hours 46 and 47 are not known yet, so 70 and 71 are as 22 and 23 were
    assert said(feed(96, delay_h=2), 48, 24)[20:] == [44, 45, 22, 23]


def test_without_a_day_of_history_the_last_value_and_without_any_zero() -> None:
    assert said(feed(48), 5, 2) == [4, 4]
    assert said(feed(48), 0, 2) == [0, 0]


def test_a_scenario_names_its_forecaster() -> None:
    scenario = lively()
    known = Known.at(scenario, 0)
    assert forecaster(known) == Intraday(scenario.axis.start_s)
    named = replace(known, forecast=ForecastSpec("persistence", {"days": 2}))
    assert forecaster(named) == Persistence(2)
    with pytest.raises(InputError, match="did you mean intraday"):
        forecaster(replace(known, forecast=ForecastSpec("intradya")))


def test_another_forecaster_plans_otherwise(tmp_path) -> None:
    heads = []
    for name in ("intraday", "persistence"):
        scenario = replace(lively(), forecast=ForecastSpec(name))
        with Ledger(tmp_path / name, "same") as ledger:
            simulate(scenario, ledger)
            heads.append(ledger.head)
    assert heads[0] != heads[1]
