"""The contract of solver plug-ins (engines): their answers are audited, whatever they say."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from suandian.solve.certificate import certify
from suandian.solve.problem import Problem
from suandian.testing.contract import Contract

TOLERANCE = 1e-6


def check_solver(engine: Any) -> list[str]:
    """Check an engine, a function (problem, time_limit_s) → Answer; returns the rules kept.

    Raises
    ------
    ContractError
        With every rule that it breaks.
    """
    contract = Contract("solver")
    if not callable(engine):
        # a module of ours: a solver of HiGHS by its name, which this room does not call
        contract.rule("it is a module with `solve`", callable(getattr(engine, "solve", None)))
        return contract.result()
    with contract.trying("an optimum is found and proven"):
        # least 1·x + 2·y, x + y ≥ 5, x ≤ 3, y ≤ 9: x = 3, y = 2, cost 7, dual of the row 2
        problem = _problem(row_lower=5.0)
        answer = engine(problem, np.inf)
        contract.rule("the status says optimal", answer.status == "optimal", answer.status)
        certificate = certify(problem, np.asarray(answer.x), np.asarray(answer.row_dual))
        # zeros prove each other where no row holds: the point must be feasible, too
        proven = certificate.feasible and abs(certificate.gap) <= TOLERANCE
        contract.rule("primal and dual prove the optimum", proven, certificate)
        found = certificate.objective
        contract.rule("an optimum is found and proven", abs(found - 7.0) <= TOLERANCE, found)
    with contract.trying("what is infeasible is called so"):
        # x ≤ 3 and y ≤ 9 cannot reach 20
        status = engine(_problem(row_lower=20.0), np.inf).status
        contract.rule("what is infeasible is called so", status == "infeasible", status)
    return contract.result()


def _problem(row_lower: float) -> Problem:
    matrix = sparse.csr_matrix(np.array([[1.0, 1.0]]))
    return Problem(
        cost=np.array([1.0, 2.0]),
        lower=np.zeros(2),
        upper=np.array([3.0, 9.0]),
        matrix=matrix,
        row_lower=np.array([row_lower]),
        row_upper=np.array([np.inf]),
        offset=0.0,
        columns={},
        rows={},
    )
