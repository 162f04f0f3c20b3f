"""Did the jobs run as jobs.parquet says: energy as booked and as it flowed, work done, power and
time kept.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.model.issues import RecordError
from suandian.model.units import WH_PER_MWH
from suandian.record.details import EnergyDetail
from suandian.verify.book import BookedLedger
from suandian.verify.finding import Finding, first
from suandian.verify.tables import HOURS, START, TO_NODE, Tables

# The energy of a step at full width is rounded up to a whole Wh, so that work is not left over by
# rounding; the small part is for the width's own floating point.
ROUND_WH = 1.0 + 1e-3

ENERGY = pl.col("energy")
OVERHEAD = pl.col("overhead")
END = pl.col("end")
DEADLINE = pl.col("deadline")


def check_jobs(tables: Tables, book: BookedLedger) -> Iterator[Finding]:
    """Yield the findings about jobs."""
    jobs = tables.run.jobs.with_row_index("row")
    if not len(jobs):
        return
    ran = _booked(tables, book, len(jobs))
    yield _energy(jobs, ran)
    yield _flows(tables, jobs, ran)
    yield _work(jobs, ran)
    yield _power(jobs, ran)
    yield _times(jobs, ran)
    yield _deadlines(tables, jobs)


def count_late(jobs: pl.DataFrame) -> int:
    """Return how many jobs ended after their deadline, or not at all."""
    late = END.is_null() | (END > DEADLINE)
    # a row is a bundle of `count` jobs
    return int(jobs.filter(late)["count"].sum())


def _booked(tables: Tables, book: BookedLedger, jobs: int) -> pl.DataFrame:
    """Return what the ledger says by job and step: row, site_at, energy, overhead [Wh], cut; start,
    end, hours.
    """
    parts = []
    entries = book.of(EnergyDetail.BOOK)
    for entry, step in zip(entries, book.steps(EnergyDetail), strict=True):
        columns = {
            "row": step.job,
            "site_at": step.job_site,
            "energy": step.job_energy_wh,
            "overhead": step.job_overhead_wh,
            "cut": step.job_suspended,
        }
        parts.append(pl.DataFrame(columns).with_columns(step=pl.lit(entry.step)))
    # the index of intervals is unsigned, and a join wants one type on both sides
    table = pl.concat(parts).with_columns(pl.col("step").cast(pl.UInt32))
    # A job that is booked and has no row would drop out of every join below.
    if not table["row"].is_between(0, jobs - 1).all():
        raise RecordError(f"the ledger books jobs that jobs.parquet (with {jobs}) lacks")
    steps = tables.intervals.with_row_index("step")
    return table.join(steps, on="step", how="left").with_columns(pl.col("row").cast(pl.UInt32))


def _with_totals(jobs: pl.DataFrame, ran: pl.DataFrame) -> pl.DataFrame:
    """Return the jobs with their energy, overhead and suspensions over all steps."""
    columns = pl.col("energy", "overhead", "cut")
    totals = ran.group_by("row").agg(columns.sum())
    # a job that was never touched has no rows: nothing, and not unknown
    joined = jobs.join(totals, on="row", how="left").with_columns(columns.fill_null(0))
    return joined.sort("row")


def _names(jobs: pl.DataFrame) -> list[str]:
    return [f"job {name}" for name in jobs["job"].head(3)]


def _energy(jobs: pl.DataFrame, ran: pl.DataFrame) -> Finding:
    """Energy and suspensions are those booked, exactly: both are sums of whole numbers."""
    other_energy = pl.col("energy_wh") != ENERGY
    other_cuts = pl.col("cut") != pl.col("suspensions")
    wrong = _with_totals(jobs, ran).filter(other_energy | other_cuts)
    detail = (
        first(_names(wrong), len(wrong))
        or f"of {len(jobs)} jobs whose energy or suspensions differ from the ledger"
    )
    return Finding("job energy", not len(wrong), len(wrong), detail)


def _flows(tables: Tables, jobs: pl.DataFrame, ran: pl.DataFrame) -> Finding:
    """Energy by interval, site and workload: in the jobs as booked and in the flows
    cluster → work.
    """
    keys = [START, "cluster", "work"]
    # the ledger counts sites, in the order in which nodes.parquet has their clusters
    clusters = tables.of_kind("cluster").select(cluster="node").with_row_index("site_at")
    clusters = clusters.with_columns(pl.col("site_at").cast(pl.Int64))
    work = jobs.select("row", work="work:" + pl.col("workload"))
    running = ran.filter(ENERGY > 0)
    placed = running.join(clusters, on="site_at", how="left").join(work, on="row")
    of_jobs = placed.group_by(keys).agg(booked=ENERGY.sum())
    # only what jobs do: services draw from the same clusters
    names = work["work"].unique().to_list()
    to_work = tables.physical.filter(TO_NODE.is_in(names))
    to_work = to_work.rename({"from_node": "cluster", "to_node": "work"})
    of_flows = to_work.group_by(keys).agg(flowed=pl.col("energy_wh").sum())
    # a site that no cluster has stays null, and must meet nothing on the other side
    both = of_jobs.join(
        of_flows,
        on=keys,
        how="full",
        coalesce=True,
        nulls_equal=True,
    )
    wrong = both.fill_null(0).filter(pl.col("booked") != pl.col("flowed")).sort(keys)
    where = []
    for time, cluster, name, booked, flowed in wrong.head(3).iter_rows():
        where.append(f"{cluster} → {name} at {time}: jobs {booked}, flows {flowed} Wh")
    return Finding(
        "job flows",
        not where,
        len(wrong),
        first(where, len(wrong)) or f"of {len(both)} flows to work differ from jobs",
    )


def _work(jobs: pl.DataFrame, ran: pl.DataFrame) -> Finding:
    """Completed: energy = work + overhead. Not completed: less."""
    # A suspension costs its overhead as extra work (docs/concepts.md, The placer): it is part of
    # what a job must run.
    left = pl.col("work_wh") + OVERHEAD - ENERGY
    # a job without work is complete before it begins
    unfinished = (left <= 0) & (pl.col("work_wh") > 0)
    wrong = _with_totals(jobs, ran).filter(
        pl.when(END.is_not_null()).then(left != 0).otherwise(unfinished)
    )
    detail = first(_names(wrong), len(wrong)) or "jobs whose energy is not their work and overhead"
    return Finding("job work", not len(wrong), len(wrong), detail)


def _power(jobs: pl.DataFrame, ran: pl.DataFrame) -> Finding:
    """No job draws more than its width, which is the power of the whole bundle."""
    most = pl.col("width_mw") * WH_PER_MWH * pl.col(HOURS) + ROUND_WH
    widths = jobs.select("row", "job", "width_mw")
    wrong = ran.join(widths, on="row").filter(most < ENERGY)
    detail = first(_names(wrong), len(wrong)) or f"of {len(ran)} job steps above the width"
    return Finding("job power", not len(wrong), len(wrong), detail)


def _times(jobs: pl.DataFrame, ran: pl.DataFrame) -> Finding:
    """A job runs from its submission on, in the steps that jobs.parquet says; it has a site if it
    ran.
    """
    start = pl.col(START)
    # a step in which a job was only suspended is none that it ran in
    running = ran.filter(ENERGY > 0).group_by("row")
    seen = running.agg(first=start.min(), last=start.max(), latest=END.max())
    both = jobs.join(seen, on="row", how="left")
    began = pl.col("first")
    other_start = start.ne_missing(began)
    too_early = began < pl.col("submit")
    # `end` lies inside the last step (docs/run-folder.md)
    not_in_last = (pl.col("last") > END) | (pl.col("latest") < END)
    nowhere = pl.col("site").is_null() & began.is_not_null()
    wrong = both.filter(other_start | too_early | not_in_last | nowhere)
    detail = (
        first(_names(wrong), len(wrong))
        or "jobs that ran before submission or in other steps than stated"
    )
    return Finding("job times", not len(wrong), len(wrong), detail)


def _deadlines(tables: Tables, jobs: pl.DataFrame) -> Finding:
    """late_s = max(0, end − deadline) as stated; the figure counts late jobs."""
    # a job that never ended is late by what is known: until the end of the run
    over = tables.intervals["end"].max()
    late = (END.fill_null(over) - DEADLINE).dt.total_seconds().clip(0)
    wrong = jobs.filter(late.ne_missing(pl.col("late_s")))
    total = count_late(jobs)
    detail = (
        first(_names(wrong), len(wrong))
        or f"jobs late, of {jobs['count'].sum()}; lateness is as stated"
    )
    return Finding("job deadlines", not len(wrong), total, detail)
