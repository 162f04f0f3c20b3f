"""Tasks of OpenDC: a parquet file with id, submission_time, duration [ms], cpu_count; its fragments
beside it.

A task's width is its cores. Where the fragments are there (the same name with `fragments` for
`tasks`), each task's must add up to its duration. Work is cores times duration, as the machine is
held, not what the fragments use.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from suandian.model.issues import InputError, Issue
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

NAME = "opendc"
NEEDED = ("id", "submission_time", "duration", "cpu_count")


def sniff(path: Path, head: str) -> bool:
    """Return whether a parquet file has the columns of tasks."""
    return path.suffix == ".parquet" and set(NEEDED) <= set(column_names(path, head))


def read(options: ClockOptions) -> Recorded:
    """Return the tasks of a file.

    Raises
    ------
    InputError
        With every column that is missing, every value that cannot be read, tasks whose fragments do
        not add up.
    """
    path = options.path
    frame = read_table(path)
    require(path, frame, NEEDED)
    # newer files have timestamps, older ones milliseconds
    stamp = frame.schema["submission_time"]
    ms = (
        pl.col("submission_time").dt.epoch("ms")
        if isinstance(stamp, pl.Datetime)
        else number("submission_time")
    )
    frame = frame.with_columns(ms.alias("ms"))
    issues = findings(
        path,
        frame,
        {
            "submission_time": (pl.col("ms") >= 0, "milliseconds UTC"),
            "duration": (number("duration") >= 0, "milliseconds, 0 or more"),
            "cpu_count": (number("cpu_count") > 0, "above 0"),
        },
    )
    issues += _fragments(path, frame)
    if issues:
        raise InputError(issues)
    ran = frame.filter(pl.col("duration") > 0)
    hours = number("duration") / 3_600_000
    table = ran.select(
        pl.col("id").cast(pl.String).alias("job"),
        (pl.col("ms") / 1000).floor().alias("submit"),
        number("cpu_count").alias("width"),
        (hours * number("cpu_count")).alias("work"),
    )
    return recorded(table, True, left_out(frame, ran, "tasks took no time"))


def _fragments(path: Path, tasks: pl.DataFrame) -> list[Issue]:
    # use over time stands in a file of its own; where it is there it must fit
    beside = path.with_name(path.name.replace("tasks", "fragments"))
    if beside == path or not beside.exists():
        return []
    parts = read_table(beside)
    require(beside, parts, ("id", "duration"))
    sums = parts.group_by("id").agg(pl.col("duration").sum().alias("fragments"))
    wrong = tasks.join(sums, on="id", how="left").filter(
        pl.col("fragments").fill_null(0) != pl.col("duration")
    )
    if not len(wrong):
        return []
    message = f"{len(wrong)} tasks have fragments that do not add up to their duration"
    return [
        Issue(
            beside.name,
            f"id {wrong['id'][0]}",
            wrong["fragments"][0],
            message,
            f"{wrong['duration'][0]} ms",
        )
    ]


TRACE = TraceKind(windowed(read), ClockOptions, sniff, read)
