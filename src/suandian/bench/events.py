"""`bench events`: jobs per second of the event kernel, of limited capacity, with prices, carbon and
PUE.

A synthetic, seeded week of jobs (1 min to 12 h, log-uniform; half a core to 96, as PAI's quantiles)
that need 70 % of sites of equal size; queues with EASY backfill at home, and placing each job where
it is cheapest. Compiling, preparing (checks, tables), simulating and costing (energy, cost and
carbon of every stretch at the meter) are told apart. Nothing is read from files.
"""

from __future__ import annotations

import resource
import time
from typing import Any

import numpy as np

from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.rows import row
from suandian.jobs.events.batch import Batch, Facilities, Wish
from suandian.jobs.events.machine import EASY, FIT
from suandian.jobs.events.simulation import Queue, Simulation
from suandian.jobs.independent import integral
from suandian.jobs.prefix import Prefix, prefix

WEEK_S = 7 * 86400
HOUR = 3600
LEVELS = (0.0, 0.5, 0.9, 0.99, 1.0)
CORES = (0.5, 1.0, 8.0, 40.0, 96.0)
USED = 0.7
PUE = 1.2
KW_PER_CORE = 0.01


def scene(jobs: int, sites: int, seed: int) -> tuple[Batch, Facilities, Prefix, Prefix]:
    """Return jobs, sites, and price and carbon at the meter by site [per core and second]."""
    # the same jobs for every policy and machine
    rng = np.random.default_rng(seed)
    submit = np.sort(rng.integers(0, WEEK_S, jobs))
    length = np.exp(rng.uniform(np.log(60), np.log(12 * HOUR), jobs)).astype(np.int64)
    # most jobs are narrow and a few are very wide, as in real traces
    width = np.exp(np.interp(rng.random(jobs), LEVELS, np.log(CORES)))
    nothing = np.zeros(jobs, np.int64)
    batch = Batch(
        submit,
        length,
        width,
        submit + length + 86400,
        nothing,
        rng.integers(0, sites, jobs),
        np.zeros(jobs),
    )
    # capacity for the wished use, and no less than the widest job
    each = max(float((length * width).sum()) / WEEK_S / USED / sites, CORES[-1])
    # signals of two weeks: what is submitted at the end must find prices
    hour = np.arange(14 * 24)[:, None]
    wave = np.sin((hour + 5 * np.arange(sites)) / 24 * 2 * np.pi)
    per_core_s = KW_PER_CORE * PUE / HOUR
    price, carbon = (
        (base + swing * wave) * per_core_s for base, swing in ((0.08, 0.04), (0.4, 0.15))
    )
    return (
        batch,
        Facilities.of(np.full(sites, each)),
        prefix(price, 0, HOUR),
        prefix(carbon, 0, HOUR),
    )


def once(
    batch: Batch, places: Facilities, price: Prefix, carbon: Prefix, placing: bool
) -> tuple[float, ...]:
    """Run one simulation; return CPU seconds of preparing, simulating and costing, and mean wait
    [h].
    """
    # preparing, simulating and costing apart: they grow in different ways
    marks = [time.process_time()]
    wish = Wish.whole(batch, np.full(len(batch.submit), -1) if placing else None)
    made = Simulation.of(batch, wish, places, cost=price, queue=Queue(FIT if placing else EASY))
    marks.append(time.process_time())
    made.run()
    marks.append(time.process_time())
    r = made.runs
    sums = [
        float(integral(r.begin, r.end - r.begin, r.width, r.site, signal).sum())
        for signal in (price, carbon)
    ]
    energy = float(((r.end - r.begin) * r.width).sum()) * KW_PER_CORE * PUE / HOUR
    marks.append(time.process_time())
    # a fast simulation that left jobs undone would win every benchmark
    assert made.outcome.done.all() and min(*sums, energy) > 0
    wait = float((made.outcome.end - batch.submit - batch.length).mean()) / HOUR
    return (*np.diff(marks).tolist(), wait)


def rows(
    sizes: str, sites: str, repeats: int, seed: int, tick: Tick | None = None
) -> list[dict[str, Any]]:
    """Return the rows of `--json`."""
    counts = [(int(float(size)), int(s)) for size in sizes.split(",") for s in sites.split(",")]
    began = time.perf_counter()
    for placing in (False, True):
        once(*scene(100, 2, seed), placing)
    made = [
        row(
            "events",
            "100 jobs",
            "first call (compile, or its cache)",
            [time.perf_counter() - began],
            "s",
        )
    ]
    for i, (jobs, count) in enumerate(counts):
        given = scene(jobs, count, seed)
        for placing in (False, True):
            name = "placed where cheapest" if placing else "at home, EASY backfill"
            samples = [once(*given, placing) for _ in range(repeats)]
            size = f"{jobs:,} jobs, {count} sites"
            for figure, column in (("preparing", 0), ("simulating", 1), ("costing", 2)):
                made.append(row(name, size, figure, [s[column] for s in samples], "s CPU"))
            rate = [jobs / sum(s[:3]) / 1e6 for s in samples]
            made.append(row(name, size, "rate, all three", rate, "million jobs/s"))
            made.append(row(name, size, "mean wait", [samples[0][3]], "h"))
        made.append(
            row(
                "events",
                size,
                "peak memory of this process so far",
                [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0],
                "MB",
            )
        )
        if tick is not None:
            tick(i + 1, len(counts), size)
    return made


BENCH = Bench(
    "events",
    "jobs per second of the event kernel with limited capacity, prices, carbon and PUE, over "
    "jobs and sites",
    rows,
    (
        Option("sizes", "1e4,1e5,1e6,1e7", "jobs"),
        Option("sites", "1,6,64", "sites"),
        Option("repeats", 3, "runs per case"),
        Option("seed", 1, "of the jobs"),
    ),
)
