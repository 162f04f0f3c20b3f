"""The judge of a solver's answer: primal and dual feasibility and the duality gap, from the arrays
alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from suandian.solve.problem import Floats, Problem

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Certificate:
    """Relative violations of a primal-dual pair, and the bound it proves.

    `primal` largest bound or row violation over 1 + |limit|; `dual` the part of the dual objective
    that has to be given up to make every reduced cost respect an infinite bound, over 1 +
    |objective|; `gap` (objective - bound) over 1 + |objective|; `bound` a lower bound of the
    optimum proven by the row duals.
    """

    objective: float
    bound: float
    primal: float
    dual: float
    gap: float

    @property
    def feasible(self) -> bool:
        """The point satisfies every row and bound within 1e-6, whatever it costs."""
        return bool(self.primal <= TOLERANCE)

    @property
    def proven(self) -> float:
        """The bound where the duals prove one (weak duality), else -inf."""
        return self.bound if self.dual <= TOLERANCE else -np.inf

    @property
    def holds(self) -> bool:
        """All three within 1e-6."""
        return bool(
            self.primal <= TOLERANCE and self.dual <= TOLERANCE and abs(self.gap) <= TOLERANCE
        )

    def as_dict(self) -> dict[str, float | bool]:
        """Return plain values for `certificate.json`."""
        return {**asdict(self), "holds": self.holds, "tolerance": TOLERANCE}


def certify(problem: Problem, x: Floats, row_dual: Floats) -> Certificate:
    """Audit a pair (x, y) of an LP by its KKT conditions.

    Lagrangian bound: offset + Σ_i max over the row limits y_i·r_i + Σ_j min over the column bounds
    d_j·x_j with d = c - Aᵀy; it is a lower bound of the optimum for every y (weak duality).
    """
    # weak duality: any row duals prove a bound, the right ones prove the optimum
    reduced = problem.cost - problem.matrix.T @ row_dual
    activity = problem.matrix @ x
    # a dual is rounding or not in relation to the costs
    scale = 1.0 + np.abs(problem.cost).max(initial=0.0)
    column, lost_column = _supported(reduced, problem.lower, problem.upper, scale)
    row, lost_row = _supported(
        row_dual,
        problem.row_lower,
        problem.row_upper,
        scale,
    )
    objective = dot(problem.cost, x) + problem.offset
    bound = problem.offset + column + row
    return Certificate(
        objective=objective,
        bound=bound,
        primal=max(
            _violation(x, problem.lower, problem.upper),
            _violation(activity, problem.row_lower, problem.row_upper),
        ),
        dual=max(lost_column, lost_row),
        gap=(objective - bound) / (1.0 + abs(objective)),
    )


def _violation(value: Floats, lower: Floats, upper: Floats) -> float:
    # relative where limits are large, absolute near zero; NaN in value stays NaN and fails every
    # comparison
    below = (lower - value) / (1.0 + np.abs(np.where(np.isfinite(lower), lower, 0.0)))
    above = (value - upper) / (1.0 + np.abs(np.where(np.isfinite(upper), upper, 0.0)))
    return float(max(below.max(initial=0.0), above.max(initial=0.0), 0.0))


def _supported(dual: Floats, lower: Floats, upper: Floats, scale: float) -> tuple[float, float]:
    # a positive dual holds at the lower limit, a negative at the upper
    limit = np.where(dual > 0, lower, upper)
    unbounded = ~np.isfinite(limit)
    # where that limit is infinite the bound would be too: the dual must be rounding, and is given
    # up
    lost = float(np.abs(dual[unbounded]).max(initial=0.0)) / scale
    kept = ~unbounded
    return dot(dual[kept], limit[kept]), lost


def dot(a: Floats, b: Floats) -> float:
    """Return Σ a·b, the same on every machine: a BLAS product depends on its number of threads, and
    waits for them.
    """
    # not by BLAS: the certificate must not depend on the processor
    return float((a * b).sum())
