"""Solve a window with unit commitment: relax, round and repair, branch, then price with the
commitment fixed.

1. The linear relaxation, warm from the basis carried: a bound that our own certificate proves.
2. Its `on` rounded at a few thresholds and repaired to keep minimum times; the dispatch for each is
   a linear problem, the best of them a feasible point. Where it is within the gap of the bound,
   there is nothing to branch on.
3. Else the MIP from that point, to the stated gap or the time limit.
4. The dispatch with the commitment fixed: its duals are the prices (those of the fixed commitment),
   its primal-dual pair carries a certificate, and lines that overload are added; then 3. again
   while the gap is not met.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from suandian.maths.blocks.commitment import bounds, within
from suandian.maths.compile import compile_window
from suandian.maths.prepared import Prepared
from suandian.maths.result import Evidence, Memory, Result
from suandian.maths.solving import solve_window
from suandian.maths.window import Window
from suandian.model.grid import Bools, Floats, Ints
from suandian.model.ports.tariff import Terms
from suandian.model.scenario import SolverSpec
from suandian.solve.basis import Basis
from suandian.solve.mip import Branched, branch
from suandian.solve.port import solve
from suandian.solve.problem import Problem
from suandian.solve.solution import Solution

THRESHOLDS = (0.75, 0.5, 0.25, 0.05)
ROUNDS = 5
EXACT = 1e-9  # a gap of zero is asked of numbers that are rounded


def solve_committed(
    prepared: Prepared,
    window: Window,
    memory: Memory | None = None,
    shift: int | Ints = 0,
    method: SolverSpec | None = None,
) -> Result:
    """Solve `window` with commitment; without committed units this is `solve_window`.

    The answer is a function of (window, memory) unless the time limit of `commitment` ends the
    search; that of `method` does not count here, as there is no plan without the linear problems.
    """
    if not len(prepared.committed) or isinstance(window.power, Terms):
        return solve_window(prepared, window, memory, shift, method)
    began = time.process_time()
    named = (method or prepared.solver).method
    # the linear relaxation gives a bound, duals for the warm start, and commitments to round
    relaxed = solve_window(prepared, window, memory, shift, named, _linear)
    # often within the gap already: then nothing is branched at all
    rounded = _rounded(prepared, window, relaxed)
    bound = relaxed.solution.certificate.bound
    best, searched = _searched(prepared, window, rounded, bound)
    evidence = Evidence(
        objective=best.solution.objective,
        bound=searched.bound,
        gap=_gap(best, searched.bound),
        relaxation=bound,
        rounded=rounded.solution.objective,
        status=searched.status,
        integrality=searched.integrality,
        nodes=searched.nodes,
        seconds=time.process_time() - began,
    )
    # the relaxation's basis fits the next relaxation; that of fixed commitments does not
    return replace(best, memory=relaxed.memory, commitment=evidence)


@dataclass(frozen=True)
class _Search:
    """What the rounds of a search for commitments came to; see Evidence."""

    bound: float
    status: str = "rounded"
    integrality: float = 0.0
    nodes: int = 0

    def after(self, branched: Branched) -> _Search:
        """Return the same after one more round."""
        return _Search(
            # both are bounds of the same optimum: the higher one holds
            bound=max(self.bound, branched.bound),
            status=branched.status,
            integrality=max(self.integrality, branched.integrality),
            nodes=self.nodes + branched.nodes,
        )


def _searched(
    prepared: Prepared, window: Window, best: Result, bound: float
) -> tuple[Result, _Search]:
    """Return the best dispatch that branching finds from `best` on, line by line that overloads."""
    gap = prepared.commitment.gap
    search = _Search(bound)
    for _ in range(ROUNDS):
        compiled = compile_window(prepared, window, best.compiled.monitored)
        good_enough = _gap(best, search.bound) <= max(gap, EXACT)
        # without integers the past leaves no choice
        if good_enough or compiled.problem.integrality is None:
            break
        branched = branch(compiled.problem, best.solution.x, gap, prepared.commitment.time_limit_s)
        search = search.after(branched)
        known = len(best.compiled.monitored)
        # the MIP knew the lines with rows only: its commitment is dispatched with all limits
        on = np.rint(compiled.problem.columns["on"].of(branched.x))
        better = dispatched(prepared, window, on, best.memory)
        if better.solution.objective < best.solution.objective:
            best = better
        # no new line: the MIP has said all it can
        if len(better.compiled.monitored) == known:
            break
    return best, search


def dispatched(
    prepared: Prepared, window: Window, on: Floats, memory: Memory | None = None
) -> Result:
    """Return the dispatch of `window` for a commitment `on` (T, committed units)."""
    return solve_window(
        prepared, replace(window, on_bounds=np.stack([on, on])), memory, method="simplex"
    )


def _gap(best: Result, bound: float) -> float:
    objective = best.solution.objective
    return max(objective - bound, 0.0) / max(abs(objective), 1e-9)


def _linear(
    problem: Problem,
    method: str = "simplex",
    basis: Basis | None = None,
    time_limit_s: float = np.inf,
) -> Solution:
    return solve(replace(problem, integrality=None), method, basis, time_limit_s)


def _rounded(prepared: Prepared, window: Window, relaxed: Result) -> Result:
    """Return the best dispatch of the relaxation rounded at several thresholds (the same rounding
    is tried once).
    """
    tried: dict[bytes, Result] = {}
    for threshold in THRESHOLDS:
        # several thresholds: a high one starts few units, a low one is nearly always feasible
        on = repaired(prepared, window, relaxed.column("on") >= threshold)
        if on.tobytes() not in tried:
            tried[on.tobytes()] = dispatched(prepared, window, on.astype(float), relaxed.memory)
    return min(tried.values(), key=lambda result: result.solution.objective)


def repaired(prepared: Prepared, window: Window, wanted: Bools) -> Bools:
    """Return a commitment (T, committed units) near `wanted` that keeps minimum up and down times.

    One pass forward: a unit stops only where it has been on long enough and is not wanted before
    its minimum down time is over; it starts where it is wanted and has been off long enough.
    """
    units = prepared.units
    mine = prepared.committed
    hours = window.hours
    on_s = np.zeros(len(mine), np.int64) if window.on_s is None else window.on_s[mine]
    must, may = (bound > 0.5 for bound in bounds(prepared, window))
    # a unit that will be wanted before it may start again had better stay on
    soon = np.einsum("stu,su->tu", within(hours, units.min_down_h[mine]), wanted)
    # a past that is not known binds nothing
    since = np.where(on_s == 0, np.inf, np.abs(on_s) / 3600.0)
    on = np.where(on_s == 0, wanted[0], on_s > 0)
    made = np.zeros_like(wanted)
    for t in range(len(hours)):
        stops = on & ~soon[t] & (since >= units.min_up_h[mine] - 1e-6)
        starts = ~on & wanted[t] & (since >= units.min_down_h[mine] - 1e-6)
        now = ((on & ~stops) | starts | must[t]) & may[t]
        since = np.where(now == on, since, 0.0) + hours[t]
        made[t] = on = now
    return made
