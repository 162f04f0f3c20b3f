"""Is every limit kept: ratings, connections, clusters, generators, stores. Recomputed
from flows.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.model.units import WH_PER_MWH
from suandian.verify.finding import Finding, first
from suandian.verify.tables import START, Tables

SLACK_MW = 1e-3
RULES = (
    ("line ratings", ("line",), "into_mw", "capacity_mw"),
    ("link capacities", ("link",), "into_mw", "capacity_mw"),
    ("connections: import", ("site",), "import_mw", "capacity_mw"),
    ("connections: export", ("site",), "export_mw_real", "export_mw"),
    ("clusters", ("cluster",), "into_mw", "capacity_mw"),
    ("generators", ("generator",), "out_mw", "capacity_mw"),
)


def check_limits(tables: Tables) -> Iterator[Finding]:
    """Yield one finding per kind of limit; the figure counts intervals above it by more
    than 1 kW.
    """
    power = tables.throughput.join(_connections(tables), on=[START, "node"], how="left")
    for name, kinds, real, limit in RULES:
        members = power.filter(pl.col("kind").is_in(list(kinds)) & pl.col(limit).is_not_null())
        if len(members):
            yield _over(name, members, real, limit)
    if (tables.run.nodes["role"] == "store").any():
        yield _over("storage power", _storage(tables), "mw", "capacity_mw")


def overloads(tables: Tables) -> int:
    """Return how many (line or link, interval) carry more than their rating."""
    power = tables.throughput.filter(pl.col("kind").is_in(["line", "link"]))
    return len(power.filter(pl.col("into_mw") > pl.col("capacity_mw") + SLACK_MW))


def _over(name: str, members: pl.DataFrame, real: str, limit: str) -> Finding:
    above = members.filter(pl.col(real) > pl.col(limit) + SLACK_MW).select(
        START, "node", real, limit
    )
    where = [
        f"{n} at {t}: {mw:.3f} of {most:.3f} MW"
        for t, n, mw, most in above.sort(START, "node").head(3).iter_rows()
    ]
    return Finding(
        name,
        not where,
        len(above),
        first(where, len(above)) or f"above the limit, of {len(members)} checked",
    )


def _connections(tables: Tables) -> pl.DataFrame:
    """start, node (site), import_mw, export_mw_real at the grid connection."""
    hours = tables.intervals.select(START, "hours")
    parts = []
    for end, other, name in (("to", "from", "import_mw"), ("from", "to", "export_mw_real")):
        flows = tables.physical.filter(
            (pl.col(f"{end}_kind") == "site") & (pl.col(f"{other}_kind") == "bus")
        )
        part = flows.join(hours, on=START).group_by(START, pl.col(f"{end}_node").alias("node"))
        parts.append(
            part.agg((pl.col("energy_wh") / WH_PER_MWH / pl.col("hours")).sum().alias(name))
        )
    return parts[0].join(parts[1], on=[START, "node"], how="full", coalesce=True)


def _storage(tables: Tables) -> pl.DataFrame:
    """start, node, mw into or out of a store at its terminals, capacity_mw."""
    stores = tables.run.nodes.filter(
        (pl.col("role") == "store") & pl.col("capacity_mw").is_not_null()
    )
    places = ["bus", "site", "cluster"]
    hours = tables.intervals.select(START, "hours")
    parts = []
    for end, other in (("to", "from"), ("from", "to")):
        flows = tables.physical.filter(pl.col(f"{other}_kind").is_in(places))
        flows = flows.join(
            stores.select(pl.col("node").alias(f"{end}_node"), "capacity_mw"), on=f"{end}_node"
        )
        mw = pl.col("energy_wh") / WH_PER_MWH / pl.col("hours")
        parts.append(
            flows.join(hours, on=START).select(
                START, pl.col(f"{end}_node").alias("node"), mw.alias("mw"), "capacity_mw"
            )
        )
    return pl.concat(parts)
