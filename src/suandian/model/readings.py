"""Readings: what meters, a scheduler and a market say of one step.

Whoever executes a plan reports in these terms, a simulation and a gateway to real sites alike;
nobody who books them can tell which of the two it was.
"""

from __future__ import annotations

from dataclasses import dataclass

from suandian.model.grid import Floats, Ints
from suandian.model.placement import Placement


@dataclass(frozen=True, eq=False)
class Unsecured:
    """What the step would have been without N-1 [MW].

    `line_mw` (lines,) and `link_mw` (links,) signed from → to, `output_mw` (units,), `import_mw`
    (sites,).
    """

    line_mw: Floats
    link_mw: Floats
    output_mw: Floats
    import_mw: Floats


@dataclass(frozen=True, eq=False)
class Readings:
    """What was measured in one step; powers are means over the step [MW], energies whole [Wh].

    Supply: `output_mw` (units,) with what nobody took, `spilled_mw` (units,) of it, `on` (units,)
    1 where a unit was on, `available_mw` (units,) what it could have given: that of its feed, else
    its capacity. Stores: `charge_mw`, `discharge_mw`, `spill_mw`, `inflow_mw` (stores,).

    Grid: `line_mw` (lines,) and `link_mw` (links,), signed from → to; `load_mw` wanted and
    `shed_mw` not served (buses,). Market: `price` (buses,) [currency/MWh]; the change of emissions
    per MWh more, `marginal_kg_per_mwh` at buses and then sites (places,), not a number where
    `marginal_reason` (places,) says why (see model.signals).

    Computing: `serve_wh` (services, sites), `unserved_service_wh` (services,), `placement` of jobs,
    `idle_cut_mw` (sites,) of IT power that machines without work did not get, None where they did.

    Security: `n1_excess_mw` [MW], summed over all limits after a loss that could not be kept;
    `unsecured` what the step would have been without N-1, None where N-1 is off. Against the
    plan: `planned_overloads`, lines above their rating had the plan met what really happened
    without redispatch, and `redispatch_mw`, dispatchable power that had to move.
    """

    output_mw: Floats
    spilled_mw: Floats
    on: Floats
    available_mw: Floats
    charge_mw: Floats
    discharge_mw: Floats
    spill_mw: Floats
    inflow_mw: Floats
    line_mw: Floats
    link_mw: Floats
    load_mw: Floats
    shed_mw: Floats
    price: Floats
    marginal_kg_per_mwh: Floats
    marginal_reason: Ints
    serve_wh: Ints
    unserved_service_wh: Ints
    placement: Placement
    n1_excess_mw: float = 0.0
    unsecured: Unsecured | None = None
    planned_overloads: int = 0
    redispatch_mw: float = 0.0
    idle_cut_mw: Floats | None = None
