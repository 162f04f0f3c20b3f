"""Jobs from a plain table, CSV or parquet: the columns of the normalised table, or a sample of
GAIA's.

Needed are `submit` and `width` [cores], and `work` [core h] or `length_h`. Times are UTC (ISO text,
timestamps) or numbers, seconds from the trace's own start. All other columns of the normalised
table may be there (`plugins.traces. recorded`). GAIA's samples have `arrival_h, length_h, cpus` [h]
or `arrival_time, length, cpus` [s].
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from suandian.model.issues import InputError, Issue
from suandian.model.ports import TraceKind
from suandian.plugins.traces.recorded import (
    SCHEMA,
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

NAME = "table"
NUMBERS = ("count", "work", "width", "data", "min_width", "max_width")


def sniff(path: Path, head: str) -> bool:
    """Return whether a file has the columns that are needed."""
    names = set(column_names(path, head))
    gaia = {"cpus"} <= names and (
        {"arrival_h", "length_h"} <= names or {"arrival_time", "length"} <= names
    )
    return gaia or ({"submit", "width"} <= names and bool({"work", "length_h"} & names))


def read(options: ClockOptions) -> Recorded:
    """Return the jobs of a file.

    Raises
    ------
    InputError
        With every column that is missing or unknown and every value that cannot be used.
    """
    path = options.path
    frame = _renamed(read_table(path))
    require(path, frame, ("submit", "width"))
    if "work" not in frame.columns:
        require(path, frame, ("length_h",))
    # a misspelt column would be left out in silence
    unknown = [name for name in frame.columns if name not in (*SCHEMA, "length_h")]
    if unknown:
        allowed = ", ".join((*SCHEMA, "length_h"))
        raise InputError(
            [
                Issue(
                    path.name,
                    f"column {name}",
                    None,
                    "is not known",
                    allowed,
                )
                for name in unknown
            ]
        )
    # seconds count from the start of the trace, times are times
    utc = frame.schema["submit"] in (pl.Datetime, pl.Date) or _is_text(frame["submit"])
    times = [name for name in ("submit", "due") if name in frame.columns]
    frame = frame.with_columns(
        *(_seconds(frame, name).alias(f"{name}_s") for name in times),
        *(number(name) for name in (*NUMBERS, "length_h") if name in frame.columns),
        *([_flag(frame)] if "suspendable" in frame.columns else []),
    )
    issues = findings(path, frame, _rules(frame, utc))
    if issues:
        raise InputError(issues)
    # either is enough: core hours, or hours at full width
    work = pl.col("work") if "work" in frame.columns else pl.col("length_h") * pl.col("width")
    ran = frame.with_columns(work.alias("work")).filter(pl.col("work") > 0)
    table = ran.drop(*times, "length_h", strict=False).rename({f"{name}_s": name for name in times})
    if "job" not in table.columns:
        table = table.with_row_index("job")
    return recorded(table, utc, left_out(frame, ran, "jobs have no work"))


def _renamed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return GAIA's columns under the names and units used here."""
    # GAIA's own files, in both of their editions
    if {"arrival_h", "length_h", "cpus"} <= set(frame.columns):
        return frame.select(
            (number("arrival_h") * 3600).alias("submit"),
            number("length_h"),
            number("cpus").alias("width"),
        )
    if {"arrival_time", "length", "cpus"} <= set(frame.columns):
        return frame.select(
            number("arrival_time").alias("submit"),
            (number("length") / 3600).alias("length_h"),
            number("cpus").alias("width"),
        )
    return frame


def _rules(frame: pl.DataFrame, utc: bool) -> dict[str, tuple[pl.Expr, str]]:
    positive = (("width", "cores above 0"), ("count", "1 or more"), ("min_width", "cores above 0"))
    none_less = (
        ("work", "core hours, 0 or more"),
        ("length_h", "hours, 0 or more"),
        ("data", "GB, 0 or more"),
    )
    rules = {name: (pl.col(name).is_finite() & (pl.col(name) > 0), text) for name, text in positive}
    rules |= {
        name: (pl.col(name).is_finite() & (pl.col(name) >= 0), text) for name, text in none_less
    }
    rules["max_width"] = (pl.col("max_width") >= pl.col("width"), "cores, not below width")
    if "min_width" in frame.columns:
        rules["min_width"] = (
            pl.col("min_width").is_between(0, pl.col("width"), closed="right"),
            "cores, up to width",
        )
    when = "a time, UTC" if utc else "seconds, 0 or more"
    rules["submit"] = (pl.col("submit_s").is_not_null() & (utc | (pl.col("submit_s") >= 0)), when)
    rules["due"] = (pl.col("due_s") >= pl.col("submit_s"), f"{when}, not before submit")
    # what a job need not have
    may_be_null = ("due", "data", "min_width", "max_width")
    return {
        name: (good | pl.col(name).is_null() if name in may_be_null else good, text)
        for name, (good, text) in rules.items()
        if name in frame.columns
    }


def _is_text(column: pl.Series) -> bool:
    return (
        column.dtype == pl.String
        and column.drop_nulls().head(1).cast(pl.Float64, strict=False).null_count() > 0
    )


def _seconds(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Return a time column as whole seconds, null where it is none."""
    if frame.schema[name] in (pl.Datetime, pl.Date):
        return pl.col(name).cast(pl.Datetime("us")).dt.epoch("s")
    if _is_text(frame[name]):
        return (
            pl.col(name)
            .str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
            .dt.epoch("s")
        )
    return number(name).floor().cast(pl.Int64, strict=False)


def _flag(frame: pl.DataFrame) -> pl.Expr:
    if frame.schema["suspendable"] == pl.Boolean:
        return pl.col("suspendable")
    return (
        pl.col("suspendable")
        .str.to_lowercase()
        .replace_strict({"true": True, "false": False}, default=None)
    )


TRACE = TraceKind(windowed(read), ClockOptions, sniff, read)
