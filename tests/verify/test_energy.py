"""Conservation of energy, on a store of a kWh whose every Wh can be added up.

Half hours; η_c 0.8, η_d 0.5, 2 % an hour leak. Step 0: 100 Wh charged, 50 Wh of inflow, 5 Wh
spilled; lost are 100·0.2 + 1000·0.02·0.5 = 30. Step 1: 100 Wh given; lost are
100·1 + 1115·0.02·0.5 = 111.15, booked as 111.
"""

from itertools import islice

import polars as pl
import pytest

from suandian.verify.energy import check_energy
from verify import by_hand as hand

LEVELS = [1000, 1115, 904]
STORE = {
    "initial_mwh": 1000e-6,
    "final_mwh": 904e-6,
    "energy_mwh": 1115e-6,
    "charge_efficiency": 0.8,
    "discharge_efficiency": 0.5,
    "standing_loss_per_h": 0.02,
}
FLOWS = {
    (0, "generator:g", "bus:b"): 100,
    (0, "bus:b", "storage:s"): 100,
    (0, "inflow:s", "storage:s"): 50,
    (0, "storage:s", "spill:s"): 5,
    (0, "storage:s", "loss:s"): 30,
    (1, "storage:s", "bus:b"): 100,
    (1, "storage:s", "loss:s"): 111,
    (1, "bus:b", "load:b"): 100,
}
OTHERS = ("generator:g", "bus:b", "inflow:s", "spill:s", "loss:s", "load:b", "rounding")
NODES = 1 + len(OTHERS)


def findings(flows=None, levels=None, **store):
    changed = FLOWS | (flows or {})
    rows = [(*ends, wh) for ends, wh in changed.items()]
    known = {"storage:s": STORE | store, **hand.unknown(OTHERS)}
    tables = hand.tables(
        flows=hand.flows(rows),
        nodes=hand.nodes(known),
        levels=hand.levels("storage:s", LEVELS) if levels is None else levels,
    )
    # The loss of a level that is missing cannot be computed: the check ends there.
    count = 5 if levels is not None else None
    return hand.by_name(islice(check_energy(tables), count))


def more(step: int, source: str, sink: str, wh: int) -> dict:
    ends = (step, source, sink)
    return {ends: FLOWS.get(ends, 0) + wh}


def test_the_store_holds() -> None:
    report = findings()
    assert all(finding.ok for finding in report.values()), report
    figures = {name: finding.figure for name, finding in report.items()}
    assert figures.pop("store losses") == pytest.approx(0.15)
    assert figures == {
        "one direction": 0,
        "junctions balance": 0,
        "rounding": 0,
        "store ends": 1,
        "levels": 0,
    }


@pytest.mark.parametrize(
    "ends",
    [
        (0, "bus:b", "storage:s"),
        (0, "inflow:s", "storage:s"),
        (0, "storage:s", "spill:s"),
        (0, "storage:s", "loss:s"),
        (1, "storage:s", "bus:b"),
        (1, "storage:s", "loss:s"),
    ],
)
@pytest.mark.parametrize("wh", [1, -1])
def test_a_wh_more_or_less_in_any_flow_breaks_the_level(ends, wh: int) -> None:
    finding = findings(more(*ends, wh))["levels"]
    assert not finding.ok
    assert finding.figure == 1


def test_a_level_is_within_the_store_but_for_one_wh() -> None:
    assert findings(energy_mwh=1114e-6)["levels"].ok
    full = findings(energy_mwh=1113e-6)["levels"]
    assert not full.ok and full.figure == 1 and "outside its bounds" in full.detail
    # without a size there is no bound above
    assert findings(energy_mwh=None)["levels"].ok


@pytest.mark.parametrize(("down", "ok"), [(904, True), (905, False)])
def test_a_level_is_not_below_zero(down: int, ok: bool) -> None:
    lower = hand.levels("storage:s", [wh - down for wh in LEVELS])
    assert findings(levels=lower)["levels"].ok == ok


def test_a_level_that_is_missing_does_not_follow() -> None:
    middle = hand.levels("storage:s", LEVELS).filter(pl.col("energy_wh") != 1115)
    report = findings(levels=middle)
    # it is the end of one step and the begin of the next
    assert report["levels"].figure == 2
    assert not report["levels"].ok
    assert not report["store ends"].ok and "2 levels instead of 3" in report["store ends"].detail


@pytest.mark.parametrize("end", ["initial_mwh", "final_mwh"])
@pytest.mark.parametrize(("off_wh", "ok"), [(0.9, True), (-0.9, True), (1.1, False), (-1.1, False)])
def test_first_and_last_level_are_those_stated_within_a_wh(end: str, off_wh: float, ok) -> None:
    assert findings(**{end: STORE[end] + off_wh * 1e-6})["store ends"].ok == ok


def test_a_store_without_levels_is_wrong() -> None:
    assert not findings(levels=hand.levels("storage:s", []))["store ends"].ok


@pytest.mark.parametrize(("off_wh", "ok"), [(1, True), (-1, True), (2, False), (-2, False)])
def test_a_loss_is_that_of_the_formula_within_a_wh(off_wh: int, ok: bool) -> None:
    finding = findings(more(0, "storage:s", "loss:s", off_wh))["store losses"]
    assert finding.ok == ok
    assert finding.figure == pytest.approx(abs(off_wh))


@pytest.mark.parametrize(
    ("name", "value", "off_wh"),
    [
        # charge 100: a loss of 22 and 18 where 20 is booked
        ("charge_efficiency", 0.78, 2.0),
        ("charge_efficiency", 0.82, 2.0),
        # discharge 100: 1/0.4 - 1 = 1.5 and 1/0.625 - 1 = 0.6 where 1 is booked
        ("discharge_efficiency", 0.4, 50.15),
        ("discharge_efficiency", 0.625, 39.85),
        # level 1115 for half an hour
        ("standing_loss_per_h", 0.03, 5.725),
        ("standing_loss_per_h", 0.01, 5.425),
        # nothing stated: nothing lost
        ("charge_efficiency", None, 20.0),
        ("discharge_efficiency", None, 99.85),
        ("standing_loss_per_h", None, 11.0),
    ],
)
def test_every_part_of_the_loss_counts(name: str, value: float | None, off_wh: float) -> None:
    finding = findings(**{name: value})["store losses"]
    assert not finding.ok
    assert finding.figure == pytest.approx(off_wh)


@pytest.mark.parametrize("wh", [1, -1])
def test_a_junction_balances_to_the_wh(wh: int) -> None:
    finding = findings(more(0, "generator:g", "bus:b", wh))["junctions balance"]
    assert not finding.ok
    assert finding.figure == 1
    assert f"in − out = {wh} Wh" in finding.detail


@pytest.mark.parametrize("wh", [7, -7])
def test_the_worst_junction_is_named_first_whatever_its_sign(wh: int) -> None:
    changed = more(0, "generator:g", "bus:b", 2) | more(1, "bus:b", "load:b", -wh)
    finding = findings(changed)["junctions balance"]
    assert finding.figure == 7
    assert finding.detail.startswith("bus:b at 2024-01-01 00:30")


@pytest.mark.parametrize(("wh", "ok"), [(NODES, True), (NODES + 1, False)])
@pytest.mark.parametrize("back", [False, True])
def test_what_rounding_leaves_is_a_wh_a_node(wh: int, ok: bool, back: bool) -> None:
    ends = ("rounding", "bus:b") if back else ("bus:b", "rounding")
    finding = findings(more(0, *ends, wh))["rounding"]
    assert finding.ok == ok
    assert finding.figure == wh


def test_energy_runs_one_way_in_an_interval() -> None:
    # charged in one interval and discharged in the next: that is what a store is for
    assert findings()["one direction"].ok
    finding = findings(more(0, "storage:s", "bus:b", 1))["one direction"]
    assert not finding.ok
    assert finding.figure == 1
    assert finding.detail.startswith("bus:b ⇄ storage:s at 2024-01-01 00:00")


def test_without_stores_nothing_is_said_of_them() -> None:
    tables = hand.tables(
        flows=hand.flows([(0, "generator:g", "bus:b", 3), (0, "bus:b", "load:b", 3)]),
        nodes=hand.nodes(hand.unknown(OTHERS)),
    )
    report = hand.by_name(check_energy(tables))
    assert set(report) == {"one direction", "junctions balance", "rounding"}
