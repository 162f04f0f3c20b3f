"""The shape of a block: adds columns, rows and costs, and carries the description the docs are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from suandian.maths.prepared import Prepared
from suandian.maths.window import Window
from suandian.model.grid import Floats, Ints
from suandian.solve.problem import Builder

Injection = tuple[Ints, Ints, Floats]


@dataclass(eq=False)
class Draft:
    """A problem in the making: the builder, and who feeds which node.

    `injections` are (columns (T, k), node (k,), coefficient (k,)): power put into a bus (node < buses) or into a site.
    """

    prepared: Prepared
    window: Window
    builder: Builder = field(default_factory=Builder)
    injections: list[Injection] = field(default_factory=list)
    columns: dict[str, Ints] = field(default_factory=dict)
    monitored: Ints | None = None


@dataclass(frozen=True)
class Block:
    """A piece of the mathematics: name, one sentence, equations, and the function that adds it."""

    name: str
    description: str
    equations: tuple[str, ...]
    add: Callable[[Draft], None]
