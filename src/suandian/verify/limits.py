"""Is every limit kept: ratings, connections, clusters, generators, stores. Recomputed
from flows.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.verify.finding import Finding, first
from suandian.verify.tables import HOURS, KIND, MEAN_MW, NODE, START, Tables

# A flow is a whole number of Wh: in a step of 5 minutes one of them is 12 W, far below a kW.
SLACK_MW = 1e-3
# name of the check, kinds of nodes, column of what was, column of the limit
RULES = (
    # a line takes from one end and gives to the other: what it takes is what it carries
    ("line ratings", ("line",), "into_mw", "capacity_mw"),
    ("link capacities", ("link",), "into_mw", "capacity_mw"),
    # A site with supply behind its meter takes more than its connection carries: only what crosses
    # the connection is limited.
    ("connections: import", ("site",), "import_mw", "capacity_mw"),
    ("connections: export", ("site",), "export_mw_real", "export_mw"),
    ("clusters", ("cluster",), "into_mw", "capacity_mw"),
    ("generators", ("generator",), "out_mw", "capacity_mw"),
)
CAPACITY = pl.col("capacity_mw")
ENDS = (START, "node")


def check_limits(tables: Tables) -> Iterator[Finding]:
    """Yield one finding per kind of limit; the figure counts intervals above it by more
    than 1 kW.
    """
    power = tables.throughput.join(_connections(tables), on=ENDS, how="left")
    for name, kinds, real, limit in RULES:
        of_kind = power.filter(KIND.is_in(list(kinds)))
        # null is no limit
        members = of_kind.filter(pl.col(limit).is_not_null())
        if len(members):
            yield _over(name, members, real, limit)
    if (tables.run.nodes["role"] == "store").any():
        yield _over("storage power", _storage(tables), "mw", "capacity_mw")


def overloads(tables: Tables) -> int:
    """Return how many (line or link, interval) carry more than their rating."""
    branches = tables.throughput.filter(KIND.is_in(["line", "link"]))
    return len(branches.filter(pl.col("into_mw") > CAPACITY + SLACK_MW))


def _over(name: str, members: pl.DataFrame, real: str, limit: str) -> Finding:
    above = members.filter(pl.col(real) > pl.col(limit) + SLACK_MW)
    above = above.select(START, "node", real, limit)
    where = []
    for time, node, power, most in above.sort(ENDS).head(3).iter_rows():
        where.append(f"{node} at {time}: {power:.3f} of {most:.3f} MW")
    return Finding(
        name,
        not where,
        len(above),
        first(where, len(above)) or f"above the limit, of {len(members)} checked",
    )


def _connections(tables: Tables) -> pl.DataFrame:
    """start, node (site), import_mw, export_mw_real at the grid connection."""
    imports = _power_of(
        tables,
        tables.between(["bus"], ["site"]),
        "to_node",
        "import_mw",
    )
    exports = _power_of(
        tables,
        tables.between(["site"], ["bus"]),
        "from_node",
        "export_mw_real",
    )
    # a site may only buy, or only sell, in an interval
    return imports.join(exports, on=ENDS, how="full", coalesce=True)


def _power_of(tables: Tables, flows: pl.DataFrame, end: str, name: str) -> pl.DataFrame:
    """start, node, `name`: mean power [MW] of flows by the node at their `end`."""
    hours = tables.intervals.select(START, HOURS)
    joined = flows.rename({end: "node"}).join(hours, on=START)
    return joined.group_by(ENDS).agg(MEAN_MW.sum().alias(name))


def _storage(tables: Tables) -> pl.DataFrame:
    """start, node, mw into or out of a store at its terminals, capacity_mw."""
    stores = tables.run.nodes.filter(pl.col("role") == "store")
    limits = stores.filter(CAPACITY.is_not_null()).select(NODE, CAPACITY)
    # Losses, spills and inflow do not pass the terminals: only flows with a place do.
    places = ["bus", "site", "cluster"]
    hours = tables.intervals.select(START, HOURS)
    parts = []
    for flows, end in (
        (tables.between(places, None), "to_node"),
        (tables.between(None, places), "from_node"),
    ):
        at_store = flows.rename({end: "node"}).join(limits, on="node")
        # Each direction is held against the limit by itself: no store has both in one interval,
        # which is a check of its own.
        power = MEAN_MW.alias("mw")
        parts.append(
            at_store.join(hours, on=START).select(
                START,
                "node",
                power,
                "capacity_mw",
            )
        )
    return pl.concat(parts)
