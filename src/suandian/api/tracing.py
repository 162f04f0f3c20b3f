"""`trace`: a file of jobs as the normalised table, and what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from suandian.model.issues import InputError, Issue
from suandian.plugins.traces.recorded import Recorded, utc
from suandian.reading.resolve.traces import read_trace, recognised

QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True, eq=False)
class TraceFile:
    """A trace that was read: the plug-in's name, its table, and `facts` about it for a reader.

    The table has one row per bundle of jobs (see docs/jobs.md), or one per step where the file
    holds requests of a service.
    """

    format: str
    table: pl.DataFrame
    facts: dict[str, Any]

    def write(self, out: str | Path) -> Path:
        """Write the normalised table as .parquet or .csv; returns the path.

        Raises
        ------
        InputError
            The ending is neither.
        """
        path = Path(out)
        if path.suffix == ".parquet":
            self.table.write_parquet(path)
        elif path.suffix == ".csv":
            self.table.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S")
        else:
            message = "is of no known kind"
            allowed = ".parquet or .csv"
            raise InputError([Issue("trace", "--out", str(out), message, allowed)])
        return path


def trace(
    path: str | Path, format: str | None = None, options: Mapping[str, Any] | None = None
) -> TraceFile:
    """Read a trace of jobs with a plug-in (`format`), or with the one that knows its content.

    Raises
    ------
    InputError
        No plug-in knows the file, an option is wrong, or with every issue of the file.

    Examples
    --------
    >>> import suandian, tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "jobs.csv"
    ...     _ = file.write_text("submit,width,work\\n0,2,4.0\\n3600,1,1.0\\n")
    ...     jobs = suandian.trace(file)
    >>> jobs.format, jobs.facts["core_hours"]
    ('table', 5.0)
    """
    file = Path(path)
    name = recognised(file) if format is None else format
    content = read_trace(file, name, dict(options or {}))
    # a file of requests is the load of a service: a frame, no recording of jobs
    if isinstance(content, pl.DataFrame):
        return TraceFile(name, content, {"format": name, **_requests(content)})
    return TraceFile(name, content.table, {"format": name, **_jobs(content)})


def _jobs(recording: Recorded) -> dict[str, Any]:
    table = recording.table
    if not len(table):
        return {"rows": 0, "notes": list(recording.notes)}
    submit = table["submit"]
    first, last = (_time(edge, recording.utc) for edge in (submit.min(), submit.max()))
    window_s = pl.col("due") - pl.col("submit")
    # a job is too long if it ends after its deadline although it starts at once at full width
    too_long = (pl.col("work") / pl.col("width") * 3600 > window_s).sum()
    named = table["workload"].null_count() < len(table)
    return {
        "rows": len(table),
        "jobs": int(table["count"].sum()),
        "submitted": f"{first} to {last}",
        "core_hours": round(float((table["work"] * table["count"]).sum()), 3),
        "run_time_h": _quantiles(table["work"] / table["width"]),
        "width_cores": _quantiles(table["width"]),
        "workloads": table["workload"].n_unique() if named else 0,
        "with_due": int(table["due"].is_not_null().sum()),
        "too_long_for_their_window": int(table.select(too_long).item()),
        "notes": list(recording.notes),
    }


def _requests(load: pl.DataFrame) -> dict[str, Any]:
    value = load["value"]
    return {
        "steps": len(load),
        "from": str(load["time"].min()),
        "to": str(load["time"].max()),
        "requests": int(load["requests"].sum()),
        "mean_tokens_per_s": round(float(value.mean()), 3),  # type: ignore[arg-type]
        "peak_tokens_per_s": round(float(value.max()), 3),  # type: ignore[arg-type]
    }


def _quantiles(values: pl.Series) -> dict[str, float]:
    marks: dict[str, Any] = {f"p{q * 100:g}": values.quantile(q, "linear") for q in QUANTILES}
    marks["most"] = values.max()
    return {name: float(f"{value:.4g}") for name, value in marks.items()}


def _time(seconds: Any, known: bool) -> str:
    return utc(seconds) if known else f"{seconds / 3600:.3f} h from the trace's start"
