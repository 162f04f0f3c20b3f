"""Tasks of Alibaba's PAI cluster (cluster-trace-gpu-v2020): the table `pai_task_table`, with or
without header.

`plan_cpu` is per cent of a core per instance: 600 is six cores. Width is that times the instances;
the trace has no submission, so a task counts as submitted when it started. Tasks without an end are
left out. Times are seconds from the trace's own start. For GAIA's samples (`arrival_time, length,
cpus`) use `csv`.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from suandian.model.issues import InputError
from suandian.model.ports import TraceKind
from suandian.plugins.traces.recorded import (
    ClockOptions,
    Recorded,
    column_names,
    findings,
    left_out,
    number,
    read_table,
    recorded,
    require,
    windowed,
)

NAME = "pai"
COLUMNS = (
    "job_name",
    "task_name",
    "inst_num",
    "status",
    "start_time",
    "end_time",
    "plan_cpu",
    "plan_mem",
    "plan_gpu",
    "gpu_type",
)
STATES = ("Terminated", "Failed", "Running", "Waiting")


def sniff(path: Path, head: str) -> bool:
    """Return whether a file has the ten columns of the task table, named or not."""
    first = column_names(path, head)
    return "plan_cpu" in first or (len(first) == len(COLUMNS) and first[3] in STATES)


def read(options: ClockOptions) -> Recorded:
    """Return the tasks of a file, each a job.

    Raises
    ------
    InputError
        With every column that is missing and every value that cannot be read.
    """
    path = options.path
    with_header = path.suffix == ".parquet" or "plan_cpu" in _first(path)
    frame = read_table(path, COLUMNS, with_header)
    require(path, frame, ("job_name", "inst_num", "start_time", "end_time", "plan_cpu"))
    # tasks that still ran when the trace was taken have no end
    ended = frame.with_row_index("row", offset=1).filter(
        number("end_time").is_not_null() & number("plan_cpu").is_not_null()
        | (pl.col("status") == "Terminated")
    )
    issues = findings(
        path,
        ended,
        {
            "inst_num": (number("inst_num") >= 1, "1 or more"),
            "start_time": (number("start_time") >= 0, "seconds, 0 or more"),
            "end_time": (
                number("end_time") >= number("start_time"),
                "seconds, not before start_time",
            ),
            "plan_cpu": (number("plan_cpu") >= 0, "per cent of a core"),
        },
    )
    if issues:
        raise InputError(issues)
    run = number("end_time") - number("start_time")
    # per cent of a core, for each of the instances
    width = number("plan_cpu") / 100 * number("inst_num")
    ran = ended.filter((run > 0) & (width > 0))
    # a job of several tasks: each is a job of its own here
    named = "task_name" in frame.columns
    table = ran.select(
        (pl.col("job_name") + "/" + pl.col("task_name") if named else pl.col("job_name")).alias(
            "job"
        ),
        number("start_time").floor().alias("submit"),
        width.alias("width"),
        (run / 3600 * width).alias("work"),
        (pl.col("task_name") if named else pl.lit(None, pl.String)).alias("workload"),
    )
    notes = ["submitted when started: the trace has no submission"]
    return recorded(table, False, notes + left_out(frame, ran, "tasks have no end or took nothing"))


def _first(path: Path) -> str:
    with path.open(errors="replace") as file:
        return file.readline()


TRACE = TraceKind(windowed(read), ClockOptions, sniff, read)
