"""Jobs from a seeded generator that follows published quantiles of Alibaba's PAI cluster. Not a
recorded trace.

Run time [h]: p50 0.66, p90 5.5, p99 24.1. Cores: p50 1, p90 8, p99 40. Between the quantiles the
logarithm is linear; the ends (p0, p100) are our own choice. Run time and cores are independent,
which a real cluster's are not quite. Each calendar week (from Monday 00:00 local) is drawn by
itself from (seed, week), so a week has the same jobs whatever window is asked for. The quantiles
are those of the sample of 100k jobs that GAIA published (there: 0.084 to 71 h, 1 to 400 cores).
Reference: Q. Weng et al., "MLaaS in the Wild", NSDI 2022; sample: github umassos/GAIA,
pai-100k.csv.
"""

from __future__ import annotations

import numpy as np

from suandian.model.grid import Floats
from suandian.model.ports import Trace, TraceKind
from suandian.model.ports.options import Field, PluginOptions

NAME = "pai-quantiles"
LEVELS = (0.0, 0.5, 0.9, 0.99, 1.0)
HOURS = (0.02, 0.66, 5.5, 24.1, 48.0)
CORES = (0.5, 1.0, 8.0, 40.0, 96.0)
PEAK_HOUR = 15
SWING = 0.3
WEEKEND = 0.8
WEEK_S = 7 * 86400
EPOCH_S = -2208988800  # Monday 1900-01-01 00:00, local: no week of interest has a negative number


class PaiQuantilesOptions(PluginOptions):
    """Options of the trace plug-in `pai-quantiles`."""

    bundles_per_week: int = Field(
        default=20_000, ge=1_000, le=100_000, description="rows of jobs drawn in each week"
    )
    jobs_per_bundle: int = Field(
        default=50, ge=1, le=1_000_000, description="identical jobs that each row stands for"
    )
    utc_offset_h: float = Field(
        default=-8.0, ge=-14, le=14, description="local time of the arrival profile [h from UTC]"
    )


def jobs(chosen: PaiQuantilesOptions, start_s: int, end_s: int, seed: int) -> Trace:
    """Return jobs submitted in [start_s, end_s) [UTC s].

    Examples
    --------
    >>> monday_s = 1604908800  # 2020-11-09 00:00 at UTC−8
    >>> few = PaiQuantilesOptions(bundles_per_week=1000)
    >>> week = jobs(few, monday_s, monday_s + 7 * 86400, seed=1)
    >>> len(week.submit_s), int(week.count[0])
    (1000, 50)
    """
    # weeks are counted from a Monday, in local time
    zero = EPOCH_S - round(chosen.utc_offset_h * 3600)
    first = (start_s - zero) // WEEK_S
    weeks = range(first, max(first + 1, -((zero - end_s) // WEEK_S)))
    # by whole weeks: a longer study has the same jobs in its first week
    drawn = [_week(chosen.bundles_per_week, seed, week) for week in weeks]
    submit = np.concatenate(
        [zero + week * WEEK_S + part[0] for week, part in zip(weeks, drawn, strict=True)]
    )
    keep = (submit >= start_s) & (submit < end_s)
    return Trace(
        submit_s=submit[keep],
        length_h=np.concatenate([part[1] for part in drawn])[keep],
        cores=np.concatenate([part[2] for part in drawn])[keep],
        count=np.full(int(keep.sum()), chosen.jobs_per_bundle, dtype=np.int64),
        provenance=_provenance(chosen, seed),
    )


def _week(n: int, seed: int, week: int) -> tuple[np.ndarray, Floats, Floats]:
    """Return `n` submission times [s from Monday 00:00 local] in order, run times [h] and cores of
    one week.
    """
    # week and seed alone decide, whatever was drawn before
    uniform = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, week]))).random(
        (3, n)
    )
    profile = _profile()
    # inverse of the weekly profile: more arrivals by day than by night
    share = np.concatenate([[0.0], np.cumsum(profile) / profile.sum()])
    at = np.interp(np.sort(uniform[0]), share, np.arange(len(share)) * 3600.0)
    submit = np.minimum(at.astype(np.int64), WEEK_S - 1)
    return submit, _quantile(HOURS, uniform[1]), _quantile(CORES, uniform[2])


def _profile() -> Floats:
    """Return the relative arrival rate [1] in each local hour of a week that starts on Monday."""
    hour = np.arange(168)
    day = 1 + SWING * np.cos(2 * np.pi * (hour % 24 + 0.5 - PEAK_HOUR) / 24)
    return np.asarray(day * np.where(hour >= 5 * 24, WEEKEND, 1.0))


def _quantile(values: tuple[float, ...], level: Floats) -> Floats:
    # between published quantiles the logarithm runs straight: sizes span decades
    return np.exp(np.interp(level, LEVELS, np.log(values)))


def _provenance(chosen: PaiQuantilesOptions, seed: int) -> tuple[str, ...]:
    def listed(values: tuple[float, ...]) -> str:
        return ", ".join(f"p{100 * p:g} {v:g}" for p, v in zip(LEVELS, values, strict=True))

    return (
        f"{NAME}: generated jobs, not a recorded trace; PCG64 seeded with [{seed}, week from "
        "1900-01-01]",
        f"run time [h] {listed(HOURS)}; cores {listed(CORES)}; log-linear between, independent "
        "of each other; p50, p90 "
        "and p99 as in GAIA's sample of 100k jobs of Alibaba PAI 2020 (Weng et al., NSDI 2022); "
        "p0, p100 chosen here",
        f"{chosen.bundles_per_week} bundles in each week from Monday 00:00 "
        f"(UTC{chosen.utc_offset_h:+g} h), each of "
        f"{chosen.jobs_per_bundle} identical jobs",
        f"arrival rate ∝ 1 + {SWING:g}·cos(2π(hour − {PEAK_HOUR})/24), × {WEEKEND:g} on Saturday "
        "and Sunday, constant "
        "in each hour",
    )


TRACE = TraceKind(jobs, PaiQuantilesOptions, example={"bundles_per_week": 1000})
