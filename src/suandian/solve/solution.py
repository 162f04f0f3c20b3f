"""What a solver gives: a primal-dual pair with our own certificate of it."""

from __future__ import annotations

from dataclasses import dataclass

from suandian.solve.basis import Basis
from suandian.solve.certificate import Certificate
from suandian.solve.problem import Floats

OPTIMAL = "optimal"
LIMIT = "time limit"


@dataclass(frozen=True, eq=False)
class Solution:
    """A primal-dual pair; row_dual = d objective / d right-hand side. `certificate` is ours, not
    the solver's.

    `status` optimal, or time limit: then x satisfies every row and `certificate.gap` is its
    distance to a proven bound. `solver` names every method whose work is in the answer, e.g.
    highs-pdlp+simplex. `seconds` of CPU.
    """

    status: str
    solver: str
    x: Floats
    row_dual: Floats
    objective: float
    iterations: int
    seconds: float
    certificate: Certificate
    basis: Basis | None
