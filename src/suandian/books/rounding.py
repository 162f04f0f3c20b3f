"""Integer energy that balances: round everything off a spanning tree, then solve the tree's lines
exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.model.grid import Grid, Ints


@dataclass(frozen=True, eq=False)
class Tree:
    """A spanning forest of the AC lines, leaves first: `bus` hands its surplus to `parent` over
    `line`.

    `sign` is +1 where the line runs from bus to parent. `roots` keep what is left: the rounding
    residual.
    """

    bus: Ints
    parent: Ints
    line: Ints
    sign: Ints
    roots: Ints

    @classmethod
    def of(cls, grid: Grid) -> Tree:
        """Return a breadth-first spanning forest of `grid`."""
        n = len(grid.buses)
        lines = grid.lines
        # the lines at each bus, so that the search asks each line twice and no more
        touching: list[list[int]] = [[] for _ in range(n)]
        for i, (a, b) in enumerate(
            zip(lines.from_bus.tolist(), lines.to_bus.tolist(), strict=True)
        ):
            touching[a].append(i)
            touching[b].append(i)
        seen = np.zeros(n, dtype=bool)
        order = []
        roots = []
        for root in range(n):
            if seen[root]:
                continue
            # not reached from any root before: the first bus of another island
            seen[root] = True
            roots.append(root)
            queue = [root]
            for parent in queue:
                for i in touching[parent]:
                    # the other end: the sum of both ends less the one it was reached from
                    bus = int(lines.from_bus[i] + lines.to_bus[i] - parent)
                    if not seen[bus]:
                        seen[bus] = True
                        queue.append(bus)
                        order.append((bus, parent, i, 1 if lines.from_bus[i] == bus else -1))
        # leaves first: when a bus is asked, all that it hands on has come in
        table = np.array(order[::-1], dtype=np.int64).reshape(-1, 4)
        return cls(
            table[:, 0], table[:, 1], table[:, 2], table[:, 3], np.array(roots, dtype=np.int64)
        )

    def balanced(self, surplus_wh: Ints, line_wh: Ints, grid: Grid) -> tuple[Ints, Ints]:
        """Return line flows and root residuals such that in = out at every bus.

        `surplus_wh` (buses,) is what all but the lines put in; `line_wh` (lines,) the rounded
        flows, kept off the tree.
        """
        lines = line_wh.copy()
        # lines off the tree keep their rounded flows; those of the tree take up what is left
        lines[self.line] = 0
        left = surplus_wh.copy()
        np.subtract.at(left, grid.lines.from_bus, lines)
        np.add.at(left, grid.lines.to_bus, lines)
        for bus, parent, line, sign in zip(
            self.bus.tolist(),
            self.parent.tolist(),
            self.line.tolist(),
            self.sign.tolist(),
            strict=True,
        ):
            # a leaf has one line left: all of its surplus goes that way
            lines[line] = sign * left[bus]
            left[parent] += left[bus]
            left[bus] = 0
        return lines, left[self.roots]
