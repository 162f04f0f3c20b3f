"""What the loss of one element puts on each line.

A contingency c loses an element whose size [MW] is z_c (a line's flow, a unit's output, a link's
flow, a site's import, or what a site may still pick up). All of them act on flows linearly,

    flow after c on line l = flow[l] + factor[l, c]·z_c

For line k: the line-outage distribution factor H[l,k] / (1 - H[k,k]), with H[l,k] = PTDF[l,from k]
- PTDF[l,to k]. For the others: PTDF·D, where D is the change of injections per MW, balanced in each
island by its firm units in proportion to their capacity (the lost unit left out). Source: Wood,
Wollenberg, Sheblé, Power Generation, Operation and Control, 3rd ed., ch. 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suandian.maths.ordered_sums import product
from suandian.maths.topology import Topology
from suandian.model.grid import Bools, Floats, Ints, Names, balancing_mw, emergency_mw
from suandian.model.scenario import Security
from suandian.model.system import Sites

RADIAL = 1e-8
CHUNK = 20_000_000  # values of (steps, lines, contingencies) at once


@dataclass(frozen=True, eq=False)
class Contingencies:
    """All single losses of a grid that leave its islands whole.

    `kind` and `element` (C,) name the loss, `member` (C,) is the position of the element in its
    table; `factor` (lines, C) MW on each line per MW of the loss; `limit_mw` (lines,) the emergency
    limit; `full_mw` (sites,) what a site draws when all its load is there; `splitting` names the
    losses that are not studied: radial lines (they cut an island off) and losses that nothing in
    their island can balance.
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
        """Return the size of every loss (T, C) from lines, links, units and sites' imports (T,
        members) [MW].
        """
        # a site that returns draws all its load at once: the loss is what it did not draw before
        made = np.zeros((len(flow), len(self)))
        for kind, values in (
            ("line", flow),
            ("link", link),
            ("generator", output),
            ("site-loss", imported),
            ("site-return", np.maximum(self.full_mw - imported, 0.0)),
        ):
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
    >>> lines = table(Lines, 3, id=["a", "b", "c"], from_bus=[0, 0, 1], to_bus=[2, 1, 2],
    ...               susceptance_mw=1.0, rating_mw=1.0)
    >>> nothing = table(Links, 0), table(Generators, 0), table(StorageUnits, 0)
    >>> g = Grid("g", 100, table(Buses, 3), lines, *nothing)
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
        factor=np.hstack(
            [np.zeros((len(grid.lines), 0))]
            + [p[2][:, k] for p, k in zip(parts, kept, strict=True)]
        ),
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
        # a loss is made up for by units in proportion to their size, not by the dispatch
        unit = balancing_mw(grid)
        bus = np.zeros(len(grid.buses))
        at = grid.generators.node
        mine = at < len(bus)
        np.add.at(bus, at[mine], unit[mine])
        return cls(
            topology,
            unit,
            bus,
            np.bincount(topology.island, bus, topology.islands).astype(np.float64),
        )

    def shift(self, bus: Ints, without: Floats) -> tuple[Floats, Bools]:
        """Return injections (buses, C) that make up for 1 MW lost at `bus` (C,), and where that is
        possible.

        `without` (C,) capacity at that bus that is lost with it.
        """
        many = np.arange(len(bus))
        # only what is connected to the loss can make up for it
        mine = self.topology.island[:, None] == self.topology.island[bus][None, :]
        capacity = np.where(mine, self.bus_mw[:, None], 0.0)
        # a lost unit does not help to replace itself
        capacity[bus, many] -= without
        total = self.island_mw[self.topology.island[bus]] - without
        # nobody else in the island: the loss cannot be studied as a redistribution
        sound = total > 1e-9
        made = np.where(sound, capacity / np.where(sound, total, 1.0), 0.0)
        # the lost megawatt itself
        made[bus, many] -= 1.0
        return made, sound


# all makers have one shape
def _lines(topology: Topology, sites: Sites, share: _Share) -> _Part:  # noqa: ARG001
    lines = topology.grid.lines
    # line outage distribution factors from PTDF (Wood and Wollenberg, ch. 11)
    moved = topology.ptdf[:, lines.from_bus] - topology.ptdf[:, lines.to_bus]
    # of a radial line all of its own transfer comes back over itself: nothing is left to divide by
    left = 1.0 - np.diagonal(moved)
    sound = np.abs(left) > RADIAL
    factor = moved / np.where(sound, left, 1.0)
    # the lost line carries nothing afterwards
    np.fill_diagonal(factor, -1.0)
    return lines.id, np.arange(len(lines)), factor, sound


def _links(topology: Topology, sites: Sites, share: _Share) -> _Part:  # noqa: ARG001
    links = topology.grid.links
    none = np.zeros(len(links))
    # power no longer arrives at one end and is no longer taken at the other
    lost, sound = share.shift(links.to_bus, none)
    back, also = share.shift(links.from_bus, none)
    return links.id, np.arange(len(links)), product(topology.ptdf, lost - back), sound & also


def _generators(topology: Topology, sites: Sites, share: _Share) -> _Part:
    units = topology.grid.generators
    # a unit behind a meter acts on the grid at its site's bus
    place = np.concatenate([np.arange(len(topology.grid.buses)), sites.bus])
    shift, sound = share.shift(place[units.node], share.unit_mw)
    return units.id, np.arange(len(units)), product(topology.ptdf, shift), sound


def _lost_sites(topology: Topology, sites: Sites, share: _Share) -> _Part:
    # load that is lost is a surplus: units are turned down alike
    shift, sound = share.shift(sites.bus, np.zeros(len(sites)))
    return sites.id, np.arange(len(sites)), product(topology.ptdf, -shift), sound


def _returning_sites(topology: Topology, sites: Sites, share: _Share) -> _Part:
    ids, member, factor, sound = _lost_sites(topology, sites, share)
    return ids, member, -factor, sound


_MAKERS = {
    "line": _lines,
    "link": _links,
    "generator": _generators,
    "site-loss": _lost_sites,
    "site-return": _returning_sites,
}


def excess(made: Contingencies, flow: Floats, size: Floats) -> Iterator[tuple[slice, Floats]]:
    """Yield (steps, MW above the emergency limit (steps, lines, C)), some steps at a time."""
    # a year of a large grid does not fit into memory whole
    chunk = max(1, CHUNK // max(made.factor.size, 1))
    for first in range(0, len(flow), chunk):
        rows = slice(first, first + chunk)
        yield rows, np.abs(made.after_mw(flow[rows], size[rows])) - made.limit_mw[None, :, None]
