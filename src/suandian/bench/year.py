"""`bench year`: a study of many weeks planned in windows, against its proven bound and, if asked, against one solve.

The scenario is `bench.regions`. The gap is stated in the cost and in the value of flexibility (the cost without
shifting less the bound). CPU seconds are those of all solves; building and joining are in the wall clock only.
"""

from __future__ import annotations

import resource
import time
from typing import Any

from suandian.bench.regions import regions
from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.rows import row
from suandian.maths.compile import solve_window
from suandian.maths.prepared import Prepared
from suandian.policy.whole import Cut, inflexible_window, plan_whole, whole_window
from suandian.scale.executors import executor


def rows(
    buses: int, sites: int, hours: int, window: float, overlap: float, workers: int = 1, one_solve: bool = False,
    tick: Tick | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the rows of `--json`."""
    scenario = regions(buses, sites, hours)
    prepared, seen, cut = Prepared.of(scenario), whole_window(scenario), Cut(window, overlap)
    began = time.perf_counter()
    with executor(workers) as pool:
        made = plan_whole(prepared, seen, cut, pool, tick)
        wall = time.perf_counter() - began
        fixed = plan_whole(prepared, inflexible_window(scenario), cut, pool, tick)
    name, size = f"{buses} buses, {sites} sites, {hours} h", made.result.compiled.problem.shape[1]
    gap, worth = made.cost - made.bound, fixed.cost - made.bound
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    peer = same = None
    if one_solve:
        whole = solve_window(prepared, seen).solution
        peer, same = (
            ("one solve", [whole.seconds]),
            made.bound <= whole.objective * (1 + 1e-6) <= made.cost * (1 + 2e-6),
        )
        loss = 100 * (made.cost - whole.objective) / worth
    told = [
        row(name, size, "CPU of all solves", [made.seconds], "s", peer, same),
        row(name, size, f"wall clock, {workers} processes", [wall], "s"),
        row(name, size, "gap to the proven bound, of cost", [100 * gap / abs(made.bound)], "%"),
        row(name, size, "gap to the proven bound, of the value of flexibility", [100 * gap / worth], "%"),
        row(name, size, "value of flexibility, of cost", [100 * worth / fixed.cost], "%"),
        row(name, size, "peak memory of this process", [peak_mb], "MB"),
    ]
    return told if not one_solve else [*told, row(name, size, "lost value of flexibility", [loss], "%")]


BENCH = Bench(
    "year",
    "a study of many weeks in windows: CPU, gap to the proven bound; with --one-solve true against the whole at once",
    rows,
    (
        Option("buses", 4, "regions"),
        Option("sites", 4, "data centres"),
        Option("hours", 8760, "length of the study"),
        Option("window", 168.0, "length of a window [h]"),
        Option("overlap", 24.0, "seen before and after it [h]"),
        Option("workers", 1, "processes"),
        Option("one_solve", False, "solve the whole at once too, and compare"),
    ),
)
