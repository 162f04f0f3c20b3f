"""Block `deferrable`: queues of work with deadlines as bounds."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_computing
from suandian.maths.window import Groups
from suandian.model.grid import Floats, Ints


def add(draft: Draft) -> None:
    """Add columns `run` [MW] (T, pairs), `queue` [MWh], `late` [MW] (T, groups) and rows `queue`
    [MWh] (T, groups).

    A group that may run nowhere and has no work is left out.
    """
    window = draft.window
    builder = draft.builder
    groups = window.groups
    if groups.arrived_mwh.shape[1] == 0:
        return
    # work that may run nowhere still has a queue: it will be late, and that costs
    live = live_groups(groups)
    which, site = np.nonzero(groups.allowed[live])
    arrived = groups.arrived_mwh[:, live]
    due = groups.due_mwh[:, live]
    shape = arrived.shape
    # a blend of plans holds the power of work between two answers
    low, high = (0.0, np.inf) if window.run_mw is None else window.run_mw[:, :, live[which], site]
    run = builder.add_columns("run", (window.n, len(which)), low, high)
    hours = window.hours[:, None]
    # of plans that cost the same, the one in which work waits less
    worth = np.broadcast_to(groups.waiting * hours, shape).copy()
    # what is left at the end will be done later, at what that is expected to cost
    worth[-1] += groups.leftover
    # work in the queue is not yet due: what is must have run, or is late
    slack = np.maximum(arrived - due, 0.0)
    queue = builder.add_columns("queue", shape, 0.0, slack, worth, unit="MWh")
    late = builder.add_columns(
        "late", shape, 0.0, np.inf, draft.prepared.goal.unserved_jobs * hours
    )
    # queue[t] = queue[t-1] + arrived - run - late
    arrivals = np.diff(arrived, axis=0, prepend=0.0)
    rows = builder.add_rows("queue", shape, arrivals, arrivals, unit="MWh")
    builder.add_entries(rows, queue, 1.0)
    builder.add_entries(rows[1:], queue[:-1], -1.0)
    builder.add_entries(rows[:, which], run, hours)
    builder.add_entries(rows, late, hours)
    builder.add_entries(draft.rows("work")[:, site], run, 1.0)
    if window.repeated_mwh is not None:
        _add_catch_up(draft, late, window.repeated_mwh)


def _add_catch_up(draft: Draft, late: Ints, repeated_mwh: Floats) -> None:
    """Let late work still run, and restarts repeat work, wherever that costs least.

    Where energy costs something nobody would; at negative prices whoever runs late earns by it, and
    a bound must not be above them.
    """
    window = draft.window
    builder = draft.builder
    sites = len(draft.prepared.sites)
    hours = window.hours[:, None]
    run = builder.add_columns("catch_up", (window.n, sites))
    repeated = builder.add_columns("repeated", (window.n, 1), 0.0, repeated_mwh, unit="MWh")
    overdue = builder.add_columns("overdue", (window.n, 1), unit="MWh")
    rows = builder.add_rows("overdue", (window.n, 1), 0.0, 0.0, unit="MWh")
    builder.add_entries(rows, overdue, 1.0)
    builder.add_entries(rows[1:], overdue[:-1], -1.0)
    builder.add_entries(rows, late, -hours)
    builder.add_entries(rows, repeated, -1.0)
    builder.add_entries(rows, run, hours)
    builder.add_entries(draft.rows("work"), run, 1.0)


def live_groups(groups: Groups) -> Ints:
    """Return the groups that have a queue: those that may run somewhere or have work."""
    return np.flatnonzero(groups.allowed.any(axis=1) | (groups.arrived_mwh[-1] > 0))


BLOCK = Block(
    "deferrable",
    "Work arrives no faster than its width allows, waits in one queue per group, and a deadline "
    "is a bound on the "
    "queue. For suspendable, divisible work this is exact up to the grouping; else it is a "
    "relaxation.",
    (
        "queue[j,t] = queue[j,t-1] + ΔA[j,t] - h[t]·(Σ_d run[j,d,t] + late[j,t])",
        "0 ≤ queue[j,t] ≤ A[j,t] - D[j,t],  A = Σ_i min(work_i, width_i·(t - release_i)),"
        "  D = Σ_i max(0, work_i - width_i·(due_i - t))",
        "cost: Σ_t h[t]·(late_price·late[j,t] + waiting·queue[j,t]) + leftover·queue[j,T]",
        "of a bound: overdue[t] = overdue[t-1] + h[t]·(Σ_j late[j,t] - Σ_d catch_up[d,t]) + "
        "repeated[t],   0 ≤ repeated[t] ≤ what restarts can repeat",
    ),
    add,
    needs=("site",),
    when=with_computing,
)
