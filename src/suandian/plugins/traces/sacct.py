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
    with readable(path, "sacct --parsable2"):
        # no quotes: Slurm writes none, and a job's name may hold one
        frame = pl.read_csv(
            path, separator="|", quote_char=None, infer_schema=False, truncate_ragged_lines=True
        )
    columns = frame.columns
    elapsed = "ElapsedRaw" if "ElapsedRaw" in columns else "Elapsed"
    # what was allocated is what was used; older formats say only what was asked for
    offered = [name for name in ("AllocCPUS", "NCPUS", "ReqCPUS") if name in columns]
    cpus = offered[0] if offered else "AllocCPUS"
    require(path, frame, ("JobID", "Submit", elapsed, cpus))
    # steps of a job (123.batch, 123.0) are within it: counted, they would run twice
    is_step = pl.col("JobID").str.contains(".", literal=True)
    frame = frame.with_row_index("line", offset=2).filter(~is_step)
    frame = _with_numbers(path, frame, elapsed, cpus, options.zone)
    in_seconds = elapsed == "ElapsedRaw"
    rules = {
        "Submit": (
            pl.col("submit").is_not_null(),
            f"YYYY-MM-DDTHH:MM:SS that exists in {options.zone}",
        ),
        elapsed: (pl.col("run_s") >= 0, "seconds" if in_seconds else "[D-]HH:MM:SS"),
        cpus: (pl.col("width") >= 0, "a number"),
    }
    issues = findings(path, frame, rules, "line")
    if issues:
        raise InputError(issues)
    ran = frame.filter((pl.col("run_s") > 0) & (pl.col("width") > 0))
    workload = pl.col("Partition") if "Partition" in columns else pl.lit(None, pl.String)
    table = ran.select(
        pl.col("JobID").alias("job"),
        "width",
        pl.col("submit").dt.epoch("s").alias("submit"),
        (pl.col("run_s") / 3600 * pl.col("width")).alias("work"),
        workload.alias("workload"),
    )
    return recorded(table, True, left_out(frame, ran, "jobs never ran"))


def _with_numbers(
    path: Path, frame: pl.DataFrame, elapsed: str, cpus: str, zone: str
) -> pl.DataFrame:
    """Return the frame with `run_s`, `width` and `submit` (UTC), null where they cannot be read."""
    seconds = number("ElapsedRaw") if elapsed == "ElapsedRaw" else _seconds(pl.col("Elapsed"))
    local = pl.col("Submit").str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False)
    try:
        # the hour that comes twice in autumn: Slurm does not say which one it means
        submit = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        return frame.with_columns(
            seconds.alias("run_s"),
            local.alias("local"),
            number(cpus).alias("width"),
            submit.alias("submit"),
        )
    except (pl.exceptions.PolarsError, TypeError) as error:
        allowed = "an IANA name, e.g. Asia/Shanghai"
        place = "trace_options.zone"
        issue = Issue(path.name, place, zone, "is not a time zone", allowed)
        raise InputError([issue]) from error


def _seconds(text: pl.Expr) -> pl.Expr:
    """Return the seconds of [D-]HH:MM:SS, null where it is none."""
    parts = text.str.extract_groups(r"^(?:(\d+)-)?(\d+):(\d\d):(\d\d)$")
    days, hours, minutes, seconds = (
        parts.struct.field(str(i)).cast(pl.Float64) for i in range(1, 5)
    )
    return days.fill_null(0) * 86400 + hours * 3600 + minutes * 60 + seconds


TRACE = TraceKind(windowed(read), SacctOptions, sniff, read)
