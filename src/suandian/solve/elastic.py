"""Why a problem is infeasible: the fewest rows to relax, and by how much.

    minimise  Σ_i (s_i⁺ + s_i⁻)/scale_i   subject to  row_lower ≤ A x + s⁺ - s⁻ ≤ row_upper,  lower
    ≤ x ≤ upper

The L1 elastic model (Chinneck 2008, "Feasibility and Infeasibility in Optimization") puts slack on
few rows; a second pass in which small slacks cost more (reweighted L1) thins them further, and a
row whose slack the others can take over is left out of a short list. Rows that say A x = 0 are
definitions and give only where nothing else can. Where several rows could each end the conflict
alone, nothing in the arrays says which is wrong: the limit is named that stands out from those of
its own kind at other times, as a mistaken unit or a typing error does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from suandian.solve.problem import Floats, Problem, Span

TOLERANCE = 1e-6
FEW = 3  # steps with which a limit can be compared


@dataclass(frozen=True)
class Relaxation:
    """One limit that would have to give: row family, member (step first), by how much, unit."""

    family: str
    member: tuple[int, ...]
    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.family}{list(self.member)}: relax by {self.amount:.6g} {self.unit}"


def elastic(problem: Problem) -> tuple[Problem, int]:
    """Return the elastic problem and the number of original columns; slack columns follow, plus
    then minus.
    """
    rows, columns = problem.shape
    # a row may be missed from either side, at one a unit
    eye = sp.eye_array(rows, format="csc")
    slack = Span(columns, (2 * rows,), "row unit")
    made = replace(
        problem,
        cost=np.concatenate([np.zeros(columns), np.ones(2 * rows)]),
        lower=np.concatenate([problem.lower, np.zeros(2 * rows)]),
        upper=np.concatenate([problem.upper, np.full(2 * rows, np.inf)]),
        matrix=sp.hstack([problem.matrix, eye, -eye], format="csc"),
        offset=0.0,
        columns={**problem.columns, "slack": slack},
    )
    return made, columns


def identities(problem: Problem) -> NDArray[np.bool_]:
    """Return which rows say A x = 0: they say what something is, and have no limit that
    could give.
    """
    # an identity (a balance, a definition) is not a limit that somebody set
    return np.asarray((problem.row_lower == 0.0) & (problem.row_upper == 0.0))


def suspects(stretched: Problem, dual: Floats) -> list[int]:
    """Return the rows that may give and are in conflict (their `dual` in the elastic problem is not
    zero), best first.

    First those whose limit stands out: by how far it lies outside the limits of the same member in
    other steps (of the whole family where there are few), relative to their range; then those that
    would have to give least.
    """
    half = stretched.columns["slack"].size // 2
    may: Floats = np.isinf(stretched.upper[stretched.columns["slack"].start :][:half]).astype(
        np.float64
    )
    # what stands out most is the likeliest slip: a limit of 5 among limits of 500
    ranked = []
    for span in stretched.rows.values():
        for row in span.start + np.flatnonzero(
            np.abs(span.of(dual) * span.of(may)).ravel() > TOLERANCE
        ):
            limit = stretched.row_lower if dual[row] > 0 else stretched.row_upper
            ranked.append((-_outstanding(span, limit, int(row)), -abs(float(dual[row])), int(row)))
    return [row for _, _, row in sorted(ranked)]


def _outstanding(span: Span, limit: Floats, row: int) -> float:
    # families are laid out (steps, members)
    like = span.of(limit).reshape(span.shape[0], -1)
    step, member = divmod(row - span.start, like.shape[1])
    others = (
        np.delete(like[:, member], step)
        if len(like) > FEW
        else np.delete(like.ravel(), row - span.start)
    )
    if not len(others):
        return 0.0
    others = others[np.isfinite(others)]
    if not len(others):
        return np.inf  # a limit where its like have none
    low = float(others.min())
    high = float(others.max())
    outside = max(float(limit[row]) - high, low - float(limit[row]), 0.0)
    return outside / (high - low + 0.01 * (1.0 + max(abs(low), abs(high))))


def relaxations(problem: Problem, slack: Floats) -> list[Relaxation]:
    """Return the relaxed rows of an elastic solution's slack columns, largest first."""
    rows = problem.shape[0]
    # plus: the row lies below its limit; minus: above it
    amount = slack[:rows] - slack[rows:]
    found = []
    for name, span in problem.rows.items():
        part = amount[span.start : span.start + span.size]
        for i in np.flatnonzero(np.abs(part) > TOLERANCE):
            member = tuple(int(k) for k in np.unravel_index(i, span.shape))
            found.append(Relaxation(name, member, float(part[i]), span.unit))
    return sorted(found, key=lambda r: -abs(r.amount))


def crossed(problem: Problem) -> list[Relaxation]:
    """Return the rows and columns whose lower limit lies above the upper one: no slack of a row can
    mend those.
    """
    found = []
    for spans, low, high in (
        (problem.rows, problem.row_lower, problem.row_upper),
        (problem.columns, problem.lower, problem.upper),
    ):
        for name, span in spans.items():
            gap = span.of(low - high)
            found += [
                Relaxation(
                    name,
                    tuple(at.tolist()),
                    float(gap[tuple(at)]),
                    span.unit,
                )
                for at in np.argwhere(gap > TOLERANCE)
            ]
    return sorted(found, key=lambda r: -r.amount)


def barred(problem: Problem, keep: NDArray[np.bool_]) -> Problem:
    """Return the elastic problem with slack columns only where `keep` is true."""
    upper = problem.upper.copy()
    upper[len(upper) - len(keep) :] = np.where(keep, np.inf, 0.0)
    return replace(problem, upper=upper)


def reweighted(problem: Problem, slack: Floats) -> Problem:
    """Return the elastic problem with small slacks dearer: 1/(ε + |slack|), so that fewer rows
    carry them.
    """
    columns = problem.shape[1] - len(slack)
    cost = problem.cost.copy()
    # reweighted L1 (Candès, Wakin and Boyd 2008): small slacks get dear and go to zero
    cost[columns:] = 1.0 / (0.1 + slack)
    return replace(problem, cost=cost)
