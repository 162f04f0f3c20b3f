"""Shares of renewable supply behind the meters (绿电直连); certificates do not exist yet."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.report.facts import Facts
from suandian.report.merit.item import Item, total
from suandian.report.technology import RENEWABLE

GREEN_SHARE = (
    "Σ min(own renewable supply, site energy) by site and interval / energy_site; no "
    "certificates, no store"
)
SELF_USE_LOAD = (
    "Σ min(own renewable supply, site energy) / energy_site, at sites that have such supply; no "
    "store"
)


def direct(facts: Facts) -> Iterator[Item]:
    """Yield the ratios of own renewable supply [1]; nothing where no site has any."""
    renewable = pl.col("technology").is_in(list(RENEWABLE))
    green = facts.nodes.filter(renewable)["node"]
    # What goes from a unit straight to a site; by way of a bus it is the grid's.
    to_sites = facts.between(["generator"], ["site"])
    behind = to_sites.filter(pl.col("from_node").is_in(green.implode()))
    own = behind.group_by("start", "to_node").agg(own=pl.col("mwh").sum())
    load = total(facts.site_energy, "total_mwh")
    if not len(own) or load <= 0:
        return
    use = facts.site_energy.join(own, left_on=["start", "from_node"], right_on=["start", "to_node"])
    # Interval by interval: what was exported at noon has not been used at night.
    used = float(use.select(pl.min_horizontal("own", "total_mwh").sum()).item())
    yield "green_share", used / load, "1", GREEN_SHARE
    units = behind["from_node"].unique()
    sites = use["site"].unique()
    yield from _of_supply(facts, used, total(own, "own"), units, sites)
    # Sites without supply of their own are in green_share, which is of all computing, and not here.
    at = facts.site_energy.filter(pl.col("site").is_in(sites.implode()))
    drawn = total(at, "total_mwh")
    if drawn > 0:
        yield "self_use_load_ratio", used / drawn, "1", SELF_USE_LOAD


def _of_supply(
    facts: Facts, used: float, given: float, units: pl.Series, sites: pl.Series
) -> Iterator[Item]:
    """Yield the ratios to what the own `units` could give at `sites`: used there, and exported."""
    offered = pl.col("carrier") == "potential"
    lost = facts.flows.filter(offered & pl.col("from_node").is_in(units.implode()))
    # Curtailed supply counts as offered: else a site could better its ratio by curtailing.
    could = given + total(lost)
    if could <= 0:
        return
    could_be = "(own renewable supply + its curtailment), at sites that have it; no store"
    yield (
        "self_use_generation_ratio",
        used / could,
        "1",
        f"Σ min(own supply, site energy) / {could_be}",
    )
    sold = facts.meters.filter(pl.col("site").is_in(sites.implode()))
    yield "export_ratio", total(sold, "export_mwh") / could, "1", f"Σ site → bus / {could_be}"
