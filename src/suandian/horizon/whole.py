"""The whole study planned at once with perfect foresight, in windows, with a proven lower bound
beside it.

1. A coarse problem over the whole study gives the levels of stores and queues at the ends of the
   windows.
2. Each window is solved with an overlap on both sides, from the coarse level to the coarse level.
   What it holds at the end of its core is handed to the next one, and the price of that is the dual
   of the rows that take it over.
3. Each core is solved again, from the basis of 2, with what is handed over fixed (the plan) and
   priced (the duals of the bound).

Limits on sums over the study (yearly ratios, a carbon cap) have prices: those of the coarse problem
in 2, then those of the mix (solve.blend) of the cores' answers, which keeps them all.

The joined plan and the joined duals are judged by `certify` on the whole problem: its objective is
what the plan costs, its bound holds whatever the windows did (weak duality). Windows need nothing
of each other within a phase: they run on any executor, with the same result.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from suandian.horizon.coarse import coarsened
from suandian.horizon.windows import Levels, Seen, Tally, Tick, joined, look
from suandian.maths.compile import compile_window
from suandian.maths.exceeded import exceeded
from suandian.maths.prepared import Prepared
from suandian.maths.result import Compiled, Result
from suandian.maths.solving import solve_window
from suandian.maths.window import FixedWork, Window
from suandian.model.grid import Floats, Ints
from suandian.model.hindsight import Hindsight
from suandian.model.issues import SolveError
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.policy.computing import asap_computing, late_work_mwh
from suandian.policy.outlook import foreseen
from suandian.solve.certificate import Certificate, certify
from suandian.solve.solution import Solution
from suandian.solve.split import Split

ROUNDS = 20
# lines as close to their limit as this are limited with those that exceed it: a round less
NEAR = 0.95


@dataclass(frozen=True)
class Cut:
    """How a study is cut: core windows of `window_h`, seen with `overlap_h` before and after;
    coarse steps [h].
    """

    window_h: float = 96.0
    overlap_h: float = 24.0
    coarse_h: float = 8.0


@dataclass(frozen=True, eq=False)
class Whole:
    """A plan of a whole study: its read-out, its cost and the bound by `certificate`, and CPU
    seconds of all solves.
    """

    result: Result
    certificate: Certificate
    windows: tuple[tuple[int, int], ...]
    seconds: float

    @property
    def cost(self) -> float:
        """Cost of the plan [currency]."""
        return self.certificate.objective

    @property
    def bound(self) -> float:
        """Proven lower bound of the cost of any plan [currency]; -inf where the duals
        prove none.
        """
        return self.certificate.proven


def whole_window(scenario: Scenario) -> Window:
    """Return the window of the whole study with actual values; groups of work that never come are
    left out.
    """
    window = foreseen(Hindsight.at(scenario, State.initial(scenario)), float("inf")).window
    groups = window.groups
    # groups without any work in the study would be empty columns in every step
    come = np.flatnonzero(groups.arrived_mwh[-1] > 0)
    kept = replace(
        groups,
        allowed=groups.allowed[come],
        move=groups.move[come],
        arrived_mwh=groups.arrived_mwh[:, come],
        due_mwh=groups.due_mwh[:, come],
        length_h=groups.length_h[come],
    )
    return replace(window, computing=kept, whole=True)


def inflexible_window(scenario: Scenario) -> Window:
    """Return the same window with all work where and when it is submitted."""
    view = Hindsight.at(scenario, State.initial(scenario))
    outlook = foreseen(view, float("inf"))
    computing = asap_computing(view.known, outlook)
    window = computing.fixed(outlook.window)
    assert isinstance(window.computing, FixedWork)
    late_mwh = late_work_mwh(outlook.groups, computing.run, outlook.window.hours)
    late_cost = scenario.goal.unserved_jobs * late_mwh
    return replace(window, computing=replace(window.computing, late_cost=late_cost), whole=True)


def plan_whole(
    prepared: Prepared,
    window: Window,
    cut: Cut,
    executor: Executor | None = None,
    tick: Tick | None = None,
) -> Whole:
    """Plan `window` in parts on `executor` (None: one after the other here); commitment is relaxed.

    Raises
    ------
    SolveError
        The joined plan breaks a limit of the whole, or lines kept overloading.
    InfeasibleError
        A window cannot reach what the next one takes over.
    """
    # whole units over a year are another problem: commitment is left to the rolling plans
    prepared = prepared.relaxation()
    tally = Tally(executor, tick, prepared.solver.method)
    bounds = windows_of(window.hours, cut.window_h)
    overlap = int(np.ceil(cut.overlap_h / window.hours.max()))
    # one small problem over all of the study: what a week must leave for the next
    levels, monitored = _coarse(prepared, window, cut.coarse_h, tally)
    seen: Seen | None = None
    for _ in range(ROUNDS):
        compiled = compile_window(prepared, window, monitored)
        split = Split.of(compiled.problem)
        seen = look(split, levels, bounds, overlap, seen, tally)
        # limits are added before windows are joined: joining is the dear part
        over = exceeded(prepared, _result(compiled, seen.x, seen.y, tally), monitored, NEAR)
        if not len(over):
            result = _result(compiled, *joined(split, seen, levels.price, tally), tally)
            if not result.solution.certificate.feasible:
                raise SolveError(f"the joined plan fails the audit: {result.solution.certificate}")
            over = exceeded(prepared, result, monitored)
            if not len(over):
                return Whole(result, result.solution.certificate, bounds, tally.seconds)
            # the next round begins at the prices of this one
            levels = replace(levels, price=result.solution.row_dual[split.totals])
        monitored = np.concatenate([monitored, over])
    raise SolveError(f"lines kept overloading after {ROUNDS} rounds of added limits")


def _result(compiled: Compiled, x: Floats, y: Floats, tally: Tally) -> Result:
    certificate = certify(compiled.problem, x, y)
    solution = Solution(
        status="windows",
        solver=" and ".join(sorted(tally.solvers)),
        x=x,
        row_dual=y,
        objective=certificate.objective,
        iterations=tally.solves,
        seconds=tally.seconds,
        certificate=certificate,
        basis=None,
    )
    return Result(compiled, solution, None)


def windows_of(hours: Floats, window_h: float) -> tuple[tuple[int, int], ...]:
    """Return (first, end) of core windows of `window_h`, the last as long as is left.

    Examples
    --------
    >>> windows_of(np.ones(10), 4.0)
    ((0, 4), (4, 8), (8, 10))
    """
    # steps may differ in length: windows are cut by hours
    ends = np.cumsum(hours)
    edges = np.searchsorted(ends, np.arange(window_h, ends[-1] - 1e-9, window_h) - 1e-9) + 1
    edges = np.unique(np.concatenate([[0], edges, [len(hours)]]))
    return tuple(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def _coarse(
    prepared: Prepared, window: Window, coarse_h: float, tally: Tally
) -> tuple[Levels, Ints]:
    """Solve the study in steps of `coarse_h`; returns its levels, and the lines that
    were limited.
    """
    steps = np.diff([0, *(end for _, end in windows_of(window.hours, coarse_h))])
    result = solve_window(prepared, coarsened(window, steps))
    tally.add(result.solution.seconds)
    families = {}
    for name, start in (("level", window.level_mwh), ("queue", 0.0)):
        if name in result.compiled.problem.columns:
            values = result.column(name)
            families[name] = np.vstack([np.broadcast_to(start, values.shape[1:]), values])
    totals = [span for span in result.compiled.problem.rows.values() if span.total]
    price = np.concatenate([np.zeros(0), *(span.of(result.solution.row_dual) for span in totals)])
    return Levels(np.append(0, np.cumsum(steps)), families, price), result.compiled.monitored
