"""What a plan prepared for happens: ramps, slow units, stores; and every step has an answer."""

from pathlib import Path

import polars as pl
import pytest

from truth.inline import SITE, load, ran, scene, series

COAL_AND_GAS = """\
[buses.a]
[generators.coal]
bus = "a"
power = "100 MW"
cost = "20 USD/MWh"
ramp = "{ramp} MW/h"
[generators.gas]
bus = "a"
power = "100 MW"
cost = "60 USD/MWh"
"""


@pytest.mark.parametrize(
    ("values", "ramp", "cost"),
    [
        # coal may only come down by 20 MW: 60 in the first hour, beside 30 of gas
        ([90, 40], 20, 60 * 20 + 30 * 60 + 40 * 20),
        ([90, 70], 20, 90 * 20 + 70 * 20),
        ([90, 40], 30, 70 * 20 + 20 * 60 + 40 * 20),
        # two steps down: 80, 60, 40
        ([90, 90, 40], 20, (80 + 60) * 20 + (10 + 30) * 60 + 40 * 20),
    ],
)
def test_a_ramp_down_is_prepared_for(
    tmp_path: Path, values: list[float], ramp: float, cost: float
) -> None:
    body = COAL_AND_GAS.format(ramp=ramp) + load(values)
    study = ran(tmp_path, scene(body, len(values)), {"load.csv": series(values)})
    assert study.cost == pytest.approx(cost, rel=1e-6)
    assert study.figure("unserved_mwh") == 0


@pytest.mark.parametrize("policy", ["asap", "joint"])
def test_a_fall_that_nobody_foresaw_is_answered(tmp_path: Path, policy: str) -> None:
    # the load is forecast to stay: coal at 90 can come down to 70 only, and 30 MWh are made in vain
    values = [90, 40]
    body = COAL_AND_GAS.format(ramp=20) + load(values)
    study = ran(tmp_path, scene(body, 2), {"load.csv": series(values)}, policy)
    assert study.figure("spilled_mwh") == pytest.approx(30, abs=1e-3)
    assert study.cost == pytest.approx(90 * 20 + 70 * 20 + 30 * 10_000, rel=1e-6)


SLOW = """\
[buses.a]
[generators.cheap]
bus = "a"
power = "50 MW"
cost = "20 USD/MWh"
[generators.slow]
bus = "a"
power = "100 MW"
cost = "60 USD/MWh"
ramp = "{ramp} MW/h"
"""


@pytest.mark.parametrize(
    ("values", "ramp", "cost"),
    [
        # 90 MW need 40 of the slow unit, which gives 20 the hour before
        ([40, 90], 20, 20 * 20 + 20 * 60 + 50 * 20 + 40 * 60),
        ([40, 90], 40, 40 * 20 + 50 * 20 + 40 * 60),
        ([40, 40, 95], 15, (40 + 25) * 20 + 15 * 60 + (10 + 30) * 0 + 50 * 20 + 45 * 60 + 0),
    ],
    ids=["an hour ahead", "fast enough", "two hours ahead"],
)
def test_a_slow_unit_is_started_in_time(
    tmp_path: Path, values: list[float], ramp: float, cost: float
) -> None:
    body = SLOW.format(ramp=ramp) + load(values)
    study = ran(tmp_path, scene(body, len(values)), {"load.csv": series(values)})
    assert study.figure("unserved_mwh") == pytest.approx(0, abs=1e-6)
    assert study.bound == pytest.approx(study.cost, rel=1e-6)
    if ids_known(values, ramp):
        assert study.cost == pytest.approx(cost, rel=1e-6)


def ids_known(values: list[float], ramp: float) -> bool:
    """Whether the cost stands in the table: the last case is held by its bound alone."""
    return len(values) == 2


BATTERY = """\
[storage.e]
bus = "a"
power = "10 MW"
energy = "{energy} MWh"
efficiency = {efficiency}
initial = {initial}
"""
TWO_PRICES = """\
[buses.a]
[generators.g]
bus = "a"
power = "100 MW"
cost = "50 USD/MWh"
[generators.peak]
bus = "a"
power = "100 MW"
cost = "100 USD/MWh"
"""


@pytest.mark.parametrize("band", [0, 5, 10])
@pytest.mark.parametrize("policy", ["asap", "joint", "oracle"])
def test_a_band_does_not_empty_a_store(tmp_path: Path, band: int, policy: str) -> None:
    # a full store that must end full has nothing to gain in eight hours above 100 MW
    values = [150, 145, 140, 135, 130, 125, 120, 115]
    body = TWO_PRICES + load(values) + BATTERY.format(energy=80, efficiency=1.0, initial=1.0)
    body += f'[policy]\nreplan = "1 h"\nhorizon = "48 h"\nstorage_band = "{band} MW"\n'
    study = ran(tmp_path, scene(body, 8), {"load.csv": series(values)}, policy)
    assert study.cost == pytest.approx(8 * 100 * 50 + sum(v - 100 for v in values) * 100)


@pytest.mark.parametrize("power", [90.000007, 90.0000005, 12.3456789])
def test_whole_wh_are_no_broken_ramp(tmp_path: Path, power: float) -> None:
    # the load falls by just the ramp, from a power that is no whole number of Wh in a quarter
    values = [power, power - 1.0, power - 2.0, power - 3.0]
    text = """\
[buses.a]
[generators.g]
bus = "a"
power = "100 MW"
cost = "20 USD/MWh"
ramp = "4 MW/h"
"""
    text = scene(text + load(values), 1, step="15 min")
    study = ran(tmp_path, text, {"load.csv": series(values, 15)}, "asap")
    assert study.cost == pytest.approx(sum(values) / 4 * 20, rel=1e-6)


@pytest.mark.parametrize(("power", "unserved"), [(1, 2 * (3 * 1.2 + 1.2 - 1)), (0.1, 9.4), (5, 0)])
def test_idle_machines_without_supply_are_unserved(
    tmp_path: Path, power: float, unserved: float
) -> None:
    # a hall of 10 MW that draws 3 MW idle and serves 1 MW, at PUE 1.2
    site = """\
[sites.s]
bus = "a"
connection = { limit = "20 MW" }
cluster = { power = "10 MW", idle = 0.3, pue = { value = 1.2 } }
[workloads.w]
kind = "service"
origin = "s"
power = { mean = "1 MW" }
"""
    body = f'[buses.a]\n[generators.g]\nbus = "a"\npower = "{power} MW"\ncost = "10 USD/MWh"\n'
    study = ran(tmp_path, scene(body, 2, site=site))
    flows = study.run.flows.filter(pl.col("carrier") == "virtual")
    missing = flows.with_columns(facility=pl.col("energy_wh") * 1.2)["facility"].sum() / 1e6
    assert missing == pytest.approx(unserved, abs=1e-4)
    assert study.bound == pytest.approx(study.cost, rel=1e-6)


@pytest.mark.parametrize("policy", ["asap", "carbon-aware", "separate", "joint", "oracle"])
def test_a_grid_without_sites_is_a_study_too(tmp_path: Path, policy: str) -> None:
    body = '[buses.a]\nload = "60 MW"\n[generators.g]\nbus = "a"\npower = "100 MW"\n'
    body += 'cost = "30 USD/MWh"\n'
    study = ran(tmp_path, scene(body, 6, site=""), policy=policy)
    assert study.cost == 6 * 60 * 30


@pytest.mark.parametrize("at", ["b2", "b3"])
def test_power_that_goes_round_has_no_source(tmp_path: Path, at: str) -> None:
    # a line beside a link between two buses where nothing is made or taken
    body = f"""\
[buses.a]
load = "10 MW"
[buses.b2]
[buses.b3]
[lines.l1]
from = "a"
to = "{at}"
x = 0.25
rating = "83 MW"
[lines.l2]
from = "b2"
to = "b3"
x = 0.3
rating = "107 MW"
[links.k]
from = "b2"
to = "b3"
capacity = "10 MW"
[generators.g]
bus = "a"
power = "70 MW"
cost = "60 USD/MWh"
"""
    study = ran(tmp_path, scene(body, 3, "dc"))
    assert study.cost == 3 * 10 * 60


def test_steps_in_which_nothing_flows_are_steps(tmp_path: Path) -> None:
    body = '[buses.a]\n[generators.g]\nbus = "a"\npower = "10 MW"\ncost = "5 USD/MWh"\n'
    study = ran(tmp_path, scene(body, 3, site=SITE))
    assert study.cost == 0
    assert len(study.run.steps) == 3
    assert not len(study.run.flows)
