"""Block `service`: request load split over the sites that meet its latency bound."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_computing


def add(draft: Draft) -> None:
    """Add columns `serve` [MW] (T, pairs), `unserved_service` (T, services) and rows `service` (T,
    services).
    """
    window = draft.window
    services = draft.prepared.services
    builder = draft.builder
    if not len(services):
        return
    which, site = draft.prepared.service_pairs
    serve = builder.add_columns("serve", (window.n, len(which)), 0.0, np.inf)
    price = draft.prepared.goal.unserved_service * window.hours[:, None]
    dropped = builder.add_columns("unserved_service", (window.n, len(services)), 0.0, np.inf, price)
    rows = builder.add_rows(
        "service", window.service_mw.shape, window.service_mw, window.service_mw
    )
    builder.add_entries(rows[:, which], serve, 1.0)
    builder.add_entries(rows, dropped, 1.0)
    builder.add_entries(draft.rows("work")[:, site], serve, 1.0)


BLOCK = Block(
    "service",
    "Every service is served now, at sites within its latency bound and its residency, or "
    "counted as unserved.",
    (
        "Σ_{d allowed for k} serve[k,d,t] + unserved[k,t] = demand[k,t]",
        "cost: Σ_t h[t]·unserved_price·unserved[k,t]",
    ),
    add,
    needs=("site",),
    when=with_computing,
)
