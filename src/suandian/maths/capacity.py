"""Capacities: what is installed is a constant, what is being sized is a column.

Every block that is bounded by a capacity asks for it by name and never reads the table itself. So
an investment is one more block: it runs first, adds the columns that decide some members of a
capacity, and offers them here; whoever asks afterwards is bounded by them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from suandian.maths.prepared import Prepared
from suandian.model.grid import Floats, Ints
from suandian.solve.problem import Builder

NONE = -1

# name → what is installed [MW, MWh for storage.energy], by member
_INSTALLED: dict[str, Callable[[Prepared], Floats]] = {
    "generator.power": lambda system: system.units.p_max_mw,
    "storage.charge": lambda system: system.stores.charge_mw,
    "storage.discharge": lambda system: system.stores.discharge_mw,
    "storage.energy": lambda system: system.stores.energy_mwh,
    "site.limit": lambda system: system.sites.limit_mw,
    "site.export": lambda system: system.sites.export_mw,
    "site.cluster": lambda system: system.sites.cluster_mw,
    "line.rating": lambda system: system.grid.lines.rating_mw,
    "link.capacity": lambda system: system.grid.links.capacity_mw,
}
NAMES = tuple(_INSTALLED)


@dataclass(frozen=True, eq=False)
class Capacity:
    """A capacity by member: `installed` (members,), and `column` (members,), -1 where constant."""

    name: str
    installed: Floats
    column: Ints

    @property
    def decided(self) -> Ints:
        """Positions of the members whose capacity is a column."""
        return np.flatnonzero(self.column != NONE)

    def at(self, members: Ints) -> Capacity:
        """Return the capacity that bounds each of some columns, by the member it belongs to."""
        return replace(self, installed=self.installed[members], column=self.column[members])

    def upper(self, steps: int, less: ArrayLike = 0.0) -> Floats:
        """Return capacity - less as upper limits (steps, members); infinite where a column decides.

        The rows of `bound` limit those: a constant beside them would cap the investment.
        """
        limit = np.tile(self.installed - np.asarray(less), (steps, 1))
        limit[:, self.decided] = np.inf
        return limit

    def bound(
        self,
        builder: Builder,
        columns: Ints,
        share: ArrayLike = 1.0,
        less: ArrayLike = 0.0,
        sign: float = 1.0,
    ) -> None:
        """Add rows sign·x ≤ share·capacity - less for the x (T, members) that a column bounds.

        `share` and `less` broadcast to the shape of `columns`; no row where nothing is decided.
        """
        mine = self.decided
        if not len(mine):
            return
        family = builder.name_of(int(columns.flat[0]))
        side = "" if sign > 0 else " below"
        shape = (len(columns), len(mine))
        share_of = np.broadcast_to(np.asarray(share, dtype=np.float64), columns.shape)[:, mine]
        taken = np.broadcast_to(np.asarray(less, dtype=np.float64), columns.shape)[:, mine]
        rows = builder.add_rows(f"{family} within {self.name}{side}", shape, -np.inf, -taken)
        builder.add_entries(rows, columns[:, mine], sign)
        builder.add_entries(rows, self.column[mine], -share_of)


@dataclass(eq=False)
class Capacities:
    """The capacities of a draft that are decided in it: name → columns by member."""

    _offered: dict[str, Ints] = field(default_factory=dict)

    def offer(self, name: str, members: Ints, columns: Ints, count: int) -> None:
        """Let `columns` (k,) decide the capacity of `members` (k,) of `count`.

        Raises
        ------
        KeyError
            There is no capacity of that name.
        """
        if name not in _INSTALLED:
            raise KeyError(f"no capacity is called {name!r}; there are {', '.join(NAMES)}")
        by_member = self._offered.setdefault(name, np.full(count, NONE, dtype=np.int64))
        by_member[members] = columns

    def of(self, name: str, system: Prepared) -> Capacity:
        """Return a capacity of the system, with the columns that decide it."""
        installed = _INSTALLED[name](system)
        constant = np.full(len(installed), NONE, dtype=np.int64)
        return Capacity(name, installed, self._offered.get(name, constant))
