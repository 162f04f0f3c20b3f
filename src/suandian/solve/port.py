"""The solver port: what any solver must offer to the rooms above."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from suandian.solve.basis import Basis
from suandian.solve.highs import Solution
from suandian.solve.problem import Problem


class Solver(Protocol):
    """A function of (problem, basis) and of nothing else; `suandian.solve.highs.solve` is one.

    Raises SolveError where it has no audited optimum, InfeasibleError (with relaxations) where none exists.
    """

    def __call__(
        self, problem: Problem, method: str = ..., basis: Basis | None = ..., time_limit_s: float = np.inf
    ) -> Solution:
        """Return an audited primal-dual pair."""
