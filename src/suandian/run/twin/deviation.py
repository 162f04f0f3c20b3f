"""How far a step went from its plan: lines that it would have overloaded, power that moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.maths.ordered_sums import product
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.maths.topology import limits_mw
from suandian.model.grid import Floats
from suandian.model.places import Places

OVERLOAD_MW = 1e-3  # what is booked is whole Wh: less than this is rounding


@dataclass(frozen=True)
class Deviation:
    """`overloads` lines above their rating had the plan met the actuals; `moved_mw` redispatch."""

    overloads: int
    moved_mw: float


def deviation(prepared: Prepared, planned_mw: Floats, result: Result) -> Deviation:
    """Return what the planned output `planned_mw` (units,) would have done to the grid on actuals.

    Planned output is cut to what is available; the imbalance falls on firm units in proportion to
    capacity. What then still differs from the dispatch had to be moved.
    """
    units = prepared.units
    fed = units.feed >= 0
    executed = result.output_mw()[0]
    available = result.compiled.window.available_mw[0]
    planned = planned_mw.copy()
    planned[fed] = np.minimum(planned[fed], available[units.feed[fed]])
    # a forecast error is everybody's: firm units share it before it counts as redispatch
    firm = np.where(fed, 0.0, units.p_max_mw)
    missing = -(planned - executed).sum()
    first = planned + missing * firm / max(firm.sum(), 1e-9)
    # what one unit gives up another takes over: half of all changes is what moved
    moved = 0.5 * float(np.abs((first - executed)[~fed]).sum())
    if prepared.network not in ("dc", "ptdf"):
        return Deviation(0, moved)
    places = Places(prepared.buses, len(prepared.sites))
    on_grid = np.flatnonzero(places.at_bus(units.node))
    shift = np.zeros(prepared.buses)
    np.add.at(shift, units.node[on_grid], (first - executed)[on_grid])
    # flows are linear in injections: those of the plan are those executed plus PTDF times the shift
    flow = result.flow_mw()[0] + product(prepared.topology.ptdf, shift)
    over = np.abs(flow) > limits_mw(prepared.grid) + OVERLOAD_MW
    return Deviation(int(over.sum()), moved)
