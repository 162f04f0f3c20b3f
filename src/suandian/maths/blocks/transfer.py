"""Block `transfer`: resource cost of serving and running away from the origin."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_computing
from suandian.maths.window import per_step


def add(draft: Draft) -> None:
    """Add the cost of moving data to the columns `serve` and `run`."""
    window = draft.window
    if draft.has("serve"):
        which, site = draft.prepared.service_pairs
        cost = draft.prepared.services.move_per_mwh[which, site]
        draft.builder.add_cost(draft.columns("serve"), per_step(cost, window.hours))
    if draft.has("run"):
        which, site = np.nonzero(window.groups.allowed)
        draft.builder.add_cost(
            draft.columns("run"), per_step(window.groups.move[which, site], window.hours)
        )


BLOCK = Block(
    "transfer",
    "Work that runs away from its origin pays for the data it moves.",
    ("cost: Σ_t h[t]·(Σ move[k,d]·serve[k,d,t] + Σ move[j,d]·run[j,d,t])",),
    add,
    needs=(
        "service",
        "deferrable",
    ),
    when=with_computing,
)
