"""Block `prospect`: what a dispatched step leaves for the steps that are planned after it."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_power
from suandian.maths.window import Prospect, per_step
from suandian.model.grid import Floats, Ints


def add(draft: Draft) -> None:
    """Add columns `next_segment` [MW] (K, segments), `next_shed`, `next_dump` [MW] (K, 1), and of
    stores `next_charge`, `next_discharge` [MW], `next_level` [MWh] (K, stores), with rows
    `next_balance` (K, 1), `next_ramp` and `next_level`.
    """
    window = draft.window
    prospect = window.prospect
    assert prospect is not None
    builder = draft.builder
    curves = draft.prepared.curves
    goal = draft.prepared.goal
    hours = prospect.hours
    steps = len(hours)
    cost = curves.cost + goal.carbon_price / 1000.0 * curves.kg
    segment = builder.add_columns(
        "next_segment",
        (steps, len(curves.unit)),
        0.0,
        prospect.segment_mw,
        per_step(cost, hours),
    )
    price = goal.unserved_load * hours[:, None]
    shed = builder.add_columns("next_shed", (steps, 1), 0.0, np.inf, price)
    dump = builder.add_columns("next_dump", (steps, 1), 0.0, np.inf, price)
    rows = builder.add_rows(
        "next_balance", (steps, 1), prospect.demand_mw[:, None], prospect.demand_mw[:, None]
    )
    builder.add_entries(rows, segment, 1.0)
    builder.add_entries(rows, shed, 1.0)
    builder.add_entries(rows, dump, -1.0)
    _add_ramps(draft, prospect, segment)
    if prospect.storage_mw is not None:
        _add_stores(draft, prospect, prospect.storage_mw, rows)


def _add_ramps(draft: Draft, prospect: Prospect, segment: Ints) -> None:
    """Tie the planned steps to each other, and the first one to the step that is dispatched."""
    prepared = draft.prepared
    builder = draft.builder
    curves = prepared.curves
    ramped = prospect.ramped
    reach = np.multiply.outer(prospect.apart_h, prepared.units.ramp_mw_per_h[ramped])
    rows = builder.add_rows("next_ramp", reach.shape, -reach, reach)
    position = np.full(len(prepared.units), -1)
    position[ramped] = np.arange(len(ramped))
    mine = np.flatnonzero(position[curves.unit] >= 0)
    at = position[curves.unit[mine]]
    builder.add_entries(rows[:, at], segment[:, mine], 1.0)
    builder.add_entries(rows[1:, at], segment[:-1, mine], -1.0)
    builder.add_entries(rows[:1, at], draft.columns("segment")[-1:, mine], -1.0)


def _add_stores(draft: Draft, prospect: Prospect, bounds: Floats, balance: Ints) -> None:
    """Let stores make up, within their bounds, for what they do otherwise in this step."""
    stores = draft.prepared.stores
    builder = draft.builder
    hours = prospect.hours[:, None]
    shape = (len(prospect.hours), len(stores))
    charge = builder.add_columns("next_charge", shape, bounds[0, 0], bounds[0, 1])
    wear = per_step(stores.wear_per_mwh, prospect.hours)
    discharge = builder.add_columns("next_discharge", shape, bounds[1, 0], bounds[1, 1], wear)
    lower = np.zeros(shape)
    lower[-1] = prospect.level_mwh
    level = builder.add_columns("next_level", shape, lower, stores.energy_mwh, unit="MWh")
    price = np.zeros(shape)
    price[-1] = draft.prepared.goal.unserved_load
    upper = np.zeros(shape)
    upper[-1] = np.inf
    short = builder.add_columns("next_short", shape, 0.0, upper, price, unit="MWh")
    rows = builder.add_rows("next_level", shape, -np.inf, 0.0, unit="MWh")
    builder.add_entries(rows, level, 1.0)
    builder.add_entries(rows[1:], level[:-1], -1.0)
    builder.add_entries(rows[:1], draft.columns("level")[-1:], -1.0)
    builder.add_entries(rows, charge, -hours * stores.charge_efficiency)
    builder.add_entries(rows, discharge, hours / stores.discharge_efficiency)
    builder.add_entries(rows, short, -1.0)
    builder.add_entries(balance, charge, -1.0)
    builder.add_entries(balance, discharge, 1.0)


BLOCK = Block(
    "prospect",
    "A step that is executed sees the steps that its plan has next: units must be able to ramp to "
    "what they will give, and stores to come back to their planned level. The grid of these steps "
    "is a copper plate, and what they ask for is what the plan has its units give.",
    (
        "Σ_{g,s} next[g,s,k] + shed[k] - dump[k] + Σ_s (discharge[s,k] - charge[s,k]) = planned[k]",
        "|p[g,k] - p[g,k-1]| ≤ ramp[g]·(h[k-1] + h[k])/2,   p[g,0] of this step",
        "level[s,K] ≥ planned level[s] - short[s]",
        "cost: Σ_k h[k]·(Σ c[g,s]·next[g,s,k] + unserved_load·(shed[k] + dump[k])) + "
        "unserved_load·short[s]",
    ),
    add,
    needs=(
        "generation",
        "storage",
    ),
    when=lambda draft: with_power(draft) and draft.window.prospect is not None,
)
