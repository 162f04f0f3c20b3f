"""Virtual machines of Azure (AzurePublicDataset, V1 and V2): the file `vmtable`, CSV without
header.

A machine is a job from its creation to its deletion, times in seconds from the trace's own start.
In V2, cores are buckets: `>24` counts as `over` cores (default 30). Work is cores times life time,
used or not.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from suandian.model.issues import InputError, Issue
from suandian.model.ports import TraceKind
from suandian.model.ports.options import Field
from suandian.plugins.traces.recorded import (
    ClockOptions,
    Recorded,
    column_names,
    findings,
    left_out,
    number,
    read_table,
    recorded,
    windowed,
)

NAME = "azure-vm"
COLUMNS = (
    "vm",
    "subscription",
    "deployment",
    "created",
    "deleted",
    "max_cpu",
    "mean_cpu",
    "p95_cpu",
    "category",
    "cores",
    "memory",
)
CATEGORIES = ("Delay-insensitive", "Interactive", "Unknown")


def sniff(path: Path, head: str) -> bool:
    """Return whether a file's first line has eleven columns with a category of machines in the
    ninth.
    """
    first = column_names(path, head)
    return len(first) == len(COLUMNS) and first[8] in CATEGORIES


class AzureVmOptions(ClockOptions):
    """Options of the trace plug-in `azure-vm`."""

    over: float = Field(
        default=30.0, gt=0, description="cores that a machine of the bucket `>24` counts as"
    )


def read(options: AzureVmOptions) -> Recorded:
    """Return the machines of a file.

    Raises
    ------
    InputError
        With every value that cannot be read.
    """
    path = options.path
    over = options.over
    # the published file has no header
    frame = read_table(path, COLUMNS, header=False)
    if frame.width != len(COLUMNS):
        raise InputError(
            [
                Issue(
                    path.name,
                    "columns",
                    frame.width,
                    "is not the vmtable",
                    f"{len(COLUMNS)} columns",
                )
            ]
        )
    # the largest machines are a bucket without an upper end
    cores = (
        pl.when(pl.col("cores").str.starts_with(">")).then(float(over)).otherwise(number("cores"))
    )
    issues = findings(
        path,
        frame,
        {
            "created": (number("created") >= 0, "seconds, 0 or more"),
            "deleted": (number("deleted") >= number("created"), "seconds, not before created"),
            "cores": (cores > 0, "a number above 0, or a bucket as >24"),
        },
    )
    if issues:
        raise InputError(issues)
    # a machine runs from creation to deletion, busy or not
    life = number("deleted") - number("created")
    ran = frame.filter(life > 0)
    table = ran.select(
        pl.col("vm").alias("job"),
        number("created").floor().alias("submit"),
        cores.alias("width"),
        (life / 3600 * cores).alias("work"),
        pl.col("category").alias("workload"),
        (pl.col("category") == "Delay-insensitive").alias("suspendable"),
    )
    notes = (
        [f"cores are buckets; more than 24 count as {over:g}"]
        if frame["cores"].str.starts_with(">").any()
        else []
    )
    return recorded(table, False, notes + left_out(frame, ran, "machines lived for no time"))


TRACE = TraceKind(windowed(read), AzureVmOptions, sniff, read)
