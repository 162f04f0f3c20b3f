"""`bench security`: what N-1 costs in rows, and what flexible computing does to curtailment and to
N-1.

1. PGLib case118, loss of every line and generator, emergency limits 1.4 × rating (at 1.3 no
   dispatch keeps them without shedding load): rows added lazily against the problem with all rows,
   the same optimum.
2. RTS-24 (area 1 of RTS-GMLC) and RTS-73, seeded days of 2020 as planned with perfect foresight.
   Computing takes 30 % of the day's load (other load is scaled to 70 %, so that the total stays),
   in equal parts at three sites per area. A share f of it may run at any site until the end of the
   day; the rest runs at home when asked for. f = 0 … 0.4, and 1: all of the 30 % flexible. Losses:
   lines and generators.

Beside arXiv 2605.18517 (a modified IEEE 24-bus system, up to 84.4 % less curtailment at a
flexibility ratio of 30 %, all base and post-contingency violations gone at 40 %). What differs, as
far as its abstract tells: its problem is unit commitment by MILP, ours has relaxed commitment; its
work keeps a daily energy balance, so it may run before it is asked for, ours may not; N-1 is a
limit here at every share, so violations are zero from 0 % on; grid edition, sites, supply and days
are others. How much is cut hangs on where sites stand: see the rows with sites away from wind.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.rows import row
from suandian.maths.compile import compile_window
from suandian.maths.contingency import excess
from suandian.maths.exceeded import operating_point
from suandian.maths.limits import every_limit
from suandian.maths.opf import opf_problem
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.maths.solving import solve_window
from suandian.maths.window import FixedWork, Groups, Window
from suandian.model.grid import Floats, Grid, Ints, emergency_mw
from suandian.model.issues import InputError, Issue
from suandian.model.scenario import Goal, Scenario, Security
from suandian.model.system import Sites, no_services
from suandian.model.time import TimeAxis
from suandian.plugins.grids import matpower, rts_gmlc
from suandian.plugins.grids.rts_series import START_S
from suandian.solve.highs import solve

CASE = "pglib_opf_case118_ieee.m"
EMERGENCY = 1.4
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 1.0)
# part of the load that is computing, as in that paper
COMPUTING = 0.3
DAYS = 7
# sites: a load centre, a strong bus, and the bus of the wind farm. A connection is twice the site's
# equal part, and no more than what its lines carry after the loss of the largest.
SYSTEMS = {
    "RTS-24": (("1",), ("109", "118", "122")),
    "RTS-24, sites away from wind": (("1",), ("115", "118", "121")),
    "RTS-73": (("1", "2", "3"), ("109", "118", "122", "209", "218", "222", "303", "309", "317")),
}
# the figure of arXiv 2605.18517, which the rows stand beside [%]
PUBLISHED = 84.4
CARBON_PRICE = 80.0


def rows(days: int = DAYS, seed: int = 1, tick: Tick | None = None) -> list[dict[str, Any]]:
    """Return the rows of `--json`.

    Raises
    ------
    InputError
        $SUANDIAN_DATA or the RTS-GMLC data are not there.
    """
    total = 1 + len(SYSTEMS) * days
    made = case118()
    for i, (name, (areas, buses)) in enumerate(SYSTEMS.items()):
        found: list[list[Point]] = []
        for j, start_s in enumerate(starts(days, seed)):
            found.append(day(areas, buses, start_s))
            if tick is not None:
                tick(1 + i * days + j + 1, total, name)
        made += _sweep_rows(name, found)
    return made


# ---- lazy rows
# ------------------------------------------------------------------------------


def case118() -> list[dict[str, Any]]:
    """Return the rows on lazily added rows."""
    grid = matpower.read(_pglib(CASE))
    grid = replace(grid, lines=replace(grid.lines, emergency_mw=grid.lines.rating_mw * EMERGENCY))
    asked = Security(("line", "generator"), price=1e5)
    prepared, window = opf_problem(grid, "ptdf", asked)
    clock = time.process_time()
    lazy = solve_window(prepared, window)
    lazy_s = time.process_time() - clock
    every, _ = opf_problem(grid, "dc", asked)
    clock = time.process_time()
    limits = every_limit(every)
    whole = solve(compile_window(every, window, limits).problem)
    whole_s = time.process_time() - clock
    same = abs(lazy.solution.objective - whole.objective) <= 1e-7 * abs(whole.objective)
    base = float(prepared.curves.base_cost.sum())
    many = len(limits)
    mine = lazy.compiled.problem.rows["security"].size
    return [
        _row(
            "case118", many, "N-1 rows", float(mine), "rows", peer=("all", float(many)), same=same
        ),
        _row(
            "case118",
            many,
            "cost with N-1",
            lazy.solution.objective + base,
            "$/h",
            peer=("all rows", whole.objective + base),
            same=same,
            ratio=False,
        ),
        _row("case118", many, "overload that is paid", paid(lazy), "MW"),
        _row(
            "case118",
            many,
            "factors, all rounds",
            lazy_s,
            "s CPU",
            peer=("all rows, dc", whole_s),
            same=same,
        ),
    ]


def _pglib(case: str) -> Path:
    folder = os.environ.get("SUANDIAN_DATA")
    path = Path(folder or "") / "pglib_opf" / case
    if folder is None or not path.exists():
        raise InputError(
            [Issue("bench", "SUANDIAN_DATA", folder, f"has no pglib_opf/{case}", remedy="set it")]
        )
    return path


def paid(result: Result) -> float:
    """Return the overload after losses that could not be avoided, over all limits and
    hours [MWh].
    """
    hours = result.compiled.window.hours[:, None]
    return float(((result.column("n1_over") + result.column("n1_under")) * hours).sum())


# ---- flexible computing
# ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """One day at one flexible share: curtailed energy and violations, without and with N-1 in the
    problem.
    """

    share: float
    curtailed_mwh: float
    curtailed_secure_mwh: float
    available_mwh: float
    shed_mwh: float
    violations: int
    violations_secure: int
    cost: float
    cost_secure: float


def starts(count: int, seed: int) -> list[int]:
    """Return `count` seeded days of 2020 (local midnight) [UTC s]."""
    days = np.random.default_rng(seed).choice(366, count, replace=False)
    return [START_S + int(day) * 86400 for day in np.sort(days)]


def day(
    areas: Sequence[str], buses: Sequence[str], start_s: int, shares: Sequence[float] = SHARES
) -> list[Point]:
    """Return the sweep over flexible shares of one day, with sites at `buses`."""
    source = rts_gmlc.load(rts_gmlc.RtsGmlcOptions.model_validate({"areas": list(areas)}))
    feeds = source.feeds(TimeAxis.regular(start_s, 3600, 24))
    return [
        _point(source.grid, {k: f.actual for k, f in feeds.items()}, buses, share)
        for share in shares
    ]


def _point(grid: Grid, actual: dict[str, Floats], buses: Sequence[str], share: float) -> Point:
    prepared, window = problem(grid, actual, buses, share)
    free = solve_window(replace(prepared, security=None), window)
    # from the basis without N-1: most of its rows stay slack
    safe = solve_window(prepared, window, free.memory)
    wind = prepared.units.feed >= 0
    available = float(window.available_mw[:, prepared.units.feed[wind]].sum())

    def curtailed(result: Result) -> float:
        return available - float(result.output_mw()[:, wind].sum())

    return Point(
        share,
        curtailed(free),
        curtailed(safe),
        available,
        float(safe.column("shed").sum()),
        violations(prepared, free),
        violations(prepared, safe),
        free.solution.objective,
        safe.solution.objective,
    )


def violations(prepared: Prepared, result: Result) -> int:
    """Return how many (hour, line, loss) exceed an emergency limit by more than 1 kW."""
    secured = replace(result, compiled=replace(result.compiled, prepared=prepared))
    made = prepared.contingencies
    return sum(int((over > 1e-3).sum()) for _, over in excess(made, *operating_point(secured)))


def problem(
    grid: Grid, actual: dict[str, Floats], buses: Sequence[str], share: float
) -> tuple[Prepared, Window]:
    """Return one day as a problem: computing is COMPUTING of the load, `share` of it may move until
    the day's end.
    """
    names = grid.buses.id.tolist()
    at = np.array([names.index(bus) for bus in buses], dtype=np.int64)
    load = bus_load(grid, actual["load"])
    asked = np.repeat(COMPUTING / len(at) * load.sum(axis=1)[:, None], len(at), axis=1)
    fixed = load * (1.0 - COMPUTING)
    np.add.at(fixed.T, at, (1.0 - share) * asked.T)
    most = np.minimum(2.0 * asked.max(axis=0), _left_mw(grid, at))
    text = np.array(names)[at]
    zero = np.zeros(len(at))
    sites = Sites(text, at, text, text, text, text, text, most, zero, most, zero, np.ones(len(at)))
    arrived = np.cumsum(share * asked, axis=0)
    due = np.zeros_like(arrived)
    due[-1] = arrived[-1]
    every = np.ones((len(at), len(at)), dtype=np.bool_)
    groups = Groups(every, np.zeros(every.shape), arrived, due)
    security = Security(("line", "generator"))
    goal = Goal(carbon_price=CARBON_PRICE)
    prepared = Prepared(grid, "ptdf", sites, no_services(len(at)), goal, security=security)
    stores = grid.storage
    return prepared, Window(
        hours=np.ones(len(load)),
        load_mw=fixed,
        available_mw=actual["available"],
        inflow_mw=actual["inflow"],
        service_mw=np.zeros((len(load), 0)),
        computing=groups if share > 0 else FixedWork.services(np.zeros(asked.shape)),
        level_mwh=stores.initial_mwh,
        final_mwh=stores.initial_mwh,
        last_mw=np.full(len(grid.generators), np.nan),
    )


def _left_mw(grid: Grid, at: Ints) -> Floats:
    """Return what the lines of each bus of `at` carry in an emergency after the loss of the largest
    [MW].
    """
    limit = emergency_mw(grid, 1.0)
    lines = grid.lines
    mine = np.where((lines.from_bus == at[:, None]) | (lines.to_bus == at[:, None]), limit, 0.0)
    return np.asarray(mine.sum(axis=1) - mine.max(axis=1))


def bus_load(grid: Grid, values: Floats) -> Floats:
    """Return load by step and bus [MW] from the feed's values."""
    return Scenario.bus_load_mw(_OnlyGrid(grid), values)  # type: ignore[arg-type]


@dataclass(frozen=True)
class _OnlyGrid:
    grid: Grid


def _sweep_rows(name: str, days: Sequence[Sequence[Point]]) -> list[dict[str, Any]]:
    made = []
    for i, share in enumerate(SHARES):
        points = [day[i] for day in days]
        label = f"{name}, {100 * share:.0f} % flexible"
        size = len(days)
        for secure, kind in ((False, "without N-1"), (True, "with N-1")):
            before, after = (
                sum(p.curtailed_secure_mwh if secure else p.curtailed_mwh for p in chosen)
                for chosen in ([day[0] for day in days], points)
            )
            made.append(_row(label, size, f"curtailed {kind}", after, "MWh"))
            if share > 0:
                cut = 100 * (1 - after / before) if before > 0 else 0.0
                peer = ("arXiv 2605.18517", PUBLISHED) if share == 0.3 else None
                made.append(
                    _row(label, size, f"curtailment cut {kind}", cut, "%", peer=peer, ratio=False)
                )
        made.append(
            _row(
                label,
                size,
                "N-1 violations, not secured",
                sum(p.violations for p in points),
                "count",
            )
        )
        left = sum(p.violations_secure for p in points)
        made.append(_row(label, size, "N-1 violations, secured", left, "count"))
        made.append(_row(label, size, "load shed, secured", sum(p.shed_mwh for p in points), "MWh"))
        rise = 100 * (sum(p.cost_secure for p in points) / sum(p.cost for p in points) - 1)
        made.append(_row(label, size, "cost of N-1", rise, "%"))
    return made


def _row(
    name: str,
    size: int,
    figure: str,
    value: float,
    unit: str,
    *,
    peer: tuple[str, float] | None = None,
    same: bool | None = None,
    ratio: bool = True,
) -> dict[str, Any]:
    """Return a row of one value; `ratio` says whether peer / value means anything."""
    if ratio and value:
        return row(
            name, size, figure, [value], unit, None if peer is None else (peer[0], [peer[1]]), same
        )
    made = row(name, size, figure, [value], unit, same_answer=same)
    return made if peer is None else {**made, "peer": peer[0], "peer_value": peer[1]}


BENCH = Bench(
    "security",
    "N-1: lazily added rows against all rows on case118; flexible computing, curtailment and N-1 "
    "on RTS-24 and RTS-73",
    rows,
    (Option("days", DAYS, "how many seeded days of 2020"), Option("seed", 1, "of the days")),
)
