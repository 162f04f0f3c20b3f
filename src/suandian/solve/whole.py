"""Problems with whole numbers: a checked incumbent, its gap, and who vouches for the bound.

1. The linear relaxation; its optimum is a bound that our own certificate proves.
2. Branch and bound (solve.mip) to the gap or the time limit; its bound is the solver's claim, not
   proven by us.
3. The linear problem with the whole numbers fixed: the incumbent's point, with duals and a
   certificate of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from suandian.model.issues import SolveError
from suandian.solve.certificate import TOLERANCE, certify
from suandian.solve.mip import branch
from suandian.solve.port import solve
from suandian.solve.problem import Floats, Problem
from suandian.solve.solution import Solution


@dataclass(frozen=True, eq=False)
class Incumbent:
    """The best point found. `dispatch` is the certified solution of the problem with its whole
    numbers fixed.

    `claimed` lower bound of the solver's search, `proven` that of the certified relaxation; `gap`
    to the claimed and `proven_gap` to the proven one, over 1 + |objective|. `status` optimal (to
    the asked gap) or time limit.
    """

    status: str
    objective: float
    claimed: float
    proven: float
    dispatch: Solution

    @property
    def gap(self) -> float:
        """Relative distance to the solver's bound."""
        return (self.objective - self.claimed) / (1.0 + abs(self.objective))

    @property
    def proven_gap(self) -> float:
        """Relative distance to the bound that our certificate proves."""
        return (self.objective - self.proven) / (1.0 + abs(self.objective))


def solve_whole(
    problem: Problem, mip_gap: float = 1e-3, time_limit_s: float = 60.0, start: Floats | None = None
) -> Incumbent:
    """Solve a problem with whole numbers from the point `start`, if any.

    Raises
    ------
    SolveError
        No incumbent within the limit, or one that is not whole, breaks a row, or is cheaper than
        the proven bound.
    InfeasibleError
        No point satisfies every row.
    """
    if problem.integrality is None:
        raise SolveError("no column has to be whole")
    relaxed = solve(replace(problem, integrality=None))
    found = branch(problem, start, mip_gap, time_limit_s)
    audit_whole(problem, found.x)
    dispatch = solve(fixed(problem, found.x), basis=relaxed.basis)
    proven = relaxed.certificate.bound
    if dispatch.objective < proven - TOLERANCE * (1.0 + abs(proven)):
        raise SolveError(
            f"the incumbent costs {dispatch.objective}, less than the proven bound {proven}"
        )
    return Incumbent(found.status, dispatch.objective, found.bound, proven, dispatch)


def audit_whole(problem: Problem, x: Floats) -> None:
    """Raise SolveError where a point is not whole or breaks a row or bound (within 1e-6), by the
    arrays alone.
    """
    assert problem.integrality is not None
    whole = x[problem.integrality]
    off = float(np.abs(whole - np.rint(whole)).max(initial=0.0))
    made = certify(problem, x, np.zeros(problem.shape[0]))
    if not off <= TOLERANCE or not made.feasible:
        raise SolveError(
            f"the incumbent fails the audit: {off:.1e} from whole numbers, violation "
            f"{made.primal:.1e}"
        )


def fixed(problem: Problem, x: Floats) -> Problem:
    """Return the linear problem with its whole numbers fixed at those of `x`."""
    assert problem.integrality is not None
    at = np.rint(x)
    return replace(
        problem,
        integrality=None,
        lower=np.where(problem.integrality, at, problem.lower),
        upper=np.where(problem.integrality, at, problem.upper),
    )
