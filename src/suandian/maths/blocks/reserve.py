"""Block `reserve`: upward headroom of dispatchable units and stores above a stated margin."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_power
from suandian.maths.blocks.generation import LEAST_MW

SHORT = 0.9  # of the price of unserved load, for what is missing of the margin


def add(draft: Draft) -> None:
    """Add rows `reserve` [MW] (T, 1)."""
    window = draft.window
    prepared = draft.prepared
    if window.reserve_mw <= 0:
        return
    units = prepared.units
    curves = prepared.curves
    at_bus = prepared.places.at_bus(units.node[curves.unit])
    firm = np.flatnonzero((units.feed[curves.unit] < 0) & at_bus)
    committed = firm[prepared.committed_mask[curves.unit[firm]]]
    # committed units offer what they have above their output only while they are on
    free = np.setdiff1d(firm, committed)
    power = draft.capacity("generator.power").at(curves.unit[free])
    stores = draft.capacity("storage.discharge")
    constant = np.delete(curves.width_mw[free], power.decided).sum()
    constant += np.delete(stores.installed, stores.decided).sum()
    most = constant - window.reserve_mw
    rows = draft.builder.add_rows(
        "reserve",
        (window.n, 1),
        -np.inf,
        most,
    )
    draft.builder.add_entries(rows, draft.columns("segment")[:, firm], 1.0)
    # a margin that cannot be held is no reason to have no plan, nor to cut anybody off today
    price = SHORT * prepared.goal.unserved_load * window.hours[:, None]
    short = draft.builder.add_columns("reserve_short", (window.n, 1), 0.0, np.inf, price)
    draft.builder.add_entries(rows, short, -1.0)
    # a capacity that is being decided offers what it will be
    share = curves.width_mw[free] / np.maximum(power.installed, LEAST_MW)
    draft.builder.add_entries(rows, power.column[power.decided], -share[power.decided])
    draft.builder.add_entries(rows, stores.column[stores.decided], -1.0)
    if draft.has("on"):
        by_unit = np.bincount(curves.unit[committed], curves.width_mw[committed], len(units))
        draft.builder.add_entries(rows, draft.columns("on"), -by_unit[prepared.committed])
    for name, sign in (("charge", -1.0), ("discharge", 1.0)):
        if draft.has(name):
            draft.builder.add_entries(rows, draft.columns(name), sign)


BLOCK = Block(
    "reserve",
    "A stated margin of unused dispatchable capacity is kept in every planned step, as far as it "
    "can be; committed units offer it while on.",
    (
        "Σ_firm (p_max[g] - p[g,t]) + Σ_s (discharge_max[s] - discharge[s,t] + charge[s,t]) ≥ "
        "margin - short[t]",
        "cost: Σ_t h[t]·0.9·unserved_load·short[t]",
    ),
    add,
    needs=(
        "generation",
        "commitment",
        "storage",
    ),
    when=with_power,
)
