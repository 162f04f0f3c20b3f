"""Recorded traces: one columnar table whatever the format, findings with their lines, and a window
of it as jobs.

The table has the columns of `SCHEMA`. `submit` and `due` are seconds: UTC where the trace's clock
is known, else from the trace's own start. `work` [core h] is run time at full width times `width`
[cores]; `min_width`, `max_width` [cores] bound what a malleable job may take. What a format does
not say is null; `count` jobs are identical.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from suandian.model.grid import Ints
from suandian.model.issues import InputError, Issue
from suandian.model.ports import Trace
from suandian.model.ports.options import Field, InputPath, PluginOptions, ZonedTime

SCHEMA = pl.Schema(
    {
        "job": pl.String,
        "workload": pl.String,
        "count": pl.Int64,
        "origin": pl.String,
        "submit": pl.Int64,
        "work": pl.Float64,
        "width": pl.Float64,
        "due": pl.Int64,
        "data": pl.Float64,
        "suspendable": pl.Boolean,
        "min_width": pl.Float64,
        "max_width": pl.Float64,
    }
)
ANCHOR = datetime(2020, 1, 1, tzinfo=UTC)
MAX_SHOWN = 20


@dataclass(frozen=True, eq=False)
class Recorded:
    """A trace that was read: its `table`, whether its clock is `utc`, and what was left out or
    assumed (`notes`).
    """

    table: pl.DataFrame
    utc: bool
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.table)


class ClockOptions(PluginOptions):
    """Options of every recorded trace: its file, and when it is played."""

    path: InputPath = Field(description="file of the trace")
    start_h: float = Field(
        default=0.0, description="hour of the trace that falls on `anchor` [h from its start]"
    )
    anchor: ZonedTime = Field(
        default=ANCHOR, description="time with offset on which hour `start_h` of the trace falls"
    )


Reader = Callable[[Any], Recorded]


def recorded(frame: pl.DataFrame, utc: bool, notes: Sequence[str] = ()) -> Recorded:
    """Return a trace from the columns that a format has; others are null, a job is one job of
    constant width.
    """
    # formats differ in what they know: what is missing is null, and said in the notes
    known = frame.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in SCHEMA.items()
        if name not in frame.columns
    )
    full = known.with_columns(
        # a job without a count is one job, and without limits of its width it has one
        pl.col("count").fill_null(1),
        pl.col("min_width").fill_null(pl.col("width")),
        pl.col("max_width").fill_null(pl.col("width")),
    )
    return Recorded(
        full.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()), utc, tuple(notes)
    )


def read_table(
    path: Path, columns: Sequence[str] | None = None, header: bool = True
) -> pl.DataFrame:
    """Return a CSV (by its ending: .csv, .txt, .gz of them) or parquet file; CSV columns are text.

    `columns` names those of a CSV without header.

    Raises
    ------
    InputError
        The file cannot be read as such.
    """
    with readable(path, "CSV or parquet"):
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        # all as text: a column of numbers with one word in it is told by row, not refused whole
        names = None if columns is None else list(columns)
        return pl.read_csv(
            path, has_header=header, new_columns=None if header else names, infer_schema=False
        )


@contextmanager
def readable(path: Path, allowed: str) -> Iterator[None]:
    """Turn what goes wrong in reading a file into an InputError that says what is `allowed`."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            [Issue(path.name, "file", None, f"cannot be read ({reason})", allowed)]
        ) from error


def column_names(path: Path, head: str) -> list[str]:
    """Return the columns of a parquet file, or what the first line of a CSV has between
    its commas.
    """
    if path.suffix == ".parquet":
        return list(pl.read_parquet_schema(path))
    return head.split("\n", 1)[0].strip().split(",")


def left_out(frame: pl.DataFrame, kept: pl.DataFrame, what: str) -> list[str]:
    """Return the note that says how many rows were left out and why, none where all were kept."""
    gone = len(frame) - len(kept)
    return [f"{gone} of {len(frame)} {what} and are left out"] if gone else []


def require(path: Path, frame: pl.DataFrame, columns: Sequence[str]) -> None:
    """Raise InputError with every column that is missing."""
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        has = ", ".join(frame.columns[:12])
        raise InputError(
            [
                Issue(path.name, f"column {name}", None, "is missing", f"the file has {has}")
                for name in missing
            ]
        )


def findings(
    path: Path, frame: pl.DataFrame, rules: Mapping[str, tuple[pl.Expr, str]], line: str = "row"
) -> list[Issue]:
    """Return an issue for each value that breaks its rule: column → (expression that is true where
    it is good, text).

    Null counts as bad. `frame[line]` numbers the rows; without such a column they count from 1. The
    first `MAX_SHOWN` of each column are listed one by one.
    """
    issues = []
    # rows as the user counts them
    at = frame[line] if line in frame.columns else pl.int_range(1, len(frame) + 1, eager=True)
    for name, (good, allowed) in rules.items():
        bad = np.flatnonzero(~frame.select(good.fill_null(value=False)).to_series().to_numpy())
        shown = frame[name][bad[:MAX_SHOWN]].to_list()
        issues += [
            Issue(path.name, f"{line} {at[int(i)]}, column {name}", value, "is not usable", allowed)
            for i, value in zip(bad[:MAX_SHOWN], shown, strict=True)
        ]
        if len(bad) > MAX_SHOWN:
            issues.append(
                Issue(
                    path.name,
                    f"column {name}",
                    None,
                    f"{len(bad) - MAX_SHOWN} more rows are not usable",
                    allowed,
                )
            )
    return issues


def number(name: str) -> pl.Expr:
    """Return a text or number column as float, null where it is none."""
    # text that is no number becomes null, and a finding
    return pl.col(name).cast(pl.Float64, strict=False)


def windowed(read: Reader) -> Callable[[ClockOptions, int, int, int], Trace]:
    """Return the function `jobs` of a trace plug-in (see `model.ports.TraceKind`) for a reader of
    its format.

    A trace without a clock, and any trace whose options say when, is moved such that hour `start_h`
    falls on `anchor`.
    """

    def jobs(options: ClockOptions, start_s: int, end_s: int, seed: int) -> Trace:  # noqa: ARG001
        recording = read(options)
        table, moved = _on_clock(recording, options)
        submit = table["submit"].to_numpy()
        if not len(submit) or start_s > submit.max() or end_s <= submit.min():
            raise InputError([uncovered(options.path, "submit", submit, start_s, end_s)])
        # half-open, as every interval here: no job belongs to two windows
        inside = pl.col("submit").is_between(start_s, end_s, closed="left")
        part = table.filter(inside).sort("submit", maintain_order=True)
        length_h = part["work"] / part["width"]
        # what is left between the deadline and the end of a job that runs at once, at full width
        slack_h = ((part["due"] - part["submit"]) / 3600 - length_h).fill_null(np.nan).to_numpy()
        none_due = part["due"].null_count() == len(part)
        shown = f"{options.path.name}: {len(part)} of {len(table)} rows{moved}"
        return Trace(
            submit_s=part["submit"].to_numpy(),
            length_h=length_h.to_numpy(),
            cores=part["width"].to_numpy(),
            count=part["count"].to_numpy(),
            provenance=(shown, *recording.notes),
            slack_h=None if none_due else slack_h,
        )

    return jobs


def _on_clock(recording: Recorded, options: ClockOptions) -> tuple[pl.DataFrame, str]:
    """Return the table in UTC seconds and how it came there."""
    # a trace with real times stays where it is, unless somebody moves it
    asked = {"start_h", "anchor"} & options.model_fields_set
    if recording.utc and not asked:
        return recording.table, ""
    known = recording.utc and len(recording)
    first = int(recording.table["submit"].min()) if known else 0  # type: ignore[arg-type]
    moment = int(options.anchor.timestamp())
    move = moment - first - round(options.start_h * 3600)
    table = recording.table.with_columns(pl.col("submit") + move, pl.col("due") + move)
    text = f"; hour {options.start_h:g} of the trace falls on {options.anchor.isoformat()}"
    return table, text


def uncovered(
    path: Path,
    place: str,
    submit: Ints,
    start_s: int,
    end_s: int,
    none: str = "no job of the file ever ran",
) -> Issue:
    """Return the issue of a window in which the trace has no jobs; `none` says why, where it has
    none at all.
    """
    covered = f"{utc(submit.min())} to {utc(submit.max())}" if len(submit) else f"none: {none}"
    asked = f"{utc(start_s)} to {utc(end_s)}"
    return Issue(
        path.name, place, asked, "the trace has no jobs there", covered, "set anchor or start_h"
    )


def utc(time_s: int) -> str:
    """Return UTC seconds as ISO text."""
    return f"{np.datetime64(int(time_s), 's')}Z"
