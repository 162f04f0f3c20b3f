"""Block `site`: the grid connection, PUE, idle power and what stands behind the meter."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft
from suandian.model.grid import Ints


def add(draft: Draft) -> None:
    """Add columns `import`, `work` [MW] (T, sites) and rows `site_balance`, `work` [MW]
    (T, sites).
    """
    window, sites, builder = draft.window, draft.prepared.sites, draft.builder
    if not len(sites):
        return
    shape = (window.n, len(sites))
    cost = 0.0 if window.price is None else window.price * window.hours[:, None]
    grid_import = builder.add_columns("import", shape, -sites.export_mw, sites.limit_mw, cost)
    fixed = window.work_mw
    low, high = (0.0, sites.cluster_mw - sites.idle_mw) if fixed is None else (fixed, fixed)
    draft.columns["import"] = grid_import
    work = builder.add_columns("work", shape, low, high)
    draft.columns["work"] = work
    idle = np.broadcast_to(sites.pue * sites.idle_mw, shape)
    balance = builder.add_rows("site_balance", shape, idle, idle)
    builder.add_entries(balance, grid_import, 1.0)
    builder.add_entries(balance, work, -sites.pue)
    behind = draft.prepared.buses
    for columns, node, coefficient in draft.injections:
        mine = np.flatnonzero(node >= behind)
        if len(mine):
            builder.add_entries(
                balance[:, node[mine] - behind], columns[:, mine], coefficient[mine]
            )
    if fixed is not None:
        _add_cuts(draft, balance)
    else:
        draft.columns["work_rows"] = builder.add_rows("work", shape, 0.0, 0.0)
        builder.add_entries(draft.columns["work_rows"], work, -1.0)
    draft.injections.append((grid_import, sites.bus, -np.ones(len(sites))))


def _add_cuts(draft: Draft, balance: Ints) -> None:
    """Add columns `cut_jobs` and `cut_service`: fixed work that the grid cannot deliver, at the
    unserved prices.
    """
    window, goal = draft.window, draft.prepared.goal
    assert window.work_mw is not None
    jobs = np.zeros_like(window.work_mw) if window.job_mw is None else window.job_mw
    for name, most, price in (
        ("cut_jobs", jobs, goal.unserved_jobs),
        ("cut_service", window.work_mw - jobs, goal.unserved_service),
    ):
        cost = price * window.hours[:, None]
        cut = draft.builder.add_columns(name, most.shape, 0.0, np.maximum(most, 0.0), cost)
        draft.builder.add_entries(balance, cut, draft.prepared.sites.pue)


BLOCK = Block(
    "site",
    "A site draws its IT power times PUE through its connection, less what stands behind its "
    "meter.",
    (
        "import[d,t] + Σ_behind (generation + discharge - charge) = pue[d]·(work[d,t] + idle[d])",
        "-export[d] ≤ import[d,t] ≤ limit[d],   0 ≤ work[d,t] ≤ cluster[d] - idle[d]",
        "work[d,t] = Σ_k serve[k,d,t] + Σ_j run[j,d,t]   (or given: then less cut[d,t] at the "
        "unserved prices)",
    ),
    add,
)
