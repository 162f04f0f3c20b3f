"""`bench policies`: savings against run-now with capacity that is limited, at several utilisations.

Jobs of Alibaba PAI (GAIA's sample, `arrival_h, length_h, cpus`), their arrivals brought back from
the year that GAIA stretched them over to the two months that the source covers; a home in one of
the regions each, by seed; every job may wait 24 h beyond its length. Sites are equal and as large
as the utilisation says. All policies see the same prices and carbon intensities of the regions and
run through the same event kernel; temporal ones stay at home, placing ones choose a site; each job
wider than a site is rejected for all. Cost is electricity and carbon at the carbon price.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.rows import row
from suandian.jobs.curves import curves
from suandian.jobs.elastic import scaled
from suandian.jobs.events.batch import Batch, Facilities, Kinds, Wish, ranks
from suandian.jobs.events.machine import EASY, FIT
from suandian.jobs.events.reject import reasons
from suandian.jobs.events.simulation import Queue, Simulation
from suandian.jobs.independent import (
    Pieces,
    below_threshold,
    carbon_time,
    integral,
    lowest_slot,
    lowest_window,
    wait_awhile,
)
from suandian.jobs.prefix import Prefix, prefix
from suandian.model.grid import Floats, Ints
from suandian.model.issues import InputError, Issue
from suandian.policy.fluid import fluid
from suandian.policy.guided import SCALE, Guide, groups, guided

HOUR = 3600
PUE = 1.2
WATTS_PER_CORE = 10.0
CARBON_PRICE = 80.0
# GAIA stretched two months over a year
WAIT_H = 24
SQUEEZE = 6.0
THROUGHPUT = np.array([1.0, 1.9, 2.7, 3.4])
QUANTILE = 0.3


@dataclass(frozen=True, eq=False)
class Ground:
    """What all policies share: jobs, sites, and signals by step and site [per core and hour]."""

    batch: Batch
    places: Facilities
    cost: Floats
    price: Floats
    carbon: Floats

    def signal(self, values: Floats) -> Prefix:
        """Return running integrals [per core and second]."""
        return prefix(values / HOUR, 0, HOUR)


Run = Callable[[Ground], Simulation]


def ground(
    data: Path, regions: list[str], start: str, utilisation: float, jobs: int, seed: int
) -> Ground:
    """Return jobs and sites; the widest jobs may not fit any site."""
    table = pl.read_parquet(data / "workloads" / "alibaba_pai_2020_100k.parquet").sort("arrival_h")[
        :jobs
    ]
    # squeezed back into the two months that the trace was recorded in
    submit = np.floor(table["arrival_h"].to_numpy() * HOUR / SQUEEZE).astype(np.int64)
    submit -= submit[0]
    length = np.maximum(np.rint(table["length_h"].to_numpy() * HOUR), 1).astype(np.int64)
    width = table["cpus"].to_numpy().astype(float)
    n = len(submit)
    origin = np.random.default_rng(seed).integers(0, len(regions), n)
    batch = Batch(
        submit,
        length,
        width,
        submit + length + WAIT_H * HOUR,
        np.zeros(n, np.int64),
        origin,
        np.zeros(n),
    )
    span_h = float(submit[-1] / HOUR)
    each = float((length * width).sum() / HOUR / span_h / utilisation / len(regions))
    # blind policies run far beyond the due times: they must find prices there too
    needed_h = int(batch.due[-1] / HOUR) + 7 * 24
    path = data / "regions16_carbon_price_weather" / "regions16_2023.parquet"
    price, grams = _signals(path, regions, start, needed_h)
    kwh = WATTS_PER_CORE / 1000 * PUE  # per core and hour
    # grams become tonnes, tonnes money
    carbon = grams * kwh / 1e6 * CARBON_PRICE
    return Ground(
        batch,
        Facilities.of(np.full(len(regions), each)),
        price * kwh / 1000 + carbon,
        price * kwh / 1000,
        carbon,
    )


def _signals(path: Path, regions: list[str], start: str, hours: int) -> tuple[Floats, Floats]:
    """Return price [USD/MWh] and carbon [g/kWh] (hours, regions) from `start` on; gaps hold the
    value before.

    They go on after the `hours` that are needed, to the end of the data: blind policies have jobs
    wait for weeks.
    """
    table = pl.read_parquet(path).filter(pl.col("region").is_in(regions))
    known = set(table["region"].unique())
    if missing := [name for name in regions if name not in known]:
        raise InputError(
            [
                Issue(
                    path.name,
                    "--regions",
                    ",".join(missing),
                    "are not in the data",
                    "16 zone codes",
                )
            ]
        )
    made = []
    for column in ("price_usd_per_mwh", "ci_direct_g_per_kwh"):
        wide = table.pivot(on="region", index="time_utc", values=column).sort("time_utc")
        wide = wide.filter(pl.col("time_utc").dt.strftime("%Y-%m-%d") >= start)
        values = wide.select(
            pl.col(name).cast(pl.Float64).fill_nan(None).forward_fill() for name in regions
        ).to_numpy()
        # a gap at the very beginning has no value before it to go on with
        if len(values) < hours or not np.isfinite(values).all():
            raise InputError(
                [
                    Issue(
                        path.name,
                        "--start",
                        start,
                        f"{column} does not cover {hours} h",
                        "an earlier day",
                    )
                ]
            )
        made.append(values)
    return made[0], made[1]


def _bound_to(site: Ints, pieces: Pieces, g: Ground) -> Simulation:
    wish = Wish(
        site,
        pieces.first,
        pieces.begin,
        pieces.length,
        g.batch.width[pieces.job],
        ranks(g.batch.submit),
    )
    return Simulation.of(g.batch, wish, g.places, queue=Queue(EASY)).run()


def _temporal(choose: Callable[[Batch, Ints, Prefix], Ints]) -> Run:
    def run(g: Ground) -> Simulation:
        wait = np.full(len(g.batch.submit), WAIT_H * HOUR)
        start = choose(g.batch, wait, g.signal(g.cost))
        return Simulation.of(
            g.batch, Wish.whole(g.batch, start=start, key=start), g.places, queue=Queue(EASY)
        ).run()

    return run


def _in_pieces(choose: Callable[[Batch, Ints, Prefix], Pieces]) -> Run:
    def run(g: Ground) -> Simulation:
        wait = np.full(len(g.batch.submit), WAIT_H * HOUR)
        return _bound_to(g.batch.origin, choose(g.batch, wait, g.signal(g.cost)), g)

    return run


def _greedy(signal: str) -> Run:
    def run(g: Ground) -> Simulation:
        nowhere = np.full(len(g.batch.submit), -1)
        cost = g.signal(getattr(g, signal))
        return Simulation.of(
            g.batch, Wish.whole(g.batch, nowhere), g.places, cost=cost, queue=Queue(FIT)
        ).run()

    return run


def _blind(g: Ground) -> Simulation:
    """Every job to the cheapest site and window, as if it were alone."""
    b = g.batch
    signal = g.signal(g.cost)
    wait = np.full(len(b.submit), WAIT_H * HOUR)
    starts = []
    costs = []
    # each job looks at every site and hour as if it were alone: that is what blind means
    for s in range(len(g.places.capacity)):
        site = np.full(len(b.submit), s)
        starts.append(lowest_window(b.submit, b.length, wait, HOUR, site, signal))
        costs.append(integral(starts[-1], b.length, b.width, site, signal))
    best = np.argmin(np.array(costs), axis=0)
    start = np.array(starts)[best, np.arange(len(best))]
    return Simulation.of(
        b, Wish.whole(b, best, start, key=start), g.places, queue=Queue(EASY)
    ).run()


def _elastic(g: Ground) -> Simulation:
    wish = scaled(g.batch, THROUGHPUT, g.signal(g.cost), g.places.capacity)
    return Simulation.of(g.batch, wish, g.places, queue=Queue(EASY)).run()


def _guided(suspendable: bool) -> Run:
    def run(g: Ground) -> Simulation:
        return guided(
            g.batch, g.places, Kinds.of(1, suspendable=suspendable), Guide(g.cost, 0, HOUR)
        )

    return run


POLICIES: dict[str, Run] = {
    "run-now": _temporal(lambda b, _w, _c: b.submit),
    "lowest slot": _temporal(lambda b, w, c: lowest_slot(b.submit, w, b.origin, c)),
    "lowest window": _temporal(
        lambda b, w, c: lowest_window(b.submit, b.length, w, HOUR, b.origin, c)
    ),
    "Carbon-Time": _temporal(lambda b, w, c: carbon_time(b.submit, b.length, w, HOUR, b.origin, c)),
    "Wait-Awhile": _in_pieces(lambda b, w, c: wait_awhile(b.submit, b.length, w, b.origin, c)),
    "threshold": _in_pieces(
        lambda b, w, c: below_threshold(b.submit, b.length, w, b.origin, c, QUANTILE, 24 * HOUR)
    ),
    "CarbonScaler": _elastic,
    "price-greedy": _greedy("price"),
    "carbon-greedy": _greedy("carbon"),
    "cost-greedy": _greedy("cost"),
    "cheapest site and hour, blind": _blind,
    "guided, whole jobs": _guided(False),
    "guided": _guided(True),
}


def bound(g: Ground) -> float:
    """Return a proven lower bound on the cost of the jobs that can be done, in time (see
    `policy.fluid`).
    """
    b = g.batch
    hours = int(b.due.max()) // HOUR + 1
    # what no policy can run is in no bound either
    rows = np.flatnonzero(reasons(b, g.places) == 0)
    slack = (b.due - b.submit - b.length)[rows] / HOUR
    length = np.searchsorted((1.0, 4.0, 12.0, 24.0), b.length[rows] / HOUR)
    # by slack and by length: coarser groups would bound less
    group = groups(slack) * 5 + length
    names, group = np.unique(group, return_inverse=True)
    # whole numbers: curves add up without rounding
    work = np.rint(b.length[rows] / HOUR * b.width[rows] * SCALE).astype(np.int64)
    arrived, due = curves(
        work,
        b.width[rows],
        b.submit[rows],
        b.due[rows],
        group,
        len(names),
        HOUR * np.arange(hours + 1),
    )
    cost = g.cost[:hours]
    most = np.broadcast_to(g.places.capacity, cost.shape)
    found = fluid(
        arrived,
        due,
        cost,
        most,
        np.ones(hours),
        1000 * float(np.abs(cost).max()),
    )
    return found.bound


def rows(
    data: Path,
    utilisations: str,
    regions: str,
    start: str,
    jobs: int,
    seed: int,
    only: str,
    tick: Tick | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of `--json`."""
    made: list[dict[str, Any]] = []
    shares = [float(share) for share in utilisations.split(",")]
    chosen = {
        name: run
        for name, run in POLICIES.items()
        if not only or name in only.split(",") or name == "run-now"
    }
    for i, share in enumerate(shares):
        g = ground(
            data,
            regions.split(","),
            start,
            share / 100,
            jobs,
            seed,
        )
        size = f"{share:g} % used"
        # one bound for all policies at this use
        least = bound(g)
        base = 0.0
        for k, (name, run) in enumerate(chosen.items()):
            began = time.process_time()
            done = run(g)
            seconds = time.process_time() - began
            cost = cost_of(done, g)
            base = cost if name == "run-now" else base
            made += list(_rows(name, size, done, g, (cost, base, least), seconds))
            if tick is not None:
                tick(i * len(chosen) + k + 1, len(shares) * len(chosen), name)
    return made


def cost_of(done: Simulation, g: Ground) -> float:
    """Return what electricity and carbon of all stretches cost.

    Raises
    ------
    InputError
        Jobs ran after the end of the prices: there they would cost nothing.
    """
    r = done.runs
    # beyond the prices work would be free: a policy must not win by that
    if r.end.max(initial=0) > len(g.cost) * HOUR:
        last = f"{r.end.max() / HOUR:.0f} h"
        raise InputError(
            [Issue("prices", "end", last, "jobs run on after the prices end", f"{len(g.cost)} h")]
        )
    return float(
        integral(
            r.begin,
            r.end - r.begin,
            r.width,
            r.site,
            g.signal(g.cost),
        ).sum()
    )


def _rows(
    name: str,
    size: str,
    done: Simulation,
    g: Ground,
    costs: tuple[float, float, float],
    seconds: float,
) -> Iterator[dict[str, Any]]:
    cost, base, least = costs
    out = done.outcome
    b = g.batch
    ok = out.done
    wait = (out.end - b.submit - b.length)[ok] / HOUR
    yield row(name, size, "cost", [cost], "USD")
    yield row(name, size, "saving against run-now", [100 * (1 - cost / base)], "%")
    yield row(name, size, "above the fluid bound", [100 * (cost / least - 1)], "%")
    yield row(name, size, "late jobs", [int((out.end > b.due)[ok].sum())], "jobs")
    yield row(name, size, "mean wait", [float(wait.mean())], "h")
    yield row(name, size, "p99 wait", [float(np.quantile(wait, 0.99))], "h")
    yield row(name, size, "suspensions per job", [float(out.suspensions.sum() / ok.sum())], "1")
    yield row(name, size, "rejected or never done", [int((~ok).sum())], "jobs")
    yield row(name, size, "CPU", [seconds], "s")


BENCH = Bench(
    "policies",
    "savings of placing and shifting policies against run-now at several utilisations, with the "
    "fluid bound",
    rows,
    (
        Option("data", Path("data"), "folder with workloads and regions"),
        Option("utilisations", "30,60,70,90", "share of capacity that the jobs need [%]"),
        Option("regions", "DE-LU,US-CAL-CISO,US-TEX-ERCO,AU-NSW", "zone codes with prices"),
        Option("start", "2023-03-01", "first day"),
        Option("jobs", 100_000, "how many of the trace"),
        Option("seed", 1, "of the jobs' homes"),
        Option("only", "", "some policies, by name"),
    ),
)
