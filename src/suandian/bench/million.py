"""`bench million`: a week of a million jobs, from a Parquet file to a run folder, by `suandian
simulate`.

The template `two-sites` over a week of its wind, with a battery on the grid and jobs of a
synthetic, seeded file (run time and cores by PAI quantiles); policy joint, re-planned every 6 h.
CPU and peak memory are those of the whole command, as a process of its own: reading, planning,
running job by job, booking in the ledger, tables with a row per job, and the report page. `verify`
is run afterwards and not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.rows import row
from suandian.model.issues import SolveError
from suandian.plugins.traces.pai_quantiles import CORES, HOURS, LEVELS

WEEK_H = 168
START = "2024-02-26T00:00:00"
SETS = (
    f"time.start={START}",
    'time.duration="168 h"',
    'policy.name="joint"',
    'policy.replan="6 h"',
    'storage.battery={bus="b", power="10 MW", energy="40 MWh"}',
    'workloads.training.trace="table"',
    f'workloads.training.trace_options={{path="jobs.parquet", anchor="{START}+00:00"}}',
)


def jobs(count: int, seed: int) -> pl.DataFrame:
    """Return jobs of a week: submit [s], length_h [h], width [cores]."""
    rng = np.random.default_rng(seed)
    length, width = (
        np.exp(np.interp(rng.random(count), LEVELS, np.log(values))) for values in (HOURS, CORES)
    )
    return pl.DataFrame(
        {
            "submit": np.sort(rng.integers(0, WEEK_H * 3600, count)),
            "length_h": length,
            "width": width,
        }
    )


def rows(count: int, repeats: int, seed: int, tick: Tick | None = None) -> list[dict[str, Any]]:
    """Return the rows of `--json`."""
    found: dict[str, list[float]] = {name: [] for name in ("CPU", "wall time", "peak memory")}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _done("new", "two-sites", str(place / "week"))
        # as a user would bring them: a file beside the scenario
        jobs(count, seed).write_parquet(place / "week" / "jobs.parquet")
        sets = [word for text in SETS for word in ("--set", text)]
        for i in range(repeats):
            out = place / f"run{i}"
            for name, value in _measured(
                "simulate", str(place / "week"), *sets, "--out", str(out)
            ).items():
                found[name].append(value)
            if tick is not None:
                tick(i + 1, repeats, "")
        # a fast run that does not verify is none
        _done("verify", str(out))
        kpis = json.loads((out / "kpis.json").read_text(encoding="utf-8"))
        size = f"{(out / 'jobs.parquet').stat().st_size / 1e6:.1f}"
        lines = pl.scan_parquet(out / "jobs.parquet").select(pl.len()).collect().item()
    name = "million"
    label = f"{count:,} jobs, 2 sites, a battery, 168 h"
    units = {"CPU": "s", "wall time": "s", "peak memory": "MB"}
    made = [row(name, label, figure, values, units[figure]) for figure, values in found.items()]
    made += [
        row(name, label, f"{key} of the run", [kpis[key]["value"]], "jobs")
        for key in ("jobs_completed", "jobs_late")
    ]
    made += [
        row(name, label, "rows of jobs.parquet", [lines], "1"),
        row(name, label, "jobs.parquet", [float(size)], "MB"),
    ]
    return made


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "suandian", *words]


def _done(*words: str) -> None:
    done = subprocess.run(_command(*words), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SolveError(
            f"suandian {' '.join(words)} failed: {done.stdout[-500:]}{done.stderr[-2000:]}"
        )


def _measured(*words: str) -> dict[str, float]:
    """Run a verb as a process of its own; return its CPU seconds, wall seconds and peak memory
    [MB].
    """
    before = os.times().elapsed
    # a pipe that nobody reads would stop the process when it is full
    with tempfile.TemporaryFile() as text:
        process = subprocess.Popen(_command(*words), stdout=text, stderr=text)
        # usage of this child alone, with its largest memory
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            text.seek(0)
            raise SolveError(f"suandian {' '.join(words)} failed: {text.read()[-2000:].decode()}")
    cpu = usage.ru_utime + usage.ru_stime
    return {
        "CPU": cpu,
        "wall time": os.times().elapsed - before,
        "peak memory": usage.ru_maxrss / 1024.0,
    }


BENCH = Bench(
    "million",
    "a week of a million jobs from Parquet to a run folder: CPU and peak memory of suandian "
    "simulate",
    rows,
    (
        Option("count", 1_000_000, "jobs"),
        Option("repeats", 3, "runs"),
        Option("seed", 1, "of the jobs"),
    ),
)
