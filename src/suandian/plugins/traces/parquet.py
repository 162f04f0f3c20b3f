"""Jobs from a parquet file with the columns arrival_h [h], length_h [h] and cpus [cores], one row
per job.

Time: an arrival of `start_h` hours falls on the instant `anchor`, all others relative to it. So
`anchor` = start of the scenario and `start_h` = 720 plays the trace from its hour 720 on, and what
lies before it is the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from suandian.model.grid import Floats
from suandian.model.issues import InputError, Issue
from suandian.model.ports import Trace
from suandian.plugins.traces.recorded import COMMON, FILE, clock, findings, readable, uncovered, utc

COLUMNS = ("arrival_h", "length_h", "cpus")


def jobs(options: Mapping[str, Any], start_s: int, end_s: int, seed: int) -> Trace:  # noqa: ARG001 - a file has no seed
    """Return jobs submitted in [start_s, end_s) [UTC s], in order of submission.

    Options: `path` of the file; `start_h` [h], default 0; `anchor`, a time with offset, default
    2020-01-01 00:00 UTC.

    Raises
    ------
    InputError
        With every finding: options, unreadable file, missing columns, bad values with their rows,
        or a window outside the trace.
    """
    path, start_h, anchor = _options(options)
    arrival, length, cores = _columns(path)
    submit = int(anchor.timestamp()) + np.floor((arrival - start_h) * 3600).astype(np.int64)
    if not len(submit) or start_s > submit.max() or end_s <= submit.min():
        raise InputError(
            [uncovered(path, "column arrival_h", submit, start_s, end_s, "the file has no rows")]
        )
    rows = np.flatnonzero((submit >= start_s) & (submit < end_s))
    rows = rows[np.argsort(submit[rows], kind="stable")]
    return Trace(
        submit_s=submit[rows],
        length_h=length[rows],
        cores=cores[rows],
        count=np.ones(len(rows), dtype=np.int64),
        provenance=(
            f"{path.name}: {len(rows)} of {len(submit)} jobs; arrival_h = {start_h:g} falls on "
            f"{anchor.isoformat()}, "
            f"trace from {utc(submit.min())} to {utc(submit.max())}",
        ),
    )


def _options(options: Mapping[str, Any]) -> tuple[Path, float, datetime]:
    issues = [
        Issue(FILE, k, options[k], "unknown option of parquet", ", ".join(COMMON))
        for k in options
        if k not in COMMON
    ]
    path = options.get("path")
    if not isinstance(path, str | Path):
        issues.append(Issue(FILE, "path", path, "is missing or not a path", "a parquet file"))
    start_h, moment, found = clock(options)
    if issues + found:
        raise InputError(issues + found)
    return Path(str(path)), start_h, moment


def _columns(path: Path) -> tuple[Floats, Floats, Floats]:
    """Return arrival [h], length [h] and cores, all checked."""
    with readable(path, "parquet"):
        schema = pl.read_parquet_schema(path)
        missing = [
            Issue(
                path.name,
                f"column {name}",
                str(schema.get(name, "")) or None,
                "is missing or not a number",
                "a number",
            )
            for name in COLUMNS
            if name not in schema or not schema[name].is_numeric()
        ]
        if missing:
            raise InputError(missing)
        frame = pl.read_parquet(path, columns=list(COLUMNS))
    frame = frame.select(pl.col(name).cast(pl.Float64).fill_null(np.nan) for name in COLUMNS)
    arrival, length, cores = (pl.col(name) for name in COLUMNS)
    issues = findings(
        path,
        frame,
        {
            "arrival_h": (arrival.is_finite() & (arrival >= 0), "0 or more"),
            "length_h": (length.is_finite() & (length > 0), "above 0"),
            "cpus": (cores.is_finite() & (cores > 0), "above 0"),
        },
    )
    if issues:
        raise InputError(issues)
    return frame["arrival_h"].to_numpy(), frame["length_h"].to_numpy(), frame["cpus"].to_numpy()
