"""CSV series files: columns `time` (start of each interval) and `value`, every cell checked before
it is used.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from suandian.model.grid import Floats, Ints
from suandian.model.issues import InputError, Issue
from suandian.reading.spec.grid import SeriesFile
from suandian.reading.text.local_time import to_utc
from suandian.reading.text.suggest import suggest

MAX_BYTES = 16 * 2**20
MAX_SHOWN = 20
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, eq=False)
class FileSeries:
    """A regular series: start of the first interval [UTC s], resolution [s], values and day-ahead
    values.
    """

    name: str
    start_s: int
    step_s: int
    values: Floats
    ahead: Floats | None


class _Report:
    """Collects the issues of one file and stops showing a kind after `MAX_SHOWN`."""

    def __init__(self, file: str) -> None:
        self.file, self.issues, self._count = file, [], Counter()  # type: ignore[var-annotated]

    def add(
        self, place: str, value: object, message: str, allowed: str = "", remedy: str = ""
    ) -> None:
        self._count[message] += 1
        if self._count[message] <= MAX_SHOWN:
            self.issues.append(Issue(self.file, place, value, message, allowed, remedy))

    def finish(self) -> None:
        for message, count in self._count.items():
            if count > MAX_SHOWN:
                self.issues.append(
                    Issue(self.file, "file", None, f"{count - MAX_SHOWN} more: {message}")
                )
        if self.issues:
            raise InputError(self.issues)


def rows_of(path: Path) -> list[list[str]]:
    """Return header and rows of a CSV file in UTF-8.

    Raises
    ------
    InputError
        Too large, byte order mark, another encoding, NUL, no header, doubled headers, rows of
        another width.
    """
    rows = _parsed(path, _text(path))
    report = _Report(path.name)
    if not rows or not any(cell.strip() for cell in rows[0]):
        report.add("row 1", None, "the file is empty", "a header and rows")
        report.finish()
    header = [cell.strip() for cell in rows[0]]
    _check_header(header, report)
    # spreadsheets end files with empty lines
    while len(rows) > 1 and not any(rows[-1]):
        rows.pop()
    width = len(header)
    for i, row in enumerate(rows[1:], start=2):
        if len(row) != width:
            hint = "a decimal comma also splits a cell" if len(row) > width else ""
            message = f"the row has not {width} cells"
            report.add(f"row {i}", len(row), message, str(width), hint)
    report.finish()
    return [header, *rows[1:]]


def _text(path: Path) -> str:
    """Return the text of a file that is small enough and in UTF-8."""
    name = path.name
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError([Issue(name, "file", size, "too large", f"{MAX_BYTES} bytes")])
    data = path.read_bytes()
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        # the mark would be a part of the first header
        message = "begins with a byte order mark"
        remedy = "save without BOM"
        raise InputError([Issue(name, "row 1", None, message, "UTF-8", remedy)])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = f"row {data[: error.start].count(10) + 1}"
        seen = data[error.start : error.start + 4]
        raise InputError([Issue(name, place, seen, "is not UTF-8", "UTF-8")]) from error


def _parsed(path: Path, text: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        message = f"is not CSV ({error})"
        issue = Issue(path.name, "file", None, message, "comma-separated UTF-8")
        raise InputError([issue]) from error


def _check_header(header: list[str], report: _Report) -> None:
    for cell, count in Counter(header).items():
        if count > 1:
            report.add("row 1", cell, "the column header occurs twice", "each header once")
    # one column named "time;value": what a spreadsheet writes where the comma is the decimal sign
    if len(header) == 1 and ";" in header[0]:
        message = "columns are separated by semicolons"
        report.add("row 1", header[0], message, "commas", "save as comma-separated")


def read(path: Path, spec: SeriesFile, zone: ZoneInfo) -> FileSeries:
    """Read a series file; times without offset are wall times of `zone`.

    Raises
    ------
    InputError
        With row and column of every finding.
    """
    header, *body = rows_of(path)
    report = _Report(path.name)
    wanted = ["time", spec.column, *([spec.ahead] if spec.ahead else [])]
    for name in wanted:
        if name not in header:
            report.add(
                "row 1",
                name,
                "no such column",
                ", ".join(header),
                suggest(name, header),
            )
    report.finish()
    place = {name: header.index(name) for name in wanted}
    if not body:
        report.add("row 2", None, "the file has no rows", "one row per interval")
        report.finish()
    times = _times([row[place["time"]].strip() for row in body], zone, report)
    values = numbers([row[place[spec.column]].strip() for row in body], spec.column, report.add)
    ahead = (
        numbers([row[place[spec.ahead]].strip() for row in body], spec.ahead, report.add)
        if spec.ahead
        else None
    )
    step_s = _regular(times, report) if not report.issues else 0
    report.finish()
    return FileSeries(path.name, int(times[0]), step_s, values, ahead)


def numbers(cells: list[str], column: str, add: Callable[..., None]) -> Floats:
    """Return cells as numbers; what is not a finite number is reported with row and column."""
    # Python's float() also takes "1_000", "infinity" and digits of other scripts: a spreadsheet
    # means none of these
    bad = [i for i, cell in enumerate(cells) if not _NUMBER.fullmatch(cell)]
    for i in bad:
        message, remedy = _complaint(cells[i])
        add(f"row {i + 2}, column {column}", cells[i], message, "a number such as 12.5", remedy)
    wrong = set(bad)
    return np.array([0.0 if i in wrong else float(cell) for i, cell in enumerate(cells)])


def _complaint(cell: str) -> tuple[str, str]:
    if not cell:
        return "the cell is empty", "fill the gap, suandian does not guess"
    if cell.startswith("="):
        return "the cell is a formula", "save values, not formulas"
    if cell.lower().lstrip("+-") in ("nan", "inf", "infinity", "na", "n/a", "null", "none"):
        return "is not a finite number", "fill the gap, suandian does not guess"
    if re.fullmatch(r"[+-]?\d+,\d+", cell):
        return "has a decimal comma or a thousands separator", "decimal point, no separator"
    if re.fullmatch(r"[+-]?\d{1,3}([,' .]\d{3})+([.,]\d+)?", cell):
        return "has a thousands separator", "decimal point, no separator"
    return "is text where a number is expected", ""


def _times(cells: list[str], zone: ZoneInfo, report: _Report) -> Ints:
    utc = np.zeros(len(cells), dtype=np.int64)
    naive: list[int] = []
    allowed = "2020-11-09T00:00 or with offset 2020-11-09T00:00+01:00"
    zero = datetime(1970, 1, 1)
    for i, cell in enumerate(cells):
        try:
            if not _TIME.fullmatch(cell):
                raise ValueError("another form")
            moment = datetime.fromisoformat(cell)
        except ValueError:
            what = "is not a date and time" if not _TIME.fullmatch(cell) else "no such date or time"
            report.add(f"row {i + 2}, column time", cell, what, allowed)
            continue
        if moment.tzinfo is None:
            naive.append(i)
            # whole seconds by integer division: timestamp() of a naive time would ask the machine's
            # own zone
            utc[i] = (moment - zero) // (datetime(1970, 1, 1, 0, 0, 1) - zero)
        else:
            utc[i] = int(moment.timestamp())
    # which zone would the rows without an offset be in: the file's, or that of the rows around
    # them?
    if naive and len(naive) < len(cells) - len(report.issues):
        report.add(
            "column time", None, "some times have an offset and some have none", "all or none"
        )
        return utc
    if naive:
        rows = np.array(naive)
        utc[rows], missing, double = to_utc(utc[rows], zone)
        for i in rows[missing].tolist():
            report.add(
                f"row {i + 2}, column time",
                cells[i],
                f"does not exist in {zone.key}",
                allowed,
                "write offsets",
            )
        for i in rows[double].tolist():
            report.add(
                f"row {i + 2}, column time",
                cells[i],
                f"occurs twice in {zone.key}",
                allowed,
                "write offsets",
            )
    return utc


def _regular(times: Ints, report: _Report) -> int:
    """Return the resolution [s]; report doubled, unordered, missing intervals and mixed
    resolutions.
    """
    gaps = np.diff(times)
    if not len(gaps):
        return 3600
    steps, counts = np.unique(gaps[gaps > 0], return_counts=True)
    # the commonest gap is the resolution: a single missing row must not make the file "of mixed
    # resolution"
    step = int(steps[np.argmax(counts)]) if len(steps) else 3600
    # gaps that are whole multiples are missing rows; others, or many of them, another resolution
    mixed = len(steps) > 1 and (
        bool(np.any(steps % step)) or bool(counts.max() < 0.9 * counts.sum())
    )
    for i in np.flatnonzero(gaps != step).tolist():
        place = f"row {i + 3}, column time"
        gap = int(gaps[i])
        shown = f"{np.datetime64(int(times[i + 1]), 's')}Z"
        if gap == 0:
            report.add(place, shown, "the interval occurs twice", "each interval once")
        elif gap < 0:
            report.add(place, shown, "is not after the row before", "rising times", "sort the file")
        elif mixed:
            report.add(
                place,
                f"{gap / 60:g} min",
                "the resolution changes",
                f"{step / 60:g} min everywhere",
            )
        else:
            report.add(
                place,
                shown,
                f"{gap // step - 1} intervals are missing before",
                f"one row per {step / 60:g} min",
            )
    return step
