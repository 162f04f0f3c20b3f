"""Branch and bound behind the solver port: a problem with whole numbers, a start, a gap and a time
limit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from highspy import _core

from suandian.model.issues import InfeasibleError, SolveError
from suandian.solve.certificate import TOLERANCE
from suandian.solve.highs import THREADS, require_finite
from suandian.solve.problem import Floats, Problem


@dataclass(frozen=True, eq=False)
class Branched:
    """The best point found and the lower bound that the search has proven (the solver's claim).

    `status` optimal (to the gap) or time limit; `integrality` largest distance of a whole number
    from one.
    """

    x: Floats
    objective: float
    bound: float
    status: str
    integrality: float
    nodes: int
    seconds: float


def branch(problem: Problem, start: Floats | None, gap: float, time_limit_s: float) -> Branched:
    """Solve a mixed-integer problem with HiGHS from the feasible point `start`.

    Raises
    ------
    SolveError
        A coefficient is not finite, the search ended without a point, or the point breaks a limit
        or is not whole.
    InfeasibleError
        HiGHS proved that no point satisfies every row.
    """
    assert problem.integrality is not None
    require_finite(problem)
    highs = _core._Highs()
    for key, value in (
        ("output_flag", False),
        ("threads", THREADS),
        ("mip_rel_gap", float(gap)),
        ("mip_abs_gap", 0.0),
        ("time_limit", float(time_limit_s)),
        ("mip_feasibility_tolerance", 1e-7),
    ):
        highs.setOptionValue(key, value)
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
        problem.integrality.astype(np.int32),
    )
    if start is not None:
        given = _core.HighsSolution()
        given.col_value = start.tolist()
        highs.setSolution(given)
    began = time.process_time()
    highs.run()
    return _read(problem, highs, time.process_time() - began)


def _read(problem: Problem, highs: _core._Highs, seconds: float) -> Branched:
    status = highs.getModelStatus()
    info = highs.getInfo()
    if status in (
        _core.HighsModelStatus.kInfeasible,
        _core.HighsModelStatus.kUnboundedOrInfeasible,
    ):
        raise InfeasibleError("the solver proved that no point satisfies every row")
    named = {
        _core.HighsModelStatus.kOptimal: "optimal",
        _core.HighsModelStatus.kTimeLimit: "time limit",
    }
    x = np.array(highs.getSolution().col_value)
    if (
        status not in named
        or not np.isfinite(info.objective_function_value)
        or len(x) != problem.shape[1]
    ):
        raise SolveError(f"HiGHS stopped with {highs.modelStatusToString(status)} and no point")
    whole = x[problem.integrality]
    off = float(np.abs(whole - np.rint(whole)).max(initial=0.0))
    if off > TOLERANCE:
        raise SolveError(f"the solver's answer is {off:.1e} from whole numbers")
    return Branched(
        x,
        float(info.objective_function_value),
        float(info.mip_dual_bound),
        named[status],
        off,
        int(info.mip_node_count),
        seconds,
    )
