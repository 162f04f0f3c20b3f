"""Block `restart`: what it costs to stop jobs that will have to start again."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_computing
from suandian.maths.blocks.deferrable import live_groups
from suandian.model.grid import Ints

LEAST_PART = 0.3  # of the power of a group, that ends in a step


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
    job_terms = [(draft.columns("work"), np.arange(shape[1]), 1.0)]
    if draft.has("serve"):
        job_terms.append((draft.columns("serve"), draft.prepared.service_pairs[1], -1.0))
    for columns, site, sign in job_terms:
        builder.add_entries(rows[:, site], columns, sign)
        builder.add_entries(rows[1:, site], columns[:-1], -sign)
    _add_ends(draft, rows)


def _add_ends(draft: Draft, rows: Ints) -> None:
    """Take off what ends: of long jobs it is little in a step, and left out."""
    window = draft.window
    groups = window.groups
    if not len(groups.length_h):
        return
    live = live_groups(groups)
    which, site = np.nonzero(groups.allowed[live])
    length_h = groups.length_h[live[which]]
    short = np.flatnonzero(window.hours.max() / length_h >= LEAST_PART)
    ends = np.minimum(window.hours[:-1, None] / length_h[short], 1.0)
    run = draft.columns("run")
    draft.builder.add_entries(rows[1:, site[short]], run[:-1, short], ends)


BLOCK = Block(
    "restart",
    "Jobs that are suspended pay their restart later: a plan pays its expected cost where the "
    "power of jobs at a site falls by more than what ends. It is left out of bounds (what ends is "
    "known for a group of jobs only, so it is not part of the system's cost).",
    (
        "stop[d,t] ≥ jobs[d,t-1] - jobs[d,t] - Σ_j min(1, h[t-1]/L[j])·run[j,d,t-1],   stop ≥ 0,",
        "jobs[d,t] = work[d,t] - Σ_k serve[k,d,t],   L[j] of jobs of a few steps",
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
