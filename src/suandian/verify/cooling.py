"""Is what a site drew beside its cluster what its PUE asks for, in every interval?"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.verify.finding import Finding, first
from suandian.verify.tables import START, Tables

ROUNDED_WH = 0.5 + 1e-6  # cooling is booked as the nearest whole Wh


def check_cooling(tables: Tables) -> Iterator[Finding]:
    """Yield whether cooling = (PUE − 1) · IT energy at every site and interval."""
    drawn = _into(tables, "cluster").join(_into(tables, "cooling"), on=[START, "site"], how="full")
    # an interval in which a site drew nothing has no flow at all, on either side
    energy = drawn.select(
        pl.coalesce(START, f"{START}_right").alias(START),
        pl.coalesce("site", "site_right").alias("site"),
        pl.col("cluster").fill_null(0),
        pl.col("cooling").fill_null(0),
    )
    stated = energy.join(_constant(tables), on="site", how="left")
    stated = stated.join(_followed(tables), on=[START, "site"], how="left")
    # a site that follows a series states a constant as well: what it is built for
    pue = pl.coalesce("followed", "constant")
    off = (pl.col("cooling") - (pue - 1.0) * pl.col("cluster")).abs()
    # a site whose PUE is stated nowhere cannot be checked, which is no pass
    judged = stated.with_columns(off.fill_null(float("inf")).alias("off"))
    wrong = judged.filter(pl.col("off") > ROUNDED_WH).sort(START, "site")
    worst = float(judged["off"].max() or 0.0) if len(judged) else 0.0  # type: ignore[arg-type]
    where = [
        f"{site} at {start}: {off_wh:.1f} Wh"
        for start, site, off_wh in wrong.head(3).select(START, "site", "off").iter_rows()
    ]
    yield Finding(
        "cooling",
        not where,
        worst,
        first(where, len(wrong)) or "Wh off (PUE − 1) × IT energy at most",
    )


def _into(tables: Tables, kind: str) -> pl.DataFrame:
    """Return start, site, energy [Wh] under the name of `kind`: what each site gave to it."""
    flows = tables.physical.filter((pl.col("from_kind") == "site") & (pl.col("to_kind") == kind))
    site = pl.col("from_node").str.strip_prefix("site:").alias("site")
    return flows.group_by(START, site).agg(pl.col("energy_wh").sum().alias(kind))


def _constant(tables: Tables) -> pl.DataFrame:
    """Return site, constant: the PUE [1] that the scenario states."""
    sites = tables.settings.get("sites", {})
    values = {name: site["cluster"]["pue"]["value"] for name, site in sites.items()}
    return pl.DataFrame(
        {"site": list(values), "constant": list(values.values())},
        schema={"site": pl.String, "constant": pl.Float64},
    )


def _followed(tables: Tables) -> pl.DataFrame:
    """Return start, site, followed: the PUE [1] of sites that follow a series."""
    series = tables.run.series.filter(pl.col("feed") == "pue")
    return series.select(START, pl.col("column").alias("site"), pl.col("actual").alias("followed"))
