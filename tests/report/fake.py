"""A plausible run folder by hand: three buses in a triangle, three sites, 24 hours; every figure
can be added up.

Bus e has gas (50 USD/MWh, 0.4 t/MWh) and sun, bus n coal (20, 0.9) and a battery, bus w wind. Lines
w-e 60 MW and w-n 40 MW, a DC link n-e 30 MW. Each site serves 10 MW and gets a bundle of 100 jobs
of 10 MWh each hour until 20:00. `moved` sends the bundles of east submitted before 12:00 to west,
two hours later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from suandian.ledger.ledger import Ledger, Posting
from suandian.record.read import Run, open_run
from suandian.record.schemas import SCHEMA_VERSION, TABLES, frame

SITES = {"east": "e", "north": "n", "west": "w"}
START = datetime(2024, 3, 4, tzinfo=UTC)
HOURS, PUE, MWH = 24, 1.2, 1_000_000
BUSES = (("e", 40.0, -74.0), ("n", 44.0, -80.0), ("w", 41.0, -100.0))
LOAD = {"e": 100, "n": 50, "w": 20}
COST = {"gas": (50, 400), "coal": (20, 900), "wind": (0, 0), "sun": (0, 0)}
CARBON_PRICE = 30
MARGINAL = {"e": 400.0, "n": 900.0, "w": 0.0}


@dataclass
class Day:
    """Rows of the tables as they are put together."""

    flows: list[tuple[Any, ...]] = field(default_factory=list)
    levels: list[tuple[Any, ...]] = field(default_factory=list)
    prices: list[tuple[Any, ...]] = field(default_factory=list)
    bills: list[tuple[Any, ...]] = field(default_factory=list)
    jobs: list[tuple[Any, ...]] = field(default_factory=list)
    plans: list[tuple[Any, ...]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)


def make_run(path: Path, policy: str = "asap", moved: bool = False, **record: Any) -> Path:
    """Write the folder and return it; `record` overrides keys of run.json."""
    path.mkdir(parents=True, exist_ok=True)
    day = Day()
    job_mw = _jobs(day, moved)
    level = 10.0
    for h in range(HOURS):
        level = _hour(day, h, {s: job_mw[s][h] for s in SITES}, level, moved)
    _write(path, day)
    head = _book(path, day)
    text = SCENARIO.replace("POLICY", policy)
    (path / "scenario.toml").write_text(text)
    base = {
        "state": "done",
        "schema_version": SCHEMA_VERSION,
        "name": "fake",
        "scenario_hash": f"fake-{policy}",
        "inputs": {"wind.csv": "ab" * 32},
        "notes": ["heat-rate curve of coal repaired by its convex hull"],
        "packages": {"suandian": "0.1.0"},
        "python": "3.11",
        "seed": 1,
        "policy": policy,
        "currency": "USD",
        "carbon_price": CARBON_PRICE,
        "main_end_s": int(START.timestamp()) + 20 * 3600,
        "ledger_head": head,
        "solves": [
            {
                "name": policy,
                "step": 0,
                "solver": "highs simplex",
                "status": "optimal",
                "objective": 1.0,
                "bound": 1.0,
                "gap": 0.0,
                "rows": 10,
                "columns": 20,
                "iterations": 5,
                "cpu_s": 0.01,
                "certificate": {},
            }
        ],
        "reference_runs": {},
    }
    (path / "run.json").write_text(json.dumps({**base, **record}))
    return path


def _jobs(day: Day, moved: bool) -> dict[str, np.ndarray]:
    power = {site: np.zeros(HOURS) for site in SITES}
    for origin in SITES:
        for h in range(20):
            shifted = moved and origin == "east" and h < 12
            site, begin = ("west", h + 2) if shifted else (origin, h)
            power[site][begin] += 10
            submit = START + timedelta(hours=h)
            start = START + timedelta(hours=begin)
            end = start + timedelta(hours=1)
            due, gb = submit + timedelta(hours=6), 2000.0 if shifted else 0.0
            row = (f"{origin}-{h}", f"train-{origin}", 100, origin, site, submit, start, end, due)
            day.jobs.append((*row, 10 * MWH, 10 * MWH, 0.0, 500.0, 0, gb, 0))
    return power


def _span(h: int) -> tuple[datetime, datetime]:
    return START + timedelta(hours=h), START + timedelta(hours=h + 1)


def _hour(day: Day, h: int, job_mw: dict[str, float], level: float, moved: bool) -> float:
    start = START + timedelta(hours=h)

    def flow(a: str, b: str, mwh: float, carrier: str = "electricity") -> None:
        if mwh > 0:
            day.flows.append(
                ("realised", start, start + timedelta(hours=1), a, b, carrier, round(mwh * MWH))
            )

    need = {bus: float(mw) for bus, mw in LOAD.items()}
    site_mwh = {}
    for site, bus in SITES.items():
        it = 10 + job_mw[site]
        site_mwh[site] = it * PUE
        need[bus] += it * PUE
        flow(f"bus:{bus}", f"site:{site}", it * PUE)
        flow(f"site:{site}", f"cluster:{site}", it)
        flow(f"site:{site}", f"cooling:{site}", it * (PUE - 1))
        flow(f"cluster:{site}", f"work:web-{site}", 10)
        flow(
            f"cluster:{site}",
            "work:train-" + ("east" if moved and site == "west" and 2 <= h < 14 else site),
            job_mw[site] if not (moved and site == "west" and 2 <= h < 14) else 10,
        )
        if moved and site == "west" and 2 <= h < 14:
            flow(f"cluster:{site}", "work:train-west", job_mw[site] - 10)
    for bus, mw in LOAD.items():
        flow(f"bus:{bus}", f"load:{bus}", mw)
    charge, discharge = (5.0 if h == 2 else 0.0), (3.6 if h == 20 else 0.0)
    sun = 20.0 if 8 <= h < 16 else 0.0
    wind_max = 200.0 if h < 12 else 60.0
    to_e = min(60.0, max(wind_max - need["w"], 0), need["e"] - sun)
    to_n = min(40.0, max(wind_max - need["w"] - to_e, 0), need["n"])
    wind = min(wind_max, need["w"] + to_e + to_n)
    coal_home = need["n"] + charge - to_n - discharge
    over_link = min(30.0, 100.0 - coal_home, need["e"] - sun - to_e)
    short_w = need["w"] - min(wind, need["w"])
    coal, gas = coal_home + over_link + short_w, need["e"] - sun - to_e - over_link
    for unit, bus, mwh in (
        ("wind", "w", wind),
        ("sun", "e", sun),
        ("coal", "n", coal),
        ("gas", "e", gas),
    ):
        flow(f"generator:{unit}", f"bus:{bus}", mwh)
    flow("generator:wind", "curtailment", wind_max - wind, "potential")
    for element, a, b, mwh in (
        ("line:we", "w", "e", to_e),
        ("line:wn", "w", "n", to_n),
        ("line:wn", "n", "w", short_w),
        ("link:ne", "n", "e", over_link),
    ):
        flow(f"bus:{a}", element, mwh)
        flow(element, f"bus:{b}", mwh)
    for a, b, mwh in (
        ("bus:n", "storage:battery", charge),
        ("storage:battery", "loss:battery", charge * 0.1),
        ("storage:battery", "bus:n", discharge),
        ("storage:battery", "loss:battery", discharge / 0.9 - discharge),
    ):
        flow(a, b, mwh)
    level += charge * 0.9 - discharge / 0.9
    day.levels.append((start + timedelta(hours=1), "storage:battery", round(level * MWH)))
    price = {"e": 50.0, "n": 20.0, "w": 0.0 if wind < wind_max else 20.0}
    _prices(day, start, price, site_mwh)
    output = {"wind": wind, "sun": sun, "coal": coal, "gas": gas}
    transfer = 40.0 if moved and 2 <= h < 14 else 0.0
    day.steps.append({"output": output, "sites": site_mwh, "price": price, "transfer": transfer})
    return level


def _prices(day: Day, start: datetime, price: dict[str, float], site_mwh: dict[str, float]) -> None:
    for bus, p in price.items():
        day.prices.append((start, f"bus:{bus}", p, 500.0, MARGINAL[bus]))
    for site, bus in SITES.items():
        owed = round(site_mwh[site] * price[bus] * 10_000)
        day.bills.append((start, f"site:{site}", "energy", owed))
        day.prices.append((start, f"site:{site}", price[bus], 500.0, MARGINAL[bus]))
        day.plans.append((start, start, f"site:{site}", "work_mw", 0.0, price[bus] * PUE))
        day.plans.append((start, start, f"work:web-{site}", "planned_mw", 10.0, price[bus] * PUE))


def _write(path: Path, day: Day) -> None:
    rows = [(f"bus:{b}", "bus", "junction", None, b, None, lat, lon) for b, lat, lon in BUSES]
    rows += [
        (f"line:{n}", "line", "junction", None, "w", mw, None, None)
        for n, mw in (("we", 60.0), ("wn", 40.0))
    ]
    rows += [("link:ne", "link", "junction", None, "n", 30.0, None, None)]
    for site, bus in SITES.items():
        rows += [(f"site:{site}", "site", "junction", None, bus, 60.0, None, None)]
        rows += [(f"cluster:{site}", "cluster", "junction", None, bus, 50.0, None, None)]
        rows += [(f"cooling:{site}", "cooling", "sink", None, bus, None, None, None)]
        rows += [
            (f"work:{kind}-{site}", "work", "sink", None, None, None, None, None)
            for kind in ("web", "train")
        ]
    units = (
        ("wind", "w", 200.0, "wind"),
        ("sun", "e", 20.0, "solar"),
        ("coal", "n", 100.0, "coal"),
        ("gas", "e", 200.0, "gas"),
    )
    rows += [
        (f"generator:{unit}", "generator", "source", what, bus, mw, None, None)
        for unit, bus, mw, what in units
    ]
    rows += [(f"load:{b}", "load", "sink", None, b, None, None, None) for b in LOAD]
    rows += [("storage:battery", "storage", "store", "battery", "n", 5.0, None, None)]
    rows += [("loss:battery", "loss", "sink", None, "n", None, None, None)]
    rows += [("curtailment", "curtailment", "sink", None, None, None, None, None)]
    _save(path, "nodes", rows, "node kind role carrier bus capacity_mw lat lon")
    lines = [("we", "bus:w", "bus:e", 60.0), ("wn", "bus:w", "bus:n", 40.0)]
    _save(path, "network", lines, "line from_node to_node rating_mw")
    _save(path, "steps", [_span(h) for h in range(HOURS)], "start end")
    _save(path, "flows", day.flows, "phase start end from_node to_node carrier energy_wh")
    _save(path, "levels", day.levels, "time node energy_wh")
    _save(
        path, "prices", day.prices, "start node price_per_mwh average_g_per_kwh marginal_g_per_kwh"
    )
    _save(path, "bills", day.bills, "start node kind amount")
    _save(path, "plans", day.plans, "issued start element quantity value dual")
    times = "submit start end due"
    columns = (
        f"job workload count origin site {times} work_wh energy_wh cost average_g "
        "suspensions moved_gb late_s"
    )
    _save(path, "jobs", day.jobs, columns)


def _save(path: Path, name: str, rows: list[tuple[Any, ...]], columns: str) -> None:
    """Write one table; columns that are left out are null."""
    data = dict(zip(columns.split(), zip(*rows, strict=True), strict=True))
    made = {k: pl.Series(list(v), dtype=TABLES[name][k]) for k, v in data.items()}
    frame(name, made).write_parquet(path / f"{name}.parquet")


def opened(path: Path, policy: str = "asap", moved: bool = False, **record: Any) -> Run:
    """Write a run and open it."""
    return open_run(make_run(path, policy, moved, **record))


def dirtier(run: Run) -> Run:
    """Replace 100 MWh of gas by coal, in flows and ledger: it costs 3000 less in fuel and emits 50
    t more.
    """
    start = run.flows["start"].min()
    move = {"generator:gas": -100, "generator:coal": 100}
    change = pl.col("from_node").replace_strict(move, default=0, return_dtype=pl.Int64) * MWH
    first = (pl.col("start") == start + timedelta(hours=13)) & (pl.col("carrier") == "electricity")
    flows = run.flows.with_columns(
        energy_wh=pl.col("energy_wh") + pl.when(first).then(change).otherwise(0)
    )
    flows.write_parquet(run.path / "flows.parquet")
    with Ledger(run.ledger, "fake") as ledger:
        grams = {"generator:coal": -90_000_000, "generator:gas": 40_000_000, "load:1": 50_000_000}
        ledger.append(
            [Posting(24, "carbon", grams), Posting(24, "cash", {}, {"fuel": -30_000_000})]
        )
    return Run(run.path, run.record)


def _book(path: Path, day: Day) -> str:
    """Book energy memos, carbon and cash of each step as the run room does."""
    with Ledger(path / "ledger.db", "fake") as ledger:
        for step, row in enumerate(day.steps):
            fuel = sum(row["output"][u] * COST[u][0] for u in COST)
            kg = {u: row["output"][u] * COST[u][1] for u in COST}
            carbon = sum(kg.values()) / 1000 * CARBON_PRICE
            paid = {s: mwh * row["price"][SITES[s]] for s, mwh in row["sites"].items()}
            paid["west"] += row["transfer"]
            cash = {f"site:{s}": -round(v * 1e4) for s, v in paid.items()}
            cash |= {
                "fuel": round(fuel * 1e4),
                "carbon levy": round(carbon * 1e4),
                "data transfer": round(row["transfer"] * 1e4),
            }
            cash["grid"] = -sum(cash.values())
            grams = {f"generator:{u}": -round(v * 1000) for u, v in kg.items()}
            grams |= {f"site:{s}": round(mwh * 500_000) for s, mwh in row["sites"].items()}
            grams["load:1"] = -sum(grams.values())
            cost = dict.fromkeys(("wear", "unserved_load", "unserved_service", "late"), 0)
            cost |= {
                "fuel": round(fuel * 1e4),
                "carbon": round(carbon * 1e4),
                "transfer": cash["data transfer"],
            }
            energy = {"generator:all": -1, "load:all": 1}
            memo = {"planned_overloads": 1 if step == 3 else 0, "redispatch_wh": 500_000}
            ledger.append(
                [
                    Posting(step, "energy", energy, memo),
                    Posting(step, "carbon", grams),
                    Posting(step, "cash", cash, cost),
                ]
            )
        return ledger.head


SCENARIO = """version = 1
name = "fake"
currency = "USD"
[time]
start = 2024-03-04T00:00:00
duration = "20 h"
step = "1 h"
zone = "UTC"
[grid]
network = "dc"
[sites.east]
bus = "e"
[sites.east.cluster]
power = "50 MW"
[sites.north]
bus = "n"
[sites.west]
bus = "w"
[workloads.web-east]
kind = "service"
origin = "east"
[workloads.web-north]
kind = "service"
origin = "north"
[workloads.web-west]
kind = "service"
origin = "west"
[workloads.train-east]
kind = "jobs"
origin = "east"
trace = "pai-quantiles"
[workloads.train-north]
kind = "jobs"
origin = "north"
trace = "pai-quantiles"
[workloads.train-west]
kind = "jobs"
origin = "west"
trace = "pai-quantiles"
[policy]
name = "POLICY"
"""
