"""Block `generation`: supply curves, availability and ramps."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_power
from suandian.maths.window import per_step
from suandian.model.units import WH_PER_MWH

LEAST_MW = 1e-9  # a unit without capacity has no share of it
ROUNDING_MW = 1e-5  # the last output is known in whole Wh


def add(draft: Draft) -> None:
    """Add columns `segment` [MW] (T, segments) and rows `ramp` [MW] (T, ramped units)."""
    prepared = draft.prepared
    window = draft.window
    builder = draft.builder
    curves = prepared.curves
    units = prepared.units
    upper = np.tile(curves.width_mw, (window.n, 1))
    fed = units.feed[curves.unit] >= 0
    # sun and wind: what the weather offers, in one segment
    upper[:, fed] = window.available_mw[:, units.feed[curves.unit[fed]]]
    sized = draft.capacity("generator.power").at(curves.unit)
    # a unit to be sized keeps the shape of its curve and of its series: both are written for the
    # capacity in the table, and grow in proportion
    share = upper / np.maximum(sized.installed, LEAST_MW)
    upper[:, sized.decided] = np.inf
    cost = per_step(curves.cost, window.hours)
    segment = builder.add_columns("segment", upper.shape, 0.0, upper, cost)
    # what units cost at the begin of their curves is nobody's decision, and is paid all the same
    base = np.where(prepared.committed_mask, 0.0, prepared.base_per_h).sum()
    builder.offset += float(base * window.hours.sum())
    sized.bound(builder, segment, share)
    draft.injections.append((segment, units.node[curves.unit], np.ones(len(curves.unit))))
    _add_ramps(draft, segment)


def _add_ramps(draft: Draft, segment: np.ndarray) -> None:
    window = draft.window
    units = draft.prepared.units
    curves = draft.prepared.curves
    # committed units have their ramps with start and stop
    ramped = draft.prepared.ramped(window.hours)
    ramped = ramped[~draft.prepared.committed_mask[ramped]]
    if not len(ramped):
        return
    reach = np.multiply.outer(window.apart_h(), units.ramp_mw_per_h[ramped])
    # of a bound: a unit may start to its minimum within a step, whatever its ramp
    # what was made is booked in whole Wh: a watt more or less is no ramp that was broken
    rounding = 0.5 / WH_PER_MWH / float(window.hours.min())
    if draft.prepared.fluid:
        reach = np.maximum(reach, units.p_min_mw[ramped]) + ROUNDING_MW
    last = window.last_mw[ramped]
    low = -reach
    high = reach.copy()
    # the first step of a study follows nothing
    known = np.isfinite(last)
    low[0] = np.where(known, last - reach[0] - rounding, -np.inf)
    high[0] = np.where(known, last + reach[0] + rounding, np.inf)
    rows = draft.builder.add_rows("ramp", low.shape, low, high)
    position = np.full(len(units), -1)
    position[ramped] = np.arange(len(ramped))
    mine = np.flatnonzero(position[curves.unit] >= 0)
    at = position[curves.unit[mine]]
    draft.builder.add_entries(rows[:, at], segment[:, mine], 1.0)
    draft.builder.add_entries(rows[1:, at], segment[:-1, mine], -1.0)


BLOCK = Block(
    "generation",
    "Units follow convex supply curves (relaxed commitment projected out); wind, sun and water "
    "are bounded by what is "
    "available, the rest is curtailed; ramps couple the steps, and the first step with the last "
    "realised output.",
    (
        "p[g,t] = Σ_s segment[g,s,t],  0 ≤ segment[g,s,t] ≤ width[g,s]  (or available[g,t])",
        "|p[g,t] - p[g,t-1]| ≤ ramp[g]·(h[t-1] + h[t])/2   where ramp[g]·h < p_max[g]  (between "
        "middles of steps)",
        "cost: Σ_t h[t] (Σ_{g,s} c[g,s]·segment[g,s,t] + Σ_g base[g])   where base[g] is what a "
        "curve begins at",
    ),
    add,
    when=with_power,
)
