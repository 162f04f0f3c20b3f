"""Do the carbon signals follow: average intensity from the flows, marginal intensity as far as
files can tell.

A marginal intensity answers what would have been, so that no file proves it. What must hold: it is
the one booked, it is missing with a reason or not at all, a site with nothing behind its meter and
room on its connection sees that of its bus, a copper plate has one, and jobs carry what their steps
say.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from suandian.model.signals import REASONS
from suandian.model.units import WH_PER_KWH, WH_PER_MWH
from suandian.record.details import CarbonDetail
from suandian.verify.book import BookedLedger
from suandian.verify.finding import Finding, first
from suandian.verify.tables import HOURS, START, Tables

# roundings to whole grams; of a figure
GRAMS = 2.0
RELATIVE = 1e-6
ROOM_MW = 1e-3
PLACES = ("bus", "site")


def check_signals(tables: Tables, book: BookedLedger) -> Iterator[Finding]:
    """Yield the findings about average and marginal intensities."""
    yield _tracing(tables, book)
    yield _booked(tables, book)
    yield _consistent(tables)
    if len(tables.run.jobs):
        yield _jobs(tables)


def _plate(tables: Tables) -> bool:
    return bool((tables.run.nodes["kind"] == "plate").any())


def _stated(tables: Tables, column: str) -> pl.DataFrame:
    """start, node, c: a column of prices.parquet."""
    return tables.run.prices.select(START, "node", pl.col(column).alias("c"))


def _tracing(tables: Tables, book: BookedLedger) -> Finding:
    """At every bus and site, what leaves has the mix of what enters (on a copper plate: of all that
    enters it).
    """
    stated = _stated(tables, "average_g_per_kwh")
    flows = tables.physical
    known = pl.concat([stated, _generators(tables, book), _stores(tables, book, stated)])
    through = flows.filter(pl.col("to_kind").is_in(["line", "link"]))
    through = through.join(known, left_on=[START, "from_node"], right_on=[START, "node"])
    known = pl.concat(
        [known, through.select(START, pl.col("to_node").alias("node"), "c").unique([START, "node"])]
    )
    into = flows.filter(
        pl.col("to_kind").is_in(PLACES) & ~pl.col("from_kind").is_in(["plate", "rounding"])
    )
    kwh = pl.col("energy_wh") / WH_PER_KWH
    into = into.join(known, left_on=[START, "from_node"], right_on=[START, "node"], how="left")
    place = pl.col("to_node")
    if _plate(tables):
        place = pl.when(pl.col("to_kind") == "bus").then(pl.lit("plate")).otherwise("to_node")
        one = (
            stated.filter(pl.col("node").str.starts_with("bus:"))
            .group_by(START)
            .agg(pl.col("c").mean())
        )
        stated = pl.concat([stated, one.select(START, pl.lit("plate").alias("node"), "c")])
    mass = into.group_by(START, place.alias("node")).agg(
        kwh=kwh.sum(), g=(kwh * pl.col("c")).sum(), blind=pl.col("c").is_null().sum()
    )
    both = mass.join(stated, on=[START, "node"], how="left").with_columns(
        off=(pl.col("g") - pl.col("c") * pl.col("kwh")).abs(),
        most=GRAMS + RELATIVE * pl.col("g").abs(),
    )
    wrong = both.filter(~(pl.col("off") <= pl.col("most")).fill_null(False) | (pl.col("blind") > 0))
    where = [
        f"{n} at {t}"
        for t, n in wrong.sort(START, "node").select(START, "node").head(3).iter_rows()
    ]
    worst = float(both["off"].max() or 0.0)  # type: ignore[arg-type]
    detail = (
        first(where, len(wrong))
        or f"g off at most between what enters and leaves, of {len(both)} balances"
    )
    return Finding("flow tracing", not where, worst, detail)


def _generators(tables: Tables, book: BookedLedger) -> pl.DataFrame:
    """start, node, c of generators: booked emissions per energy made."""
    names = tables.run.nodes.filter(pl.col("kind") == "generator")["node"]
    grams = np.stack([step.emission_g for step in book.steps(CarbonDetail)])
    starts = tables.intervals[START]
    booked = pl.DataFrame(
        {
            START: starts.gather(np.repeat(np.arange(len(starts)), len(names))),
            "node": pl.concat([names] * len(starts)) if len(names) else names,
            "g": grams.ravel(),
        }
    )
    made = tables.net.select(START, "node", kwh=pl.col("out_wh") / WH_PER_KWH)
    found = booked.join(made, on=[START, "node"]).filter(pl.col("kwh") > 0)
    return found.select(START, "node", c=pl.col("g") / pl.col("kwh"))


def _stores(tables: Tables, book: BookedLedger, stated: pl.DataFrame) -> pl.DataFrame:
    """start, node, c of stores: what they gave is what they held before, and took, less what they
    hold after.
    """
    names = tables.run.nodes.filter(pl.col("kind") == "storage")["node"]
    if not len(names):
        return stated.clear()
    held = np.stack([step.level_g for step in book.steps(CarbonDetail)])
    before = np.vstack([np.zeros((1, len(names)), np.int64), held[:-1]])
    starts = tables.intervals[START]
    lost = pl.DataFrame(
        {
            START: starts.gather(np.repeat(np.arange(len(starts)), len(names))),
            "node": pl.concat([names] * len(starts)),
            "less": (before - held).ravel(),
        }
    )
    taken = tables.physical.filter(
        (pl.col("to_kind") == "storage") & pl.col("from_kind").is_in(PLACES)
    )
    taken = taken.join(stated, left_on=[START, "from_node"], right_on=[START, "node"])
    into = taken.group_by(START, pl.col("to_node").alias("node")).agg(
        g=(pl.col("energy_wh") / WH_PER_KWH * pl.col("c")).sum()
    )
    given = tables.physical.filter(
        (pl.col("from_kind") == "storage") & pl.col("to_kind").is_in(PLACES)
    )
    out = given.group_by(START, pl.col("from_node").alias("node")).agg(
        kwh=pl.col("energy_wh").sum() / WH_PER_KWH
    )
    found = out.join(lost, on=[START, "node"]).join(into, on=[START, "node"], how="left")
    return found.select(
        START, "node", c=(pl.col("less") + pl.col("g").fill_null(0.0)) / pl.col("kwh")
    )


def _booked(tables: Tables, book: BookedLedger) -> Finding:
    """Marginal intensities are those that were booked; a missing one has a reason, and
    only that.
    """
    prices = tables.run.prices
    lacks = prices["marginal_g_per_kwh"].is_null()
    wrong = int((lacks != prices["marginal_reason"].is_not_null()).sum())
    wrong += int(
        (
            ~prices["marginal_reason"].is_in(list(REASONS[1:]))
            & ~prices["marginal_reason"].is_null()
        ).sum()
    )
    booked = np.concatenate([step.marginal_g_per_kwh for step in book.steps(CarbonDetail)])
    found = prices["marginal_g_per_kwh"].fill_null(np.nan).to_numpy()
    same = len(found) == len(booked) and np.array_equal(found, booked, equal_nan=True)
    wrong += 0 if same else 1
    detail = (
        f"of {len(prices)} marginal intensities missing without a reason, or not as booked; "
        f"{lacks.sum()} undefined"
    )
    return Finding("marginal intensities", not wrong, wrong, detail)


def _consistent(tables: Tables) -> Finding:
    """Sites that only import and have room see their bus's; a copper plate has one."""
    stated = _stated(tables, "marginal_g_per_kwh")
    behind = tables.physical.filter(
        (pl.col("to_kind") == "site") & pl.col("from_kind").is_in(["generator", "storage"])
    )["to_node"]
    sites = tables.run.nodes.filter(
        (pl.col("kind") == "site") & ~pl.col("node").is_in(behind.unique().to_list())
    )
    bought = tables.physical.filter((pl.col("from_kind") == "bus") & (pl.col("to_kind") == "site"))
    bought = bought.join(tables.intervals.select(START, HOURS), on=START)
    bought = bought.select(
        START, pl.col("to_node").alias("node"), mw=pl.col("energy_wh") / WH_PER_MWH / pl.col(HOURS)
    )
    both = stated.join(sites.select("node", "capacity_mw", at="bus:" + pl.col("bus")), on="node")
    both = both.join(stated, left_on=[START, "at"], right_on=[START, "node"], suffix="_bus")
    both = both.join(bought, on=[START, "node"], how="left").filter(
        pl.col("mw").fill_null(0.0) < pl.col("capacity_mw").fill_null(np.inf) - ROOM_MW
    )
    apart = (pl.col("c") - pl.col("c_bus")).abs() > RELATIVE * (1.0 + pl.col("c_bus").abs())
    wrong = both.filter(apart)
    where = [
        f"{n} at {t}"
        for t, n in wrong.sort(START, "node").select(START, "node").head(3).iter_rows()
    ]
    if _plate(tables):
        buses = stated.filter(pl.col("node").str.starts_with("bus:")).group_by(START)
        wide = buses.agg(off=pl.col("c").max() - pl.col("c").min(), size=pl.col("c").abs().max())
        where += [
            f"the plate at {t}"
            for t in wide.filter(pl.col("off") > RELATIVE * (1 + pl.col("size")))[START]
        ]
    detail = first(where) or f"sites in an interval compared with their bus: {len(both)}"
    return Finding("marginal at sites", not where, len(where), detail)


def _jobs(tables: Tables) -> Finding:
    """Σ of the jobs' grams = Σ of their energy × overhead of the site × its intensity, average and
    marginal.
    """
    works = tables.run.jobs.select(("work:" + pl.col("workload")).alias("to_node")).unique()
    feeds = tables.physical.filter(
        (pl.col("from_kind") == "site") & (pl.col("to_kind") == "cluster")
    )
    home = feeds.select(
        pl.col("to_node").alias("from_node"), pl.col("from_node").alias("site")
    ).unique()
    used = tables.physical.filter(
        (pl.col("from_kind") == "site")
        & pl.col("to_kind").is_in(["cluster", "cooling", "ups_loss"])
    )
    it = pl.col("energy_wh").filter(pl.col("to_kind") == "cluster").sum()
    pue = used.group_by(pl.col("from_node").alias("site")).agg(pue=pl.col("energy_wh").sum() / it)
    ran = (
        tables.physical.join(works, on="to_node", how="semi")
        .join(home, on="from_node")
        .join(pue, on="site")
    )
    ran = ran.join(tables.run.prices, left_on=[START, "site"], right_on=[START, "node"])
    drawn = pl.col("energy_wh") / WH_PER_KWH * pl.col("pue")
    wrong = []
    compared = 0
    for column, of_jobs in (
        ("average_g_per_kwh", "average_g"),
        ("marginal_g_per_kwh", "marginal_g"),
    ):
        if tables.run.jobs[of_jobs].null_count():
            continue
        compared += 1
        mine = float(ran.select((drawn * pl.col(column)).sum()).item())
        stated = float(tables.run.jobs[of_jobs].sum())
        if not abs(mine - stated) <= GRAMS + 1e-3 * abs(
            mine
        ):  # overhead to whole Wh, of all the site's work
            wrong.append(f"{of_jobs}: jobs {stated:.0f} g, flows {mine:.0f} g")
    return Finding(
        "job carbon",
        not wrong,
        compared,
        first(wrong) or "sums over jobs, as their steps and sites say",
    )
