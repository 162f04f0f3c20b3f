"""Solve a window: compile, solve, add the limits that the answer exceeds, solve again."""

from __future__ import annotations

from functools import partial

import numpy as np

from suandian.maths.compile import compile_window
from suandian.maths.exceeded import exceeded
from suandian.maths.prepared import Prepared
from suandian.maths.result import Memory, Result
from suandian.maths.window import FromGrid, Window
from suandian.model.grid import Ints
from suandian.model.issues import SolveError
from suandian.model.scenario import SolverSpec
from suandian.solve.basis import Layout, carried
from suandian.solve.port import Solver, solve

ROUNDS = 50


def solve_window(
    prepared: Prepared,
    window: Window,
    memory: Memory | None = None,
    shift: int | Ints = 0,
    method: str | SolverSpec | None = None,
    solver: Solver | None = None,
) -> Result:
    """Compile and solve a window; limits that would be exceeded are added and the problem is solved
    again.

    With PTDF these are lines that overload; with security, lines that would after a loss.

    Solved as the scenario's `[solver]` or a `method` of that form says; by the name of a `method`,
    or by another `solver` (simplex unless said), without a time limit. The answer is a function of
    (window, memory) unless a limit ends it. `shift` is how many steps the window moved since
    `memory`, or the old step of each new one (see solve.basis.carried).
    """
    monitored = np.zeros(0, np.int64) if memory is None else memory.monitored
    # a caller that names a method, or a solver, asks for no time limit
    asked = prepared.solver if method is None and solver is None else method or "simplex"
    asked = asked if isinstance(asked, SolverSpec) else SolverSpec(asked)
    run = solver or partial(solve, crossover=asked.crossover)
    # computing that answers to prices sees no grid
    limited = prepared.network in ("dc", "ptdf") and isinstance(window.power, FromGrid)
    for _ in range(ROUNDS):
        # few lines ever bind: rows are added for those that do, and the window is solved again from
        # there
        compiled = compile_window(prepared, window, monitored)
        basis = (
            None
            if memory is None
            else carried(memory.basis, memory.layout, compiled.problem, shift)
        )
        solution = run(compiled.problem, asked.method, basis, asked.time_limit_s)
        memory = (
            None
            if solution.basis is None
            else Memory(Layout.of(compiled.problem), solution.basis, monitored)
        )
        result = Result(compiled, solution, memory)
        shift = 0
        # lines with rows cannot exceed them: what is found is new, and the loop ends
        over = exceeded(prepared, result, monitored) if limited else monitored[:0]
        if not len(over):
            return result
        monitored = np.concatenate([monitored, over])
    raise SolveError(f"lines kept overloading after {ROUNDS} rounds of added limits")
