"""The shape of a block: adds columns, rows and costs, and carries the description the docs are made
from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.maths.window import Window
from suandian.model.grid import Floats, Ints
from suandian.solve.problem import Builder

Injection = tuple[Ints, Ints, Floats]


@dataclass(eq=False)
class Draft:
    """A problem in the making: the builder, and who feeds which node.

    `injections` are (columns (T, k), node (k,), coefficient (k,)): power put into a bus (node <
    buses) or into a site.
    """

    prepared: Prepared
    window: Window
    builder: Builder = field(default_factory=Builder)
    injections: list[Injection] = field(default_factory=list)
    columns: dict[str, Ints] = field(default_factory=dict)
    monitored: Ints | None = None

    def add_sensitivities(self, rows: Ints, factors: Floats) -> None:
        """Add to `rows` (T, k) what all injections at buses do to them by `factors` (k, buses)."""
        for columns, node, coefficient in self.injections:
            mine = np.flatnonzero(node < self.prepared.buses)
            row, place = np.nonzero(factors[:, node[mine]])
            weight = factors[row, node[mine][place]] * coefficient[mine][place]
            self.builder.add_entries(rows[:, row], columns[:, mine[place]], weight)


@dataclass(frozen=True)
class Block:
    """A piece of the mathematics: name, one sentence, equations, and the function that adds it to a
    window.

    A block that joins windows has no such function.
    """

    name: str
    description: str
    equations: tuple[str, ...]
    add: Callable[[Draft], None] | None = None
