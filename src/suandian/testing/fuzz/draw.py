"""A random small scenario: its tables, its files, and the text of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

START = datetime(2024, 3, 4)
HISTORY_DAYS = 15
AFTER_DAYS = 3
Table = dict[str, Any]


@dataclass
class DrawnCase:
    """A scenario as plain numbers: powers in MW, energies in MWh, prices per MWh, times in hours.

    `series` are values by step from START - HISTORY_DAYS on; `jobs` rows (submitted [h], width
    [MW], length [h], hours until due or NaN) by workload.
    """

    seed: int
    step_h: float
    steps: int
    network: str
    buses: dict[str, Table] = field(default_factory=dict)
    lines: dict[str, Table] = field(default_factory=dict)
    links: dict[str, Table] = field(default_factory=dict)
    generators: dict[str, Table] = field(default_factory=dict)
    loads: dict[str, Table] = field(default_factory=dict)
    storage: dict[str, Table] = field(default_factory=dict)
    sites: dict[str, Table] = field(default_factory=dict)
    routes: list[Table] = field(default_factory=list)
    services: dict[str, Table] = field(default_factory=dict)
    workloads: dict[str, Table] = field(default_factory=dict)
    jobs: dict[str, list[tuple[float, float, float, float]]] = field(default_factory=dict)
    series: dict[str, list[float]] = field(default_factory=dict)
    goal: Table = field(default_factory=dict)

    @property
    def first(self) -> int:
        """Position of the study's first step in the series."""
        return round(HISTORY_DAYS * 24 / self.step_h)

    def write(self, folder: Path) -> Path:
        """Write scenario.toml and its files; returns the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, values in self.series.items():
            (folder / f"{name}.csv").write_text(_series(values, self.step_h))
        for name, rows in self.jobs.items():
            (folder / f"{name}.csv").write_text(_jobs(rows))
        (folder / "scenario.toml").write_text(self.text())
        return folder

    def text(self) -> str:
        """Return the scenario in TOML."""
        head = {
            "version": 1,
            "name": f"fuzz-{self.seed}",
            "currency": "USD",
            "time": {
                "start": START,
                "duration": f"{self.steps * self.step_h:g} h",
                "step": f"{self.step_h * 60:g} min",
                "zone": "UTC",
            },
            "grid": {"plugin": "inline", "network": self.network},
        }
        body = {
            "buses": self.buses,
            "lines": self.lines,
            "links": self.links,
            "generators": self.generators,
            "loads": self.loads,
            "storage": self.storage,
            "sites": self.sites,
            "workloads": self.services | self.workloads,
            "goal": self.goal,
        }
        policy = {"policy": {"replan": "1 h", "horizon": "6 h"}}
        routes = "".join(f"[[routes.list]]\n{_pairs(row)}" for row in self.routes)
        return _toml(head) + _toml(body) + routes + _toml(policy)


def drawn(seed: int) -> DrawnCase:
    """Return the case of a seed."""
    rng = np.random.default_rng(seed)
    step_h = float(rng.choice([1.0, 1.0, 0.25]))
    buses = [f"b{i}" for i in range(int(rng.integers(1, 4)))]
    network = str(rng.choice(["copper", "transport", "dc", "ptdf"]))
    case = DrawnCase(seed, step_h, int(rng.integers(2, 7)), network)
    case.buses = {name: {} for name in buses}
    _draw_lines(case, rng, buses)
    _draw_supply(case, rng, buses)
    _draw_loads(case, rng, buses)
    _draw_stores(case, rng, buses)
    _draw_sites(case, rng, buses)
    _draw_work(case, rng)
    case.goal = {"carbon_price": f"{rng.choice([0, 0, 60])} USD/t"}
    if rng.random() < 0.2:
        case.goal["reserve"] = f"{rng.choice([1, 5])} MW"
    return case


def _draw_lines(case: DrawnCase, rng: np.random.Generator, buses: Sequence[str]) -> None:
    pairs = [(a, b) for i, a in enumerate(buses) for b in buses[i + 1 :]]
    for k, (a, b) in enumerate(pairs):
        # the first two make a tree of three buses, the third closes a loop
        if k < len(buses) - 1 or rng.random() < 0.5:
            case.lines[f"l{k}"] = {
                "from": a,
                "to": b,
                "x": float(rng.choice([0.1, 0.2, 0.3])),
                "rating": f"{rng.choice([3, 8, 20, 60])} MW",
            }
        if rng.random() < 0.25:
            case.links[f"k{k}"] = {"from": a, "to": b, "capacity": f"{rng.choice([2, 7])} MW"}


def _draw_supply(case: DrawnCase, rng: np.random.Generator, buses: Sequence[str]) -> None:
    for i in range(int(rng.integers(1, 4))):
        unit: Table = {
            "bus": str(rng.choice(buses)),
            "power": f"{rng.choice([6, 15, 30, 60])} MW",
            "cost": f"{rng.choice([-15, -5, 5, 20, 45, 90])} USD/MWh",
            "emission": f"{rng.choice([0, 400, 900])} kg/MWh",
        }
        if rng.random() < 0.35:
            unit["ramp"] = f"{rng.choice([4, 10, 25])} MW/h"
        case.generators[f"g{i}"] = unit
    if rng.random() < 0.5:
        case.series["wind"] = _values(case, rng, 0.0, 1.0)
        case.generators["wind"] = {
            "bus": str(rng.choice(buses)),
            "power": f"{rng.choice([5, 20])} MW",
            "carrier": "wind",
            "series": {"file": "wind.csv", "unit": "1"},
        }


def _draw_loads(case: DrawnCase, rng: np.random.Generator, buses: Sequence[str]) -> None:
    for i, bus in enumerate(buses):
        if rng.random() < 0.5:
            case.buses[bus]["load"] = f"{rng.choice([0, 4, 12])} MW"
            continue
        case.series[f"load{i}"] = _values(case, rng, 0.0, float(rng.choice([5.0, 20.0])))
        case.loads[f"load{i}"] = {"bus": bus, "series": {"file": f"load{i}.csv"}}


def _draw_stores(case: DrawnCase, rng: np.random.Generator, buses: Sequence[str]) -> None:
    if rng.random() < 0.35:
        case.storage["e0"] = {
            "bus": str(rng.choice(buses)),
            "power": f"{rng.choice([2, 6])} MW",
            "energy": f"{rng.choice([4, 12])} MWh",
            "efficiency": float(rng.choice([0.64, 0.81, 1.0])),
            "initial": float(rng.choice([0.0, 0.5, 1.0])),
            "wear": f"{rng.choice([0, 1])} USD/MWh",
        }


def _draw_sites(case: DrawnCase, rng: np.random.Generator, buses: Sequence[str]) -> None:
    names = [f"s{i}" for i in range(int(rng.integers(0, 3)))]
    for name in names:
        site: Table = {
            "bus": str(rng.choice(buses)),
            "connection": {"limit": f"{rng.choice([4, 12, 30])} MW"},
            "cluster": {
                "power": f"{rng.choice([2, 5, 20])} MW",
                "idle": float(rng.choice([0.0, 0.0, 0.2])),
                "pue": {"value": float(rng.choice([1.0, 1.25, 1.5]))},
            },
        }
        if rng.random() < 0.3:
            site["connection"]["export"] = f"{rng.choice([1, 5])} MW"
        if rng.random() < 0.35:
            case.series[f"own{name}"] = _values(case, rng, 0.0, 1.0)
            site["direct"] = {
                "sun": {
                    "capacity": f"{rng.choice([3, 10])} MW",
                    "series": {"file": f"own{name}.csv", "unit": "1"},
                }
            }
        if rng.random() < 0.25:
            site["battery"] = {
                "power": f"{rng.choice([1, 4])} MW",
                "energy": f"{rng.choice([2, 8])} MWh",
                "efficiency": float(rng.choice([0.81, 1.0])),
            }
        case.sites[name] = site
    for a in names:
        for b in names:
            if a != b:
                row = {"origin": a, "site": b, "rtt_ms": int(rng.choice([5, 40]))}
                case.routes.append(row | {"price_per_gb": float(rng.choice([0.0, 0.02]))})


def _draw_work(case: DrawnCase, rng: np.random.Generator) -> None:
    names = list(case.sites)
    if not names:
        return
    if rng.random() < 0.4:
        case.services["web"] = {
            "kind": "service",
            "origin": str(rng.choice(names)),
            "power": {"mean": f"{rng.choice([0.5, 2])} MW"},
            "latency": {"rtt": f"{rng.choice([10, 100])} ms"},
        }
    for k in range(int(rng.integers(0, 3))):
        name = f"w{k}"
        work: Table = {
            "kind": "jobs",
            "origin": str(rng.choice(names)),
            "trace": "table",
            "trace_options": {"path": f"{name}.csv"},
            "power_per_core": "1 MW",
            "slack": f"{rng.choice([0, 1, 3])} h",
            "data": f"{rng.choice([0, 200])} GB/MWh",
        }
        if rng.random() < 0.5:
            overhead = int(rng.choice([0, 15]))
            work["suspend"] = {"allowed": True, "overhead": f"{overhead} min"}
        case.workloads[name] = work
        case.jobs[name] = [_job(case, rng) for _ in range(int(rng.integers(1, 6)))]


def _job(case: DrawnCase, rng: np.random.Generator) -> tuple[float, float, float, float]:
    minutes = int(rng.integers(0, case.steps * round(case.step_h * 60)))
    length_h = float(rng.choice([0.25, 0.5, 1.0, 1.5, 2.0]))
    width = float(rng.choice([0.5, 1.0, 2.0]))
    # a due time of its own now and then, also beyond the study
    due_h = length_h + float(rng.choice([0.1, 1.0, 7.0])) if rng.random() < 0.2 else np.nan
    return minutes / 60.0, width, length_h, due_h


def _values(case: DrawnCase, rng: np.random.Generator, low: float, high: float) -> list[float]:
    count = round((HISTORY_DAYS + AFTER_DAYS) * 24 / case.step_h)
    return [round(float(v), 3) for v in rng.uniform(low, high, count)]


def _series(values: Sequence[float], step_h: float) -> str:
    begin = START - timedelta(days=HISTORY_DAYS)
    times = (begin + timedelta(hours=k * step_h) for k in range(len(values)))
    rows = [f"{time.isoformat()},{value}" for time, value in zip(times, values, strict=True)]
    return "\n".join(["time,value", *rows]) + "\n"


def _jobs(rows: Sequence[tuple[float, float, float, float]]) -> str:
    lines = []
    for submit_h, width, length_h, due_h in rows:
        submit = START + timedelta(hours=submit_h)
        due = "" if np.isnan(due_h) else (submit + timedelta(hours=due_h)).isoformat() + "Z"
        lines.append(f"{submit.isoformat()}Z,{width},{length_h},{due}")
    return "\n".join(["submit,width,length_h,due", *lines]) + "\n"


def _toml(tables: Mapping[str, Any], path: str = "") -> str:
    """Return nested tables in TOML: plain values first, then tables below headers."""
    plain = {key: value for key, value in tables.items() if not isinstance(value, dict)}
    text = _pairs(plain)
    for key, value in tables.items():
        if not isinstance(value, dict):
            continue
        name = f"{path}{key}"
        # leaves are written in one line
        if value and not any(isinstance(inner, dict) for inner in value.values()):
            text += f"[{name}]\n{_pairs(value)}"
        elif value:
            text += f"[{name}]\n{_toml(value, f'{name}.')}"
        elif path:
            text += f"[{name}]\n"
    return text


def _pairs(values: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    return f'"{value}"' if isinstance(value, str) else repr(value)
