"""Block `dump`: output that nobody takes, where a unit cannot give less."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_power
from suandian.maths.window import per_step


def add(draft: Draft) -> None:
    """Add columns `dump` [MW] and rows `dump` (T, dumping units)."""
    prepared = draft.prepared
    window = draft.window
    builder = draft.builder
    mine = prepared.dumping(window.hours)
    if not len(mine):
        return
    units = prepared.units
    shape = (window.n, len(mine))
    price = np.full(len(mine), prepared.goal.unserved_load)
    dump = builder.add_columns("dump", shape, 0.0, np.inf, per_step(price, window.hours))
    # no more than is made
    rows = builder.add_rows("dump", shape, -np.inf, 0.0)
    builder.add_entries(rows, dump, 1.0)
    place = np.full(len(units), -1)
    place[mine] = np.arange(len(mine))
    owner = place[prepared.curves.unit]
    parts = np.flatnonzero(owner >= 0)
    builder.add_entries(rows[:, owner[parts]], draft.columns("segment")[:, parts], -1.0)
    draft.injections.append((dump, units.node[mine], -np.ones(len(mine))))


BLOCK = Block(
    "dump",
    "A unit that must run at a minimum, or cannot come down faster than its ramp, may make more "
    "than anybody takes: it is got rid of at the price of unserved load, so that every step has "
    "an answer.",
    (
        "0 ≤ dump[g,t] ≤ p[g,t]   of units that are committed, or ramp over more than a step",
        "cost: Σ_t h[t] Σ_g unserved_load·dump[g,t]",
    ),
    add,
    needs=("generation",),
    when=with_power,
)
