"""Block `carbon`: direct CO2 of supply at the carbon price."""

from __future__ import annotations

from suandian.maths.blocks import Block, Draft
from suandian.maths.window import per_step


def add(draft: Draft) -> None:
    """Add the carbon price × emissions to the costs of `segment`."""
    price = draft.prepared.goal.carbon_price
    if price:
        kg = per_step(draft.prepared.curves.kg, draft.window.hours)
        draft.builder.add_cost(draft.columns["segment"], kg * (price / 1000.0))


BLOCK = Block(
    "carbon",
    "Every segment pays the carbon price on its direct emissions.",
    ("cost: Σ_t h[t] Σ_{g,s} (carbon_price/1000)·kg[g,s]·segment[g,s,t]",),
    add,
)
