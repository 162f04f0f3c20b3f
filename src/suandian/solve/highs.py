"""HiGHS behind the solver port: arrays in, an audited solution out.

A solve is a function of (problem, basis) and of nothing else: the model and the basis are handed to a cleared
instance each time, so a warm, a resumed and a second worker's solve return the same point.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from highspy import _core

from suandian.model.issues import InfeasibleError, SolveError
from suandian.solve.basis import Basis, Statuses
from suandian.solve.certificate import Certificate, certify
from suandian.solve.elastic import TOLERANCE, barred, crossed, elastic, relaxations, reweighted
from suandian.solve.problem import Floats, Problem

SHOWN = 10  # relaxations in a message
METHODS: dict[str, dict[str, Any]] = {  # HiGHS' solver and options by method
    "simplex": {"solver": "simplex"},
    "simplex-unperturbed": {"solver": "simplex", "dual_simplex_cost_perturbation_multiplier": 0.0},
    "ipx": {"solver": "ipx"},
    "hipo": {"solver": "hipo"},
}
THREADS = 1  # one value per process: HiGHS refuses to change it afterwards


@dataclass(frozen=True, eq=False)
class Solution:
    """A primal-dual pair; row_dual = d objective / d right-hand side. `certificate` is ours, not the solver's."""

    status: str
    solver: str
    x: Floats
    row_dual: Floats
    objective: float
    iterations: int
    seconds: float
    certificate: Certificate
    basis: Basis | None


def solve(
    problem: Problem, method: str = "simplex", basis: Basis | None = None, time_limit_s: float = np.inf
) -> Solution:
    """Solve a linear problem with HiGHS (`method`: one of METHODS) and audit the answer.

    A warm-started answer that fails the audit is solved again from cold (HiGHS #3194).

    Raises
    ------
    SolveError
        A coefficient is not finite, no optimal solution was returned (never zeros after a limit), or the answer
        fails the audit.
    InfeasibleError
        HiGHS proved that no point satisfies every row.
    """
    require_finite(problem)
    try:
        solution = _run(problem, method, basis, time_limit_s)
    except InfeasibleError as error:
        raise _explained(problem, error) from error
    if not solution.certificate.holds and basis is not None:
        solution = _run(problem, method, None, time_limit_s)
    if not solution.certificate.holds:
        raise SolveError(f"the solver's answer fails the audit: {solution.certificate}")
    return solution


def _explained(problem: Problem, error: InfeasibleError) -> InfeasibleError:
    """Confirm an infeasibility by the elastic model and say what would have to give."""
    found = crossed(problem)
    if not found:
        stretched, columns = elastic(problem)
        slack = np.maximum(_run(stretched, "simplex", None, np.inf).x[columns:], 0.0)
        slack = np.maximum(_run(reweighted(stretched, slack), "simplex", None, np.inf).x[columns:], 0.0)
        found = relaxations(problem, _thinned(stretched, slack))
    shown = "; ".join(str(r) for r in found[:SHOWN]) or "nothing: the elastic model finds a feasible point"
    return InfeasibleError(f"{error}; least to relax: {shown}", [(r.family, r.amount, r.unit) for r in found])


def _thinned(stretched: Problem, slack: Floats) -> Floats:
    """Return slacks with as few rows as can be had by leaving out one after the other, smallest first."""
    keep = slack > TOLERANCE
    if keep.sum() > SHOWN:
        return slack
    for i in np.flatnonzero(keep)[np.argsort(slack[keep], kind="stable")]:
        keep[i] = False
        try:
            slack = np.maximum(_run(barred(stretched, keep), "simplex", None, np.inf).x[-len(slack) :], 0.0)
        except InfeasibleError:
            keep[i] = True
    return slack


def require_finite(problem: Problem) -> None:
    """Refuse NaN anywhere and infinities where a number is meant: HiGHS would accept them and say Optimal."""
    if not np.isfinite(problem.cost).all():
        raise SolveError("cost holds a value that is not finite")
    if not np.isfinite(problem.matrix.data).all():
        raise SolveError("the matrix holds a coefficient that is not finite")
    for name in ("lower", "upper", "row_lower", "row_upper"):
        if np.isnan(getattr(problem, name)).any():
            raise SolveError(f"{name} holds NaN")


def _run(problem: Problem, method: str, basis: Basis | None, time_limit_s: float) -> Solution:
    highs = _core._Highs()
    options: dict[str, Any] = {"output_flag": False, "threads": THREADS, **METHODS[method]}
    if np.isfinite(time_limit_s):
        options["time_limit"] = float(time_limit_s)
    for key, value in options.items():
        highs.setOptionValue(key, value)
    _pass(problem, highs)
    if basis is not None:
        highs.setBasis(_as_basis(basis))
    began = time.process_time()
    highs.run()
    return _read(problem, highs, method, time.process_time() - began)


def _pass(problem: Problem, highs: Any) -> None:
    """Hand the model over by its arrays (through a HighsLp every number would pass by a Python object)."""
    rows, columns = problem.shape
    matrix = problem.matrix
    highs.passModel(
        columns, rows, matrix.nnz, int(_core.MatrixFormat.kColwise), int(_core.ObjSense.kMinimize), problem.offset,
        problem.cost, problem.lower, problem.upper, problem.row_lower, problem.row_upper,
        matrix.indptr, matrix.indices, matrix.data, np.zeros(columns, dtype=np.int32),
    )  # fmt: skip


_CODES = np.array([_core.HighsBasisStatus(i) for i in range(5)], dtype=object)


def _as_basis(basis: Basis) -> Any:
    made = _core.HighsBasis()
    made.col_status = _CODES[basis.columns].tolist()
    made.row_status = _CODES[basis.rows].tolist()
    made.valid = True
    made.alien = True  # let HiGHS repair the rank: a shifted basis may hold too many or too few basic variables
    return made


def _codes(statuses: list[Any]) -> Statuses:
    return np.frombuffer(bytes(statuses), dtype=np.int8)


def _read(problem: Problem, highs: Any, method: str, seconds: float) -> Solution:
    status = highs.getModelStatus()
    if status in (_core.HighsModelStatus.kInfeasible, _core.HighsModelStatus.kUnboundedOrInfeasible):
        raise InfeasibleError("the solver proved that no point satisfies every row")
    if status != _core.HighsModelStatus.kOptimal:
        raise SolveError(f"HiGHS stopped with {highs.modelStatusToString(status)}; its values are not used")
    solution, info, found = highs.getSolution(), highs.getInfo(), highs.getBasis()
    x, row_dual = np.array(solution.col_value), np.array(solution.row_dual)
    basis = None
    if found.valid:
        basis = Basis(_codes(found.col_status), _codes(found.row_status))
    return Solution(
        status="optimal",
        solver=f"highs-{method}",
        x=x,
        row_dual=row_dual,
        objective=float(info.objective_function_value),
        iterations=int(max(info.simplex_iteration_count, 0) + max(info.ipm_iteration_count, 0)),
        seconds=seconds,
        certificate=certify(problem, x, row_dual),
        basis=basis,
    )
