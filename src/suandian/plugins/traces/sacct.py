"""Jobs as Slurm's accounting prints them: `sacct -X --parsable2
--format=JobID,Submit,ElapsedRaw,AllocCPUS,…`.

Needed are JobID, Submit, ElapsedRaw (or Elapsed) and AllocCPUS (or NCPUS, ReqCPUS). Steps
(`12.batch`) belong to their job and are left out, like jobs that never ran. Times are local: `zone`
says where (IANA, default UTC). A job array's task is a job of its own. The partition is the
workload; a time limit is not a deadline.
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
    findings,
    left_out,
    number,
    readable,
    recorded,
    require,
    windowed,
)

NAME = "sacct"


def sniff(path: Path, head: str) -> bool:  # noqa: ARG001 - the header says it
    """Return whether a file's first line is the header of `sacct --parsable2`."""
    first = head.split("\n", 1)[0].split("|")
    return "JobID" in first and "Submit" in first


class SacctOptions(ClockOptions):
    """Options of the trace plug-in `sacct`."""

    zone: str = Field(default="UTC", description="IANA zone of the times in the file")


def read(options: SacctOptions) -> Recorded:
    """Return the jobs of a file.

    Raises
    ------
    InputError
        With every column that is missing and every value that cannot be read.
    """
    path = options.path
    zone = options.zone
    with readable(path, "sacct --parsable2"):
        frame = pl.read_csv(
            path, separator="|", quote_char=None, infer_schema=False, truncate_ragged_lines=True
        )
    elapsed = "ElapsedRaw" if "ElapsedRaw" in frame.columns else "Elapsed"
    cpus = next(
        (name for name in ("AllocCPUS", "NCPUS", "ReqCPUS") if name in frame.columns), "AllocCPUS"
    )
    require(path, frame, ("JobID", "Submit", elapsed, cpus))
    frame = frame.with_row_index("line", offset=2).filter(
        ~pl.col("JobID").str.contains(".", literal=True)
    )
    seconds = number("ElapsedRaw") if elapsed == "ElapsedRaw" else _seconds(pl.col("Elapsed"))
    local = pl.col("Submit").str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False)
    try:
        frame = frame.with_columns(
            seconds.alias("run_s"),
            local.alias("local"),
            number(cpus).alias("width"),
            local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").alias(
                "submit"
            ),
        )
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise InputError(
            [
                Issue(
                    path.name,
                    "trace_options.zone",
                    zone,
                    "is not a time zone",
                    "an IANA name, e.g. Asia/Shanghai",
                )
            ]
        ) from error
    issues = findings(
        path,
        frame,
        {
            "Submit": (
                pl.col("submit").is_not_null(),
                f"YYYY-MM-DDTHH:MM:SS that exists in {zone}",
            ),
            elapsed: (
                pl.col("run_s") >= 0,
                "seconds" if elapsed == "ElapsedRaw" else "[D-]HH:MM:SS",
            ),
            cpus: (pl.col("width") >= 0, "a number"),
        },
        "line",
    )
    if issues:
        raise InputError(issues)
    ran = frame.filter((pl.col("run_s") > 0) & (pl.col("width") > 0))
    table = ran.select(
        pl.col("JobID").alias("job"),
        "width",
        (pl.col("submit").dt.epoch("s")).alias("submit"),
        (pl.col("run_s") / 3600 * pl.col("width")).alias("work"),
        (pl.col("Partition") if "Partition" in frame.columns else pl.lit(None, pl.String)).alias(
            "workload"
        ),
    )
    return recorded(table, True, left_out(frame, ran, "jobs never ran"))


def _seconds(text: pl.Expr) -> pl.Expr:
    """Return the seconds of [D-]HH:MM:SS, null where it is none."""
    parts = text.str.extract_groups(r"^(?:(\d+)-)?(\d+):(\d\d):(\d\d)$")
    days, hours, minutes, seconds = (
        parts.struct.field(str(i)).cast(pl.Float64) for i in range(1, 5)
    )
    return days.fill_null(0) * 86400 + hours * 3600 + minutes * 60 + seconds


TRACE = TraceKind(windowed(read), SacctOptions, sniff, read)
