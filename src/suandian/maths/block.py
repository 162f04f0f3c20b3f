"""The shape of a block: adds columns, rows and costs, and carries the description of the docs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from suandian.maths.capacity import Capacities, Capacity
from suandian.maths.prepared import Prepared
from suandian.maths.window import FromGrid, Groups, Window
from suandian.model.grid import Floats, Ints
from suandian.solve.problem import Builder

Injection = tuple[Ints, Ints, Floats]


class MissingFamilyError(LookupError):
    """A block asked for columns or rows that no block before it gave; `name`, `known` families."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        families = ", ".join(sorted(known)) or "none"
        super().__init__(f"no block has given {name!r} yet; given so far: {families}")


@dataclass(eq=False)
class Draft:
    """A problem in the making: the builder, and who feeds which place.

    `injections` are (columns (T, k), node (k,), coefficient (k,)): power put into a place (see
    `model.places`). `monitored` are the limits that have rows (see `limits.split`), None the first
    time. `capacities` holds those that an earlier block decides.
    """

    prepared: Prepared
    window: Window
    builder: Builder = field(default_factory=Builder)
    injections: list[Injection] = field(default_factory=list)
    monitored: Ints | None = None
    capacities: Capacities = field(default_factory=Capacities)

    def has(self, name: str) -> bool:
        """Return whether columns of this name have been given."""
        return name in self.builder.columns

    def columns(self, name: str) -> Ints:
        """Return the columns of a family, in its shape.

        Raises
        ------
        MissingFamilyError
            No block before has given them.
        """
        if name not in self.builder.columns:
            raise MissingFamilyError(name, tuple(self.builder.columns))
        return self.builder.columns[name].ids()

    def rows(self, name: str) -> Ints:
        """Return the rows of a family, in its shape.

        Raises
        ------
        MissingFamilyError
            No block before has given them.
        """
        if name not in self.builder.rows:
            raise MissingFamilyError(name, tuple(self.builder.rows))
        return self.builder.rows[name].ids()

    def capacity(self, name: str) -> Capacity:
        """Return a capacity of the system: what is installed, or the columns that decide it."""
        return self.capacities.of(name, self.prepared)

    @property
    def pue(self) -> Floats:
        """Site power / IT power (T, sites) [1]."""
        window = self.window
        sites = self.prepared.sites
        return np.tile(sites.pue, (window.n, 1)) if window.pue is None else window.pue

    def add_sensitivities(self, rows: Ints, factors: Floats) -> None:
        """Add to `rows` (T, k) what all injections at buses do to them by `factors` (k, buses)."""
        for columns, node, coefficient in self.injections:
            mine = np.flatnonzero(self.prepared.places.at_bus(node))
            row, place = np.nonzero(factors[:, node[mine]])
            weight = factors[row, node[mine][place]] * coefficient[mine][place]
            self.builder.add_entries(rows[:, row], columns[:, mine[place]], weight)


def always(draft: Draft) -> bool:
    """Return that a block is part of every problem."""
    del draft
    return True


def with_power(draft: Draft) -> bool:
    """Return whether the power side is decided: not where computing answers given prices."""
    return isinstance(draft.window.power, FromGrid)


def with_computing(draft: Draft) -> bool:
    """Return whether computing is decided: not where a dispatch is asked for given work."""
    return isinstance(draft.window.computing, Groups)


@dataclass(frozen=True)
class Block:
    """A piece of the mathematics: name, one sentence, equations, and what adds it to a draft.

    `needs` names the blocks that must have been asked before, because this one uses their columns,
    rows or injections; `when` says of a draft whether the block is part of it. A block that joins
    windows has no function `add`.
    """

    name: str
    description: str
    equations: tuple[str, ...]
    add: Callable[[Draft], None] | None = None
    needs: tuple[str, ...] = ()
    when: Callable[[Draft], bool] = always
