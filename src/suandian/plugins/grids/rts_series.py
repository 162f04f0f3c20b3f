"""RTS-GMLC's series of 2020: cells of 5 minutes (real time) and of hours (day ahead)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from suandian.model.grid import Floats, Ints
from suandian.model.issues import InputError, Issue
from suandian.model.time import TimeAxis
from suandian.plugins.grids.rts_tables import MAX_SHOWN, NAME, first_line

UTC_OFFSET_S = -8 * 3600
START_S = 1577836800 - UTC_OFFSET_S  # 2020-01-01 00:00 local
END_S = START_S + 366 * 86400
HOUR_S = 3600  # of the day-ahead files
CELL_S = 300  # of the real-time files


def check_cover(axis: TimeAxis) -> None:
    """Refuse steps outside 2020, or that cut a cell of 5 minutes.

    Raises
    ------
    InputError
        With what is covered.
    """
    issues = []
    if axis.start_s < START_S or axis.end_s > END_S:
        asked = f"{_utc(axis.start_s)} to {_utc(axis.end_s)}"
        covered = f"{_utc(START_S)} to {_utc(END_S)}, the year 2020 of zone Etc/GMT+8"
        remedy = "change [time]; forecasts also read the weeks before the start"
        issues.append(Issue(NAME, "time", asked, "is not covered by the series", covered, remedy))
    if np.any(axis.edges_s % CELL_S):
        issues.append(
            Issue(
                NAME, "time", None, "a step does not start at a 5-minute mark", "multiples of 5 min"
            )
        )
    if issues:
        raise InputError(issues)


def means(path: Path, columns: Sequence[str], axis: TimeAxis, cell_s: int) -> Floats:
    """Return mean values (axis.n, columns) of a file whose rows last `cell_s` [s]."""
    edges = axis.edges_s - START_S
    first = int(edges[0] // cell_s)
    values = _cells(path, columns, first, int(-(-edges[-1] // cell_s)), cell_s)
    # steps may cut an hour: its value holds in each part
    part_s = int(np.gcd.reduce(np.append(edges, cell_s)))
    values = np.repeat(values, cell_s // part_s, axis=0)
    marks = edges // part_s - first * cell_s // part_s
    sums = np.add.reduceat(values[: marks[-1]], marks[:-1], axis=0)
    return np.asarray(sums / np.diff(marks)[:, None])


def _cells(path: Path, columns: Sequence[str], first: int, last: int, cell_s: int) -> Floats:
    """Return rows first … last-1 of some columns, after checking that the rows are the expected
    periods.
    """
    types = dict.fromkeys(columns, pl.Float64)
    stamps = ("Year", "Month", "Day", "Period")
    try:
        lazy = (
            pl.scan_csv(path, schema_overrides=types)
            .select(*stamps, *columns)
            .slice(first, last - first)
        )
        frame = lazy.collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            [Issue(path.name, "file", None, f"cannot be read ({first_line(error)})")]
        ) from error
    values = frame.select(columns).to_numpy()
    stamp = frame.select(stamps).to_numpy()
    expected = _stamps(np.arange(first, last), 86400 // cell_s)
    if stamp.shape != expected.shape or not np.array_equal(stamp, expected):
        same = np.all(stamp == expected[: len(stamp)], axis=1)
        row = first + 2 + (int(np.argmin(same)) if not same.all() else len(same))
        raise InputError(
            [
                Issue(
                    path.name,
                    f"row {row}",
                    None,
                    "is not the expected period",
                    "each period of 2020 once",
                )
            ]
        )
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        raise InputError(
            Issue(
                path.name,
                f"row {first + i + 2}, column {columns[j]}",
                values[i, j],
                "is not a finite number",
            )
            for i, j in bad[:MAX_SHOWN].tolist()
        )
    return values


def _stamps(rows: Ints, per_day: int) -> Ints:
    """Return year, month, day and period (from 1) of rows counted from the start of 2020."""
    day = np.datetime64("2020-01-01", "D") + rows // per_day
    month = day.astype("M8[M]")
    year = day.astype("M8[Y]")
    parts = (
        year.astype(np.int64) + 1970,
        month.astype(np.int64) % 12 + 1,
        (day - month).astype(np.int64) + 1,
    )
    return np.column_stack([*parts, rows % per_day + 1])


def noon_before(start_s: Ints) -> Ints:
    """Return 12:00 local of the day before the local day of each time, all in UTC seconds."""
    day = (start_s + UTC_OFFSET_S) // 86400
    return day * 86400 - UTC_OFFSET_S - 12 * 3600


def _utc(time_s: int) -> str:
    return f"{np.datetime64(time_s, 's')}Z"
