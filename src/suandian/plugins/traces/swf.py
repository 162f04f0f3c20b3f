"""Jobs in the Standard Workload Format (Feitelson et al.): 18 numbers per line, `;` before
comments.

Submission is in seconds from `UnixStartTime` of the header, where it has one. A job's width is what
was allocated, else what was requested; its work is width times run time. Jobs that never ran
(cancelled before their start, run time 0 or unknown) are left out and counted. The requested time
is not a deadline.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from suandian.model.issues import InputError, Issue
from suandian.model.ports import TraceKind
from suandian.plugins.traces.recorded import (
    ClockOptions,
    Recorded,
    findings,
    left_out,
    number,
    readable,
    recorded,
    windowed,
)

NAME = "swf"
FIELDS = (
    "job",
    "submit",
    "wait",
    "run",
    "allocated",
    "cpu",
    "memory",
    "requested",
    "requested_time",
    "requested_memory",
    "status",
    "user",
    "group",
    "executable",
    "queue",
    "partition",
    "before",
    "think",
)


def sniff(path: Path, head: str) -> bool:
    """Return whether a file is in this format: its name ends so, or its first line of data has 18
    numbers.
    """
    # the name says it; else the first line of data does
    if re.search(r"\.swf(\.gz)?$", path.name):
        return True
    lines = [
        line
        for line in head.splitlines()[:-1]
        if line.strip() and not line.lstrip().startswith(";")
    ]
    return bool(lines) and bool(re.fullmatch(r"\s*(-?[\d.]+\s+){17}-?[\d.]+\s*", lines[0]))


def read(options: ClockOptions) -> Recorded:
    """Return the jobs of a file.

    Raises
    ------
    InputError
        With every line of another shape or with an unusable number.
    """
    path = options.path
    comments, rows = _lines(path)
    issues = _of_other_shape(path, rows)
    fields = pl.col("fields")
    named = [fields.list.get(i).alias(name) for i, name in enumerate(FIELDS)]
    frame = rows.filter(fields.list.len() == len(FIELDS)).select("line", *named)
    whole = {"submit": (number("submit") >= 0, "seconds, 0 or more")}
    whole |= {
        name: (number(name) >= -1, "a number; -1: unknown")
        for name in ("run", "allocated", "requested")
    }
    issues += findings(path, frame, whole, "line")
    if issues:
        raise InputError(issues)
    # what was allocated is what was used; -1 says that the log does not know it
    allocated = number("allocated")
    width = pl.when(allocated > 0).then(allocated).otherwise(number("requested"))
    frame = frame.with_columns(width.alias("width"), number("run").alias("run_s"))
    ran = frame.filter((pl.col("run_s") > 0) & (pl.col("width") > 0))
    # times in the file count from the start of the log: without it jobs have no date
    zero = _header(comments, "UnixStartTime")
    table = ran.select(
        "job",
        "width",
        (number("submit") + (zero or 0)).floor().alias("submit"),
        (pl.col("run_s") / 3600 * pl.col("width")).alias("work"),
        pl.format("queue {}", pl.col("queue")).alias("workload"),
    )
    return recorded(table, zero is not None, left_out(frame, ran, "jobs never ran"))


def _lines(path: Path) -> tuple[pl.Series, pl.DataFrame]:
    """Return the comments, and the lines of jobs with their number, fields and text."""
    with readable(path, "Standard Workload Format"):
        # a separator that no log holds: the whole line is one column
        lines = pl.read_csv(
            path,
            has_header=False,
            separator="\x01",
            quote_char=None,
            new_columns=["line"],
            infer_schema=False,
        ).with_row_index("at", offset=1)
    text = pl.col("line")
    lines = lines.with_columns(text.str.strip_chars())
    is_comment = text.str.starts_with(";")
    rows = lines.filter(~is_comment & (text != "")).select(
        pl.col("at").alias("line"),
        text.str.extract_all(r"\S+").alias("fields"),
        text.alias("text"),
    )
    return lines.filter(is_comment)["line"], rows


def _of_other_shape(path: Path, rows: pl.DataFrame) -> list[Issue]:
    """Return the first lines that have not 18 fields, and how many more there are."""
    odd = rows.filter(pl.col("fields").list.len() != len(FIELDS))
    issues = [
        Issue(path.name, f"line {at}", text[:60], f"has {len(fields)} fields", "18")
        for at, fields, text in odd.head(20).iter_rows()
    ]
    more = len(odd) - len(issues)
    if more:
        issues.append(Issue(path.name, "lines", None, f"{more} more lines have other fields", "18"))
    return issues


def _header(comments: pl.Series, key: str) -> int | None:
    for line in comments:
        if found := re.match(rf";\s*{key}:\s*(\d+)", line):
            return int(found.group(1))
    return None


TRACE = TraceKind(windowed(read), ClockOptions, sniff, read)
