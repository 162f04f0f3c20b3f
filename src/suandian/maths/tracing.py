"""Average (consumption-based) carbon intensity by flow tracing.

Proportional sharing (Bialek 1996): what leaves a place has the mix of what enters it,

    c[n]·(supply[n] + Σ_in |f|) = emissions[n] + Σ_in |f|·c[from],

which is one linear system per step. Places are the buses and the sites: a site's connection is a
branch, so what stands behind its meter is in its mix, and what it exports carries that mix. A store
takes the mix of its place and gives back the mix that it holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order

from suandian.maths.ordered_sums import solve
from suandian.maths.result import Result
from suandian.model.grid import Bools, Floats, Grid, Ints
from suandian.model.system import Sites

NOTHING = 1e-9  # [MW, MWh] less than this does not flow


@dataclass(frozen=True, eq=False)
class Paths:
    """Where power may go: branches (lines, then links, then connections of sites) between traced
    places.

    `place` (buses + sites,) is the traced place of each bus and site: on a copper plate all buses
    are one, and lines and links carry nothing. `home` is the traced place of each site's bus.
    """

    source: Ints
    sink: Ints
    place: Ints
    home: Ints

    @classmethod
    def of(cls, grid: Grid, sites: Sites, network: str) -> Paths:
        """Return the paths of `grid` with `sites`."""
        buses = len(grid.buses)
        many = len(sites)
        behind = buses + np.arange(many)
        source = np.concatenate([grid.lines.from_bus, grid.links.from_bus, sites.bus])
        sink = np.concatenate([grid.lines.to_bus, grid.links.to_bus, behind])
        place = np.arange(buses + many)
        # a copper plate is one place: what flows inside it leads nowhere
        if network == "copper":
            place = np.concatenate([np.zeros(buses, dtype=np.int64), 1 + np.arange(many)])
            source, sink = source[len(source) - many :], sink[len(sink) - many :]
        return cls(place[source], place[sink], place, place[sites.bus])

    def average(self, supply_mw: Floats, supply_kg: Floats, branch_mw: Floats) -> Floats:
        """Return the average intensity [kg/MWh] of what is taken at each bus and site (buses +
        sites,) in one step.

        `supply_mw`, `supply_kg` (buses + sites,): power fed in at each place [MW] and its emissions
        [kg/h]; `branch_mw` (branches,) signed from → to; on a copper plate only its connections
        count. A bus that nothing enters has intensity 0, such a site that of its bus.

        Examples
        --------
        >>> from suandian.model.grid import *
        >>> from suandian.model.system import no_sites
        >>> nothing = table(Links, 0), table(Generators, 0), table(StorageUnits, 0)
        >>> g = Grid("g", 100, table(Buses, 2), table(Lines, 1, to_bus=1), *nothing)
        >>> mw, kg = np.array([10.0, 10.0]), np.array([8000.0, 0.0])
        >>> Paths.of(g, no_sites(), "dc").average(mw, kg, np.array([10.0])).tolist()
        [800.0, 400.0]
        """
        n = int(self.place.max(initial=-1)) + 1
        # on a copper plate only the connections of sites are branches
        flow = branch_mw[len(branch_mw) - len(self.source) :]
        # against its direction a branch brings what its end has
        source = np.where(flow >= 0, self.source, self.sink)
        sink = np.where(flow >= 0, self.sink, self.source)
        # proportional sharing (Bialek 1996): what leaves a place has the mix of all that enters it
        fed_mw = np.bincount(self.place, supply_mw, n)
        total = fed_mw.copy()
        wanted: Floats = np.bincount(self.place, supply_kg, n).astype(np.float64)
        np.add.at(total, sink, np.abs(flow))
        # What nothing enters has no mix: 0, or at a site that of its bus.
        # Nor has what goes round between places that no supply reaches.
        empty = (total <= NOTHING) | ~_reached(fed_mw > NOTHING, source, sink, flow)
        site = self.place[len(self.place) - len(self.home) :]
        idle = empty[site]
        wanted[empty] = 0.0
        fed = ~empty[sink]
        # total·intensity - Σ flow·intensity of where it comes from = emissions fed in
        rows = np.concatenate([np.arange(n), sink[fed], site[idle]])
        columns = np.concatenate([np.arange(n), source[fed], self.home[idle]])
        values = np.concatenate(
            [np.where(empty, 1.0, total), -np.abs(flow[fed]), np.full(int(idle.sum()), -1.0)]
        )
        matrix = sp.coo_array((values, (rows, columns)), shape=(n, n))
        # Not by BLAS: what is booked would depend on the processor in its last digit.
        intensity: Floats = np.maximum(solve(matrix, wanted), 0.0)
        return intensity[self.place]


def _reached(fed: Bools, source: Ints, sink: Ints, flow: Floats) -> Bools:
    """Return which places (places,) power comes to from one that is `fed`, along `flow`."""
    n = len(fed)
    runs = np.abs(flow) > NOTHING
    # one more place stands for all supply, and leads to every place that is fed
    ends = np.concatenate([sink[runs], np.flatnonzero(fed)])
    begins = np.concatenate([source[runs], np.full(int(fed.sum()), n)])
    graph = sp.coo_array((np.ones(len(ends)), (begins, ends)), shape=(n + 1, n + 1)).tocsr()
    order = breadth_first_order(graph, n, return_predecessors=False)
    made = np.zeros(n + 1, dtype=np.bool_)
    made[order] = True
    return made[:n]


@dataclass(frozen=True, eq=False)
class Mix:
    """What is fed in during one step: by units and stores, with the mass that each brings.

    `output_mw` (units,) and `output_kg` [kg/h]; `discharge_mw` (stores,) and `discharge_kg` [kg/h].
    """

    output_mw: Floats
    output_kg: Floats
    discharge_mw: Floats
    discharge_kg: Floats

    def at_places(self, grid: Grid, places: int) -> tuple[Floats, Floats]:
        """Return supply [MW] and emissions [kg/h] by bus and site (places,)."""
        mw = np.zeros(places)
        kg = np.zeros(places)
        # stores bring the CO2 of what they were charged with
        for node, power, mass in (
            (grid.generators.node, self.output_mw, self.output_kg),
            (grid.storage.node, self.discharge_mw, self.discharge_kg),
        ):
            np.add.at(mw, node, power)
            np.add.at(kg, node, mass)
        return mw, kg


def window_average(result: Result, held_kg: Floats) -> Floats:
    """Return the average intensity at each step, bus and site (T, buses + sites) [kg/MWh] of a
    solved window.

    `held_kg` (stores,): CO2 of the energy in store before the window [kg].
    """
    prepared = result.compiled.prepared
    window = result.compiled.window
    grid = prepared.grid
    stores = prepared.stores
    paths = Paths.of(grid, prepared.sites, prepared.network)
    segments = result.column("segment")
    places = prepared.buses + len(prepared.sites)
    # what is dumped brings nothing to anybody
    output = result.output_mw() - result.dump_mw()
    # segments emit by energy; a committed unit also for being on
    emitted = prepared.output_mw(segments * prepared.curves.kg, 0.0 * result.on())
    emitted[:, prepared.committed] += result.on() * prepared.curves.base_kg[prepared.committed]
    branches = np.hstack(
        [
            result.flow_mw(),
            *(
                _wide(result, name, k)
                for name, k in (
                    ("link", len(grid.links)),
                    ("import", len(prepared.sites)),
                )
            ),
        ]
    )
    charge, discharge = (_wide(result, name, len(stores)) for name in ("charge", "discharge"))
    # level before each step
    level = np.vstack([window.level_mwh[None, :], _wide(result, "level", len(stores))])
    held = held_kg.astype(float)
    made = np.zeros((window.n, places))
    for t, hours in enumerate(window.hours.tolist()):
        # more leaves the store than arrives: the CO2 of the loss goes with the energy
        drawn = discharge[t] * hours / stores.discharge_efficiency
        share = np.minimum(drawn / np.maximum(level[t], NOTHING), 1.0)
        mix = Mix(
            output[t],
            emitted[t],
            discharge[t],
            held * share / hours,
        )
        made[t] = paths.average(*mix.at_places(grid, places), branches[t])
        # what is charged now is mixed with what is in store, for later steps
        held = held * (1.0 - share) + charge[t] * hours * made[t, stores.node]
    return made


def _wide(result: Result, name: str, members: int) -> Floats:
    found = result.column(name)
    # a system without such members has no such columns
    return found if found.shape[1] else np.zeros((result.compiled.window.n, members))
