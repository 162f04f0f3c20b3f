"""Plain records of solves, as run.json and certificate.json hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from suandian.maths.result import Result
from suandian.model.issues import SolveLimitError
from suandian.solve.solution import Solution


def record_of(name: str, step: int, result: Result) -> Mapping[str, object]:
    """Return the record of a solved window."""
    commitment = result.commitment
    record = record_of_solution(name, step, result.solution, result.compiled.problem.shape)
    if commitment is None:
        return record
    # the certificate's own bound and gap are those of the dispatch for this commitment
    evidence = asdict(commitment)
    seconds = round(evidence.pop("seconds"), 4)
    return {
        **record,
        "status": f"commitment: {commitment.status}",
        "bound": commitment.bound,
        "gap": commitment.gap,
        "cpu_s": seconds,
        "certificate": {**result.solution.certificate.as_dict(), "commitment": evidence},
    }


def record_of_solution(
    name: str, step: int, solution: Solution, shape: tuple[int, int]
) -> Mapping[str, object]:
    """Return the record of a linear problem's solution; `shape` is its (rows, columns)."""
    rows, columns = shape
    return {
        "name": name,
        "step": step,
        "solver": solution.solver,
        "status": solution.status,
        "objective": solution.objective,
        "bound": solution.certificate.bound,
        "gap": solution.certificate.gap,
        "rows": rows,
        "columns": columns,
        "iterations": solution.iterations,
        "cpu_s": round(solution.seconds, 4),
        "certificate": solution.certificate.as_dict(),
    }


def record_of_limit(
    name: str, step: int, error: SolveLimitError, status: str
) -> Mapping[str, object]:
    """Return the record of a solve that gave nothing; `status` says what was done instead."""
    bound = error.bound if np.isfinite(error.bound) else None
    return {
        "name": name,
        "step": step,
        "solver": error.solver,
        "status": status,
        "objective": None,
        "bound": bound,
        "gap": None,
        "rows": 0,
        "columns": 0,
        "iterations": error.iterations,
        "cpu_s": 0.0,
        "certificate": None,
    }
