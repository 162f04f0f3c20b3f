"""Did the jobs run as jobs.parquet says: energy as booked and as it flowed, work done, power and
time kept.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suandian.model.issues import RecordError
from suandian.model.units import WH_PER_MWH
from suandian.record.details import EnergyDetail
from suandian.verify.book import BookedLedger
from suandian.verify.finding import Finding, first
from suandian.verify.tables import Tables

ROUND_WH = 1.0 + 1e-3  # energy of a step at full width, rounded up
Ints = NDArray[np.int64]


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
    """Return how many jobs ended after they were due, or not at all."""
    late = pl.col("end").is_null() | (pl.col("end") > pl.col("due"))
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
    table = pl.concat(parts).with_columns(pl.col("step").cast(pl.UInt32))
    if not table["row"].is_between(0, jobs - 1).all():
        raise RecordError(f"the ledger books jobs that jobs.parquet (with {jobs}) lacks")
    return table.join(tables.intervals.with_row_index("step"), on="step", how="left").with_columns(
        pl.col("row").cast(pl.UInt32)
    )


def _with_totals(jobs: pl.DataFrame, ran: pl.DataFrame) -> pl.DataFrame:
    totals = ran.group_by("row").agg(pl.col("energy", "overhead", "cut").sum())
    return (
        jobs.join(totals, on="row", how="left")
        .with_columns(pl.col("energy", "overhead", "cut").fill_null(0))
        .sort("row")
    )


def _names(jobs: pl.DataFrame) -> list[str]:
    return [f"job {name}" for name in jobs["job"].head(3)]


def _energy(jobs: pl.DataFrame, ran: pl.DataFrame) -> Finding:
    wrong = _with_totals(jobs, ran).filter(
        (pl.col("energy") != pl.col("energy_wh")) | (pl.col("cut") != pl.col("suspensions"))
    )
    detail = (
        first(_names(wrong), len(wrong))
        or f"of {len(jobs)} jobs whose energy or suspensions differ from the ledger"
    )
    return Finding("job energy", not len(wrong), len(wrong), detail)


def _flows(tables: Tables, jobs: pl.DataFrame, ran: pl.DataFrame) -> Finding:
    """Energy by interval, site and workload: in the jobs as booked and in the flows
    cluster → work.
    """
    keys = ["start", "cluster", "work"]
    sites = tables.run.nodes.filter(pl.col("kind") == "cluster").select(
        pl.col("node").alias("cluster")
    )
    sites = sites.with_row_index("site_at").with_columns(pl.col("site_at").cast(pl.Int64))
    work = jobs.select("row", ("work:" + pl.col("workload")).alias("work"))
    mine = (
        ran.filter(pl.col("energy") > 0)
        .join(sites, on="site_at", how="left")
        .join(work, on="row")
        .group_by(keys)
    )
    flows = tables.physical.filter(pl.col("to_node").is_in(work["work"].unique().to_list()))
    theirs = flows.group_by(
        "start", pl.col("from_node").alias("cluster"), pl.col("to_node").alias("work")
    )
    both = mine.agg(a=pl.col("energy").sum()).join(
        theirs.agg(b=pl.col("energy_wh").sum()),
        on=keys,
        how="full",
        coalesce=True,
        nulls_equal=True,
    )
    wrong = both.fill_null(0).filter(pl.col("a") != pl.col("b")).sort(keys)
    where = [
        f"{c} → {w} at {t}: jobs {a}, flows {b} Wh" for t, c, w, a, b in wrong.head(3).iter_rows()
    ]
    return Finding(
        "job flows",
        not where,
        len(wrong),
        first(where, len(wrong)) or f"of {len(both)} flows to work differ from jobs",
    )


def _work(jobs: pl.DataFrame, ran: pl.DataFrame) -> Finding:
    """Completed: energy = work + overhead. Not completed: less."""
    left = pl.col("work_wh") + pl.col("overhead") - pl.col("energy")
    wrong = _with_totals(jobs, ran).filter(
        pl.when(pl.col("end").is_not_null()).then(left != 0).otherwise(left <= 0)
        & (pl.col("work_wh") > 0)
    )
    detail = first(_names(wrong), len(wrong)) or "jobs whose energy is not their work and overhead"
    return Finding("job work", not len(wrong), len(wrong), detail)


def _power(jobs: pl.DataFrame, ran: pl.DataFrame) -> Finding:
    most = pl.col("width_mw") * WH_PER_MWH * pl.col("hours") + ROUND_WH
    wrong = ran.join(jobs.select("row", "job", "width_mw"), on="row").filter(
        pl.col("energy") > most
    )
    detail = first(_names(wrong), len(wrong)) or f"of {len(ran)} job steps above the width"
    return Finding("job power", not len(wrong), len(wrong), detail)


def _times(jobs: pl.DataFrame, ran: pl.DataFrame) -> Finding:
    """A job runs from its submission on, in the steps that jobs.parquet says; it has a site if it
    ran.
    """
    seen = (
        ran.filter(pl.col("energy") > 0)
        .group_by("row")
        .agg(
            pl.col("start").min().alias("first"),
            pl.col("start").max().alias("last"),
            pl.col("end").max().alias("latest"),
        )
    )
    both = jobs.join(seen, on="row", how="left")
    wrong = both.filter(
        pl.col("start").ne_missing(pl.col("first"))
        | (pl.col("first") < pl.col("submit"))
        | (pl.col("end") < pl.col("last"))
        | (pl.col("end") > pl.col("latest"))
        | (pl.col("site").is_null() & pl.col("first").is_not_null())
    )
    detail = (
        first(_names(wrong), len(wrong))
        or "jobs that ran before submission or in other steps than stated"
    )
    return Finding("job times", not len(wrong), len(wrong), detail)


def _deadlines(tables: Tables, jobs: pl.DataFrame) -> Finding:
    """late_s = max(0, end − due) as stated; the figure counts late jobs."""
    over = tables.intervals["end"].max()
    late = (pl.col("end").fill_null(over) - pl.col("due")).dt.total_seconds().clip(0)
    wrong = jobs.filter(late.ne_missing(pl.col("late_s")))
    total = count_late(jobs)
    detail = (
        first(_names(wrong), len(wrong))
        or f"jobs late, of {jobs['count'].sum()}; lateness is as stated"
    )
    return Finding("job deadlines", not len(wrong), total, detail)
