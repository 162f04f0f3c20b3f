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
from numpy.typing import NDArray

from suandian.model.signals import REASONS
from suandian.model.units import WH_PER_KWH
from suandian.record.details import CarbonDetail
from suandian.verify.book import BookedLedger
from suandian.verify.finding import Finding, first
from suandian.verify.tables import (
    FROM_KIND,
    HOURS,
    KIND,
    MEAN_MW,
    NODE,
    START,
    TO_KIND,
    WH,
    Tables,
)

# Emissions and what stores hold are booked in whole grams: half a gram each, at a few sources.
GRAMS = 2.0
# Of a figure: intensities are solved for and, at the margin, booked with some digits.
RELATIVE = 1e-6
# Of the carbon of all jobs: the overhead of a site is booked as whole Wh, for services and jobs
# together, so that the share of the jobs is known to about this.
OF_JOBS = 1e-3
# A connection is full where less than a kW is left, which is above the rounding to whole Wh.
ROOM_MW = 1e-3
PLACES = ("bus", "site")
PLATE = "plate"

# Intensities are per kWh.
KWH = WH / WH_PER_KWH
# An intensity [g/kWh], whichever column of prices.parquet it was taken from; that of a site's bus.
C = pl.col("c")
C_BUS = pl.col("c_bus")
GIVER = [START, "from_node"]
PLACE = [START, "node"]


def check_signals(tables: Tables, book: BookedLedger) -> Iterator[Finding]:
    """Yield the findings about average and marginal intensities."""
    yield _tracing(tables, book)
    yield _booked(tables, book)
    yield _consistent(tables)
    if len(tables.run.jobs):
        yield _jobs(tables)


def _plate(tables: Tables) -> bool:
    return bool((tables.run.nodes["kind"] == PLATE).any())


def _stated(tables: Tables, column: str) -> pl.DataFrame:
    """start, node, c: a column of prices.parquet."""
    return tables.run.prices.select(START, "node", pl.col(column).alias("c"))


def _shown(wrong: pl.DataFrame) -> list[str]:
    """Return the first few places of `wrong` (start, node) as text."""
    rows = wrong.sort(START, "node").select(START, "node").head(3)
    return [f"{node} at {time}" for time, node in rows.iter_rows()]


def _tracing(tables: Tables, book: BookedLedger) -> Finding:
    """At every bus and site, what leaves has the mix of what enters (on a copper plate: of all that
    enters it).
    """
    stated = _stated(tables, "average_g_per_kwh")
    known = _known(tables, book, stated)
    # Exchange with the plate is inside the one balance; a residual of rounding carries no carbon.
    inner = FROM_KIND.is_in([PLATE, "rounding"])
    into = tables.between(None, PLACES).filter(~inner)
    into = into.join(known, left_on=GIVER, right_on=PLACE, how="left")
    place = pl.col("to_node")
    if _plate(tables):
        # All buses of a plate are one place with one mix: what enters any of them is added up.
        place = pl.when(TO_KIND.eq("bus")).then(pl.lit(PLATE)).otherwise("to_node")
        stated = pl.concat([stated, _of_plate(stated)])
    # c[n]·(supply[n] + Σ_in |f|) = emissions[n] + Σ_in |f|·c[from]  (docs/concepts.md, Signals)
    entering = into.group_by(START, place.alias("node")).agg(
        kwh=KWH.sum(),
        g=(KWH * C).sum(),
        blind=C.is_null().sum(),
    )
    # Whoever takes energy where a unit burns for nothing answers for that too.
    vain = _in_vain(tables, book)
    entering = entering.join(vain, on=PLACE, how="left").with_columns(
        g=pl.col("g") + pl.col("vain").fill_null(0.0)
    )
    grams = pl.col("g")
    leaving = C * pl.col("kwh")
    both = entering.join(stated, on=PLACE, how="left").with_columns(
        off=(grams - leaving).abs(),
        most=GRAMS + RELATIVE * grams.abs(),
    )
    # Asked this way round, a comparison with what is missing counts as wrong and not as right.
    holds = (pl.col("off") <= pl.col("most")).fill_null(False)
    # energy from a source whose carbon nobody states would count as clean
    wrong = both.filter(~holds | (pl.col("blind") > 0))
    where = _shown(wrong)
    worst = float(both["off"].max() or 0.0)  # type: ignore[arg-type]
    detail = (
        first(where, len(wrong))
        or f"g off at most between what enters and leaves, of {len(both)} balances"
    )
    return Finding("flow tracing", not where, worst, detail)


def _known(tables: Tables, book: BookedLedger, stated: pl.DataFrame) -> pl.DataFrame:
    """start, node, c of all that energy can come from: places, generators, stores, branches."""
    known = pl.concat([stated, _generators(tables, book), _stores(tables, book, stated)])
    # A line gives what it takes: without loss it has the mix of the bus that feeds it.
    branches = tables.between(None, ["line", "link"])
    fed = branches.join(known, left_on=GIVER, right_on=PLACE)
    through = fed.select(START, C, node="to_node").unique(PLACE)
    through = through.select(START, "node", "c")
    return pl.concat([known, through])


def _of_plate(stated: pl.DataFrame) -> pl.DataFrame:
    """start, node, c of the plate: that of its buses (they have one, else the balance tells)."""
    buses = stated.filter(NODE.str.starts_with("bus:"))
    mean = buses.group_by(START).agg(C.mean())
    return mean.select(START, pl.lit(PLATE).alias("node"), "c")


def _by_step(
    tables: Tables, names: pl.Series, column: str, values: NDArray[np.int64]
) -> pl.DataFrame:
    """start, node, `column` of booked `values` (steps, names)."""
    starts = tables.intervals[START]
    # an empty concat has no type
    repeated = pl.concat([names] * len(starts)) if len(names) else names
    return pl.DataFrame(
        {
            START: starts.gather(np.repeat(np.arange(len(starts)), len(names))),
            "node": repeated,
            column: values.ravel(),
        }
    )


def _generators(tables: Tables, book: BookedLedger) -> pl.DataFrame:
    """start, node, c of generators: booked emissions per energy made."""
    names = tables.of_kind("generator")["node"]
    grams = np.stack([step.emission_g for step in book.steps(CarbonDetail)])
    booked = _by_step(tables, names, "g", grams)
    output = tables.net.select(START, "node", kwh=pl.col("out_wh") / WH_PER_KWH)
    # a unit that gives nothing has no intensity, and nothing to hand on
    running = booked.join(output, on=PLACE).filter(pl.col("kwh") > 0)
    return running.select(START, "node", c=pl.col("g") / pl.col("kwh"))


def _in_vain(tables: Tables, book: BookedLedger) -> pl.DataFrame:
    """start, node, vain [g]: emissions at a place of units of which nobody took anything."""
    units = tables.of_kind("generator").select(
        unit="node",
        node=pl.coalesce("site:" + pl.col("site"), "bus:" + pl.col("bus")),
    )
    if _plate(tables):
        on_plate = NODE.str.starts_with("bus:")
        units = units.with_columns(node=pl.when(on_plate).then(pl.lit(PLATE)).otherwise(NODE))
    grams = np.stack([step.emission_g for step in book.steps(CarbonDetail)])
    booked = _by_step(tables, units["unit"], "vain", grams).rename({"node": "unit"})
    output = tables.net.select(START, unit="node", kwh=pl.col("out_wh"))
    given = output.filter(pl.col("kwh") > 0)
    alone = booked.join(given, on=[START, "unit"], how="anti").join(units, on="unit")
    return alone.group_by(START, "node").agg(pl.col("vain").sum())


def _stores(tables: Tables, book: BookedLedger, stated: pl.DataFrame) -> pl.DataFrame:
    """start, node, c of stores: what they gave is what they held before, and took, less what they
    hold after.
    """
    names = tables.of_kind("storage")["node"]
    if not len(names):
        return stated.clear()
    held = np.stack([step.level_g for step in book.steps(CarbonDetail)])
    # What is in store before the study counts as clean: the books begin at 0 g.
    clean = np.zeros((1, len(names)), np.int64)
    before = np.vstack([clean, held[:-1]])
    lost = _by_step(tables, names, "less", before - held)
    # A store takes the mix of its place (docs/concepts.md, Signals).
    taken = tables.between(PLACES, ["storage"])
    taken = taken.join(stated, left_on=GIVER, right_on=PLACE)
    into = taken.group_by(START, node="to_node").agg(g=(KWH * C).sum())
    given = tables.between(["storage"], PLACES)
    out = given.group_by(START, node="from_node").agg(kwh=WH.sum() / WH_PER_KWH)
    both = out.join(lost, on=PLACE).join(into, on=PLACE, how="left")
    # Lost energy takes no carbon along: whoever takes the rest has it.
    gave = pl.col("less") + pl.col("g").fill_null(0.0)
    return both.select(START, "node", c=gave / pl.col("kwh"))


def _booked(tables: Tables, book: BookedLedger) -> Finding:
    """Marginal intensities are those that were booked; a missing one has a reason, and
    only that.
    """
    prices = tables.run.prices
    stated = prices["marginal_g_per_kwh"]
    reason = prices["marginal_reason"]
    lacks = stated.is_null()
    wrong = int((lacks != reason.is_not_null()).sum())
    # the first of REASONS stands for "defined": it is no reason
    strange = ~reason.is_in(list(REASONS[1:])) & ~reason.is_null()
    wrong += int(strange.sum())
    booked = np.concatenate([step.marginal_g_per_kwh for step in book.steps(CarbonDetail)])
    values = stated.fill_null(np.nan).to_numpy()
    # copied, not computed: the same doubles, in the order of the table
    same = len(values) == len(booked) and np.array_equal(values, booked, equal_nan=True)
    wrong += 0 if same else 1
    detail = (
        f"of {len(prices)} marginal intensities missing without a reason, or not as booked; "
        f"{lacks.sum()} undefined"
    )
    return Finding("marginal intensities", not wrong, wrong, detail)


def _consistent(tables: Tables) -> Finding:
    """Sites that only import and have room see their bus's; a copper plate has one."""
    stated = _stated(tables, "marginal_g_per_kwh")
    both = _with_room(tables, stated)
    # beside the relative part an absolute one: at 0 g/kWh nothing is relative
    apart = (C - C_BUS).abs() > RELATIVE * (1.0 + C_BUS.abs())
    where = _shown(both.filter(apart))
    if _plate(tables):
        # no line can be full, so that one kWh more is answered alike wherever it is taken
        buses = stated.filter(NODE.str.starts_with("bus:")).group_by(START)
        wide = buses.agg(off=C.max() - C.min(), size=C.abs().max())
        unlike = wide.filter(pl.col("off") > RELATIVE * (1 + pl.col("size")))
        where += [f"the plate at {time}" for time in unlike[START]]
    detail = first(where) or f"sites in an interval compared with their bus: {len(both)}"
    return Finding("marginal at sites", not where, len(where), detail)


def _with_room(tables: Tables, stated: pl.DataFrame) -> pl.DataFrame:
    """start, node, c, c_bus of the sites whose one kWh more can only come through a connection that
    is not full.
    """
    # Behind a meter one kWh more may come from the site's own supply, at another intensity, also
    # where that gives nothing now.
    supply = tables.run.nodes.filter(KIND.is_in(["generator", "storage"]))
    own = ("site:" + supply["site"].drop_nulls()).to_list()
    sites = tables.of_kind("site").filter(~NODE.is_in(own))
    sites = sites.select("node", "capacity_mw", at="bus:" + pl.col("bus"))
    bought = tables.between(["bus"], ["site"])
    bought = bought.join(tables.intervals.select(START, HOURS), on=START)
    bought = bought.select(START, node="to_node", mw=MEAN_MW)
    both = stated.join(sites, on="node")
    both = both.join(
        stated,
        left_on=[START, "at"],
        right_on=PLACE,
        suffix="_bus",
    )
    both = both.join(bought, on=PLACE, how="left")
    # no flow: nothing is bought; no limit: there is always room
    room = pl.col("capacity_mw").fill_null(np.inf) - pl.col("mw").fill_null(0.0)
    return both.filter(room > ROOM_MW)


def _jobs(tables: Tables) -> Finding:
    """Σ of the jobs' grams = Σ of their energy × PUE of the site then × its intensity, average and
    marginal.
    """
    ran = _job_flows(tables)
    ran = ran.join(tables.run.prices, left_on=[START, "site"], right_on=PLACE)
    # a job answers for its share of cooling too
    drawn = KWH * pl.col("pue")
    wrong = []
    compared = 0
    for column, of_jobs in (
        ("average_g_per_kwh", "average_g"),
        ("marginal_g_per_kwh", "marginal_g"),
    ):
        # A job that ran in a step without an intensity has no sum: the others' would not be all.
        if tables.run.jobs[of_jobs].null_count():
            continue
        compared += 1
        own = float(ran.select((drawn * pl.col(column)).sum()).item())
        stated = float(tables.run.jobs[of_jobs].sum())
        # not "above": a sum that is no number must fail
        if not abs(own - stated) <= GRAMS + OF_JOBS * abs(own):
            wrong.append(f"{of_jobs}: jobs {stated:.0f} g, flows {own:.0f} g")
    return Finding(
        "job carbon",
        not wrong,
        compared,
        first(wrong) or "sums over jobs, as their steps and sites say",
    )


def _job_flows(tables: Tables) -> pl.DataFrame:
    """Flows from clusters to the work of jobs, with `site` and its `pue` in that interval."""
    flows = tables.physical
    works = tables.run.jobs.select(to_node="work:" + pl.col("workload")).unique()
    # Which cluster is whose is nowhere in nodes.parquet; that a site feeds it says so.
    feeds = tables.between(["site"], ["cluster"])
    home = feeds.select(from_node="to_node", site="from_node").unique()
    used = tables.between(["site"], ["cluster", "cooling", "ups_loss"])
    it = WH.filter(TO_KIND.eq("cluster")).sum()
    by_site = used.rename({"from_node": "site"}).group_by(START, "site")
    pue = by_site.agg(pue=WH.sum() / it)
    ran = flows.join(works, on="to_node", how="semi")
    return ran.join(home, on="from_node").join(pue, on=[START, "site"])
