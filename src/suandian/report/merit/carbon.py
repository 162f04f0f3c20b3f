"""CO2: what supply emitted, what the sites' share of it is, and what one kWh more would have added.

Three questions, three figures that must not be mixed (docs/concepts.md, Signals).
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.model.units import G_PER_T, KG_PER_T
from suandian.report.books import Books
from suandian.report.facts import Facts
from suandian.report.merit.item import Item, total

# least share of the energy whose marginal intensity must be defined for a total to be given
COVERED = 0.999


def carbon(facts: Facts, books: Books) -> Iterator[Item]:
    """Yield CO2 of all supply, of the sites by flow tracing, and of the sites at the margin [t]."""
    # A negative value gives (docs/concepts.md, The ledger): generators give what the others have.
    emitted = -books.group("carbon", "generator")
    yield (
        "carbon_system_t",
        emitted / G_PER_T,
        "t",
        "direct CO2 of all supply (ledger, book carbon)",
    )
    if not facts.sites:
        return
    grams = books.group("carbon", "site")
    yield (
        "carbon_location_t",
        grams / G_PER_T,
        "t",
        "sites, consumption-based by flow tracing (ledger, book carbon)",
    )
    yield from _marginal(facts)


def _marginal(facts: Facts) -> Iterator[Item]:
    """Yield the marginal CO2 of what sites import; nothing where too much of it is undefined."""
    # The intensity is that of the bus, for it is what the site takes from the grid that is counted;
    # that of the site would also have what its own supply would do.
    metered = facts.meters.join(facts.grid_marginal, on=["start", "site"])
    drawn = metered.filter(pl.col("import_mwh") > 0)
    known = drawn.filter(pl.col("marginal_g_per_kwh").is_not_null())
    energy = total(drawn, "import_mwh")
    covered = total(known, "import_mwh")
    # A total that leaves out more than a rounding would read as if the rest emitted nothing.
    if not len(drawn) or covered < COVERED * energy:
        return
    # MWh × g/kWh is kg
    kilograms = known["import_mwh"] * known["marginal_g_per_kwh"]
    tonnes = float(kilograms.sum()) / KG_PER_T
    left = energy - covered
    note = f"; without {left:,.3f} MWh for which it is undefined" if left > 0 else ""
    yield (
        "carbon_marginal_t",
        tonnes,
        "t",
        "Σ import × marginal intensity of its bus and interval (short-run, within the "
        f"interval){note}; "
        "not an inventory",
    )
