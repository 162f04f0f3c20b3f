"""Small scenarios written in place: what each costs can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from suandian import api
from suandian.record.read import Run, open_run
from suandian.run.study import run_study

START = datetime(2024, 3, 4, tzinfo=UTC)

HEAD = """\
version = 1
name = "truth"
currency = "USD"
[time]
start = 2024-03-04T00:00:00
duration = "{hours} h"
step = "{step}"
zone = "UTC"
[grid]
plugin = "inline"
network = "{network}"
"""

SITE = """\
[sites.s]
bus = "a"
connection = { limit = "1 MW" }
cluster = { power = "1 MW", pue = { value = 1.0 } }
"""

JOBS = """\
[workloads.w]
kind = "jobs"
origin = "s"
trace = "table"
trace_options = { path = "w.csv" }
power_per_core = "1 MW"
"""


@dataclass(frozen=True)
class Study:
    """A finished run: what it cost, what bounds it (None where nothing does), and the run."""

    cost: float
    bound: float | None
    run: Run

    def figure(self, name: str) -> Any:
        """Return a figure of merit."""
        return self.run.kpis[name]["value"]


def scene(
    body: str, hours: int = 1, network: str = "copper", step: str = "1 h", site: str = SITE
) -> str:
    """Return the text of a scenario of some hours."""
    return HEAD.format(hours=hours, network=network, step=step) + body + site


def series(values: Sequence[float], minutes: int = 60) -> str:
    """Return a file of values from the start on."""
    rows = [
        f"{START + timedelta(minutes=minutes * k):%Y-%m-%dT%H:%M:%S},{value}"
        for k, value in enumerate(values)
    ]
    return "\n".join(["time,value", *rows]) + "\n"


def jobs(rows: Sequence[tuple[float, float, float]]) -> str:
    """Return a trace of jobs of (submitted [h], width [MW], length [h])."""
    lines = [
        f"{START + timedelta(hours=at):%Y-%m-%dT%H:%M:%SZ},{width},{length}"
        for at, width, length in rows
    ]
    return "\n".join(["submit,width,length_h", *lines]) + "\n"


def load(_: Sequence[float]) -> str:
    """Return the tables of a load `l` at bus a, to go with `series(values)` in load.csv."""
    return '[loads.l]\nbus = "a"\nseries = { file = "load.csv" }\n'


def ran(
    folder: Path, text: str, files: Mapping[str, str] | None = None, policy: str = "oracle"
) -> Study:
    """Return the run of a scenario; it must verify, and lie at or above its bound."""
    source = folder / "in"
    source.mkdir(parents=True, exist_ok=True)
    for name, content in (files or {}).items():
        (source / name).write_text(content)
    (source / "scenario.toml").write_text(text)
    scenario = api.load(source, [f"policy.name={policy}"])
    out = run_study(scenario, folder / policy, source=source)
    run = open_run(out)
    report = api.verify(out)
    assert report.holds, list(report.failed)
    cost = run.kpis["system_cost"]["value"]
    bound = run.record.get("bound")
    if bound is not None:
        assert bound <= cost + 1e-6 * (1.0 + abs(cost))
    return Study(cost, bound, run)
