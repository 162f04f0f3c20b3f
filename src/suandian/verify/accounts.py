"""Do the tables say what the ledger says: totals by account, prices, and a statement that adds up
to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import numpy as np
import polars as pl

from suandian.model.ports.tariff import CHARGE_KINDS
from suandian.record.details import CarbonDetail, CashDetail, EnergyDetail
from suandian.record.schemas import ROUNDING, STATEMENT
from suandian.verify.book import BookedLedger
from suandian.verify.finding import Finding, first
from suandian.verify.tables import START, Tables

# kind of a node → kind of the account that books what it gains
DIRECT = {
    "generator": "generator",
    "inflow": "inflow",
    "storage": "store",
    "idle": "idle",
    "cooling": "cooling",
}


def check_accounts(tables: Tables, book: BookedLedger) -> Iterator[Finding]:
    """Yield the findings about the books energy, carbon and cash."""
    flows = _from_flows(tables)
    booked = _from_ledger(tables, book)
    steps = len(book.of(EnergyDetail.BOOK))
    if steps != len(tables.intervals):
        detail = f"the ledger has {steps} steps, flows.parquet {len(tables.intervals)} intervals"
        yield Finding("energy accounts", False, None, detail)
        return
    yield _prices(tables, book)
    yield _bills(tables, book)
    if tables.run.has(STATEMENT):
        yield _statement(tables)
    both = flows.join(booked, on=[START, "account"], how="full", coalesce=True).fill_null(0)
    wrong = both.filter(pl.col("wh") != pl.col("booked_wh")).sort(START, "account")
    where = [f"{a} at {t}: flows {x}, ledger {y} Wh" for t, a, x, y in wrong.head(3).iter_rows()]
    detail = first(where, len(wrong)) or f"of {len(both)} totals differ between flows and ledger"
    yield Finding("energy accounts", not where, len(wrong), detail)


def _from_ledger(tables: Tables, book: BookedLedger) -> pl.DataFrame:
    starts = tables.intervals[START]
    rows = [
        (e.step, a, wh)
        for e in book.of(EnergyDetail.BOOK)
        if 0 <= e.step < len(starts)
        for a, wh in e.accounts.items()
    ]
    schema = {"step": pl.Int64, "account": pl.String, "booked_wh": pl.Int64}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.select(starts.gather(table["step"]).alias(START), "account", "booked_wh")


def _from_flows(tables: Tables) -> pl.DataFrame:
    """start, account, wh: gains of sinks and stores positive, what sources give negative."""
    zone = tables.run.nodes.select("node", pl.col("zone").fill_null(""))
    name = pl.col("node").str.split_exact(":", 1).struct.field("field_1").fill_null("")
    gain = tables.throughput.select(
        START, "node", "kind", wh=pl.col("into_wh") - pl.col("out_wh")
    ).join(zone, on="node")
    account = (
        pl.when(pl.col("kind") == "load")
        .then("load:" + pl.col("zone"))
        .when(pl.col("kind").is_in(["loss", "spill"]))
        .then("loss:" + name)
        .when(pl.col("kind") == ROUNDING)
        .then(pl.lit(ROUNDING))
        .otherwise(
            pl.col("kind").replace_strict(DIRECT, default=None, return_dtype=pl.String) + ":" + name
        )
    )
    own = gain.select(START, account.alias("account"), "wh").filter(pl.col("account").is_not_null())
    site = pl.col("from_node").str.split_exact(":", 1).struct.field("field_1")
    work = tables.physical.filter(pl.col("to_kind") == "work")
    parts = [
        own,
        work.select(START, ("work:" + site).alias("account"), pl.col("energy_wh").alias("wh")),
    ]
    total = pl.concat(parts).group_by(START, "account").agg(pl.col("wh").sum())
    return total.filter(pl.col("wh") != 0)


def _prices(tables: Tables, book: BookedLedger) -> Finding:
    """Prices and average intensities at the buses are those that were booked."""
    bus = tables.run.nodes.filter(pl.col("kind") == "bus").select("node")
    starts = tables.intervals.select(START)
    stated = starts.join(bus, how="cross", maintain_order="left_right").join(
        tables.run.prices, on=[START, "node"], how="left", maintain_order="left"
    )
    wrong = 0
    price = np.concatenate([step.price for step in book.steps(CashDetail)])
    average = np.concatenate([step.average_g_per_kwh for step in book.steps(CarbonDetail)])
    for column, booked in (("price_per_mwh", price), ("average_g_per_kwh", average)):
        same_size = len(booked) == len(stated)
        differ = (stated[column].to_numpy() != booked).sum() if same_size else len(stated)
        wrong += int(differ)
    sites = tables.run.nodes.filter(pl.col("kind") == "site").select(
        "node", pl.concat_str(pl.lit("bus:"), "bus").alias("at")
    )
    both = tables.run.prices.join(sites, on="node").join(
        tables.run.prices, left_on=[START, "at"], right_on=[START, "node"], how="left"
    )
    wrong += len(both.filter(pl.col("price_per_mwh").ne_missing(pl.col("price_per_mwh_right"))))
    return Finding(
        "prices",
        not wrong,
        wrong,
        f"of {len(tables.run.prices)} prices and intensities are not those booked",
    )


def _bills(tables: Tables, book: BookedLedger) -> Finding:
    """The bills are those booked, and with the cost of data they are what the sites paid."""
    wrong = 0
    sites = tables.run.nodes.filter(pl.col("kind") == "site")["node"].to_list()
    starts = tables.intervals[START].to_list()
    stated = {row[:3]: row[3] for row in tables.run.bills.iter_rows()}
    for entry, detail in zip(book.of(CashDetail.BOOK), book.steps(CashDetail), strict=True):
        amounts = detail.bill.reshape(len(CHARGE_KINDS), len(sites))
        for kind, row in zip(CHARGE_KINDS, amounts.tolist(), strict=True):
            for site, amount in zip(sites, row, strict=True):
                wrong += stated.pop((starts[entry.step], site, kind), 0) != amount
        paid = sum(wh for name, wh in entry.accounts.items() if name.startswith("site:"))
        # what sites pay is in no other account: their bills, and moving their data
        wrong += -paid != int(amounts.sum()) + int(entry.memo.get("transfer", 0))
    wrong += len(stated)
    return Finding("bills", not wrong, wrong, "amounts that are not those booked, or not paid")


def _statement(tables: Tables) -> Finding:
    """Amounts are whole cents, and what one party owes another is owed."""
    try:
        amounts = [Decimal(text) for text in tables.run.statement["amount"].to_list()]
    except (InvalidOperation, TypeError) as error:
        return Finding("statement", False, None, f"an amount is no number: {error}")
    total = sum(amounts, Decimal(0))
    split = sum(amount != round(amount, 2) for amount in amounts)
    ok = total == 0 and not split
    return Finding(
        "statement", ok, float(total), f"sum of {len(amounts)} amounts; {split} not in whole cents"
    )
