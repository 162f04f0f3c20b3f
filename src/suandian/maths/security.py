"""N-1 security: what the loss of one element puts on each line, and rows for the cases that would overload.

A contingency c loses an element whose size [MW] is z_c (a line's flow, a unit's output, a link's flow, a site's import,
or what a site may still pick up). All of them act on flows linearly,

    flow after c on line l = flow[l] + factor[l, c]·z_c

For line k: the line-outage distribution factor H[l,k] / (1 - H[k,k]), with H[l,k] = PTDF[l,from k] - PTDF[l,to k]. For
the others: PTDF·D, where D is the change of injections per MW, balanced in each island by its firm units in proportion
to their capacity (the lost unit left out). Source: Wood, Wollenberg, Sheblé, Power Generation, Operation and Control,
3rd ed., ch. 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from suandian.maths.blocks import Block, Draft
from suandian.model.grid import Bools, Floats, Ints, Names, balancing_mw, emergency_mw
from suandian.model.scenario import Security
from suandian.model.system import Sites

if TYPE_CHECKING:
    from suandian.maths.compile import Result
    from suandian.maths.prepared import Prepared
    from suandian.maths.topology import Topology

RADIAL = 1e-8
OVERLOAD_MW = 1e-6
CHUNK = 20_000_000  # values of (steps, lines, contingencies) at once


@dataclass(frozen=True, eq=False)
class Contingencies:
    """All single losses of a grid that leave its islands whole.

    `kind` and `element` (C,) name the loss, `member` (C,) is the position of the element in its table; `factor`
    (lines, C) MW on each line per MW of the loss; `limit_mw` (lines,) the emergency limit; `full_mw` (sites,) what a
    site draws when all its load is there; `splitting` names the losses that are not studied: radial lines (they cut an
    island off) and losses that nothing in their island can balance.
    """

    kind: Names
    element: Names
    member: Ints
    factor: Floats
    limit_mw: Floats
    full_mw: Floats
    splitting: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.member)

    def of_kind(self, *kinds: str) -> Ints:
        """Return the positions of the contingencies of some kinds."""
        return np.flatnonzero(np.isin(self.kind, kinds))

    def size_mw(self, flow: Floats, link: Floats, output: Floats, imported: Floats) -> Floats:
        """Return the size of every loss (T, C) from lines, links, units and sites' imports (T, members) [MW]."""
        made = np.zeros((len(flow), len(self)))
        for kind, values in (
            ("line", flow), ("link", link), ("generator", output), ("site-loss", imported),
            ("site-return", np.maximum(self.full_mw - imported, 0.0)),
        ):  # fmt: skip
            mine = self.of_kind(kind)
            made[:, mine] = values[:, self.member[mine]]
        return made

    def after_mw(self, flow: Floats, size: Floats) -> Floats:
        """Return flows after each loss (T, lines, C) from flows (T, lines) and sizes (T, C)."""
        return flow[:, :, None] + self.factor[None, :, :] * size[:, None, :]


def contingencies(topology: Topology, sites: Sites, security: Security) -> Contingencies:
    """Return the contingencies of the kinds that `security` names.

    Examples
    --------
    Three equal lines in a triangle: all that a lost line carried goes over the other two.

    >>> from suandian.model.grid import *
    >>> from suandian.model.system import no_sites
    >>> from suandian.maths.topology import Topology
    >>> g = Grid("g", 100, table(Buses, 3), table(Lines, 3, id=["a", "b", "c"], from_bus=[0, 0, 1], to_bus=[2, 1, 2],
    ...          susceptance_mw=1.0, rating_mw=1.0), table(Links, 0), table(Generators, 0), table(StorageUnits, 0))
    >>> contingencies(Topology.of(g), no_sites(), Security(("line",))).factor.round(6).tolist()
    [[-1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [1.0, -1.0, -1.0]]
    """
    grid = topology.grid
    share = _Share.of(topology)
    parts = [_MAKERS[kind](topology, sites, share) for kind in security.kinds]
    kept = [np.flatnonzero(sound) for *_, sound in parts]
    return Contingencies(
        kind=np.repeat(np.array(security.kinds, dtype=np.str_), [len(k) for k in kept]),
        element=_chained([part[0][k] for part, k in zip(parts, kept, strict=True)], np.str_),
        member=_chained([part[1][k] for part, k in zip(parts, kept, strict=True)], np.int64),
        factor=np.hstack([np.zeros((len(grid.lines), 0))] + [p[2][:, k] for p, k in zip(parts, kept, strict=True)]),
        limit_mw=emergency_mw(grid, security.emergency_factor),
        full_mw=sites.full_mw,
        splitting=tuple(
            f"{kind} {name}"
            for kind, (names, _, _, sound) in zip(security.kinds, parts, strict=True)
            for name in names[~sound].tolist()
        ),
    )


_Part = tuple[Names, Ints, Floats, Bools]


def _chained(parts: list[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, kind)


@dataclass(frozen=True, eq=False)
class _Share:
    """Capacity by bus (buses,) [MW] that balances losses, and each island's total (islands,)."""

    topology: Topology
    unit_mw: Floats
    bus_mw: Floats
    island_mw: Floats

    @classmethod
    def of(cls, topology: Topology) -> _Share:
        grid = topology.grid
        unit = balancing_mw(grid)
        bus = np.zeros(len(grid.buses))
        at = grid.generators.node
        mine = at < len(bus)
        np.add.at(bus, at[mine], unit[mine])
        return cls(topology, unit, bus, np.bincount(topology.island, bus, topology.islands).astype(np.float64))

    def shift(self, bus: Ints, without: Floats) -> tuple[Floats, Bools]:
        """Return injections (buses, C) that make up for 1 MW lost at `bus` (C,), and where that is possible.

        `without` (C,) capacity at that bus that is lost with it.
        """
        many = np.arange(len(bus))
        mine = self.topology.island[:, None] == self.topology.island[bus][None, :]
        capacity = np.where(mine, self.bus_mw[:, None], 0.0)
        capacity[bus, many] -= without
        total = self.island_mw[self.topology.island[bus]] - without
        sound = total > 1e-9
        made = np.where(sound, capacity / np.where(sound, total, 1.0), 0.0)
        made[bus, many] -= 1.0
        return made, sound


def _lines(topology: Topology, sites: Sites, share: _Share) -> _Part:  # noqa: ARG001 - one shape for all makers
    lines = topology.grid.lines
    moved = topology.ptdf[:, lines.from_bus] - topology.ptdf[:, lines.to_bus]
    left = 1.0 - np.diagonal(moved)
    sound = np.abs(left) > RADIAL
    factor = moved / np.where(sound, left, 1.0)
    np.fill_diagonal(factor, -1.0)
    return lines.id, np.arange(len(lines)), factor, sound


def _links(topology: Topology, sites: Sites, share: _Share) -> _Part:  # noqa: ARG001
    links = topology.grid.links
    none = np.zeros(len(links))
    lost, sound = share.shift(links.to_bus, none)
    back, also = share.shift(links.from_bus, none)
    return links.id, np.arange(len(links)), topology.ptdf @ (lost - back), sound & also


def _generators(topology: Topology, sites: Sites, share: _Share) -> _Part:
    units = topology.grid.generators
    place = np.concatenate([np.arange(len(topology.grid.buses)), sites.bus])
    shift, sound = share.shift(place[units.node], share.unit_mw)
    return units.id, np.arange(len(units)), topology.ptdf @ shift, sound


def _lost_sites(topology: Topology, sites: Sites, share: _Share) -> _Part:
    shift, sound = share.shift(sites.bus, np.zeros(len(sites)))
    return sites.id, np.arange(len(sites)), topology.ptdf @ -shift, sound


def _returning_sites(topology: Topology, sites: Sites, share: _Share) -> _Part:
    ids, member, factor, sound = _lost_sites(topology, sites, share)
    return ids, member, -factor, sound


_MAKERS = {
    "line": _lines, "link": _links, "generator": _generators, "site-loss": _lost_sites, "site-return": _returning_sites,
}  # fmt: skip


# ---- rows ------------------------------------------------------------------------------------------------------------


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


def violated(prepared: Prepared, result: Result, monitored: Ints) -> Ints:
    """Return the limits to add: of each line and step the worst loss above the emergency limit."""
    made, many = prepared.contingencies, len(prepared.grid.lines)
    if not len(made) or not many:
        return np.zeros(0, np.int64)
    _, line, case = split(prepared, monitored)
    found: set[int] = set()
    for _, over in excess(made, *operating_point(result)):
        over[:, line, case] = -np.inf
        worst = over.argmax(axis=2)
        step, at = np.nonzero(np.take_along_axis(over, worst[:, :, None], 2)[:, :, 0] > OVERLOAD_MW)
        found |= set((at + many * (1 + worst[step, at])).tolist())
    return np.array(sorted(found), dtype=np.int64)


def operating_point(result: Result) -> tuple[Floats, Floats]:
    """Return flows (T, lines) and the sizes of all losses (T, C) of a solved window."""
    prepared = result.compiled.prepared
    flow = result.flow_mw()
    link, imported = result.column("link"), result.column("import")
    output = result.output_mw() + prepared.curves.base_mw
    return flow, prepared.contingencies.size_mw(flow, link, output, imported)


def excess(made: Contingencies, flow: Floats, size: Floats) -> Iterator[tuple[slice, Floats]]:
    """Yield (steps, MW above the emergency limit (steps, lines, C)), some steps at a time."""
    chunk = max(1, CHUNK // max(made.factor.size, 1))
    for first in range(0, len(flow), chunk):
        rows = slice(first, first + chunk)
        yield rows, np.abs(made.after_mw(flow[rows], size[rows])) - made.limit_mw[None, :, None]


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
    fixed[:, unit] += factor[unit] * prepared.curves.base_mw[member[unit]]
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
