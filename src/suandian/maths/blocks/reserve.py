"""Block `reserve`: upward headroom of dispatchable units and stores above a stated margin."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft


def add(draft: Draft) -> None:
    """Add rows `reserve` [MW] (T, 1)."""
    window, prepared = draft.window, draft.prepared
    if window.reserve_mw <= 0:
        return
    units, curves, stores = prepared.units, prepared.curves, prepared.stores
    firm = np.flatnonzero(
        (units.feed[curves.unit] < 0) & (units.node[curves.unit] < prepared.buses)
    )
    capacity = curves.width_mw[firm].sum() + stores.discharge_mw.sum()
    committed = firm[prepared.committed_mask[curves.unit[firm]]]
    capacity -= curves.width_mw[
        committed
    ].sum()  # these offer what they have above their output while on
    rows = draft.builder.add_rows("reserve", (window.n, 1), -np.inf, capacity - window.reserve_mw)
    draft.builder.add_entries(rows, draft.columns["segment"][:, firm], 1.0)
    if "on" in draft.columns:
        width = np.bincount(curves.unit[committed], curves.width_mw[committed], len(units))[
            prepared.committed
        ]
        draft.builder.add_entries(rows, draft.columns["on"], -width)
    for name, sign in (("charge", -1.0), ("discharge", 1.0)):
        if name in draft.columns:
            draft.builder.add_entries(rows, draft.columns[name], sign)


BLOCK = Block(
    "reserve",
    "A stated margin of unused dispatchable capacity is kept in every planned step; committed "
    "units offer it while on.",
    (
        "Σ_firm (p_max[g] - p[g,t]) + Σ_s (discharge_max[s] - discharge[s,t] + charge[s,t]) ≥ "
        "margin",
    ),
    add,
)
