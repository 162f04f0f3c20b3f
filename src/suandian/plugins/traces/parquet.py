"""Jobs from a parquet file with the columns arrival_h [h], length_h [h] and cpus [cores], one row per job.

Time: an arrival of `start_h` hours falls on the instant `anchor`, all others relative to it. So `anchor` = start of the
scenario and `start_h` = 720 plays the trace from its hour 720 on, and what lies before it is the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suandian.model.grid import Floats
from suandian.model.issues import InputError, Issue
from suandian.model.ports import Trace

FILE = "trace_options"
COLUMNS = ("arrival_h", "length_h", "cpus")
OPTIONS = ("path", "start_h", "anchor")
ANCHOR = "2020-01-01T00:00:00+00:00"
MAX_SHOWN = 20


def jobs(options: Mapping[str, Any], start_s: int, end_s: int, seed: int) -> Trace:  # noqa: ARG001 - a file has no seed
    """Return jobs submitted in [start_s, end_s) [UTC s], in order of submission.

    Options: `path` of the file; `start_h` [h], default 0; `anchor`, a time with offset, default 2020-01-01 00:00 UTC.

    Raises
    ------
    InputError
        With every finding: options, unreadable file, missing columns, bad values with their rows, or a window outside
        the trace.
    """
    path, start_h, anchor = _options(options)
    arrival, length, cores = _columns(path)
    submit = int(anchor.timestamp()) + np.floor((arrival - start_h) * 3600).astype(np.int64)
    if not len(submit) or start_s > submit.max() or end_s <= submit.min():
        raise InputError([_uncovered(path, submit, start_s, end_s)])
    rows = np.flatnonzero((submit >= start_s) & (submit < end_s))
    rows = rows[np.argsort(submit[rows], kind="stable")]
    return Trace(
        submit_s=submit[rows], length_h=length[rows], cores=cores[rows], count=np.ones(len(rows), dtype=np.int64),
        provenance=(
            f"{path.name}: {len(rows)} of {len(submit)} jobs; arrival_h = {start_h:g} falls on {anchor.isoformat()}, "
            f"trace from {_utc(submit.min())} to {_utc(submit.max())}",
        ),
    )  # fmt: skip


def _options(options: Mapping[str, Any]) -> tuple[Path, float, datetime]:
    issues = [
        Issue(FILE, k, options[k], "unknown option of parquet", ", ".join(OPTIONS)) for k in options if k not in OPTIONS
    ]
    path, start_h, anchor = options.get("path"), options.get("start_h", 0.0), options.get("anchor", ANCHOR)
    if not isinstance(path, str | Path):
        issues.append(Issue(FILE, "path", path, "is missing or not a path", "a parquet file"))
    if isinstance(start_h, bool) or not isinstance(start_h, int | float) or not np.isfinite(start_h):
        issues.append(Issue(FILE, "start_h", start_h, "is not a number", "hours"))
    try:
        moment = anchor if isinstance(anchor, datetime) else datetime.fromisoformat(anchor)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        issues.append(Issue(FILE, "anchor", str(anchor), "is not a time with offset", f"for example {ANCHOR}"))
    if issues:
        raise InputError(issues)
    assert moment is not None
    return Path(str(path)), float(start_h), moment


def _columns(path: Path) -> tuple[Floats, Floats, Floats]:
    """Return arrival [h], length [h] and cores, all checked."""
    try:
        schema = pl.read_parquet_schema(path)
        missing = [
            Issue(
                path.name, f"column {name}", str(schema.get(name, "")) or None, "is missing or not a number", "a number"
            )
            for name in COLUMNS
            if name not in schema or not schema[name].is_numeric()
        ]
        frame = None if missing else pl.read_parquet(path, columns=list(COLUMNS))
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError([Issue(path.name, "file", None, f"cannot be read ({reason})", "parquet")]) from error
    if frame is None:
        raise InputError(missing)
    arrival, length, cores = (frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in COLUMNS)
    issues = [
        *_bad(path, "arrival_h", arrival, arrival >= 0, "0 or more"),
        *_bad(path, "length_h", length, length > 0, "above 0"),
        *_bad(path, "cpus", cores, cores > 0, "above 0"),
    ]
    if issues:
        raise InputError(issues)
    return arrival, length, cores


def _bad(path: Path, column: str, values: Floats, allowed: NDArray[np.bool_], text: str) -> list[Issue]:
    """Return an issue per unusable row (counted from 1), the first `MAX_SHOWN` one by one."""
    rows = np.flatnonzero(~(allowed & np.isfinite(values))).tolist()
    issues = [
        Issue(path.name, f"row {i + 1}, column {column}", float(values[i]), "is not usable", text)
        for i in rows[:MAX_SHOWN]
    ]
    if len(rows) > MAX_SHOWN:
        message = f"{len(rows) - MAX_SHOWN} more rows are not usable"
        issues.append(Issue(path.name, f"column {column}", None, message, text))
    return issues


def _uncovered(path: Path, submit: NDArray[np.int64], start_s: int, end_s: int) -> Issue:
    covered = f"{_utc(submit.min())} to {_utc(submit.max())}" if len(submit) else "none: the file has no rows"
    asked = f"{_utc(start_s)} to {_utc(end_s)}"
    return Issue(path.name, "column arrival_h", asked, "the trace has no jobs there", covered, "set anchor or start_h")


def _utc(time_s: int) -> str:
    return f"{np.datetime64(int(time_s), 's')}Z"
