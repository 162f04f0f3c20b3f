"""Block `reserve`: upward headroom of dispatchable units and stores above a stated margin."""

from __future__ import annotations

import numpy as np

from suandian.maths.blocks import Block, Draft


def add(draft: Draft) -> None:
    """Add rows `reserve` [MW] (T, 1)."""
    window, prepared = draft.window, draft.prepared
    if window.reserve_mw <= 0:
        return
    units, curves, stores = prepared.units, prepared.curves, prepared.stores
    firm = np.flatnonzero((units.feed[curves.unit] < 0) & (units.node[curves.unit] < prepared.buses))
    capacity = curves.width_mw[firm].sum() + stores.discharge_mw.sum()
    rows = draft.builder.add_rows("reserve", (window.n, 1), -np.inf, capacity - window.reserve_mw)
    draft.builder.add_entries(rows, draft.columns["segment"][:, firm], 1.0)
    for columns, node, sign in draft.injections[1:3] if len(stores) else []:
        draft.builder.add_entries(rows, columns, np.broadcast_to(sign, node.shape))


BLOCK = Block(
    "reserve",
    "A stated margin of unused dispatchable capacity is kept in every planned step.",
    ("Σ_firm (p_max[g] - p[g,t]) + Σ_s (discharge_max[s] - discharge[s,t] + charge[s,t]) ≥ margin",),
    add,
)
