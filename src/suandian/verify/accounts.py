"""Do the flows say what the ledger says: totals by account, recomputed per step from flows.parquet."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.record.schemas import ROUNDING
from suandian.verify.book import Book
from suandian.verify.finding import Finding, first
from suandian.verify.tables import START, Tables

# kind of a node → kind of the account that books what it gains
DIRECT = {"generator": "generator", "inflow": "inflow", "storage": "store", "idle": "idle", "cooling": "cooling"}


def check_accounts(tables: Tables, book: Book) -> Iterator[Finding]:
    """Yield the finding about the energy book."""
    flows, booked = _from_flows(tables), _from_ledger(tables, book)
    steps = len(book.of("energy"))
    if steps != len(tables.intervals):
        detail = f"the ledger has {steps} steps, flows.parquet {len(tables.intervals)} intervals"
        yield Finding("energy accounts", False, None, detail)
        return
    both = flows.join(booked, on=[START, "account"], how="full", coalesce=True).fill_null(0)
    wrong = both.filter(pl.col("wh") != pl.col("booked_wh")).sort(START, "account")
    where = [f"{a} at {t}: flows {x}, ledger {y} Wh" for t, a, x, y in wrong.head(3).iter_rows()]
    detail = first(where, len(wrong)) or f"of {len(both)} totals differ between flows and ledger"
    yield Finding("energy accounts", not where, len(wrong), detail)


def _from_ledger(tables: Tables, book: Book) -> pl.DataFrame:
    starts = tables.intervals[START]
    rows = [(e.step, a, wh) for e in book.of("energy") if 0 <= e.step < len(starts) for a, wh in e.accounts.items()]
    schema = {"step": pl.Int64, "account": pl.String, "booked_wh": pl.Int64}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.select(starts.gather(table["step"]).alias(START), "account", "booked_wh")


def _from_flows(tables: Tables) -> pl.DataFrame:
    """start, account, wh: gains of sinks and stores positive, what sources give negative."""
    zone = tables.run.nodes.select("node", pl.col("zone").fill_null(""))
    name = pl.col("node").str.split_exact(":", 1).struct.field("field_1").fill_null("")
    gain = tables.throughput.select(START, "node", "kind", wh=pl.col("into_wh") - pl.col("out_wh")).join(
        zone, on="node"
    )
    account = (
        pl.when(pl.col("kind") == "load").then("load:" + pl.col("zone"))
        .when(pl.col("kind").is_in(["loss", "spill"])).then("loss:" + name)
        .when(pl.col("kind") == ROUNDING).then(pl.lit(ROUNDING))
        .otherwise(pl.col("kind").replace_strict(DIRECT, default=None, return_dtype=pl.String) + ":" + name)
    )  # fmt: skip
    own = gain.select(START, account.alias("account"), "wh").filter(pl.col("account").is_not_null())
    site = pl.col("from_node").str.split_exact(":", 1).struct.field("field_1")
    work = tables.physical.filter(pl.col("to_kind") == "work")
    parts = [own, work.select(START, ("work:" + site).alias("account"), pl.col("energy_wh").alias("wh"))]
    total = pl.concat(parts).group_by(START, "account").agg(pl.col("wh").sum())
    return total.filter(pl.col("wh") != 0)
