"""Block `site`: the grid connection, PUE, idle power and what stands behind the meter."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft
from suandian.maths.window import FixedWork
from suandian.model.grid import Ints


def add(draft: Draft) -> None:
    """Add columns `import`, `work` [MW] and rows `site_balance`, `work` [MW] (T, sites)."""
    window = draft.window
    sites = draft.prepared.sites
    builder = draft.builder
    if not len(sites):
        return
    shape = (window.n, len(sites))
    grid_import = _connection(draft)
    work = _work(draft)
    pue = draft.pue
    idle = pue * sites.idle_mw
    balance = builder.add_rows("site_balance", shape, idle, idle)
    builder.add_entries(balance, grid_import, 1.0)
    builder.add_entries(balance, work, -pue)
    places = draft.prepared.places
    for columns, node, coefficient in draft.injections:
        mine = np.flatnonzero(places.behind_meter(node))
        if len(mine):
            behind = balance[:, places.site_of(node[mine])]
            builder.add_entries(behind, columns[:, mine], coefficient[mine])
    _add_idle_cut(draft, balance)
    if isinstance(window.computing, FixedWork):
        _add_cuts(draft, balance, window.computing)
    else:
        rows = builder.add_rows("work", shape, 0.0, 0.0)
        builder.add_entries(rows, work, -1.0)
    draft.injections.append((grid_import, sites.bus, -np.ones(len(sites))))


def _connection(draft: Draft) -> Ints:
    """Add columns `import` (T, sites) [MW], negative where a site exports."""
    window = draft.window
    limit = draft.capacity("site.limit")
    export = draft.capacity("site.export")
    most = limit.upper(window.n)
    low = -export.upper(window.n)
    grid_import = draft.builder.add_columns("import", most.shape, low, most)
    limit.bound(draft.builder, grid_import)
    export.bound(draft.builder, grid_import, sign=-1.0)
    return grid_import


def _work(draft: Draft) -> Ints:
    """Add columns `work` (T, sites) [MW of IT power]: what the cluster has left, or as given."""
    computing = draft.window.computing
    if isinstance(computing, FixedWork):
        given = computing.work_mw
        draft.builder.offset += computing.late_cost
        return draft.builder.add_columns("work", given.shape, given, given)
    # idle power is drawn by machines that could work: it is not there for work a second time
    cluster = draft.capacity("site.cluster")
    idle = draft.prepared.sites.idle_mw
    most = cluster.upper(draft.window.n, less=idle)
    work = draft.builder.add_columns("work", most.shape, 0.0, most)
    cluster.bound(draft.builder, work, less=idle)
    return work


def _add_idle_cut(draft: Draft, balance: Ints) -> None:
    """Add columns `cut_idle` [MW] (T, sites): machines without work that nothing can supply are
    switched off, at the price of unserved load.
    """
    window = draft.window
    idle = draft.prepared.sites.idle_mw
    if not idle.any():
        return
    most = np.tile(idle, (window.n, 1))
    cost = draft.prepared.goal.unserved_load * window.hours[:, None]
    cut = draft.builder.add_columns("cut_idle", most.shape, 0.0, most, cost)
    # what is not drawn needs no cooling
    draft.builder.add_entries(balance, cut, draft.pue)


def _add_cuts(draft: Draft, balance: Ints, fixed: FixedWork) -> None:
    """Add columns `cut_jobs` and `cut_service`: fixed work that the grid cannot deliver, at the
    unserved prices.
    """
    window = draft.window
    goal = draft.prepared.goal
    for name, most, price in (
        ("cut_jobs", fixed.job_mw, goal.unserved_jobs),
        ("cut_service", fixed.work_mw - fixed.job_mw, goal.unserved_service),
    ):
        cost = price * window.hours[:, None]
        cut = draft.builder.add_columns(name, most.shape, 0.0, np.maximum(most, 0.0), cost)
        # a MW of work less spares its cooling too
        draft.builder.add_entries(balance, cut, draft.pue)


BLOCK = Block(
    "site",
    "A site draws its IT power times PUE through its connection, less what stands behind its "
    "meter.",
    (
        "import[d,t] + Σ_behind (generation + discharge - charge) = pue[d]·(work[d,t] + idle[d] - "
        "cut[d,t])",
        "0 ≤ cut[d,t] ≤ idle[d],   cost: Σ_t h[t] Σ_d unserved_load·cut[d,t]",
        "-export[d] ≤ import[d,t] ≤ limit[d],   0 ≤ work[d,t] ≤ cluster[d] - idle[d]",
        "work[d,t] = Σ_k serve[k,d,t] + Σ_j run[j,d,t]   (or given: then less cut[d,t] at the "
        "unserved prices)",
    ),
    add,
    needs=(
        "generation",
        "commitment",
        "storage",
    ),
)
