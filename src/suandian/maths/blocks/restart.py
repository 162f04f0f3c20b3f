"""Block `restart`: what it costs to stop jobs that will have to start again."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_computing
from suandian.maths.blocks.deferrable import live_groups


def add(draft: Draft) -> None:
    """Add columns `stop` [MW] (T, sites) and rows `stop` (T, sites).

    Work that ends stops too, and costs nothing: a group whose jobs are L hours long ends in each
    step the part h / L of what it runs.
    """
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
    groups = window.groups
    live = live_groups(groups)
    which, site = np.nonzero(groups.allowed[live])
    run = draft.columns("run")
    builder.add_entries(rows[:, site], run, 1.0)
    # what goes on: all but the part that ends
    length_h = groups.length_h[live[which]] if len(groups.length_h) else np.inf
    ends = np.minimum(window.hours[:-1, None] / length_h, 1.0) + np.zeros(len(which))
    builder.add_entries(rows[1:, site], run[:-1], ends - 1.0)


BLOCK = Block(
    "restart",
    "Jobs that are suspended pay their restart later: a plan pays its expected cost where the "
    "power of jobs at a site falls by more than what ends. It is left out of bounds (what ends is "
    "known for a group of jobs only, so it is not part of the system's cost).",
    (
        "stop[d,t] ≥ Σ_j (1 - min(1, h[t-1]/L[j]))·run[j,d,t-1] - Σ_j run[j,d,t],   stop ≥ 0",
        "cost: Σ_{d,t} restart_cost·stop[d,t]",
    ),
    add,
    needs=(
        "site",
        "deferrable",
    ),
    when=with_computing,
)
