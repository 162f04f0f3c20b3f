"""What renewable supply offered and lost, and what the Twin had to move off the plan."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.report.books import Books
from suandian.report.facts import WH, Facts
from suandian.report.merit.item import Item, total
from suandian.report.technology import RENEWABLE


def supply(facts: Facts, books: Books) -> Iterator[Item]:
    """Yield what was available, curtailed and redispatched [MWh]."""
    output = facts.supply.filter(pl.col("technology").is_in(list(RENEWABLE)))
    lost = total(facts.curtailed)
    # What weather offered is not booked as such: it is what was taken and what was left (the flows
    # of carrier potential, which only units with a series have).
    yield (
        "renewable_available_mwh",
        total(output) + lost,
        "MWh",
        f"output of {', '.join(RENEWABLE)} + curtailed",
    )
    yield (
        "renewable_curtailed_mwh",
        lost,
        "MWh",
        "flows of carrier potential: offered by weather, not taken",
    )
    # A remark of the step, for no flow says what the plan had wanted.
    memo = books.memo.get("energy", {})
    if "redispatch_wh" in memo:
        yield (
            "redispatch_mwh",
            memo["redispatch_wh"] * WH,
            "MWh",
            "dispatchable energy that the Twin moved off the plan",
        )
