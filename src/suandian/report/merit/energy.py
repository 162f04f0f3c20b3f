"""What the sites drew: IT and whole, imported and exported, at the peak, and per unit of IT."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from suandian.model.units import G_PER_T
from suandian.report.books import Books
from suandian.report.facts import Facts
from suandian.report.merit.direct import direct
from suandian.report.merit.item import Item, total


def energy(facts: Facts, books: Books) -> Iterator[Item]:
    """Yield energies [MWh], PUE and CUE, the peak [MW], then the shares of own supply."""
    if not facts.sites:
        return
    it = total(facts.site_energy, "it_mwh")
    whole = total(facts.site_energy, "total_mwh")
    bought = total(facts.meters, "import_mwh")
    sold = total(facts.meters, "export_mwh")
    yield "energy_it_mwh", it, "MWh", "Σ site → cluster"
    yield "energy_site_mwh", whole, "MWh", "Σ site → cluster, cooling, losses of the power path"
    yield "energy_import_mwh", bought, "MWh", "Σ bus → site"
    yield "energy_export_mwh", sold, "MWh", "Σ site → bus"
    # per unit of IT: not defined where nothing ran
    if it > 0:
        # over all sites and the whole run, energy by energy: a mean of the sites' ratios would
        # give a small site the weight of a large one
        yield (
            "pue",
            whole / it,
            "1",
            "energy_site / energy_it over the run (ISO/IEC 30134-2 asks for 12 months)",
        )
        grams = books.group("carbon", "site")
        # t/MWh is kg/kWh
        yield (
            "cue",
            grams / G_PER_T / it,
            "kg/kWh",
            "traced CO2 of the sites / energy_it over the run",
        )
    yield from _peak(facts)
    yield from direct(facts)


def _peak(facts: Facts) -> Iterator[Item]:
    """Yield the largest import of all sites together, with each site's own in words."""
    power = pl.col("import_mwh") / pl.col("hours")
    both = facts.meters.join(facts.steps, on="start").with_columns(mw=power)
    if not len(both):
        return
    each = both.group_by("site").agg(pl.col("mw").max()).sort("site")
    shown = ", ".join(f"{site} {mw:,.1f}" for site, mw in each.iter_rows())
    # Sites peak at different times: the grid sees the largest sum, not the sum of the largest.
    together = both.group_by("start").agg(pl.col("mw").sum())["mw"]
    peak = float(np.max(together.to_numpy()))
    yield (
        "peak_import_mw",
        peak,
        "MW",
        f"largest import of all sites in one interval; each alone: {shown}",
    )
