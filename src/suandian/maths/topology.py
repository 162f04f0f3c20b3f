"""A grid's islands, sensitivities and flow limits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from suandian.maths.ordered_sums import product, solve
from suandian.model.grid import Floats, Grid, Ints


@dataclass(frozen=True, eq=False)
class Topology:
    """Islands and sensitivities of a grid's AC lines. `island` (buses,) numbers the AC islands."""

    grid: Grid
    island: Ints
    islands: int

    @classmethod
    def of(cls, grid: Grid) -> Topology:
        """Return the topology of `grid`."""
        lines = grid.lines
        n = len(grid.buses)
        links = sp.coo_array((np.ones(len(lines)), (lines.from_bus, lines.to_bus)), shape=(n, n))
        # power cannot balance between parts that no line joins
        count, island = connected_components(links, directed=False)
        return cls(grid, island.astype(np.int64), int(count))

    @cached_property
    def ptdf(self) -> Floats:
        """Flow on each line [MW] per MW injected at each bus and taken out at its island's first
        bus.
        """
        lines = self.grid.lines
        n = len(self.grid.buses)
        rows = np.arange(len(lines))
        incidence = sp.coo_array(
            (
                np.r_[np.ones(len(lines)), -np.ones(len(lines))],
                (np.r_[rows, rows], np.r_[lines.from_bus, lines.to_bus]),
            ),
            shape=(len(lines), n),
        ).tocsr()
        # the nodal matrix of an island is singular: one bus of each is where power is taken out
        first = np.array([np.flatnonzero(self.island == i)[0] for i in range(self.islands)])
        kept = np.setdiff1d(np.arange(n), first)
        ptdf = np.zeros((len(lines), n))
        if len(kept):
            branch = sp.diags_array(lines.susceptance_mw) @ incidence
            nodal = sp.csr_array(incidence.T @ branch)
            # Not by BLAS: its last digit depends on the processor, and with it the plan.
            ptdf[:, kept] = branch[:, kept] @ solve(nodal[kept][:, kept], np.eye(len(kept)))
        # rounding would make every line depend on every bus, and the rows dense
        ptdf[np.abs(ptdf) < 1e-12] = 0.0
        return ptdf

    def flows_mw(self, injection_mw: Floats) -> Floats:
        """Return line flows (T, lines) of bus injections (T, buses) that balance in
        every island.
        """
        return product(injection_mw, self.ptdf.T)


def limits_mw(grid: Grid) -> Floats:
    """Return the flow limit of each line: its rating, or what its angle limits allow, whichever is
    less [MW].
    """
    lines = grid.lines
    # a limit of the angle difference is one of flow: flow = susceptance · angle in DC
    angle = np.minimum(np.abs(lines.angle_min), np.abs(lines.angle_max)) * np.abs(
        lines.susceptance_mw
    )
    return np.asarray(np.minimum(lines.rating_mw, angle))
