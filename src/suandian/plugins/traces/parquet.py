"""Jobs from a parquet file with the columns arrival_h [h], length_h [h] and cpus [cores], one row
per job.

Time: an arrival of `start_h` hours falls on the instant `anchor`, all others relative to it. So
`anchor` = start of the scenario and `start_h` = 720 plays the trace from its hour 720 on, and what
lies before it is the history.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from suandian.model.grid import Floats
from suandian.model.issues import InputError, Issue
from suandian.model.ports import Trace, TraceKind
from suandian.plugins.traces.recorded import ClockOptions, findings, readable, uncovered, utc

COLUMNS = ("arrival_h", "length_h", "cpus")


def jobs(options: ClockOptions, start_s: int, end_s: int, seed: int) -> Trace:  # noqa: ARG001
    """Return jobs submitted in [start_s, end_s) [UTC s], in order of submission.

    Raises
    ------
    InputError
        With every finding: unreadable file, missing columns, bad values with their rows,
        or a window outside the trace.
    """
    path = options.path
    start_h = options.start_h
    anchor = options.anchor
    arrival, length, cores = _columns(path)
    # hours of the trace on the clock of the study
    submit = int(anchor.timestamp()) + np.floor((arrival - start_h) * 3600).astype(np.int64)
    if not len(submit) or start_s > submit.max() or end_s <= submit.min():
        raise InputError(
            [uncovered(path, "column arrival_h", submit, start_s, end_s, "the file has no rows")]
        )
    rows = np.flatnonzero((submit >= start_s) & (submit < end_s))
    # in order of submission; of one second, as in the file
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


TRACE = TraceKind(jobs, ClockOptions)
