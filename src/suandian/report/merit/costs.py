"""What the system cost by the ledger, and what of it the owners of the sites pay."""

from __future__ import annotations

from collections.abc import Iterator

from suandian.model.units import G_PER_T
from suandian.report.books import Books
from suandian.report.facts import Facts
from suandian.report.merit.item import Item, total


def costs(facts: Facts, books: Books) -> Iterator[Item]:
    """Yield system_cost [currency] and its parts that stand alone, then the costs of the sites."""
    parts = books.cost_parts()
    money = facts.currency
    # parts that are nothing would only hide those that are something
    worded = [f"{name.replace('_', ' ')} {value:,.2f}" for name, value in parts.items() if value]
    shown = " + ".join(worded)
    # Payments between parties cancel in the whole (docs/concepts.md): only resources count, which
    # the cash book notes beside its accounts.
    yield (
        "system_cost",
        sum(parts.values()),
        money,
        f"ledger, book cash: {shown or 'no cost'}; no transfers between parties",
    )
    # Only runs with commitment book starts: a 0 elsewhere would claim that units never stopped.
    if "start" in parts:
        yield from _starts(facts, books, parts["start"])
    yield from _spilled(facts)
    if facts.sites:
        yield from _site_costs(facts, books, parts.get("transfer", 0.0))


def _starts(facts: Facts, books: Books, cost: float) -> Iterator[Item]:
    """Yield what turning units on and off cost."""
    yield (
        "cost_start",
        cost,
        facts.currency,
        "of which: start costs of committed units (ledger, book cash)",
    )
    starts = books.memo.get("energy", {}).get("unit_starts", 0)
    yield "unit_starts", starts, "1", "starts of committed units (ledger, book energy)"


def _spilled(facts: Facts) -> Iterator[Item]:
    """Yield the energy that was made and that nobody could take, where there is some."""
    # Spilled output was made (and paid, virtual carrier); curtailed output never was (potential).
    spilled = facts.between(["generator"], ["curtailment"], "virtual")
    if len(spilled):
        yield (
            "spilled_mwh",
            total(spilled),
            "MWh",
            "output that nobody could take, at a minimum or a ramp: generator → curtailment",
        )


def _site_costs(facts: Facts, books: Books, moved: float) -> Iterator[Item]:
    """Yield what the sites' owners pay; `moved` is the cost of data transfer."""
    money = facts.currency
    # From the bills that were booked: no second arithmetic that could differ from them.
    bought = facts.billed("energy")
    sold = -facts.billed("export")
    demand = facts.billed("demand")
    other = facts.billed("other")
    yield (
        "cost_total",
        bought + demand + other + moved - sold,
        money,
        "what site owners pay: their bills + data transfer (ledger, book cash)",
    )
    yield "cost_energy", bought, money, "Σ bills' lines for energy drawn, by each site's tariff"
    # Only tariffs that have them: a 0 would read as a term of the contract.
    if demand:
        yield "cost_demand", demand, money, "Σ bills' lines for the highest power of a period"
    if other:
        yield "cost_other", other, money, "Σ all other lines of the bills"
    yield (
        "cost_transfer",
        moved,
        money,
        "resource cost of moving data away from its origin (ledger, book cash)",
    )
    if sold:
        yield "revenue_export", sold, money, "Σ bills' lines for energy given to the grid"
    price = float(facts.record.get("carbon_price", 0.0))
    grams = books.group("carbon", "site")
    # Stated as "of which" and never added: generators bid their carbon, so that the nodal price
    # has it already.
    yield (
        "cost_carbon",
        grams / G_PER_T * price,
        money,
        f"of which: traced CO2 of the sites × {price:g} {money}/t; generators pay it, so it is "
        "inside the nodal price",
    )
