"""Block `security`: N-1, rows for the pairs of line and loss that would overload (see `contingency`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from suandian.maths.blocks import Block, Draft
from suandian.maths.contingency import excess
from suandian.maths.prepared import Prepared
from suandian.model.grid import Floats, Ints

if TYPE_CHECKING:
    from suandian.maths.compile import Result

OVERLOAD_MW = 1e-6


def split(prepared: Prepared, monitored: Ints) -> tuple[Ints, Ints, Ints]:
    """Return (lines limited as they are, lines limited after a loss, those losses) of `monitored`.

    A limit is numbered line + lines·(1 + contingency), the limit of the line as it is with its own position.
    """
    many = max(len(prepared.grid.lines), 1)
    after = monitored >= many
    return monitored[~after], monitored[after] % many, monitored[after] // many - 1


def every_limit(prepared: Prepared) -> Ints:
    """Return the numbers of all limits after a loss: what a problem without lazy rows would hold."""
    made = prepared.contingencies
    many = len(prepared.grid.lines)
    lines = made.of_kind("line")
    wanted = np.broadcast_to(np.isfinite(made.limit_mw)[:, None], made.factor.shape).copy()
    wanted[made.member[lines], lines] = False
    line, case = np.nonzero(wanted)
    return np.asarray(line + many * (1 + case), dtype=np.int64)


def violated(prepared: Prepared, result: Result, monitored: Ints, above_mw: float = OVERLOAD_MW) -> Ints:
    """Return the limits to add: of each line and step the worst loss `above_mw` [MW] over the emergency limit."""
    made, many = prepared.contingencies, len(prepared.grid.lines)
    if not len(made) or not many:
        return np.zeros(0, np.int64)
    _, line, case = split(prepared, monitored)
    found: set[int] = set()
    for _, over in excess(made, *operating_point(result)):
        over[:, line, case] = -np.inf
        worst = over.argmax(axis=2)
        step, at = np.nonzero(np.take_along_axis(over, worst[:, :, None], 2)[:, :, 0] > above_mw)
        found |= set((at + many * (1 + worst[step, at])).tolist())
    return np.array(sorted(found), dtype=np.int64)


def operating_point(result: Result) -> tuple[Floats, Floats]:
    """Return flows (T, lines) and the sizes of all losses (T, C) of a solved window."""
    prepared = result.compiled.prepared
    flow = result.flow_mw()
    link, imported = result.column("link"), result.column("import")
    return flow, prepared.contingencies.size_mw(flow, link, result.delivered_mw(), imported)


def factors(prepared: Prepared, line: Ints, case: Ints) -> Floats:
    """Return the sensitivities (limits, buses) of flows after a loss, where the loss is that of a line; else PTDF."""
    made, ptdf = prepared.contingencies, prepared.topology.ptdf
    factor = ptdf[line].copy()
    lost = np.flatnonzero(made.kind[case] == "line")
    factor[lost] += made.factor[line[lost], case[lost], None] * ptdf[made.member[case[lost]]]
    return factor


def add(draft: Draft) -> None:
    """Add rows `security` and columns `n1_over`, `n1_under` (T, limits) [MW] for the limits after a loss."""
    prepared, window, builder = draft.prepared, draft.window, draft.builder
    if prepared.security is None or draft.monitored is None:
        return
    _, line, case = split(prepared, draft.monitored)
    if not len(line):
        return
    made = prepared.contingencies
    shape = (window.n, len(line))
    factor, kind, member = made.factor[line, case], made.kind[case], made.member[case]
    fixed = np.zeros(shape)  # what the left-hand side has that is not a column
    back, unit = kind == "site-return", kind == "generator"
    fixed[:, back] += factor[back] * made.full_mw[member[back]]
    fixed[:, unit] += factor[unit] * prepared.always_mw[member[unit]]
    if prepared.network == "ptdf":
        sensitivity = factors(prepared, line, case)
        fixed -= window.load_mw @ sensitivity.T
    limit = made.limit_mw[line]
    rows = builder.add_rows("security", shape, -limit - fixed, limit - fixed)
    if prepared.network == "ptdf":
        draft.add_sensitivities(rows, sensitivity)
    else:
        lost = np.flatnonzero(kind == "line")
        builder.add_entries(rows, draft.columns["flow"][:, line], 1.0)
        builder.add_entries(rows[:, lost], draft.columns["flow"][:, member[lost]], factor[lost])
    for name, family, sign in (("link", "link", 1.0), ("site-loss", "import", 1.0), ("site-return", "import", -1.0)):
        mine = np.flatnonzero(kind == name)
        if len(mine):
            builder.add_entries(rows[:, mine], draft.columns[family][:, member[mine]], sign * factor[mine])
    mine = np.flatnonzero(unit)
    limit_at, segment = np.nonzero(prepared.curves.unit[None, :] == member[mine][:, None])
    builder.add_entries(rows[:, mine[limit_at]], draft.columns["segment"][:, segment], factor[mine[limit_at]])
    for family, units, per_mw in (
        ("on", prepared.committed, prepared.curves.base_mw[prepared.committed]), ("dump", prepared.dumping, -1.0),
    ):  # fmt: skip
        limit_at, column = np.nonzero(units[None, :] == member[mine][:, None])
        if len(column):
            size = factor[mine[limit_at]] * np.broadcast_to(per_mw, len(units))[column]
            builder.add_entries(rows[:, mine[limit_at]], draft.columns[family][:, column], size)
    price = prepared.security.price * window.hours[:, None]
    for name, sign in (("n1_over", -1.0), ("n1_under", 1.0)):
        builder.add_entries(rows, builder.add_columns(name, shape, 0.0, np.inf, price), sign)


BLOCK = Block(
    "security",
    "N-1: after the loss of any one line, link, unit or site, and when a site's whole load returns, every flow stays "
    "within its emergency limit. Rows are added for the pairs of line and loss that would overload; an overload that "
    "cannot be avoided is paid at its price and listed.",
    (
        "-emergency[l] ≤ flow[l,t] + factor[l,c]·z[c,t] - over[l,c,t] + under[l,c,t] ≤ emergency[l]",
        "line k: z = flow[k,t], factor = H[l,k] / (1 - H[k,k]), H[l,k] = PTDF[l,from k] - PTDF[l,to k]",
        "unit g: z = p[g,t], factor = Σ_b PTDF[l,b]·(share[b without g] - [b = bus g]);  link: likewise at both ends",
        "site d lost: z = import[d,t], factor = Σ_b PTDF[l,b]·([b = bus d] - share[b])",
        "site d returns: z = full[d] - import[d,t], factor = -(that of its loss)",
        "share[b] = firm capacity at b / firm capacity of the island;  cost: Σ_t h[t]·violation_price·(over + under)",
    ),
    add,
)
