"""What became of the jobs and the services: done, late, waited, unserved."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.report.books import Books
from suandian.report.facts import Facts
from suandian.report.merit.item import Item, total


def work(facts: Facts, _: Books) -> Iterator[Item]:
    """Yield counts of jobs, their mean wait [h], service served and what went unserved [MWh]."""
    if len(facts.jobs):
        yield from _jobs(facts.jobs)
    if "service" in facts.kinds.values():
        served = facts.computing.filter(pl.col("kind") == "service")
        yield "served_service_mwh", total(served), "MWh", "Σ cluster → work of services"
    by_kind = facts.unserved.group_by("what").agg(pl.col("mwh").sum()).sort("what")
    parts = dict(by_kind.iter_rows())
    shown = ", ".join(f"{what} {mwh:,.3f}" for what, mwh in parts.items()) or "none"
    # Given even where it is 0: that nothing went without is what a reader looks for first.
    yield (
        "unserved_mwh",
        float(sum(parts.values())),
        "MWh",
        f"flows of carrier virtual from unserved: {shown}",
    )


def _jobs(jobs: pl.DataFrame) -> Iterator[Item]:
    # A row is a bundle of `count` identical jobs (docs/concepts.md): jobs are counted, not rows.
    count = pl.col("count")
    ended = pl.col("end").is_not_null()
    started = pl.col("start").is_not_null()
    # A job without an end is late whatever its due time: a policy that never runs a job must not
    # look punctual.
    late = ((pl.col("late_s") > 0) | ~ended).fill_null(True)
    wait = (pl.col("start") - pl.col("submit")).dt.total_seconds() / 3600.0
    row = jobs.select(
        total=count.sum(),
        done=count.filter(ended).sum(),
        late=count.filter(late).sum(),
        wait=(wait * count).sum(),
        started=count.filter(started).sum(),
    ).row(0, named=True)
    yield "jobs_total", int(row["total"]), "jobs", "Σ count of jobs.parquet"
    yield "jobs_completed", int(row["done"]), "jobs", "Σ count with an end"
    yield (
        "jobs_late",
        int(row["late"]),
        "jobs",
        "Σ count that ended after the due time, or not at all",
    )
    # The wait of a job that never started is not known; it is among the late ones.
    if row["started"]:
        yield (
            "mean_wait_h",
            row["wait"] / row["started"],
            "h",
            "submission to start, mean over jobs (by count)",
        )
