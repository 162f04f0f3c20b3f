"""Carbon signals by hand: what enters, what leaves, and how far the two may be apart."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from suandian.verify.finding import Finding
from suandian.verify.signals import check_signals
from verify import by_hand as hand

KWH = 1000

# Step 0: gas gives 10 kWh at 500 g/kWh; 4 of them into the store. Step 1: wind gives 6 kWh, the
# store 2 kWh at the 500 g/kWh that it holds: 125 g/kWh at the bus. A line takes 3 and 4 kWh of it
# to bus c.
ROWS = {
    (0, "generator:gas", "bus:b"): 10 * KWH,
    (0, "bus:b", "storage:s"): 4 * KWH,
    (0, "bus:b", "line:l"): 3 * KWH,
    (0, "line:l", "bus:c"): 3 * KWH,
    (0, "bus:b", "load:b"): 3 * KWH,
    (0, "bus:c", "load:c"): 3 * KWH,
    (1, "generator:wind", "bus:b"): 6 * KWH,
    (1, "storage:s", "bus:b"): 2 * KWH,
    (1, "bus:b", "line:l"): 4 * KWH,
    (1, "line:l", "bus:c"): 4 * KWH,
    (1, "bus:b", "load:b"): 4 * KWH,
    (1, "bus:c", "load:c"): 4 * KWH,
}
NODES = (
    "bus:b",
    "bus:c",
    "line:l",
    "generator:gas",
    "generator:wind",
    "storage:s",
    "load:b",
    "load:c",
)
EMISSION = [[5000, 0], [0, 0]]
LEVEL = [2000, 1000]
AVERAGE = {(0, "bus:b"): 500.0, (0, "bus:c"): 500.0, (1, "bus:b"): 125.0, (1, "bus:c"): 125.0}


def book(emission: Any = EMISSION, level: Any = LEVEL, marginal: Any = None) -> Any:
    names = 2 if marginal is None else len(marginal[0])
    booked = [[np.nan] * names] * len(emission) if marginal is None else marginal
    steps = [
        SimpleNamespace(
            emission_g=np.array(grams),
            level_g=np.array([held]),
            marginal_g_per_kwh=np.array(marginal_g),
        )
        for grams, held, marginal_g in zip(emission, level, booked, strict=True)
    ]
    return SimpleNamespace(steps=lambda _: steps)


def traced(average: Any = None, rows: Any = None, **booked: Any) -> Finding:
    stated = AVERAGE | (average or {})
    flows = [(*ends, wh) for ends, wh in (ROWS | (rows or {})).items()]
    parts = {
        "flows": hand.flows(flows),
        "nodes": hand.nodes(hand.unknown(NODES)),
        "prices": hand.prices([(*where, c, None) for where, c in stated.items()]),
    }
    return hand.by_name(check_signals(hand.tables(**parts), book(**booked)))["flow tracing"]


def test_what_leaves_has_the_mix_of_what_enters() -> None:
    finding = traced()
    assert finding.ok, finding
    assert finding.figure == pytest.approx(0.0)
    assert "of 4 balances" in finding.detail


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("step", [0, 1])
def test_a_balance_holds_to_two_grams(step: int, sign: int) -> None:
    # bus c takes 3 kWh in step 0 and 4 in step 1
    kwh = 3 + step
    name = (step, "bus:c")
    assert traced({name: AVERAGE[name] + sign * 1.9 / kwh}).ok
    finding = traced({name: AVERAGE[name] + sign * 2.1 / kwh})
    assert not finding.ok
    assert finding.figure == pytest.approx(2.1)
    assert finding.detail.startswith("bus:c at")


@pytest.mark.parametrize(("off", "ok"), [(5.0, True), (-5.0, True), (9.0, False), (-9.0, False)])
def test_of_much_carbon_a_millionth_more(off: float, ok: bool) -> None:
    # 5 t: 2 g and 5 g
    rows = {ends: wh * 1000 for ends, wh in ROWS.items()}
    emission = [[5_000_000 + off, 0], [0, 0]]
    assert traced(rows=rows, emission=emission, level=[2e6, 1e6]).ok == ok


@pytest.mark.parametrize(
    ("level", "average"),
    [
        # it gave 1500 g or 500 g with its 2 kWh, which are 8 with those of wind
        ([2000, 500], 1500 / 8),
        ([2000, 1500], 500 / 8),
    ],
)
def test_a_store_gives_what_it_no_longer_holds(level: list[int], average: float) -> None:
    assert not traced(level=level).ok
    stated = {(1, "bus:b"): average, (1, "bus:c"): average}
    assert traced(stated, level=level).ok


def test_a_store_takes_the_mix_of_its_place() -> None:
    # Charged and discharged within a step: 2 kWh taken at 500 g/kWh are given at 500 g/kWh again.
    rows = {(0, "storage:s", "bus:c"): 2 * KWH}
    level = [1000, 0]
    assert traced({(0, "bus:c"): 500.0}, rows=rows, level=level).ok
    assert not traced({(0, "bus:c"): 300.0}, rows=rows, level=level).ok


def test_emissions_that_were_booked_otherwise_are_noticed() -> None:
    assert not traced(emission=[[5010, 0], [0, 0]]).ok
    assert not traced(emission=[[5000, 0], [0, 10]]).ok


def test_an_intensity_that_is_missing_counts_where_it_enters_too() -> None:
    finding = traced({(0, "bus:b"): None})
    assert not finding.ok
    assert "bus:b at" in finding.detail and "bus:c at" in finding.detail


def plate(average: Any, marginal: Any) -> dict[str, Finding]:
    """Return the findings on two buses of a copper plate: gas at b, wind at c, 1 kWh each."""
    rows = [
        (0, "generator:gas", "bus:b", KWH),
        (0, "generator:wind", "bus:c", KWH),
        (0, "bus:b", "plate", KWH),
        (0, "plate", "bus:c", KWH),
        (0, "bus:c", "load:c", 2 * KWH),
    ]
    names = ("bus:b", "bus:c", "plate", "generator:gas", "generator:wind", "load:c")
    pairs = zip(("bus:b", "bus:c"), average, marginal, strict=True)
    parts = {
        "flows": hand.flows(rows),
        "nodes": hand.nodes(hand.unknown(names)),
        "prices": hand.prices([(0, name, c, m) for name, c, m in pairs]),
    }
    booked = book([[1000, 0]], [0], [marginal])
    return hand.by_name(check_signals(hand.tables(**parts), booked))


def test_a_plate_has_one_mix_and_one_margin() -> None:
    report = plate([500.0, 500.0], [900.0, 900.0])
    assert all(finding.ok for finding in report.values()), report
    assert not plate([510.0, 510.0], [900.0, 900.0])["flow tracing"].ok


@pytest.mark.parametrize(("off", "ok"), [(0.0009, True), (0.0010, False)])
@pytest.mark.parametrize("size", [900.0, -900.0])
def test_the_margin_of_a_plate_is_one_to_a_millionth(size: float, off: float, ok: bool) -> None:
    assert plate([500.0, 500.0], [size, size + off])["marginal at sites"].ok == ok


def at_site(bought_wh: int, own: float, bus: float, behind: str = "", limit: Any = 1.0) -> Finding:
    """Return the finding on a site that buys in half an hour through a connection of `limit` MW."""
    rows = [(0, "bus:b", "site:d", bought_wh), (0, "generator:g", "bus:b", max(bought_wh, KWH))]
    names: dict[str, dict[str, Any]] = {"bus:b": {}, "generator:g": {}}
    names["site:d"] = {"capacity_mw": limit, "bus": "b"}
    if behind:
        names[behind] = {"site": "d"}
        rows.append((0, behind, "site:d", KWH))
    generators = sum(name.startswith("generator") for name in names)
    parts = {
        "flows": hand.flows(rows),
        "nodes": hand.nodes(names),
        "prices": hand.prices([(0, "bus:b", 0.0, bus), (0, "site:d", 0.0, own)]),
    }
    booked = book([[0] * generators], [0], [[bus, own]])
    return hand.by_name(check_signals(hand.tables(**parts), booked))["marginal at sites"]


@pytest.mark.parametrize(
    ("bus", "off", "ok"),
    [
        (900.0, 0.0009, True),
        (900.0, -0.0009, True),
        (900.0, 0.00091, False),
        (900.0, -0.00091, False),
        (-900.0, 0.0009, True),
        (-900.0, 0.00091, False),
        (0.0, 0.9e-6, True),
        (0.0, 1.1e-6, False),
    ],
)
def test_a_site_that_only_buys_sees_its_bus(bus: float, off: float, ok: bool) -> None:
    finding = at_site(100 * KWH, bus + off, bus)
    assert finding.ok == ok
    if ok:
        assert finding.detail.endswith("compared with their bus: 1")


@pytest.mark.parametrize(
    ("bought_wh", "seen"),
    [
        (0, True),
        # 1 MW for half an hour, less 2 kW and less half a kW
        (499_000, True),
        (499_750, False),
        (500_000, False),
    ],
)
def test_where_the_connection_is_full_a_site_has_a_margin_of_its_own(bought_wh, seen) -> None:
    assert at_site(bought_wh, 100.0, 900.0).ok != seen


def test_without_a_limit_there_is_always_room() -> None:
    assert not at_site(10**9, 100.0, 900.0, limit=None).ok


@pytest.mark.parametrize("behind", ["generator:own", "storage:own"])
def test_supply_behind_the_meter_answers_too(behind: str) -> None:
    assert at_site(100 * KWH, 100.0, 900.0, behind).ok


def of_jobs(average_g: float | None, marginal_g: float | None) -> Finding:
    """Return the finding on jobs that draw 100 kWh at 400 g/kWh (900 at the margin), PUE 1.5."""
    rows = [
        (0, "bus:b", "site:d", 300 * KWH),
        (0, "site:d", "cluster:d", 200 * KWH),
        (0, "site:d", "cooling:d", 100 * KWH),
        (0, "cluster:d", "work:batch", 100 * KWH),
        # services of the same site do not count
        (0, "cluster:d", "work:web", 100 * KWH),
    ]
    names = ("bus:b", "site:d", "cluster:d", "cooling:d", "work:batch", "work:web")
    jobs = pl.DataFrame(
        {
            "workload": ["batch"],
            "average_g": [average_g],
            "marginal_g": [marginal_g],
        },
        schema_overrides={"average_g": pl.Float64, "marginal_g": pl.Float64},
    )
    parts = {
        "flows": hand.flows(rows),
        "nodes": hand.nodes(hand.unknown((*names, "generator:g"))),
        "prices": hand.prices([(0, "bus:b", 400.0, 900.0), (0, "site:d", 400.0, 900.0)]),
        "jobs": jobs,
    }
    booked = book([[0]], [0], [[900.0, 900.0]])
    return hand.by_name(check_signals(hand.tables(**parts), booked))["job carbon"]


AVERAGE_G = 100 * 1.5 * 400.0
MARGINAL_G = 100 * 1.5 * 900.0


def test_jobs_carry_what_their_steps_and_site_say() -> None:
    finding = of_jobs(AVERAGE_G, MARGINAL_G)
    assert finding.ok, finding
    assert finding.figure == 2


@pytest.mark.parametrize("sign", [1, -1])
def test_the_carbon_of_jobs_is_known_to_a_part_in_a_thousand(sign: int) -> None:
    near = 2.0 + 0.9e-3 * AVERAGE_G
    assert of_jobs(AVERAGE_G + sign * near, MARGINAL_G).ok
    # 60 g are the part in a thousand, two more the roundings
    assert of_jobs(AVERAGE_G + sign * 61.9, MARGINAL_G).ok
    assert not of_jobs(AVERAGE_G + sign * 62.1, MARGINAL_G).ok
    finding = of_jobs(AVERAGE_G, MARGINAL_G + sign * 137.1)
    assert not finding.ok and finding.detail.startswith("marginal_g: jobs")


def test_a_margin_that_is_undefined_for_a_job_is_not_compared() -> None:
    finding = of_jobs(AVERAGE_G, None)
    assert finding.ok
    assert finding.figure == 1
    assert not of_jobs(0.0, None).ok
