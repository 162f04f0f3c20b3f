"""HiGHS behind the solver port: arrays in, an audited solution out.

A solve is a function of (problem, method, basis) and of nothing else, unless a time limit ends it:
model and basis are handed to a cleared instance each time, so a warm, a resumed and a second
worker's solve return the same point.

The method that ran is proven by its iteration count (and HiPO by its log, for HiGHS turns to IPX
where HiPO fails); `solver="ipm"` is never asked for, since it means IPX or HiPO depending on what
is installed.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from highspy import _core

from suandian.model.issues import InfeasibleError, SolveError, SolveLimitError
from suandian.solve.basis import Basis, Statuses
from suandian.solve.certificate import certify, dot
from suandian.solve.conflict import explained
from suandian.solve.elastic import TOLERANCE
from suandian.solve.problem import Floats, Problem
from suandian.solve.solution import LIMIT, OPTIMAL, Solution

NEAR = 1e-4  # relative distance at which a first-order answer touches a limit
METHODS: dict[str, dict[str, Any]] = {  # HiGHS' solver and options by method
    "simplex": {"solver": "simplex"},
    "simplex-unperturbed": {"solver": "simplex", "dual_simplex_cost_perturbation_multiplier": 0.0},
    "ipx": {"solver": "ipx"},
    "hipo": {"solver": "hipo"},
    "pdlp": {"solver": "pdlp"},
}
# gap to the proven bound beyond which a point found in time is no plan (zeros may be feasible)
USABLE = 0.05
THREADS = 1  # one value per process: HiGHS refuses to change it afterwards


def solve(
    problem: Problem,
    method: str = "simplex",
    basis: Basis | None = None,
    time_limit_s: float = np.inf,
    crossover: bool = True,
) -> Solution:
    """Solve a linear problem with HiGHS (`method`: simplex, ipx, hipo, pdlp) and audit the answer.

    A warm-started answer that fails the audit is solved again from cold (HiGHS #3194). Interior
    points are crossed over to a basis, first-order answers (pdlp) are finished by the simplex;
    without `crossover` they are taken as they are, without a basis, where they pass the audit.

    Raises
    ------
    SolveError
        A coefficient is not finite, a column must be whole, no optimal solution was returned,
        another method ran than was asked for, or the answer fails the audit.
    SolveLimitError
        The time limit came before a point that satisfies every row and is proven within USABLE of
        the optimum.
    InfeasibleError
        HiGHS proved that no point satisfies every row.
    """
    if method not in METHODS:
        raise SolveError(f"HiGHS has no method {method!r} (known: {', '.join(METHODS)})")
    require_finite(problem)
    # a caller that forgot that units are whole must not be given half ones
    if problem.integrality is not None:
        raise SolveError("columns must be whole numbers: their relaxation is not the answer")
    try:
        # the solver's word is not taken: our own certificate decides
        solution = _run(problem, method, basis, time_limit_s, crossover)
    except InfeasibleError as error:
        raise explained(problem, error, at_vertex) from error
    return audited(
        solution, basis, lambda: _run(problem, method, None, time_limit_s, crossover), time_limit_s
    )


def audited(
    solution: Solution, basis: Basis | None, cold: Callable[[], Solution], time_limit_s: float
) -> Solution:
    """Return `solution` (or that of `cold`, where it came from a basis and fails) if our
    certificate lets it pass.

    Raises
    ------
    SolveError
        The answer fails the audit.
    SolveLimitError
        It met the limit and breaks a row, or is not known to be within USABLE of the optimum.
    """
    # a basis from elsewhere can lead HiGHS to a wrong "optimal" (issue #3194)
    if solution.status == OPTIMAL and not solution.certificate.holds and basis is not None:
        solution = cold()
    made = solution.certificate
    usable = (
        made.feasible and made.dual <= TOLERANCE and made.gap <= USABLE and solution.iterations > 0
    )
    if solution.status != OPTIMAL and not usable:
        bound = made.proven if np.isfinite(made.bound) else -np.inf
        raise SolveLimitError(solution.solver, time_limit_s, solution.iterations, bound)
    if solution.status == OPTIMAL and not solution.certificate.holds:
        raise SolveError(f"the solver's answer fails the audit: {solution.certificate}")
    return solution


def at_vertex(problem: Problem) -> Solution:
    """Return an optimum at a vertex, from cold and not audited: for problems about a problem."""
    return _run(problem, "simplex", None, np.inf)


def require_finite(problem: Problem) -> None:
    """Refuse NaN anywhere and infinities where a number is meant: HiGHS would accept them and say
    Optimal.
    """
    # HiGHS takes NaN for a cost and says Optimal
    if not np.isfinite(problem.cost).all():
        raise SolveError("cost holds a value that is not finite")
    if not np.isfinite(problem.matrix.data).all():
        raise SolveError("the matrix holds a coefficient that is not finite")
    for name in ("lower", "upper", "row_lower", "row_upper"):
        if np.isnan(getattr(problem, name)).any():
            raise SolveError(f"{name} holds NaN")


def _run(
    problem: Problem, method: str, basis: Basis | None, time_limit_s: float, crossover: bool = True
) -> Solution:
    began = time.process_time()
    highs = _instance(problem, method, time_limit_s, crossover)
    if basis is not None and METHODS[method]["solver"] == "simplex":
        highs.setBasis(_as_basis(basis))
    ran = _started(highs, method)
    solution = _read(problem, highs, ran, time.process_time() - began)
    if ran == "highs-pdlp" and crossover and solution.status == OPTIMAL:
        return _finished(problem, solution, time_limit_s)
    return solution


def _instance(problem: Problem, method: str, time_limit_s: float, crossover: bool = True) -> Any:
    # a new instance each time: what an earlier solve left behind would change this one
    highs = _core._Highs()
    options: dict[str, Any] = {
        "output_flag": False,
        "threads": THREADS,
        **METHODS[method],
        "run_crossover": "on" if crossover else "off",
    }
    if np.isfinite(time_limit_s):
        options["time_limit"] = float(time_limit_s)
    for key, value in options.items():
        # a misspelt option is ignored by HiGHS with a warning on the console
        if highs.setOptionValue(key, value) != _core.HighsStatus.kOk:
            raise SolveError(f"HiGHS refuses {key} = {value!r}")
    _pass(problem, highs)
    return highs


def _started(highs: Any, method: str) -> str:
    """Run and return the name of what ran, as its counts prove it: highs-presolve where that left
    nothing to solve.

    Raises SolveError where another method ran than was asked for.
    """
    # both interior methods count the same iterations: only the log tells them apart
    with _log(highs, method == "hipo") as log:
        highs.run()
    if (
        highs.getModelStatus() == _core.HighsModelStatus.kUnboundedOrInfeasible
    ):  # which one: without presolve
        for key, value in (("presolve", "off"), ("solver", "simplex")):
            highs.setOptionValue(key, value)
        highs.run()
    info = highs.getInfo()
    interior = info.ipm_iteration_count > 0
    first_order = info.pdlp_iteration_count > 0
    proven = {
        "simplex": not interior and not first_order,
        "ipx": interior and not _solved_by_hipo(log),
        "hipo": interior and _solved_by_hipo(log),
        "pdlp": first_order,
    }
    if (
        proven[METHODS[method]["solver"]]
        or highs.getModelStatus() != _core.HighsModelStatus.kOptimal
    ):
        return f"highs-{method}"
    # nothing but bounds: no method has anything to do
    if highs.getNumRow() == 0:
        return "highs-bounds"
    if highs.getModelPresolveStatus() == _core.HighsPresolveStatus.kReducedToEmpty:
        return "highs-presolve"
    raise SolveError(
        f"HiGHS was asked for {method}, and its iteration counts do not show that it ran"
    )


@contextmanager
def _log(highs: Any, wanted: bool) -> Iterator[list[str]]:
    """Yield a list that holds the lines of the log afterwards."""
    lines: list[str] = []
    if not wanted:
        yield lines
        return
    # HiGHS logs to a file or to the console, to nothing else
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "highs.log"
        for key, value in (
            ("log_to_console", False),
            ("output_flag", True),
            ("log_file", str(file)),
        ):
            highs.setOptionValue(key, value)
        yield lines
        for key, off in (("log_file", ""), ("output_flag", False)):
            highs.setOptionValue(key, off)
        lines += file.read_text(encoding="utf-8").splitlines()


def _solved_by_hipo(log: list[str]) -> bool:
    """The log names HiPO as the one that solved (both interior methods share one count of
    iterations).
    """
    return any(line.startswith("Hipo: Solved") for line in log)


def _finished(problem: Problem, first: Solution, time_limit_s: float) -> Solution:
    """Return the basic solution near a first-order answer: the simplex from the basis that its
    bounds suggest.

    (HiGHS 1.15.1's own crossover of a given point breaks the heap where rows are free.)
    """
    began = time.process_time()
    basis = Basis(
        _near(first.x, problem.lower, problem.upper),
        _near(problem.matrix @ first.x, problem.row_lower, problem.row_upper),
    )
    highs = _instance(problem, "simplex", max(time_limit_s - first.seconds, 0.0))
    highs.setBasis(_as_basis(basis))
    ran = _started(highs, "simplex").removeprefix("highs-")
    made = _read(
        problem, highs, f"{first.solver}+{ran}", first.seconds + time.process_time() - began
    )
    return replace(made, iterations=made.iterations + first.iterations)


def _near(value: Floats, lower: Floats, upper: Floats) -> Statuses:
    """Return the basis status of values: at the nearer limit where they touch it, else basic."""
    # a first-order answer stops near its limits, not at them
    below = value - lower
    above = upper - value
    touch = NEAR * (1.0 + np.abs(value))
    return np.where(np.minimum(below, above) > touch, 1, np.where(below <= above, 0, 2)).astype(
        np.int8
    )


def _pass(problem: Problem, highs: Any) -> None:
    """Hand the model over by its arrays (through a HighsLp every number would pass by a Python
    object).
    """
    rows, columns = problem.shape
    matrix = problem.matrix
    highs.passModel(
        columns,
        rows,
        matrix.nnz,
        int(_core.MatrixFormat.kColwise),
        int(_core.ObjSense.kMinimize),
        problem.offset,
        problem.cost,
        problem.lower,
        problem.upper,
        problem.row_lower,
        problem.row_upper,
        matrix.indptr,
        matrix.indices,
        matrix.data,
        np.zeros(columns, dtype=np.int32),
    )


_FEASIBLE = int(_core.SolutionStatus.kSolutionStatusFeasible)
_CODES = np.array([_core.HighsBasisStatus(i) for i in range(5)], dtype=object)


def _as_basis(basis: Basis) -> Any:
    made = _core.HighsBasis()
    made.col_status = _CODES[basis.columns].tolist()
    made.row_status = _CODES[basis.rows].tolist()
    made.valid = True
    # let HiGHS repair the rank: a shifted basis may hold too many or too few basic variables
    made.alien = True
    return made


def _codes(statuses: list[Any]) -> Statuses:
    return np.frombuffer(bytes(statuses), dtype=np.int8)


def _read(problem: Problem, highs: Any, ran: str, seconds: float) -> Solution:
    # only a status that is known to mean an answer is one
    status = highs.getModelStatus()
    if status in (
        _core.HighsModelStatus.kInfeasible,
        _core.HighsModelStatus.kUnboundedOrInfeasible,
    ):
        raise InfeasibleError("the solver proved that no point satisfies every row")
    # after a limit there may be a point that satisfies every row: the audit says whether it is of
    # use
    named = {
        _core.HighsModelStatus.kOptimal: OPTIMAL,
        # nothing to decide: the one point there is
        _core.HighsModelStatus.kModelEmpty: OPTIMAL,
        _core.HighsModelStatus.kTimeLimit: LIMIT,
    }
    if status not in named:
        raise SolveError(
            f"HiGHS stopped with {highs.modelStatusToString(status)}; its values are not used"
        )
    solution = highs.getSolution()
    info = highs.getInfo()
    found = highs.getBasis()
    rows, columns = problem.shape
    x = np.array(solution.col_value)
    row_dual = np.array(solution.row_dual)
    point = info.primal_solution_status == _FEASIBLE or named[status] == OPTIMAL
    if not point or len(x) != columns:
        x = np.full(
            columns, np.nan
        )  # what a limit leaves there are zeros, which some rows may even accept
    if len(row_dual) != rows:
        row_dual = np.zeros(rows)
    basis = Basis(_codes(found.col_status), _codes(found.row_status)) if found.valid else None
    # HiGHS counts -1 where a method did not run
    counts = (
        info.simplex_iteration_count,
        info.ipm_iteration_count,
        info.crossover_iteration_count,
        info.pdlp_iteration_count,
    )
    return Solution(
        status=named[status],
        solver=ran,
        x=x,
        row_dual=row_dual,
        objective=dot(problem.cost, x) + problem.offset,
        iterations=int(sum(max(count, 0) for count in counts)),
        seconds=seconds,
        certificate=certify(problem, x, row_dual),
        basis=basis,
    )
