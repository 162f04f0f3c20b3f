"""Block `carbon`: direct CO2 of supply at the carbon price."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_power
from suandian.maths.window import per_step


def add(draft: Draft) -> None:
    """Add the carbon price × emissions to the costs of `segment`, and of `on` and `start` under
    commitment.

    Over a whole study, add row `carbon_cap` [t] (1,) where there is a cap.
    """
    _add_cap(draft)
    price = draft.prepared.goal.carbon_price
    if not price:
        return
    kg = per_step(draft.prepared.curves.kg, draft.window.hours)
    draft.builder.add_cost(draft.columns("segment"), kg * (price / 1000.0))
    if draft.has("on"):
        curves = draft.prepared.curves
        units = draft.prepared.units
        mine = draft.prepared.committed
        kg = per_step(curves.base_kg[mine], draft.window.hours)
        draft.builder.add_cost(draft.columns("on"), kg * (price / 1000.0))
        draft.builder.add_cost(draft.columns("start"), units.start_kg[mine] * (price / 1000.0))


def _add_cap(draft: Draft) -> None:
    totals = draft.prepared.totals
    prepared = draft.prepared
    hours = draft.window.hours
    if totals is None or not draft.window.whole or not np.isfinite(totals.carbon_cap_t):
        return
    curves = prepared.curves
    committed = prepared.committed_mask
    always_t = float(hours.sum() * curves.base_kg[~committed].sum()) / 1000.0
    row = draft.builder.add_total_rows(
        "carbon_cap", 1, upper=totals.carbon_cap_t - always_t, unit="t"
    )
    draft.builder.add_entries(row, draft.columns("segment"), per_step(curves.kg, hours) / 1000.0)
    if draft.has("on"):
        mine = prepared.committed
        draft.builder.add_entries(
            row, draft.columns("on"), per_step(curves.base_kg[mine], hours) / 1000.0
        )
        draft.builder.add_entries(
            row, draft.columns("start"), prepared.units.start_kg[mine] / 1000.0
        )


BLOCK = Block(
    "carbon",
    "Every segment pays the carbon price on its direct emissions; under commitment so do minimum "
    "output and starts.",
    (
        "cost: Σ_t h[t] Σ_{g,s} (carbon_price/1000)·kg[g,s]·segment[g,s,t]",
        "under commitment: + Σ_{g,t} (carbon_price/1000)·(h[t]·base_kg[g]·on[g,t] + "
        "start_kg[g]·start[g,t])",
        "over a whole study, where capped:  Σ_t of the same kg / 1000 ≤ cap [t]",
    ),
    add,
    needs=(
        "generation",
        "commitment",
    ),
    when=with_power,
)
