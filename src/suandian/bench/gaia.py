"""`bench gaia`: all 16 runs of GAIA (ASPLOS'24) on its own input, against its own output.

Its rules: ticks of 5 s; 1 W per core; jobs under 2 h may wait 6 h, others 24 h; policies look at
hourly offsets from the arrival and believe in the mean length of the job's queue; 0.0624 $/cpu-h on
demand, a fifth of it on spot for pieces of at most 2 h where a run allows spot, reserved capacity
0.4 of it for every tick up to the last start.

Two definitions of mean wait: per piece, start less arrival, as published; per job, completion less
arrival less length, which is the right one for jobs that are suspended. Its published notebook says
0.607509 for Wait-Awhile's carbon over run-now's; its program gives 0.546196, and so does this one.
"""

from __future__ import annotations

import csv
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from suandian.bench.gaia_queue import queued
from suandian.bench.registry import Bench, Option
from suandian.bench.rows import row
from suandian.jobs.independent import (
    Pieces,
    below_threshold,
    carbon_time,
    integral,
    lowest_slot,
    lowest_window,
    wait_awhile,
    whole,
)
from suandian.jobs.prefix import Prefix, prefix
from suandian.model.grid import Bools, Floats, Ints
from suandian.model.issues import InputError, Issue

TICK_S = 5
HOURS = 720
HOUR = 3600 // TICK_S
SHORT = 2 * HOUR  # ticks: the queue of short jobs, and what may run on spot
ON_DEMAND, SPOT, RESERVED = (
    0.0624 / HOUR,
    0.01248 / HOUR,
    0.4,
)  # $ per cpu and tick; share of on demand
FIGURES = (
    "carbon",
    "dollar",
    "mean_wait_h_per_segment_as_published",
    "mean_wait_h_per_job_completion",
)
QUANTILE = 0.3
POLICIES = {
    "carbon-cost-spot": (True, True, True),
    "carbon-cost": (True, True, False),
    "carbon-spot": (True, False, True),
    "carbon": (True, False, False),
    "cost": (False, True, False),
}


@dataclass(frozen=True, eq=False)
class GaiaJobs:
    """GAIA's jobs in ticks, columns (jobs,): `short` by whole ticks, `spot` (at most 2 h) by its
    seconds.
    """

    arrival: Ints
    length: Ints
    width: Floats
    short: Bools
    spot: Bools
    believed: Ints


@dataclass(frozen=True)
class GaiaRun:
    """What the name of a run says."""

    scheduling: str
    start_h: int
    policy: str
    pool: int
    wait_h: tuple[int, int]

    @classmethod
    def of(cls, name: str) -> GaiaRun:
        """Return the run of a name such as carbon-7000-cst_average-AU-SA-9-6x24."""
        left, _, right = name.rpartition("-AU-SA-")
        scheduling, start, policy = left.rsplit("-", 2)
        pool, wait = right.split("-")
        short, long = (int(h) for h in wait.split("x"))
        return cls(
            scheduling,
            int(start),
            policy,
            int(pool),
            (short, long),
        )


def read(path: Path) -> GaiaJobs:
    """Return the jobs of GAIA's CSV (seconds: arrival_time, length; cpus)."""
    table = pl.read_csv(path)
    # GAIA's clock ticks every five seconds
    length = table["length"].to_numpy() / TICK_S
    short, long = (float(length[mask].mean()) for mask in (length <= SHORT, length >= SHORT))
    ticks = length.astype(np.int64)
    # GAIA compares floats for the queue and whole ticks for what a policy believes: both are kept
    is_short = ticks < SHORT
    return GaiaJobs(
        (table["arrival_time"].to_numpy() / TICK_S).astype(np.int64),
        ticks,
        table["cpus"].to_numpy().astype(float),
        is_short,
        length <= SHORT,
        np.where(is_short, int(short), int(long)).astype(np.int64),
    )


def simulate(run: GaiaRun, jobs: GaiaJobs, signal: Prefix) -> dict[str, float]:
    """Return the figures of a run; carbon in g at 1 W per core, `signal` in g/kWh by hour."""
    pieces, eager = _chosen(run, jobs, signal)
    job = pieces.job
    several = np.diff(pieces.first)[job] > 1
    by_piece = (
        several
        & run.scheduling.startswith("suspend-resume")
        & (not run.scheduling.endswith("threshold"))
    )
    # jobs that pause decide piece by piece whether they may run on spot
    spot = np.where(by_piece, pieces.length <= SHORT, jobs.spot[job]) & ("spot" in run.scheduling)
    eager_ones = np.asarray(eager & ~spot)
    start, held = queued(
        jobs.arrival[job],
        pieces.begin,
        pieces.length,
        jobs.width[job],
        float(run.pool),
        eager_ones,
        spot,
    )
    grams = integral(
        start,
        pieces.length,
        jobs.width[job],
        np.zeros(len(job), np.int64),
        signal,
    )
    # what the reserved pool holds is paid for as a pool, not by the job
    paid = np.where(spot, SPOT, np.where(held, 0.0, ON_DEMAND)) * pieces.length * jobs.width[job]
    last = np.zeros(len(jobs.arrival), np.int64)
    np.maximum.at(last, job, start + pieces.length)
    return {
        "segments": float(len(job)),
        "carbon": float(grams.sum()) / 1000.0 / HOUR,
        "dollar": float(paid.sum()) + run.pool * RESERVED * float(start.max()) * ON_DEMAND,
        FIGURES[2]: float((start - jobs.arrival[job]).mean()) / HOUR,
        FIGURES[3]: float((last - jobs.arrival - jobs.length).mean()) / HOUR,
    }


def _chosen(run: GaiaRun, jobs: GaiaJobs, signal: Prefix) -> tuple[Pieces, bool]:
    """Return the pieces that the policy chooses, and whether they start earlier where the pool has
    room.
    """
    # short and long jobs have queues with waits of their own
    wait = np.where(jobs.short, run.wait_h[0], run.wait_h[1]).astype(np.int64) * HOUR
    site = np.zeros(len(wait), np.int64)
    if run.scheduling.startswith("suspend-resume"):
        if run.scheduling.endswith("threshold"):
            return below_threshold(
                jobs.arrival, jobs.length, wait, site, signal, QUANTILE, 24 * HOUR
            ), False
        return wait_awhile(jobs.arrival, jobs.length, wait, site, signal), False
    aware, eager, _ = POLICIES[run.scheduling]
    if not aware:
        start = jobs.arrival + wait
    elif run.policy == "lowest":
        start = lowest_slot(jobs.arrival, wait, site, signal)
    elif run.policy == "cst_average":
        start = carbon_time(jobs.arrival, jobs.believed, wait, HOUR, site, signal)
    else:
        believed = jobs.length if run.policy == "oracle" else jobs.believed
        start = lowest_window(jobs.arrival, believed, wait, HOUR, site, signal)
    return whole(start, jobs.length), eager


def compared(folder: Path) -> list[tuple[str, dict[str, float], dict[str, float], float]]:
    """Return (run, ours, theirs, seconds) of all runs in the folder of GAIA's input and output.

    Raises
    ------
    InputError
        A file is missing.
    """
    names = [
        folder / name for name in ("pai_1k.csv", "au_sa_2022_hourly_gco2_kwh.csv", "expected.csv")
    ]
    missing = [
        Issue(str(p), "--reference", None, "does not exist", "GAIA's input and output")
        for p in names
        if not p.exists()
    ]
    if missing:
        raise InputError(missing)
    jobs = read(names[0])
    intensity = pl.read_csv(names[1])["gco2_per_kwh"].to_numpy()
    made = []
    ours_by = {}
    with names[2].open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        run = GaiaRun.of(line["run"])
        signal = prefix(intensity[run.start_h : run.start_h + HOURS, None], 0, HOUR)
        began = time.process_time()
        ours_by[line["run"]] = ours = simulate(run, jobs, signal)
        made.append(
            (
                line["run"],
                ours,
                {k: float(v) for k, v in line.items() if k != "run"},
                time.process_time() - began,
            )
        )
    # normalised by the run that waits for nothing and reserves nothing
    base = next(
        ours for name, ours in ours_by.items() if "0x0" in name and GaiaRun.of(name).pool == 0
    )
    for _, ours, _, _ in made:
        ours["norm_carbon"], ours["norm_cost"] = (
            ours["carbon"] / base["carbon"],
            ours["dollar"] / base["dollar"],
        )
    return made


def rows(reference: Path) -> list[dict[str, Any]]:
    """Return the rows of `--json`: per run and figure ours, theirs; the same answer to 6
    significant digits.
    """
    units = ("g", "$", "h", "h")
    return [
        row(
            name,
            name,
            figure,
            [ours[figure]],
            unit,
            ("GAIA", [theirs[figure]]),
            agrees(ours[figure], theirs[figure]),
        )
        if ours[figure] > 0
        else row(
            name,
            name,
            figure,
            [ours[figure]],
            unit,
            same_answer=theirs[figure] == 0,
        )
        for name, ours, theirs, _ in compared(reference)
        for figure, unit in zip(FIGURES, units, strict=True)
    ]


def agrees(ours: float, theirs: float) -> bool:
    """Return whether two figures are the same to 6 significant digits.

    Examples
    --------
    >>> agrees(0.5461963, 0.54619648), agrees(0.546191, 0.546196)
    (True, False)
    """
    # six digits: as many as GAIA prints
    return abs(ours - theirs) <= 5e-7 * abs(theirs)


BENCH = Bench(
    "gaia",
    "the 16 runs of GAIA on its own jobs and carbon intensities, against its own output",
    rows,
    (Option("reference", Path("reference/gaia"), "folder of its input and output"),),
)
