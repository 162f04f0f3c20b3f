"""Are the tables of the form that the other checks rely on: values where they must be, known nodes,
whole intervals.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.record.schemas import ELECTRICITY, POTENTIAL, REQUIRED, VIRTUAL
from suandian.verify.finding import Finding, first
from suandian.verify.tables import HOURS, START, Tables

# junction: in = out; a source only gives, a sink only takes, a store does both (docs/run-folder.md)
ROLES = {
    **dict.fromkeys(("bus", "line", "link", "site", "cluster", "plate"), "junction"),
    **dict.fromkeys(("generator", "inflow", "unserved"), "source"),
    **dict.fromkeys(
        ("load", "work", "idle", "cooling", "loss", "spill", "curtailment", "rounding"), "sink"
    ),
    "storage": "store",
}


def check_shape(tables: Tables) -> Iterator[Finding]:
    """Yield the findings about columns, nodes and flows."""
    yield _columns(tables)
    yield _nodes(tables)
    yield _flows(tables)


def _columns(tables: Tables) -> Finding:
    wrong = [
        f"{name}.{column} lacks {missing} values"
        for name, columns in REQUIRED.items()
        for column in columns
        if (missing := tables.run.table(name)[column].null_count())
    ]
    return Finding(
        "columns",
        not wrong,
        sum(map(len, REQUIRED.values())),
        first(wrong) or "columns without a gap",
    )


def _nodes(tables: Tables) -> Finding:
    """Every node is named once, in the role of its kind; the network has the lines that the nodes
    have.
    """
    nodes = tables.run.nodes
    wrong = []
    # every join by name would double the flows of such a node
    if nodes["node"].is_duplicated().any():
        wrong.append("a node is named twice")
    # a kind that nobody knows has no role, which is not the role that is stated
    role = pl.col("kind").replace_strict(ROLES, default=None, return_dtype=pl.String)
    wrong += [
        f"{row} is no {kind}"
        for row, kind in nodes.filter(role.ne_missing(pl.col("role"))).select("node", "role").rows()
    ]
    # in the same order too: columns of lines are booked without names
    lines = tables.of_kind("line")["node"].to_list()
    if lines != [f"line:{line}" for line in tables.run.network["line"]]:
        wrong.append("network.parquet has other lines")
    return Finding(
        "nodes", not wrong, len(nodes), first(wrong) or "nodes, each in the role of its kind"
    )


def _flows(tables: Tables) -> Finding:
    """Flows are between known nodes, positive, of a known carrier, once each; intervals follow each
    other.
    """
    flows = tables.flows
    wrong = []
    unknown = flows.filter(pl.col("from_kind").is_null() | pl.col("to_kind").is_null())
    if len(unknown):
        ends = f"{unknown['from_node'][0]} → {unknown['to_node'][0]}"
        wrong.append(f"{len(unknown)} flows with a node that nodes.parquet lacks, as {ends}")
    bad = flows.filter(
        (pl.col("energy_wh") < 0) | ~pl.col("carrier").is_in([ELECTRICITY, POTENTIAL, VIRTUAL])
    )
    if len(bad):
        wrong.append(f"{len(bad)} flows negative or of an unknown carrier")
    twice = len(flows) - len(flows.select(START, "from_node", "to_node", "carrier").unique())
    if twice:
        wrong.append(f"{twice} flows stand twice")
    steps = tables.intervals
    outside = flows.join(steps, on=[START, "end"], how="anti")
    if len(outside):
        wrong.append(f"{len(outside)} flows in no step of steps.parquet")
    # the first has no end before it: a null, which does not count
    gaps = int((steps["end"].shift(1) != steps[START]).sum())
    # a mean power over no time has no value
    gaps += int((steps[HOURS] <= 0).sum())
    if gaps:
        wrong.append(f"{gaps} gaps between intervals")
    return Finding(
        "flows", not wrong, len(flows), first(wrong) or f"flows in {len(steps)} intervals"
    )
