"""`bench opendc`: energy and carbon of OpenDC's SURF week, from its own input files, against its
own output.

Its set-up (experiment and topology beside its output): 277 hosts of 16 cores at 2,100 MHz, each job
takes a whole host, first come first served; a host draws 32 + 148·√usage W and is on until the last
job ends; carbon intensity of the Netherlands by hour. A task's fragments follow each other; usage =
MHz asked for / (16 · 2,100).

Carbon is that of the hours a fragment lies in, in parts where it crosses them. OpenDC prints
rounded sums: what is left of a difference is below 1e-7.
"""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from suandian.bench.registry import Bench, Option
from suandian.bench.rows import row
from suandian.jobs.nodes import first_come, root_power, spread
from suandian.model.grid import Floats, Ints
from suandian.model.issues import InputError, Issue

HOSTS = 277
CORES = 16
MHZ = 2100.0
IDLE_W = 32.0
MOST_W = 180.0
START = datetime(
    2024, 3, 1
)  # the first task is submitted then: carbon intensities of that time count
HOUR_MS = 3_600_000
MS_J = 1000.0
RUN = "surf_week_t277_0 (TaskNumMemorizing)"


def read(data: Path) -> tuple[pl.DataFrame, pl.DataFrame, Floats]:
    """Return tasks by submission, fragments by task (in order), and carbon intensity from START on
    [g/kWh].

    Raises
    ------
    InputError
        A file is missing, or a task has no fragments or other ones than its duration says.
    """
    names = [
        data / f"{name}.parquet"
        for name in ("surf_week_tasks", "surf_week_fragments", "carbon_NL_2021-2024")
    ]
    missing = [
        Issue(str(p), "--data", None, "does not exist", "the folder of OpenDC's traces")
        for p in names
        if not p.exists()
    ]
    if missing:
        raise InputError(missing)
    tasks, fragments, carbon = (pl.read_parquet(path) for path in names)
    # OpenDC takes tasks of one moment in the order of its file
    tasks = tasks.sort("submission_time", maintain_order=True).with_row_index("task")
    fragments = fragments.join(tasks.select("id", "task"), on="id", maintain_order="left")
    fragments = fragments.sort(
        "task", maintain_order=True
    )  # a task's fragments need not stand together
    # a task without its fragments would use no power, in silence
    total = fragments.group_by("task").agg(pl.col("duration").sum().alias("sum"))
    wrong = tasks.join(total, on="task", how="left").filter(
        pl.col("sum").fill_null(-1) != pl.col("duration")
    )
    if len(wrong):
        message = f"{len(wrong)} tasks have fragments that do not add up to their duration"
        raise InputError(
            [
                Issue(
                    str(names[1]),
                    "duration",
                    wrong["id"][0],
                    message,
                    "as long as the task",
                )
            ]
        )
    later = carbon.filter(pl.col("timestamp") >= START).sort("timestamp")
    return tasks, fragments, later["carbon_intensity"].to_numpy()


def simulate(
    tasks: pl.DataFrame, fragments: pl.DataFrame, intensity: Floats
) -> tuple[float, float, Ints]:
    """Return energy [J], carbon [g], and the waits of tasks [ms]."""
    submit = tasks["submission_time"].to_numpy() - int(tasks["submission_time"].item(0))
    length = tasks["duration"].to_numpy()
    # one task a host, first come first served, as the experiment sets it up
    start = first_come(submit, length, HOSTS)
    task = fragments["task"].to_numpy()
    took = fragments["duration"].to_numpy()
    before = np.cumsum(took) - took
    first = np.searchsorted(task, np.arange(len(tasks)))
    begin = before - before[first][task] + start[task]
    # OpenDC's square-root model: power above idle by the root of the use
    extra = root_power(fragments["cpu_usage"].to_numpy() / (CORES * MHZ), 0.0, MOST_W - IDLE_W)
    end = int((start + length).max())
    hours = end // HOUR_MS + 2
    # all hosts idle until the last task ends, busy or not
    idle = HOSTS * IDLE_W * np.clip(end - HOUR_MS * np.arange(hours), 0, HOUR_MS)
    energy = (idle + spread(begin, took, extra, HOUR_MS, hours)) / MS_J
    return float(energy.sum()), float(energy / 3.6e6 @ intensity[:hours]), start - submit


def rows(data: Path, reference: Path, repeats: int) -> list[dict[str, Any]]:
    """Return the rows of `--json`: ours against OpenDC's; the answer is the same within 1 %."""
    expected = (
        pl.read_csv(reference / "expected.csv")
        .filter(pl.col("experiment") == RUN)
        .row(0, named=True)
    )
    began = time.perf_counter()
    inputs = read(data)
    reading = time.perf_counter() - began
    made = simulate(*inputs)
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        made = simulate(*inputs)
        seconds.append(time.perf_counter() - began)
    name = "SURF week"
    size = f"{len(inputs[0]):,} tasks, {len(inputs[1]):,} fragments"
    energy, carbon, waits = made
    theirs = {"energy": float(expected["energy_J"]), "carbon": float(expected["carbon_g"])}

    def against(figure: str, value: float, unit: str, key: str) -> dict[str, Any]:
        return row(
            name,
            size,
            figure,
            [value],
            unit,
            ("OpenDC", [theirs[key]]),
            abs(value / theirs[key] - 1) <= 0.01,
        )

    return [
        against("energy", energy, "J", "energy"),
        against("carbon", carbon, "g", "carbon"),
        row(name, size, "tasks that wait", [float((waits > 0).sum())], "1"),
        row(name, size, "simulation, wall clock", seconds, "s"),
        row(name, size, "reading files, wall clock", [reading], "s"),
    ]


BENCH = Bench(
    "opendc",
    "energy and carbon of OpenDC's SURF week against its own output",
    rows,
    (
        Option(
            "data",
            Path("data/opendc"),
            "folder of OpenDC's tasks, fragments and carbon intensity",
        ),
        Option("reference", Path("reference/opendc"), "folder of its output"),
        Option("repeats", 5, "how often"),
    ),
)
