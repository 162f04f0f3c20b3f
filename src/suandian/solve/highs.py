"""HiGHS behind the solver port: arrays in, a checked solution out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from highspy import _core

from suandian.model.issues import InfeasibleError, SolveError
from suandian.solve.problem import Floats, Problem

THREADS = 1  # one value per process: HiGHS refuses to change it afterwards


@dataclass(frozen=True, eq=False)
class Solution:
    """A primal-dual pair; dual signs: row_dual = d objective / d right-hand side."""

    status: str
    solver: str
    x: Floats
    row_dual: Floats
    column_dual: Floats
    objective: float
    iterations: int
    seconds: float


def solve(problem: Problem, method: str = "simplex", time_limit_s: float = np.inf) -> Solution:
    """Solve an LP or convex QP with HiGHS.

    Raises
    ------
    SolveError
        A coefficient is not finite, or no optimal solution was returned (never zeros after a limit).
    InfeasibleError
        HiGHS proved that no point satisfies every row.
    """
    require_finite(problem)
    highs = _core._Highs()
    options: dict[str, Any] = {"output_flag": False, "threads": THREADS, "solver": method}
    if np.isfinite(time_limit_s):
        options["time_limit"] = float(time_limit_s)
    if np.any(problem.quadratic):
        options["solver"] = "choose"
    for key, value in options.items():
        highs.setOptionValue(key, value)
    highs.passModel(_as_lp(problem))
    if np.any(problem.quadratic):
        highs.passHessian(_as_hessian(problem.quadratic))
    began = time.process_time()
    highs.run()
    return _read(highs, str(options["solver"]), time.process_time() - began)


def require_finite(problem: Problem) -> None:
    """Refuse NaN anywhere and infinities where a number is meant: HiGHS would accept them and say Optimal."""
    for name in ("cost", "quadratic"):
        if not np.isfinite(getattr(problem, name)).all():
            raise SolveError(f"{name} holds a value that is not finite")
    if not np.isfinite(problem.matrix.data).all():
        raise SolveError("the matrix holds a coefficient that is not finite")
    for name in ("lower", "upper", "row_lower", "row_upper"):
        if np.isnan(getattr(problem, name)).any():
            raise SolveError(f"{name} holds NaN")


def _as_lp(problem: Problem) -> Any:
    lp = _core.HighsLp()
    lp.num_row_, lp.num_col_ = problem.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = problem.cost, problem.lower, problem.upper
    lp.row_lower_, lp.row_upper_ = problem.row_lower, problem.row_upper
    lp.offset_ = problem.offset
    matrix = problem.matrix
    lp.a_matrix_.format_ = _core.MatrixFormat.kColwise
    lp.a_matrix_.num_row_, lp.a_matrix_.num_col_ = problem.shape
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    return lp


def _as_hessian(quadratic: Floats) -> Any:
    columns = np.flatnonzero(quadratic)
    hessian = _core.HighsHessian()
    hessian.dim_ = len(quadratic)
    hessian.format_ = _core.HessianFormat.kTriangular
    hessian.start_ = np.searchsorted(columns, np.arange(len(quadratic) + 1)).astype(np.int32)
    hessian.index_ = columns.astype(np.int32)
    hessian.value_ = quadratic[columns]
    return hessian


def _read(highs: Any, solver: str, seconds: float) -> Solution:
    status = highs.getModelStatus()
    if status in (_core.HighsModelStatus.kInfeasible, _core.HighsModelStatus.kUnboundedOrInfeasible):
        raise InfeasibleError("the solver proved that no point satisfies every row")
    if status != _core.HighsModelStatus.kOptimal:
        raise SolveError(f"HiGHS stopped with {highs.modelStatusToString(status)}; its values are not used")
    solution, info = highs.getSolution(), highs.getInfo()
    return Solution(
        status="optimal",
        solver=f"highs-{solver}",
        x=np.array(solution.col_value),
        row_dual=np.array(solution.row_dual),
        column_dual=np.array(solution.col_dual),
        objective=float(info.objective_function_value),
        iterations=int(max(info.simplex_iteration_count, 0) + max(info.ipm_iteration_count, 0)),
        seconds=seconds,
    )
