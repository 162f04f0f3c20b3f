"""Tables of a run of a few Wh, written down by hand, for checks that need no run folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import polars as pl

from suandian.record.read import Run
from suandian.record.schemas import TABLES
from suandian.verify.finding import Finding
from suandian.verify.tables import Tables

# half hours: what is per hour and what is per step must not be mistaken for each other
EDGES = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * k) for k in range(9)]

Flow = tuple[int, str, str, int]  # step, from, to, Wh


def flows(rows: Sequence[Flow], carrier: str = "electricity") -> pl.DataFrame:
    """Return flows.parquet; a flow of 0 Wh has no row, as in the file."""
    return frame(
        "flows",
        [
            {
                "phase": "realised",
                "start": EDGES[step],
                "end": EDGES[step + 1],
                "from_node": source,
                "to_node": sink,
                "carrier": carrier,
                "energy_wh": wh,
            }
            for step, source, sink, wh in rows
            if wh
        ],
    )


def nodes(rows: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """Return nodes.parquet from node → what is known of it; its kind is that of its name."""
    roles = {
        **dict.fromkeys(("bus", "line", "site", "cluster", "plate"), "junction"),
        **dict.fromkeys(("generator", "inflow"), "source"),
        "storage": "store",
    }
    table = []
    for node, known in rows.items():
        kind = node.partition(":")[0]
        table.append({"node": node, "kind": kind, "role": roles.get(kind, "sink"), **known})
    return frame("nodes", table)


def unknown(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return nodes of which nothing is known but their names."""
    return {name: {} for name in names}


def levels(store: str, values: Sequence[int]) -> pl.DataFrame:
    """Return levels.parquet of one store: a level at each edge."""
    rows = [{"time": EDGES[k], "node": store, "energy_wh": wh} for k, wh in enumerate(values)]
    return frame("levels", rows)


def prices(rows: Sequence[tuple[int, str, float | None, float | None]]) -> pl.DataFrame:
    """Return prices.parquet of (step, node, average, marginal)."""
    return frame(
        "prices",
        [
            {
                "start": EDGES[step],
                "node": node,
                "average_g_per_kwh": average,
                "marginal_g_per_kwh": marginal,
            }
            for step, node, average, marginal in rows
        ],
    )


def tables(**parts: Any) -> Tables:
    """Return the tables of a run that has these parts."""
    known: dict[str, Any] = {name: frame(name, []) for name in TABLES}
    known |= {"record": {}, "has": lambda _: False, "certificates": []} | parts
    if "steps" not in parts:
        known["steps"] = known["flows"].select("start", "end").unique().sort("start")
    return Tables(cast(Run, SimpleNamespace(**known, table=known.__getitem__)))


def by_name(findings: Any) -> dict[str, Finding]:
    """Return the findings by the name of their check."""
    return {finding.check: finding for finding in findings}


def frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return a table of the schema; what a row does not name is null."""
    schema = TABLES[name]
    return pl.DataFrame(rows, schema=schema, strict=False)
