"""Places: where power may be fed in or taken out. The one file that knows how they are numbered.

A place is a bus of the grid, or what stands behind the meter of a site. Columns named `node` or
`place` hold their numbers: buses first, in the order of `Grid.buses`, then sites.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.model.grid import Bools, Floats, Grid, Ints


@dataclass(frozen=True)
class Places:
    """The places of a system of `buses` buses and `sites` sites.

    Examples
    --------
    Three buses and two sites: a generator at bus 1, a battery behind the meter of site 0.

    >>> places = Places(buses=3, sites=2)
    >>> node = np.array([1, places.behind(0)])
    >>> places.at_bus(node).tolist(), places.site_of(node).tolist(), len(places)
    ([True, False], [-1, 0], 5)
    """

    buses: int
    sites: int

    def __len__(self) -> int:
        return self.buses + self.sites

    def behind(self, site: int | Ints) -> int | Ints:
        """Return the places behind the meters of `site` (positions of sites)."""
        return self.buses + site

    def at_bus(self, node: Ints) -> Bools:
        """Return which places are buses, shape of `node`."""
        return np.asarray(node < self.buses)

    def behind_meter(self, node: Ints) -> Bools:
        """Return which places are behind a site's meter, shape of `node`."""
        return np.asarray(node >= self.buses)

    def behind_mw(self, grid: Grid, output_mw: Floats, discharge_mw: Floats) -> Floats:
        """Return what units (`output_mw`) and stores (`discharge_mw`) can give behind the meter of
        each site (sites,) [MW].
        """
        total = np.zeros(self.sites)
        for node, mw in ((grid.generators.node, output_mw), (grid.storage.node, discharge_mw)):
            mine = np.flatnonzero(self.behind_meter(node))
            np.add.at(total, self.site_of(node[mine]), mw[mine])
        return total

    def installed_mw(self, grid: Grid) -> Floats:
        """Return the supply that is installed behind the meter of each site (sites,) [MW]."""
        return self.behind_mw(grid, grid.generators.p_max_mw, grid.storage.discharge_mw)

    def site_of(self, node: Ints) -> Ints:
        """Return the site behind whose meter each place is, -1 for a bus, shape of `node`."""
        # -1, as wherever there is no such member: it must not be used to index
        return np.where(node >= self.buses, node - self.buses, -1)
