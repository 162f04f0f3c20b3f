"""Ports of what a scenario is read from: grids, series and traces of jobs.

Each kind of plug-in is declared by one frozen object (`GridKind`, `SeriesKind`, `TraceKind`) that a
package names as its entry point. What a plug-in may leave out has None as its default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from suandian.model.feed import Feed
from suandian.model.grid import Bools, Floats, Grid, Ints
from suandian.model.ports.options import PluginOptions
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


@dataclass(frozen=True)
class GridKind:
    """A plug-in of kind `grid`, entry point `suandian.grids`.

    `load(options)` reads the grid that the keys of `[grid]` describe (without those of the house:
    plugin, network, security …) and raises InputError with all issues. `Options` is the model of
    these keys; a scenario that does not fit it never reaches `load`. `example` are keys that the
    contract suite tries it with.
    """

    load: Callable[[Any], GridInput]
    Options: type[PluginOptions] = PluginOptions
    example: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SeriesKind:
    """A plug-in of kind `series`, entry point `suandian.series`: named series, `plugin:key` in a
    scenario.

    `series(key, axis)` returns one column on `axis` and raises InputError for an unknown key or a
    time that is not covered. `nameplate(key)`, where it is offered, is the value that means full
    output, in the unit of the series; without it the largest value in use is taken. `example` is a
    key that the contract suite tries it with.
    """

    series: Callable[[str, TimeAxis], Feed]
    nameplate: Callable[[str], float] | None = None
    example: str = ""


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
        # provenance is of the file, whichever rows are taken
        names = ("submit_s", "length_h", "cores", "count", "slack_h")
        columns = {name: getattr(self, name) for name in names}
        return replace(
            self, **{name: column[which] for name, column in columns.items() if column is not None}
        )


@dataclass(frozen=True)
class TraceKind:
    """A plug-in of kind `trace`, entry point `suandian.traces`.

    `jobs(options, start_s, end_s, seed)` returns the jobs submitted in [start_s, end_s) [UTC s], in
    order of submission; the same seed gives the same jobs, and a window inside another one gives
    its part of them. It raises InputError with all issues.

    A trace that is a file also offers `sniff(path, head)`, whether a file whose first characters
    are `head` is in its format, and `read(options)`, the whole file as the table that `suandian
    trace` describes and writes. `example` are options that the contract suite tries it with.
    """

    jobs: Callable[[Any, int, int, int], Trace]
    Options: type[PluginOptions] = PluginOptions
    sniff: Callable[[Path, str], bool] | None = None
    read: Callable[[Any], Any] | None = None
    example: Mapping[str, Any] = field(default_factory=dict)
