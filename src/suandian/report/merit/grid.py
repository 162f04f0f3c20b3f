"""Overloads: in plans, as executed, after a loss, and what the AC power flow says."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.report.books import Books
from suandian.report.facts import Facts
from suandian.report.merit.item import Item
from suandian.report.merit.powerflow import powerflow_items

OVERLOAD_MW = 1e-3  # rounding to whole Wh is far below this

N1_UNIT = "line-losses-intervals"
N1_METHOD = (
    "|flow after a loss| above the emergency limit by more than 1 kW, over lines, losses and "
    "intervals"
)


def grid(facts: Facts, books: Books) -> Iterator[Item]:
    """Yield counts of overloads, then the figures of the AC check where there was one."""
    # Planned flows are not in the folder: the Twin counts them before it dispatches, and remarks.
    memo = books.memo.get("energy", {})
    if "planned_overloads" in memo:
        yield (
            "planned_overloads",
            memo["planned_overloads"],
            "line-intervals",
            "planned flows on actuals, before redispatch",
        )
    if len(facts.lines):
        above = pl.col("mw") > pl.col("capacity_mw") + OVERLOAD_MW
        overloads = facts.lines.filter(above)
        yield (
            "line_overloads",
            len(overloads),
            "line-intervals",
            "|flow| above rating by more than 1 kW, from flows.parquet",
        )
    if facts.run.has("security.parquet"):
        # The table holds overloads only, one a row; the phase tells with N-1 from without.
        phase = facts.run.table("security")["phase"]
        secured = int((phase == "realised").sum())
        unsecured = int((phase == "unsecured").sum())
        yield "n1_violations", secured, N1_UNIT, N1_METHOD
        before = f"{N1_METHOD}: the same steps dispatched without N-1"
        yield "n1_violations_unsecured", unsecured, N1_UNIT, before
    if facts.run.has("ac_check.parquet"):
        yield from powerflow_items(facts.run.table("ac_check"))
