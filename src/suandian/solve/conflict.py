"""Why a problem has no point: the fewest limits that would have to give, and by how much."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from suandian.model.issues import InfeasibleError
from suandian.solve.elastic import (
    TOLERANCE,
    barred,
    crossed,
    elastic,
    identities,
    relaxations,
    reweighted,
    suspects,
)
from suandian.solve.problem import Floats, Problem
from suandian.solve.solution import Solution

SUSPECTS = 12  # limits that are tried alone
SHOWN = 10  # relaxations in a message

Run = Callable[[Problem], Solution]


def explained(problem: Problem, error: InfeasibleError, run: Run) -> InfeasibleError:
    """Confirm an infeasibility by the elastic model and say what would have to give.

    `run` solves a linear problem at a vertex, and raises InfeasibleError where there is none.
    """
    # limits that cross are found without a solve
    found = crossed(problem)
    if not found:
        stretched = elastic(problem)[0]
        limits = np.tile(~identities(problem), 2)
        try:
            found = relaxations(problem, _least(barred(stretched, limits), run))
        except InfeasibleError:
            # two identities that exclude each other
            found = relaxations(problem, _least(stretched, run))
    shown = (
        "; ".join(str(r) for r in found[:SHOWN])
        or f"nothing: a point misses no row by more than {TOLERANCE:g}"
    )
    return InfeasibleError(
        f"{error}; least to relax: {shown}", [(r.family, r.amount, r.unit) for r in found]
    )


def _least(stretched: Problem, run: Run) -> Floats:
    """Return the slacks of an elastic problem on few rows.

    Of the limits in conflict, the one that stands out most among its like and alone can end it;
    where none can, the L1 model, twice solved and thinned.
    """
    many = stretched.columns["slack"].size

    def slacks(problem: Problem) -> Floats:
        return np.maximum(run(problem).x[-many:], 0.0)

    # its duals say which limits pull against each other
    first = run(stretched)
    for row in suspects(stretched, first.row_dual)[:SUSPECTS]:
        try:
            # everything else kept: can this one alone end it?
            return slacks(barred(stretched, np.tile(np.arange(many // 2) == row, 2)))
        except InfeasibleError:
            continue
    return _thinned(run, stretched, slacks(reweighted(stretched, np.maximum(first.x[-many:], 0.0))))


def _thinned(run: Run, stretched: Problem, slack: Floats) -> Floats:
    """Return slacks with as few rows as can be had by leaving out one after the other, smallest
    first.
    """
    keep = slack > TOLERANCE
    # a message names no more than these: thinning further would be solves for nobody
    if keep.sum() > SHOWN:
        return slack
    # who gives least is missed least
    for i in np.flatnonzero(keep)[np.argsort(slack[keep], kind="stable")]:
        keep[i] = False
        try:
            slack = np.maximum(run(barred(stretched, keep)).x[-len(slack) :], 0.0)
        except InfeasibleError:
            keep[i] = True
    return slack
