"""Block `security`: N-1, rows for the pairs of line and loss that would overload (see
`contingency`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from suandian.maths.block import Block, Draft, with_power
from suandian.maths.limits import sensitivities, split
from suandian.maths.ordered_sums import product

if TYPE_CHECKING:
    pass


def add(draft: Draft) -> None:
    """Add rows `security` and columns `n1_over`, `n1_under` (T, limits) [MW] for the limits after a
    loss.
    """
    prepared = draft.prepared
    window = draft.window
    builder = draft.builder
    if prepared.security is None or draft.monitored is None:
        return
    _, line, case = split(prepared, draft.monitored)
    if not len(line):
        return
    made = prepared.contingencies
    shape = (window.n, len(line))
    factor = made.factor[line, case]
    kind = made.kind[case]
    member = made.member[case]
    fixed = np.zeros(shape)  # what the left-hand side has that is not a column
    back = kind == "site-return"
    unit = kind == "generator"
    fixed[:, back] += factor[back] * made.full_mw[member[back]]
    fixed[:, unit] += factor[unit] * prepared.always_mw[member[unit]]
    if prepared.network == "ptdf":
        sensitivity = sensitivities(prepared, line, case)
        fixed -= product(window.load_mw, sensitivity.T)
    limit = made.limit_mw[line]
    rows = builder.add_rows("security", shape, -limit - fixed, limit - fixed)
    if prepared.network == "ptdf":
        draft.add_sensitivities(rows, sensitivity)
    else:
        lost = np.flatnonzero(kind == "line")
        builder.add_entries(rows, draft.columns("flow")[:, line], 1.0)
        builder.add_entries(rows[:, lost], draft.columns("flow")[:, member[lost]], factor[lost])
    for name, family, sign in (
        ("link", "link", 1.0),
        ("site-loss", "import", 1.0),
        ("site-return", "import", -1.0),
    ):
        mine = np.flatnonzero(kind == name)
        if len(mine):
            builder.add_entries(
                rows[:, mine], draft.columns(family)[:, member[mine]], sign * factor[mine]
            )
    mine = np.flatnonzero(unit)
    limit_at, segment = np.nonzero(prepared.curves.unit[None, :] == member[mine][:, None])
    builder.add_entries(
        rows[:, mine[limit_at]], draft.columns("segment")[:, segment], factor[mine[limit_at]]
    )
    for family, units, per_mw in (
        ("on", prepared.committed, prepared.curves.base_mw[prepared.committed]),
        ("dump", prepared.dumping(window.hours), -1.0),
    ):
        limit_at, column = np.nonzero(units[None, :] == member[mine][:, None])
        if len(column):
            size = factor[mine[limit_at]] * np.broadcast_to(per_mw, len(units))[column]
            builder.add_entries(rows[:, mine[limit_at]], draft.columns(family)[:, column], size)
    price = prepared.security.price * window.hours[:, None]
    for name, sign in (("n1_over", -1.0), ("n1_under", 1.0)):
        builder.add_entries(rows, builder.add_columns(name, shape, 0.0, np.inf, price), sign)


BLOCK = Block(
    "security",
    "N-1: after the loss of any one line, link, unit or site, and when a site's whole load "
    "returns, every flow stays "
    "within its emergency limit. Rows are added for the pairs of line and loss that would "
    "overload; an overload that "
    "cannot be avoided is paid at its price and listed.",
    (
        "-emergency[l] ≤ flow[l,t] + factor[l,c]·z[c,t] - over[l,c,t] + under[l,c,t] ≤ "
        "emergency[l]",
        "line k: z = flow[k,t], factor = H[l,k] / (1 - H[k,k]), H[l,k] = PTDF[l,from k] - "
        "PTDF[l,to k]",
        "unit g: z = p[g,t], factor = Σ_b PTDF[l,b]·(share[b without g] - [b = bus g]);  link: "
        "likewise at both ends",
        "site d lost: z = import[d,t], factor = Σ_b PTDF[l,b]·([b = bus d] - share[b])",
        "site d returns: z = full[d] - import[d,t], factor = -(that of its loss)",
        "share[b] = firm capacity at b / firm capacity of the island;  cost: Σ_t "
        "h[t]·violation_price·(over + under)",
    ),
    add,
    needs=(
        "network",
        "site",
        "generation",
        "commitment",
    ),
    when=with_power,
)
