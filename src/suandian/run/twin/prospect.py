"""What the plan has after the step that is executed, as far as that step must prepare for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.maths.window import Prospect
from suandian.model.grid import Floats, Ints, StorageUnits
from suandian.model.plan import Plan
from suandian.model.scenario import Scenario

# a store that leaves its plan has so long to come back to it
BAND_H = 24.0
MOST_STEPS = 48


def prospect(
    scenario: Scenario, prepared: Prepared, plan: Plan, step: int, level_mwh: Floats
) -> Prospect | None:
    """Return the steps of `plan` after `step`; None where this step binds none of them, or nothing
    is planned.

    Units bind where one cannot go from nothing to all within a step, stores where they may leave
    their plan. `level_mwh` (stores,) is in store before `step`.
    """
    axis = scenario.axis
    band = scenario.policy.storage_band_mw
    steps = _steps(scenario, prepared, plan, step)
    if not len(steps):
        return None
    rows = np.array([plan.row(int(s)) for s in steps])
    planned = plan.output_mw[rows]
    # a plan that says nothing of power has no output
    if not planned.any():
        return None
    hours = axis.hours[steps]
    before = np.append(axis.hours[step], hours[:-1])
    demand, width = _supply(prepared, plan, rows, planned)
    found = Prospect(
        hours=hours,
        apart_h=(before + hours) / 2.0,
        demand_mw=demand,
        segment_mw=width,
        ramped=_ramped(
            prepared,
            plan,
            np.append(plan.row(step), rows),
            axis.hours,
        ),
    )
    if not band or not len(level_mwh):
        return found
    stores = scenario.grid.storage
    net = rise_mw(stores, plan.charge_mw[rows], plan.discharge_mw[rows])
    now = rise_mw(stores, plan.charge_mw[plan.row(step)], plan.discharge_mw[plan.row(step)])
    end = level_mwh + now * axis.hours[step] + (net * hours[:, None]).sum(axis=0)
    charge, discharge = powers_mw(stores, net)
    bounds = within_band(
        band,
        (charge, stores.charge_mw),
        (discharge, stores.discharge_mw),
    )
    return replace(
        found,
        # what stores were to give or take is decided here too
        demand_mw=found.demand_mw + (discharge - charge).sum(axis=1),
        storage_mw=bounds,
        level_mwh=np.clip(end, 0.0, stores.energy_mwh),
    )


def within_band(band_mw: float, *directions: tuple[Floats, Floats]) -> Floats:
    """Return least and most power of each direction (directions, 2, …, stores) [MW]: what is
    planned ± the band, within what the store can do; each direction is (planned, most).
    """
    bounds = []
    for planned, most in directions:
        least = np.clip(planned - band_mw, 0.0, most)
        greatest = np.clip(planned + band_mw, 0.0, most)
        bounds.append((least, greatest))
    return np.array(bounds)


def rise_mw(stores: StorageUnits, charge_mw: Floats, discharge_mw: Floats) -> Floats:
    """Return how fast planned powers (…, stores) fill each store [MW]: negative, it is emptied."""
    return np.asarray(
        charge_mw * stores.charge_efficiency - discharge_mw / stores.discharge_efficiency
    )


def powers_mw(stores: StorageUnits, rise: Floats) -> tuple[Floats, Floats]:
    """Return the charge and discharge (…, stores) [MW] that fill each store by `rise` [MW], in one
    direction only.
    """
    charge = np.maximum(rise, 0.0) / stores.charge_efficiency
    return charge, np.maximum(-rise, 0.0) * stores.discharge_efficiency


def _steps(scenario: Scenario, prepared: Prepared, plan: Plan, step: int) -> Ints:
    """Return the steps after `step` that are worth a look."""
    axis = scenario.axis
    units = prepared.units
    ramped = prepared.ramped(axis.hours)
    # from nothing to all: what lies beyond can still be prepared for then
    needs_h = (units.p_max_mw[ramped] / units.ramp_mw_per_h[ramped]).max(initial=0.0)
    if scenario.policy.storage_band_mw:
        needs_h = max(needs_h, BAND_H)
    if not needs_h:
        return np.zeros(0, np.int64)
    end = min(plan.issued + plan.covers, axis.n, step + 1 + MOST_STEPS)
    after_h = np.cumsum(axis.hours[step + 1 : end])
    count = int(np.searchsorted(after_h, needs_h - 1e-9)) + 1
    return np.arange(step + 1, min(step + 1 + count, end))


def _supply(prepared: Prepared, plan: Plan, rows: Ints, planned: Floats) -> tuple[Floats, Floats]:
    """Return what units above their minimum are planned to give (K,), and the width of their
    segments (K, segments) [MW].
    """
    curves = prepared.curves
    units = prepared.units
    width = np.tile(curves.width_mw, (len(rows), 1))
    # what the weather will offer is known by the plan only
    fed = units.feed[curves.unit] >= 0
    width[:, fed] = planned[:, curves.unit[fed]]
    demand = planned.sum(axis=1)
    mine = prepared.committed
    if len(mine):
        on = plan.on[rows]
        position = np.full(len(units), -1)
        position[mine] = np.arange(len(mine))
        at = np.flatnonzero(position[curves.unit] >= 0)
        width[:, at] *= on[:, position[curves.unit[at]]]
        demand = demand - on @ curves.base_mw[mine]
    return np.maximum(demand, 0.0), width


def _ramped(prepared: Prepared, plan: Plan, rows: Ints, hours: Floats) -> Ints:
    """Return the units whose ramp counts and that are not started or stopped meanwhile."""
    ramped = prepared.ramped(hours)
    if not len(prepared.committed):
        return ramped
    stays = np.ones(len(prepared.units), dtype=np.bool_)
    on = plan.on[rows] > 0.5
    stays[prepared.committed] = (on == on[0]).all(axis=0)
    return ramped[stays[ramped]]
