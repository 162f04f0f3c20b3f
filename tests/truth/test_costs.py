"""One description of cost: what is in the plan is in the books, and below both lies the bound."""

from pathlib import Path

import pytest

from truth.inline import JOBS, SITE, jobs, load, ran, scene, series

POLICIES = ("asap", "joint", "oracle")
ONE_UNIT = """\
[buses.a]
[generators.g]
bus = "a"
power = "100 MW"
cost = "{cost} USD/MWh"
"""


@pytest.mark.parametrize("margin", [0, 10, 30, 1000])
def test_a_reserve_is_a_rule_for_plans_and_no_cost_of_the_system(
    tmp_path: Path, margin: float
) -> None:
    body = """\
[buses.a]
load = "50 MW"
[generators.cheap]
bus = "a"
power = "60 MW"
cost = "10 USD/MWh"
[generators.wind]
bus = "a"
power = "30 MW"
cost = "40 USD/MWh"
series = { file = "wind.csv", unit = "1" }
"""
    body += f'[goal]\nreserve = "{margin} MW"\n'
    # more than there is cannot be held, and is no reason to have no plan
    study = ran(tmp_path, scene(body, 3), {"wind.csv": series([1, 1, 1])})
    assert study.cost == study.bound == 3 * 50 * 10


@pytest.mark.parametrize("no_load", [-100, -250, 0])
def test_what_a_curve_begins_at_is_paid_and_in_the_bound(tmp_path: Path, no_load: float) -> None:
    values = [150, 145, 140]
    body = f"""\
[buses.a]
[generators.g]
bus = "a"
power = "100 MW"
cost = "50 USD/MWh"
[generators.peak]
bus = "a"
power = "100 MW"
cost = "100 USD/MWh"
no_load = "{no_load} USD/h"
"""
    study = ran(tmp_path, scene(body + load(values), 3), {"load.csv": series(values)})
    by_hand = 3 * (100 * 50 + no_load) + sum(v - 100 for v in values) * 100
    assert study.cost == pytest.approx(by_hand)
    assert study.bound == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("no_load", "cost"), [('no_load = "1000 USD/h"', 1000), ("", 1000), ('no_load = "1 USD/h"', 1)]
)
def test_no_load_is_what_the_smallest_output_costs(
    tmp_path: Path, no_load: str, cost: float
) -> None:
    # left out, the smallest output costs what all other output does
    body = f"""\
[buses.a]
load = "50 MW"
[generators.g]
bus = "a"
power = "100 MW"
min = "50 MW"
cost = "20 USD/MWh"
{no_load}
[commitment]
mode = "mip"
"""
    assert ran(tmp_path, scene(body)).cost == pytest.approx(cost)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("slack", "late_mwh"), [(1.2, 0.0), (0.0, 0.0), (0.5, 0.0)])
def test_a_job_that_ends_in_time_is_not_late(
    tmp_path: Path, policy: str, slack: float, late_mwh: float
) -> None:
    # 1.5 h at 1 MW from midnight: it ends at half past one, and may be due within that hour
    text = scene(ONE_UNIT.format(cost=10), 1, site=SITE + JOBS + f'slack = "{slack} h"\n')
    study = ran(tmp_path, text, {"w.csv": jobs([(0, 1, 1.5)])}, policy)
    assert study.figure("jobs_late") == 0
    assert study.cost == pytest.approx(1.5 * 10 + late_mwh * 1000)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("price", [-20, -5, 20])
def test_late_work_costs_what_its_energy_costs_too(
    tmp_path: Path, policy: str, price: float
) -> None:
    # two jobs of an hour at 1 MW in a hall for one, due at once: one of them is an hour late
    site = SITE + JOBS + 'suspend = { allowed = true }\nslack = "0 h"\n'
    text = scene(ONE_UNIT.format(cost=price), 2, site=site)
    study = ran(tmp_path, text, {"w.csv": jobs([(0, 1, 1), (0, 1, 1)])}, policy)
    assert study.cost == pytest.approx(1000 + 2 * price)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("lengths", [(2, 1), (1, 1), (2, 2)])
def test_at_one_price_nothing_is_stopped(
    tmp_path: Path, policy: str, lengths: tuple[float, float]
) -> None:
    # a second job comes an hour later that nobody expected; there is room for one after the other
    site = SITE + JOBS + 'suspend = { allowed = true, overhead = "30 min" }\nslack = "3 h"\n'
    text = scene(ONE_UNIT.format(cost=20), 3, site=site)
    first, second = lengths
    study = ran(tmp_path, text, {"w.csv": jobs([(0, 1, first), (1, 1, second)])}, policy)
    assert study.run.jobs["suspensions"].sum() == 0
    assert study.cost == pytest.approx(20 * sum(lengths))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("wind", "bought"), [(25, 0), (12, 3 * 1), (30, 0)])
def test_own_supply_needs_no_connection(
    tmp_path: Path, policy: str, wind: float, bought: float
) -> None:
    # 13 MW of jobs for three hours behind a connection of 10 MW, with wind behind the meter
    site = f"""\
[sites.s]
bus = "a"
connection = {{ limit = "10 MW" }}
cluster = {{ power = "30 MW", pue = {{ value = 1.0 }} }}
[sites.s.direct.wind]
capacity = "{wind} MW"
series = {{ file = "wind.csv", unit = "1" }}
"""
    rows = [(0, 13, 3)]
    text = scene(ONE_UNIT.format(cost=50), 3, site=site + JOBS + 'slack = "0 h"\n')
    files = {"w.csv": jobs(rows), "wind.csv": series([1.0] * 24)}
    study = ran(tmp_path, text, files, policy)
    assert study.figure("jobs_late") == 0
    assert study.cost == pytest.approx(bought * 50)
