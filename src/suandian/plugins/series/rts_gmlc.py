"""One availability series of RTS-GMLC by generator id, for example `rts-gmlc:309_WIND_1` (wind, PV,
hydro).
"""

from __future__ import annotations

import difflib

from suandian.model.feed import Feed
from suandian.model.issues import InputError, Issue
from suandian.model.ports import SeriesKind
from suandian.model.time import TimeAxis
from suandian.plugins.grids import rts_gmlc
from suandian.plugins.grids.rts_tables import NAME


def series(key: str, axis: TimeAxis) -> Feed:
    """Return the availability [MW] of generator `key` on `axis`, actual and day-ahead.

    Raises
    ------
    InputError
        Unknown generator, data not installed, `axis` outside 2020 (local).
    """
    return _grid_with(key).available(axis, [key])


def nameplate(key: str) -> float:
    """Return the maximum output [MW] of generator `key`; divide by it to scale the series.

    Raises
    ------
    InputError
        Unknown generator, data not installed.
    """
    generators = _grid_with(key).grid.generators
    return float(generators.p_max_mw[generators.id.tolist().index(key)])


def _grid_with(key: str) -> rts_gmlc.RtsGmlc:
    source = rts_gmlc.load(rts_gmlc.RtsGmlcOptions())
    # only units that follow a series have one
    known = source.variable()
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        remedy = f"did you mean {near[0]}?" if near else ""
        allowed = f"one of {len(known)} ids such as 309_WIND_1, 320_PV_1, 122_HYDRO_1"
        raise InputError(
            [Issue(NAME, "series", key, "no generator with a series", allowed, remedy)]
        )
    return source


SERIES = SeriesKind(series, nameplate, example="309_WIND_1")
