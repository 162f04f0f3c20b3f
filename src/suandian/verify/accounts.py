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
from suandian.verify.tables import FROM_NODE, KIND, NODE, START, WH, Tables

# kind of a node → kind of the account that books what it gains; loads are booked by zone, losses
# with spills, and work by the site where it ran
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
    # Where a part is missing, every comparison by step would only repeat that.
    if steps != len(tables.intervals):
        detail = f"the ledger has {steps} steps, steps.parquet {len(tables.intervals)}"
        yield Finding("energy accounts", False, None, detail)
        return
    yield _prices(tables, book)
    yield _bills(tables, book)
    if tables.run.has(STATEMENT):
        yield _statement(tables)
    # A full join: an account that only one side knows is compared with 0.
    both = flows.join(
        booked,
        on=[START, "account"],
        how="full",
        coalesce=True,
    ).fill_null(0)
    wrong = both.filter(pl.col("wh") != pl.col("booked_wh")).sort(START, "account")
    where = []
    for time, account, flowed, entered in wrong.head(3).iter_rows():
        where.append(f"{account} at {time}: flows {flowed}, ledger {entered} Wh")
    detail = first(where, len(wrong)) or f"of {len(both)} totals differ between flows and ledger"
    yield Finding("energy accounts", not where, len(wrong), detail)


def _from_ledger(tables: Tables, book: BookedLedger) -> pl.DataFrame:
    """start, account, booked_wh of every account of every step."""
    starts = tables.intervals[START]
    rows: list[tuple[int, str, int]] = []
    for entry in book.of(EnergyDetail.BOOK):
        # a forged step has no interval; the order of steps is another check's concern
        if 0 <= entry.step < len(starts):
            rows += [(entry.step, account, wh) for account, wh in entry.accounts.items()]
    schema = {"step": pl.Int64, "account": pl.String, "booked_wh": pl.Int64}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.select(starts.gather(table["step"]).alias(START), "account", "booked_wh")


def _from_flows(tables: Tables) -> pl.DataFrame:
    """start, account, wh: gains of sinks and stores positive, what sources give negative."""
    zone = tables.run.nodes.select("node", pl.col("zone").fill_null(""))
    surplus = pl.col("into_wh") - pl.col("out_wh")
    gain = tables.throughput.select(START, "node", "kind", wh=surplus).join(zone, on="node")
    account = _account().alias("account")
    # Junctions pass on what they take: they have no account, nor does what is not physical.
    own = gain.select(START, account, "wh").filter(pl.col("account").is_not_null())
    # A node of work is of all sites, its account of one: the flow says where it ran.
    site = ("work:" + _name(FROM_NODE)).alias("account")
    work = tables.between(None, ["work"]).select(START, site, WH.alias("wh"))
    total = pl.concat([own, work]).group_by(START, "account").agg(pl.col("wh").sum())
    # accounts of nothing are not booked
    return total.filter(pl.col("wh") != 0)


def _account() -> pl.Expr:
    """Return the account that books what a node gains, null where there is none."""
    name = _name(NODE).fill_null("")
    direct = KIND.replace_strict(DIRECT, default=None, return_dtype=pl.String)
    return (
        pl.when(KIND.eq("load"))
        .then("load:" + pl.col("zone"))
        .when(KIND.is_in(["loss", "spill"]))
        .then("loss:" + name)
        # the one account without a name: what is left over belongs to nobody
        .when(KIND.eq(ROUNDING))
        .then(pl.lit(ROUNDING))
        .otherwise(direct + ":" + name)
    )


def _name(node: pl.Expr) -> pl.Expr:
    """Return a node's name without its kind."""
    return node.str.split_exact(":", 1).struct.field("field_1")


def _prices(tables: Tables, book: BookedLedger) -> Finding:
    """Prices and average intensities at the buses are those that were booked."""
    bus = tables.of_kind("bus").select("node")
    starts = tables.intervals.select(START)
    # Booked columns have the order of steps and buses and no names: the table is brought into it.
    places = starts.join(bus, how="cross", maintain_order="left_right")
    stated = places.join(
        tables.run.prices,
        on=[START, "node"],
        how="left",
        maintain_order="left",
    )
    wrong = 0
    price = np.concatenate([step.price for step in book.steps(CashDetail)])
    average = np.concatenate([step.average_g_per_kwh for step in book.steps(CarbonDetail)])
    for column, booked in (("price_per_mwh", price), ("average_g_per_kwh", average)):
        same_size = len(booked) == len(stated)
        # copied, not computed: equal to the last bit
        differ = (stated[column].to_numpy() != booked).sum() if same_size else len(stated)
        wrong += int(differ)
    at = pl.concat_str(pl.lit("bus:"), "bus").alias("at")
    sites = tables.of_kind("site").select("node", at)
    prices = tables.run.prices
    both = prices.join(sites, on="node")
    both = both.join(
        prices,
        left_on=[START, "at"],
        right_on=[START, "node"],
        how="left",
    )
    # A site has no price of its own: it buys at its bus.
    own = pl.col("price_per_mwh")
    wrong += len(both.filter(own.ne_missing(pl.col("price_per_mwh_right"))))
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
                # taken out: what is left at the end is a bill that nobody booked
                wrong += stated.pop((starts[entry.step], site, kind), 0) != amount
        paid = sum(wh for name, wh in entry.accounts.items() if name.startswith("site:"))
        # what sites pay is in no other account: their bills, and moving their data
        wrong += -paid != int(amounts.sum()) + int(entry.memo.get("transfer", 0))
    wrong += len(stated)
    return Finding(
        "bills",
        not wrong,
        wrong,
        "amounts that are not those booked, or not paid",
    )


def _statement(tables: Tables) -> Finding:
    """Amounts are whole cents, and what one party owes another is owed."""
    try:
        amounts = [Decimal(text) for text in tables.run.statement["amount"].to_list()]
    except (InvalidOperation, TypeError) as error:
        return Finding(
            "statement",
            False,
            None,
            f"an amount is no number: {error}",
        )
    # in decimals, as they are written: cents have no exact double
    total = sum(amounts, Decimal(0))
    split = sum(amount != round(amount, 2) for amount in amounts)
    ok = total == 0 and not split
    return Finding(
        "statement", ok, float(total), f"sum of {len(amounts)} amounts; {split} not in whole cents"
    )
