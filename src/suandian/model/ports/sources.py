"""Ports of what a scenario is read from: grids, series and traces of jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from suandian.model.feed import Feed
from suandian.model.grid import Bools, Floats, Grid, Ints
from suandian.model.time import TimeAxis


class GridInput(Protocol):
    """A grid that was read, and its time-varying inputs on any axis."""

    @property
    def grid(self) -> Grid:
        """The static grid."""

    def feeds(self, axis: TimeAxis) -> dict[str, Feed]:
        """Return the feeds load, available and inflow (those that the grid has) on `axis`.

        Raises InputError where the data do not cover the axis.
        """


class GridSource(Protocol):
    """A plug-in of `plugins/grids`: a module or object with this function."""

    def load(self, options: Mapping[str, Any], folder: Path) -> GridInput:
        """Read the grid that `options` (the keys of `[grid]` without plugin and network) describe.

        Paths are relative to `folder`. Raises InputError with all issues.
        """


class SeriesSource(Protocol):
    """A plug-in of `plugins/series`: named series as feeds of one column."""

    def series(self, key: str, axis: TimeAxis) -> Feed:
        """Return series `key` on `axis`; raises InputError for an unknown key or an
        uncovered time.
        """


@dataclass(frozen=True, eq=False)
class Trace:
    """Jobs as a trace gives them, one row per bundle, before power is attached.

    `submit_s` [UTC s], `length_h` run time at full width [h], `cores` per job, `count` identical
    jobs. `provenance` lines are shown on the report. `slack_h` how much later than if it ran at
    once a job may end [h], where the trace knows: nan where it does not, below zero for a job that
    is longer than its window.
    """

    submit_s: Ints
    length_h: Floats
    cores: Floats
    count: Ints
    provenance: tuple[str, ...] = ()
    slack_h: Floats | None = None

    def rows(self, which: Ints | Bools) -> Trace:
        """Return some of the jobs."""
        names = ("submit_s", "length_h", "cores", "count", "slack_h")
        columns = {name: getattr(self, name) for name in names}
        return replace(
            self, **{name: column[which] for name, column in columns.items() if column is not None}
        )


class TraceSource(Protocol):
    """A plug-in of `plugins/traces`."""

    def jobs(self, options: Mapping[str, Any], start_s: int, end_s: int, seed: int) -> Trace:
        """Return jobs submitted in [start_s, end_s); the same seed gives the same jobs. Raises
        InputError.
        """
