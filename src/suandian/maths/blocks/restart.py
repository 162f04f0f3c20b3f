"""Block `restart`: what it costs to stop jobs that will have to start again."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_computing


def add(draft: Draft) -> None:
    """Add columns `stop` [MW] (T, sites) and rows `stop` (T, sites)."""
    window = draft.window
    builder = draft.builder
    if window.restart_cost <= 0 or not draft.has("run"):
        return
    shape = (window.n, len(draft.prepared.sites))
    before = np.zeros(shape)
    before[0] = 0.0 if window.last_job_mw is None else window.last_job_mw
    stop = builder.add_columns("stop", shape, 0.0, np.inf, window.restart_cost)
    rows = builder.add_rows("stop", shape, before, np.inf)
    builder.add_entries(rows, stop, 1.0)
    job_terms = [(draft.columns("work"), np.arange(shape[1]), 1.0)]
    if draft.has("serve"):
        job_terms.append((draft.columns("serve"), draft.prepared.service_pairs[1], -1.0))
    for columns, site, sign in job_terms:
        builder.add_entries(rows[:, site], columns, sign)
        builder.add_entries(rows[1:, site], columns[:-1], -sign)


BLOCK = Block(
    "restart",
    "Jobs that are suspended pay their restart later: a plan pays its expected cost where the "
    "power of jobs at a site "
    "falls. It is left out of bounds (it also counts jobs that end, so it is not part of the "
    "system's cost).",
    (
        "stop[d,t] ≥ jobs[d,t-1] - jobs[d,t],  jobs[d,t] = work[d,t] - Σ_k serve[k,d,t],  stop ≥ 0",
        "cost: Σ_{d,t} restart_cost·stop[d,t]",
    ),
    add,
    needs=(
        "site",
        "service",
        "deferrable",
    ),
    when=with_computing,
)
