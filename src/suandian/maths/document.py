"""The mathematics as a page, from the blocks themselves: what is solved is what is written."""

from __future__ import annotations

from suandian.maths import risk
from suandian.maths.compile import BLOCKS

INTRODUCTION = """# The mathematics

This page is generated from the blocks of `suandian.maths` (`python -m suandian.maths.document`); a
test keeps it true. One problem is compiled per window. Sets: steps t of length h[t] [h], buses b,
lines l, units g with segments s, stores, sites d, services k, groups of work j. Powers are in MW,
energies in MWh, money in the scenario's currency.

    minimise the sum of the blocks' costs   subject to   the blocks' equations

How the pieces of a real grid are treated: thermal units by relaxed commitment (a unit may be off;
minimum output and no-load cost are inside the convex hull of its cost curve; no start costs) or,
where a scenario asks for it, by block `commitment`; wind, sun, hydro and roof-top PV as available
power that may be curtailed at no cost; concentrating solar as a store with inflow; stores end a
study where they began, or pay for what they are off. A work group is (class of jobs or site where
it has started) × length of run.
"""


def document() -> str:
    """Return the page as Markdown."""
    parts = [INTRODUCTION]
    for block in (*BLOCKS, risk.BLOCK):
        lines = "\n".join(f"    {line}" for line in block.equations)
        parts.append(f"## {block.name}\n\n{block.description}\n\n{lines}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(document(), end="")
