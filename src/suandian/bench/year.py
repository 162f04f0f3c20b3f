"""`bench year`: a study of many weeks planned in windows, against its proven bound and, if asked,
against one solve.

The scenario is `bench.regions`. The gap is stated in the cost and in the value of flexibility (the
cost without shifting less the bound, ratios not asked). CPU seconds are those of the whole call in
one process, building, solving, joining and judging; of the solves alone where they run in other
processes.
"""

from __future__ import annotations

import resource
import time
from dataclasses import replace
from typing import Any

import numpy as np

from suandian.bench.regions import CLASSES, SERVICES, direct, regions
from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.rows import row
from suandian.horizon.coarse import coarsened
from suandian.horizon.whole import (
    Cut,
    Whole,
    inflexible_window,
    plan_whole,
    whole_window,
    windows_of,
)
from suandian.maths.blocks.direct_supply import reached
from suandian.maths.prepared import Prepared
from suandian.maths.solving import solve_window
from suandian.maths.window import Window
from suandian.model.scenario import Scenario
from suandian.model.totals import Totals
from suandian.scale.executors import executor


def limited(scenario: Scenario) -> Scenario:
    """Return the scenario with supply of its own at each site, and ratios of it that bind.

    Each ratio is set against what the study in steps of 8 h does without them: 3 points more of
    self-use (97 % at most), no less of green share, 30 % less export.
    """
    own = direct(scenario)
    # ratios that bind nothing, so that what is reached without them can be read
    none = np.zeros(len(own.sites))
    free = replace(own, totals=Totals(none, none, none + 1.0))
    window = whole_window(free)
    # in long steps: only the level of the ratios is wanted, and a year in hours would take as long
    # as the benchmark
    joined = np.diff([0, *(end for _, end in windows_of(window.hours, Cut().coarse_h))])
    natural = reached(solve_window(Prepared.of(free), coarsened(window, joined)))
    return replace(
        own,
        totals=Totals(
            np.minimum(natural.self_use + 0.03, 0.97),
            natural.green_share,
            0.7 * natural.export + 0.002,
        ),
    )


def missed(totals: Totals, made: Whole) -> float:
    """Return the most by which a ratio is missed [1]."""
    found = reached(made.result)
    at = found.site
    return float(
        np.nanmax(
            [
                totals.self_use[at] - found.self_use,
                totals.green_share[at] - found.green_share,
                found.export - totals.export[at],
            ]
        )
    )


def rows(  # noqa: PLR0913 - the options of the command
    buses: int,
    sites: int,
    hours: int,
    window: float,
    overlap: float,
    workers: int = 1,
    one_solve: bool = False,
    ratios: bool = False,
    tick: Tick | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of `--json`."""
    scenario = regions(
        buses, sites, hours, classes=max(CLASSES, sites), services=min(SERVICES, sites)
    )
    scenario = limited(scenario) if ratios else scenario
    prepared = Prepared.of(scenario)
    seen = whole_window(scenario)
    cut = Cut(window, overlap)
    began = time.perf_counter()
    cpu = time.process_time()
    with executor(workers) as pool:
        whole = plan_whole(prepared, seen, cut, pool, tick)
        wall = time.perf_counter() - began
        own = time.process_time() - cpu
        fixed = plan_whole(
            replace(prepared, totals=None), inflexible_window(scenario), cut, pool, tick
        )
    peak_mb = _peak_mb()
    name = f"{buses} buses, {sites} sites, {hours} h"
    size = whole.result.compiled.problem.shape[1]
    name = f"{name}, ratios" if ratios else name
    peers: dict[str, float] = {}
    same = loss = None
    if one_solve:
        peers, optimum = _one_solve(prepared, seen)
        same = whole.bound <= optimum * (1 + 1e-6) <= whole.cost * (1 + 2e-6)
        loss = 100 * (whole.cost - optimum) / (fixed.cost - optimum)
    # the time of other processes is not in this one's: only their solves are known
    timed, cpu_s = ("CPU", own) if workers == 1 else ("CPU of all solves", whole.seconds)
    figures = [
        row(name, size, timed, [cpu_s], "s", (f"one solve, {method}", [seconds]), same)
        for method, seconds in peers.items()
    ]
    if not peers:
        figures.append(row(name, size, timed, [cpu_s], "s"))
    figures += _figures(name, size, workers, (wall, peak_mb), whole, fixed)
    if loss is not None:
        figures.append(row(name, size, "lost value of flexibility", [loss], "%"))
    if scenario.totals is not None:
        points = 100 * missed(scenario.totals, whole)
        figures.append(row(name, size, "most that a ratio is missed by", [points], "points"))
    return figures


def _peak_mb() -> float:
    """Return the largest memory that this process has held [MB]."""
    # Linux counts it in kB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _figures(
    name: str, size: int, workers: int, spent: tuple[float, float], whole: Whole, fixed: Whole
) -> list[dict[str, Any]]:
    """Return the rows that every study has; `spent` is the clock [s] and memory [MB]."""
    wall, peak_mb = spent
    gap = whole.cost - whole.bound
    # What moving work could save at most: nobody can gain more than the way to the bound.
    worth = fixed.cost - whole.bound
    return [
        row(name, size, f"wall clock, {workers} processes", [wall], "s"),
        row(name, size, "gap to the proven bound, of cost", [100 * gap / abs(whole.bound)], "%"),
        row(
            name,
            size,
            "gap to the proven bound, of the value of flexibility",
            [100 * gap / worth],
            "%",
        ),
        row(name, size, "value of flexibility, of cost", [100 * worth / fixed.cost], "%"),
        row(name, size, "peak memory of this process", [peak_mb], "MB"),
    ]


def _one_solve(prepared: Prepared, seen: Window) -> tuple[dict[str, float], float]:
    """Return CPU seconds of one solve by method (lines are added where they overload), and the
    optimum.
    """
    spent = {}
    optimum = np.inf
    for method in ("simplex", "ipx"):
        began = time.process_time()
        # both methods meet the same tolerance: the lower of the two is the nearer
        optimum = min(optimum, solve_window(prepared, seen, method=method).solution.objective)
        spent[method] = time.process_time() - began
    return spent, optimum


BENCH = Bench(
    "year",
    "a study of many weeks in windows: CPU, gap to the proven bound; with --one-solve true "
    "against the whole at once",
    rows,
    (
        Option("buses", 4, "regions"),
        Option("sites", 4, "data centres"),
        Option("hours", 8760, "length of the study"),
        Option("window", 96.0, "length of a window [h]"),
        Option("overlap", 24.0, "seen before and after it [h]"),
        Option("workers", 1, "processes"),
        Option(
            "one_solve", False, "solve the whole at once too, by simplex and by IPX, and compare"
        ),
        Option("ratios", False, "give each site supply of its own, and ratios of it that bind"),
    ),
)
