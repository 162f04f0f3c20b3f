"""`bench jobs`: jobs per second of the policies that place each job by itself, on a synthetic,
seeded year.

Hours of a year at several sites, jobs of 5 minutes to 12 hours that may wait 24 h, ticks of 5 s.
Compiling is told apart from running; nothing is read from files.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.rows import row
from suandian.jobs.independent import (
    below_threshold,
    carbon_time,
    integral,
    lowest_slot,
    lowest_window,
    wait_awhile,
)
from suandian.jobs.prefix import Prefix, prefix
from suandian.model.grid import Ints

HOUR = 720
Policy = Callable[[Ints, Ints, Ints, Ints, Prefix], object]
POLICIES: dict[str, Policy] = {
    "run-now, with its cost": lambda s, n, _w, d, c: integral(s, n, np.ones(len(s)), d, c),
    "lowest slot": lambda s, _n, w, d, c: lowest_slot(s, w, d, c),
    "lowest window": lambda s, n, w, d, c: lowest_window(s, n, w, HOUR, d, c),
    "Carbon-Time": lambda s, n, w, d, c: carbon_time(s, n, w, HOUR, d, c),
    "Wait-Awhile": wait_awhile,
    "threshold": lambda s, n, w, d, c: below_threshold(s, n, w, d, c, 0.3, 24 * HOUR),
}


def batch(jobs: int, sites: int, seed: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Return submission, length, wait [tick] and site of synthetic jobs, each (jobs,)."""
    rng = np.random.default_rng(seed)
    # within the year of the signal, with room to wait at its end
    submit = np.sort(rng.integers(0, 8700 * HOUR, jobs))
    length = np.exp(rng.uniform(np.log(HOUR / 12), np.log(12 * HOUR), jobs)).astype(np.int64)
    return submit, length, np.full(jobs, 24 * HOUR), rng.integers(0, sites, jobs)


def rows(
    sizes: str, sites: int, repeats: int, seed: int, tick: Tick | None = None
) -> list[dict[str, Any]]:
    """Return the rows of `--json`."""
    hour = np.arange(8760)[:, None]
    rng = np.random.default_rng(seed)
    wave = (
        400
        + 150 * np.sin((hour + 3 * np.arange(sites)) / 24 * 2 * np.pi)
        + rng.normal(0, 40, (8760, sites))
    )
    signal = prefix(wave, 0, HOUR)
    counts = [int(float(size)) for size in sizes.split(",")]
    made = []
    for i, (name, policy) in enumerate(POLICIES.items()):
        began = time.perf_counter()
        # the first call compiles, or reads the cache
        policy(*batch(10, sites, seed), signal)
        made.append(
            row(
                name,
                "10 jobs",
                f"{name}: first call (compile, or its cache)",
                [time.perf_counter() - began],
                "s",
            )
        )
        for count in counts:
            if tick is not None:
                tick(
                    i * len(counts) + counts.index(count),
                    len(POLICIES) * len(counts),
                    f"{name}, {count:,} jobs",
                )
            inputs = batch(count, sites, seed)
            rates = []
            for _ in range(repeats):
                # CPU: what else runs on the machine must not count
                began = time.process_time()
                policy(*inputs, signal)
                rates.append(count / (time.process_time() - began) / 1e6)
            made.append(
                row(
                    name,
                    f"{count:,} jobs, {sites} sites",
                    f"{name}: millions of jobs per second of CPU",
                    rates,
                    "1",
                )
            )
    return made


BENCH = Bench(
    "jobs",
    "jobs per second of the policies that place each job by itself",
    rows,
    (
        Option("sizes", "1e4,1e5,1e6,1e7", "numbers of jobs, separated by commas"),
        Option("sites", 4, "sites with a signal each"),
        Option("repeats", 3, "how often"),
        Option("seed", 0, "of jobs and signal"),
    ),
)
