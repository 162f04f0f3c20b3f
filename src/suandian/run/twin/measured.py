"""From a solver's result to readings: here alone the Twin's answer becomes a measurement."""

from __future__ import annotations

import numpy as np

from suandian.maths import signals
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.model.grid import Floats, Ints
from suandian.model.issues import SolveError
from suandian.model.placement import Placement
from suandian.model.places import Places
from suandian.model.readings import Readings, Unsecured
from suandian.model.signals import DEFINED, UNSOLVED
from suandian.run.twin.deviation import Deviation
from suandian.run.twin.dispatch import GridStep


def measured(
    step: GridStep,
    inflow_mw: Floats,
    serve_wh: Ints,
    unserved_wh: Ints,
    placement: Placement,
    off_plan: Deviation,
) -> Readings:
    """Return the readings of a dispatched step; `inflow_mw` (stores,), computing as in Readings."""
    result = step.secure
    prepared = result.compiled.prepared
    window = result.compiled.window
    # a store has one direction: what it would take and give at once is neither
    charge_mw = _row(result, "charge", len(prepared.stores))
    stored_mw = charge_mw - _row(result, "discharge", len(prepared.stores))
    # taken while the problem is at hand: what one MWh more would emit cannot be read afterwards
    marginal, reason = marginal_signal(result)
    return Readings(
        output_mw=result.output_mw()[0],
        spilled_mw=result.dump_mw()[0],
        on=_on(prepared, result),
        available_mw=_available_mw(prepared, window.available_mw[0]),
        charge_mw=np.maximum(stored_mw, 0.0),
        discharge_mw=np.maximum(-stored_mw, 0.0),
        spill_mw=_row(result, "spill", len(prepared.stores)),
        inflow_mw=inflow_mw,
        line_mw=result.flow_mw()[0],
        link_mw=_row(result, "link", len(prepared.grid.links)),
        load_mw=window.load_mw[0],
        shed_mw=result.column("shed")[0],
        price=result.price()[0],
        marginal_kg_per_mwh=marginal,
        marginal_reason=reason,
        serve_wh=serve_wh,
        unserved_service_wh=unserved_wh,
        placement=placement,
        n1_excess_mw=float(result.column("n1_over").sum() + result.column("n1_under").sum()),
        unsecured=None if step.unsecured is None else _unsecured(step.unsecured),
        planned_overloads=off_plan.overloads,
        redispatch_mw=off_plan.moved_mw,
        idle_cut_mw=_row(result, "cut_idle", len(prepared.sites)),
    )


def marginal_signal(result: Result) -> tuple[Floats, Ints]:
    """Return the change of emissions per MWh more at each bus and site (places,) [kg/MWh], not a
    number where the reason (places,) says why.

    A signal that cannot be had does not stop a run: it is reported as such.
    """
    prepared = result.compiled.prepared
    places = Places(prepared.buses, len(prepared.sites))
    try:
        stand = signals.footing(result)
    except SolveError:
        return np.full(len(places), np.nan), np.full(len(places), UNSOLVED, dtype=np.int64)
    # a site is asked apart from its bus: its connection may be full, or its own supply cheaper
    directions = [signals.at_buses(stand.compiled), signals.at_sites(stand.compiled)]
    derivatives = signals.response(stand, directions)
    kg = [np.where(d.reason == DEFINED, d.measure, np.nan) for d in derivatives]
    return np.concatenate(kg), np.concatenate([d.reason for d in derivatives])


def _on(prepared: Prepared, result: Result) -> Floats:
    """Return 1 where a unit was on, 0 where it was committed off (units,)."""
    on = np.ones(len(prepared.units))
    # a solver's 0.9999999 is on
    on[prepared.committed] = np.rint(result.on()[0])
    return on


def _available_mw(prepared: Prepared, feed_mw: Floats) -> Floats:
    """Return what each unit could have given (units,): that of its feed, else its capacity."""
    units = prepared.units
    available = units.p_max_mw.copy()
    fed = units.feed >= 0
    available[fed] = feed_mw[units.feed[fed]]
    return available


def _row(result: Result, name: str, members: int) -> Floats:
    """Return a family's values (members,), zeros where the problem has no such column."""
    # a block that is not needed adds no columns: its members did nothing
    values = result.column(name)[0]
    return values if len(values) else np.zeros(members)


def _unsecured(result: Result) -> Unsecured:
    return Unsecured(
        line_mw=result.flow_mw()[0],
        link_mw=result.column("link")[0],
        output_mw=result.output_mw()[0],
        import_mw=result.column("import")[0],
    )
