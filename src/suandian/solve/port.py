"""The solver port: what any solver must offer, and the choice among those that are there.

A third party declares an `Engine` by `[project.entry-points."suandian.solvers"] my-solver =
"my_package:engine"`; its answers pass the same audit as those of HiGHS.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from typing import Any, Protocol

import numpy as np

from suandian.model.issues import InfeasibleError, SolveError, SolveLimitError
from suandian.solve import highs
from suandian.solve.basis import Basis
from suandian.solve.certificate import certify
from suandian.solve.conflict import explained
from suandian.solve.problem import Floats, Problem
from suandian.solve.solution import LIMIT, OPTIMAL, Solution

UNBOUNDED = "Unbounded"  # as HiGHS says it: no failure of a method
GROUP = "suandian.solvers"
AUTO = "auto"
SHARE = 0.5  # of a time limit that the first method may spend before the second takes over


class Solver(Protocol):
    """A function of (problem, method, basis) and of nothing else; `solve` below is one.

    Raises SolveError where it has no audited optimum, InfeasibleError (with relaxations) where none
    exists.
    """

    def __call__(
        self,
        problem: Problem,
        method: str = ...,
        basis: Basis | None = ...,
        time_limit_s: float = np.inf,
    ) -> Solution:
        """Return an audited primal-dual pair."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What an engine found. `status` optimal, infeasible or time limit; `x` (columns,), `row_dual`
    (rows,).

    row_dual = d objective / d right-hand side; after a time limit both are the best there are, or
    None.
    """

    status: str
    x: Floats | None = None
    row_dual: Floats | None = None
    iterations: int = 0


class Engine(Protocol):
    """A solver by entry point: a function of the problem's arrays. It is audited, and need not be
    believed.
    """

    def __call__(self, problem: Problem, time_limit_s: float) -> Answer:
        """Return what was found within the limit [s]."""


def choose(problem: Problem, basis: Basis | None) -> tuple[str, str]:  # noqa: ARG001
    """Return the method to try, and the one to turn to where it fails.

    Measured (`suandian bench solvers`, docs/performance.md): on the problems of this program the
    simplex takes less CPU than IPX, HiPO and PDLP at every size from 10,000 to 1,070,000 columns,
    cold; warm it takes next to none. So neither size nor basis moves the choice today; what is kept
    for when it fails is IPX, which failed at fewer sizes than HiPO.
    """
    return "simplex", "ipx"


def solve(
    problem: Problem,
    method: str = AUTO,
    basis: Basis | None = None,
    time_limit_s: float = np.inf,
    crossover: bool = True,
) -> Solution:
    """Solve a linear problem by `method`: auto, one of HiGHS (simplex, ipx, hipo, pdlp), or an
    entry point's name.

    Raises as `suandian.solve.highs.solve`.
    """
    highs.require_finite(problem)
    if method == AUTO:
        return _automatic(problem, basis, time_limit_s, crossover)
    if method in highs.METHODS:
        return highs.solve(problem, method, basis, time_limit_s, crossover)
    return _foreign(problem, method, time_limit_s)


def _automatic(
    problem: Problem, basis: Basis | None, time_limit_s: float, crossover: bool
) -> Solution:
    """Solve by the rule; where the first method fails or leaves no point in its share of the time,
    by the second.
    """
    first, second = choose(problem, basis)
    began = time.perf_counter()
    try:
        return highs.solve(problem, first, basis, time_limit_s * SHARE, crossover)
    except InfeasibleError:
        raise
    except SolveLimitError:
        why = LIMIT
    except SolveError as error:
        if problem.integrality is not None or UNBOUNDED in str(error):
            raise
        why = str(error)
    left = max(time_limit_s - (time.perf_counter() - began), 0.0)
    made = highs.solve(problem, second, None, left, crossover)
    return replace(made, solver=f"{made.solver} (after highs-{first}: {why})")


def names() -> tuple[str, ...]:
    """Return all methods by name: auto, those of HiGHS, those of entry points."""
    found = sorted({entry.name for entry in metadata.entry_points(group=GROUP)})
    return (AUTO, *highs.METHODS, *found)


def _engine(name: str) -> Engine:
    found = [entry for entry in metadata.entry_points(group=GROUP) if entry.name == name]
    if len(found) != 1:
        many = "no" if not found else f"more than one ({', '.join(entry.value for entry in found)})"
        raise SolveError(f"there is {many} solver {name!r} (known: {', '.join(names())})")
    made: Any = found[0].load()
    engine: Engine = made
    return engine


def _foreign(problem: Problem, name: str, time_limit_s: float) -> Solution:
    highs.require_finite(problem)
    if problem.integrality is not None:
        raise SolveError("columns must be whole numbers: their relaxation is not the answer")
    run = partial(_answered, problem, _engine(name), name, time_limit_s)
    return highs.audited(run(), None, run, time_limit_s)


def _answered(problem: Problem, engine: Engine, name: str, time_limit_s: float) -> Solution:
    began = time.process_time()
    answer = engine(problem, time_limit_s)
    if answer.status == "infeasible":
        said = InfeasibleError(f"{name} says that no point satisfies every row")
        raise explained(problem, said, highs.at_vertex)
    if answer.status not in (OPTIMAL, LIMIT):
        raise SolveError(f"{name} stopped with {answer.status!r}; its values are not used")
    rows, columns = problem.shape
    x = np.full(columns, np.nan) if answer.x is None else np.asarray(answer.x, dtype=np.float64)
    dual = (
        np.zeros(rows) if answer.row_dual is None else np.asarray(answer.row_dual, dtype=np.float64)
    )
    if x.shape != (columns,) or dual.shape != (rows,):
        raise SolveError(
            f"{name} returned arrays of shapes {x.shape} and {dual.shape}, not {(columns,)} and "
            f"{(rows,)}"
        )
    made = certify(problem, x, dual)
    seconds = time.process_time() - began
    return Solution(
        answer.status, name, x, dual, made.objective, answer.iterations, seconds, made, None
    )
