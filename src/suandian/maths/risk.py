"""Block `risk`: one plan for several futures. It joins windows; a window knows nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from suandian.maths.block import Block
from suandian.maths.compile import compile_window
from suandian.maths.exceeded import exceeded
from suandian.maths.prepared import Prepared
from suandian.maths.result import Compiled, Memory, Result
from suandian.maths.solving import ROUNDS
from suandian.maths.window import Window
from suandian.model.grid import Floats, Ints
from suandian.model.issues import SolveError
from suandian.model.scenario import SolverSpec
from suandian.solve.basis import Layout, carried
from suandian.solve.certificate import dot
from suandian.solve.futures import Risk, joined, parts
from suandian.solve.port import solve
from suandian.solve.problem import Problem
from suandian.solve.solution import Solution

SHARED = ("run", "charge", "discharge")


@dataclass(frozen=True, eq=False)
class Hedged:
    """The answer: `results` by future (their `row_dual` are those of the joined problem), its
    solution and size.
    """

    results: tuple[Result, ...]
    solution: Solution
    problem: Problem
    memory: Memory | None

    @property
    def costs(self) -> Floats:
        """Cost of each future under the shared decisions [currency]."""
        return np.array([result.solution.objective for result in self.results])


def solve_futures(
    prepared: Prepared,
    windows: Sequence[Window],
    steps: int,
    risk: Risk,
    memory: Memory | None = None,
    shift: int | Ints = 0,
    asked: SolverSpec | None = None,
) -> Hedged:
    """Solve equally likely `windows` in one problem that decides the first `steps` steps alike.

    Alike are the power of work by group and site, charging and discharging; what else there is
    (units, flows, services) follows what happens. Limits that a future would exceed are added to
    all of them, as in `solve_window`.
    """
    asked = asked or prepared.solver
    run = partial(solve, crossover=asked.crossover)
    monitored = np.zeros(0, np.int64) if memory is None else memory.monitored
    for _ in range(ROUNDS):
        # the same limits in every future: a plan must not depend on which of them came to mind
        made = [compile_window(prepared, window, monitored) for window in windows]
        problems = [one.problem for one in made]
        # decisions before the next plan are the same columns in all futures
        problem = joined(problems, [first_stage(one, steps) for one in made], risk)
        basis = None if memory is None else carried(memory.basis, memory.layout, problem, shift)
        solution = run(problem, asked.method, basis, asked.time_limit_s)
        memory = (
            None
            if solution.basis is None
            else Memory(Layout.of(problem), solution.basis, monitored)
        )
        # the next round solves the same steps: nothing has moved on
        shift = 0
        results = _results(made, problems, solution)
        # copper and transport have their limits as bounds of columns
        over = [
            exceeded(prepared, result, monitored)
            for result in results
            if prepared.network in ("dc", "ptdf")
        ]
        new = np.unique(np.concatenate([*over, np.zeros(0, np.int64)]))
        if not len(new):
            return Hedged(tuple(results), solution, problem, memory)
        monitored = np.concatenate([monitored, new])
    raise SolveError(f"lines kept overloading after {ROUNDS} rounds of added limits")


def first_stage(compiled: Compiled, steps: int) -> Ints:
    """Return the columns of a window that are decided before the future shows (n,)."""
    # a scenario without jobs or stores has fewer of them
    spans = [compiled.problem.columns[name] for name in SHARED if name in compiled.problem.columns]
    ids = [span.ids()[:steps].ravel() for span in spans]
    return np.concatenate([*ids, np.zeros(0, np.int64)])


def _results(
    made: Sequence[Compiled], problems: Sequence[Problem], solution: Solution
) -> list[Result]:
    x = parts(problems, solution.x)
    dual = parts(problems, solution.row_dual, rows=True)
    # each future's own cost, not its share of the mean
    costs = [dot(p.cost, values) + p.offset for p, values in zip(problems, x, strict=True)]
    return [
        Result(one, replace(solution, x=values, row_dual=duals, objective=cost, basis=None), None)
        for one, values, duals, cost in zip(made, x, dual, costs, strict=True)
    ]


BLOCK = Block(
    "risk",
    "One plan for S equally likely futures: windows are joined, decisions before the next plan "
    "are the same in all, "
    "units and flows follow what happens. Of weight w is the conditional value at risk of level "
    "α, the mean of the "
    "worst share 1 - α (Rockafellar and Uryasev 2000).",
    (
        "run[s] = run[0],  charge[s] = charge[0],  discharge[s] = discharge[0]   for steps "
        "before the next plan",
        "z[s] ≥ C[s] - η,  z[s] ≥ 0,  C[s] the cost of window s",
        "cost: (1 - w)·Σ_s C[s]/S + w·(η + Σ_s z[s] / (S·(1 - α)))",
    ),
)
