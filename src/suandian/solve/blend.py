"""Parts that share limits on sums, solved apart: answers at several prices of the sums, blended so
that all are kept.

    min Σ_i c_i·x_i   subject to   x_i in part i,   r ≤ Σ_i A_i x_i ≤ R

Each part is solved at prices μ of the sums (min c_i·x_i - μ·A_i x_i). A small problem mixes the
answers of each part,

    min Σ_ik share_ik c_i·x_ik + ceiling·miss   subject to   Σ_k share_ik = 1,   r ≤ Σ_ik share_ik
    A_i x_ik ± miss ≤ R

and the duals of its sums are the next prices (Dantzig and Wolfe, 1960). A price alone cannot keep a
ratio: parts jump from one side of it to the other. A mix of points of a convex part is a point of
it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from suandian.model.issues import InfeasibleError
from suandian.solve.port import AUTO, solve
from suandian.solve.problem import Builder, Floats

ENOUGH = 5e-5  # of the cost: mixing on could not save more
ROUNDS = 30
# least and largest ceiling: what a missed unit of a sum costs
FIRST = 100.0
HIGHEST = 1e7
MISS = 1e-6  # of the limit, in all
REACH = 0.1  # how far a price moves at first, of 1 + the price that has proven most


@dataclass(frozen=True, eq=False)
class Blend:
    """A point of each part and the prices of the sums; `missed` are the sums that it does not keep,
    by `miss`.
    """

    x: tuple[Floats, ...]
    price: Floats
    cost: float
    rounds: int
    missed: tuple[int, ...]
    miss: Floats


@dataclass(frozen=True, eq=False)
class Sums:
    """What the columns of each part cost and add to the sums, and the limits of these (sums,) with
    their names.
    """

    cost: Sequence[Floats]
    adds: Sequence[sp.csr_array]
    lower: Floats
    upper: Floats
    names: Sequence[str]

    def least(self, price: Floats, best: Sequence[Floats]) -> float:
        """Return the bound that the parts' `best` answers at `price` prove: a sum is paid for up to
        its limit.
        """
        paid = price != 0
        limit = np.where(price > 0, self.lower, self.upper)[paid]
        parts = zip(self.cost, self.adds, best, strict=True)
        return float((price[paid] * limit).sum()) + sum(
            float(((c - a.T @ price) * x).sum()) for c, a, x in parts
        )


def blended(
    sums: Sums,
    ask: Callable[[Floats], Sequence[Floats]],
    price: Floats,
    method: str = AUTO,
) -> Blend:
    """Return the best mix of what the parts answer, from `price` (sums,) on.

    `ask` returns the best point of each part at the given prices; `method` solves the mixes.

    Raises
    ------
    InfeasibleError
        No mix keeps the limits, whatever is paid for it.
    """
    # every answer at every price is kept: a mix of good plans is a plan
    points: list[Sequence[Floats]] = []
    ceiling = max(FIRST, 10.0 * float(np.abs(price).max(initial=0.0)))
    least = -np.inf
    centre = price
    reach = REACH * (1.0 + np.abs(price))
    for _ in range(ROUNDS):
        # each part answers for itself: sums over the study are in the prices
        points.append(ask(price))
        proven = sums.least(price, points[-1])
        edge = np.abs(price - centre) >= 0.99 * reach
        better = proven > least
        if better:
            least = proven
            centre = price
        # a trust region: where a price gained at its edge it may go further, where nothing was
        # gained less far
        reach = reach * np.where(edge, 4.0, 1.0) if better else reach * 0.5
        mix = _mixed(
            sums, points, np.full(len(price), -ceiling), np.full(len(price), ceiling), method
        )
        # the mix is within this of a proven bound: more rounds could not save more
        if mix.cost - least <= ENOUGH * abs(mix.cost):
            if not mix.missed:
                return mix
            if ceiling >= HIGHEST:
                raise _impossible(sums, mix)
            # still missed: perhaps missing was too cheap
            ceiling *= 10.0
        price = _mixed(sums, points, centre - reach, centre + reach, method).price
    if mix.missed:
        raise _impossible(sums, mix)
    return mix


def _mixed(
    sums: Sums, points: Sequence[Sequence[Floats]], low: Floats, high: Floats, method: str
) -> Blend:
    """Solve the small problem; its duals are the prices, from `low` to `high` (what a miss costs, a
    surplus brings).
    """
    shape = (len(points), len(sums.cost))
    # a mix costs the mix of the costs: they are linear
    cost = np.array(
        [[float((c * x).sum()) for c, x in zip(sums.cost, at, strict=True)] for at in points]
    )
    adds = np.array([[a @ x for a, x in zip(sums.adds, at, strict=True)] for at in points])
    builder = Builder()
    share = builder.add_columns("share", shape, 0.0, np.inf, cost)
    short = builder.add_columns(
        "short",
        sums.lower.shape,
        0.0,
        np.inf,
        high,
    )
    over = builder.add_columns(
        "over",
        sums.lower.shape,
        0.0,
        np.inf,
        -low,
    )
    builder.add_entries(
        np.broadcast_to(builder.add_rows("one", shape[1:], 1.0, 1.0), shape), share, 1.0
    )
    rows = builder.add_rows(
        "sum",
        sums.lower.shape,
        sums.lower,
        sums.upper,
    )
    builder.add_entries(np.broadcast_to(rows, adds.shape), share[:, :, None], adds)
    builder.add_entries(rows, short, 1.0)
    builder.add_entries(rows, over, -1.0)
    problem = builder.build()
    found = solve(problem, method)
    weight = problem.columns["share"].of(found.x)
    miss = found.x[short] + found.x[over]
    # of what a miss is measured
    limit = np.where(np.isfinite(sums.lower), sums.lower, sums.upper)
    missed = tuple(np.flatnonzero(miss > MISS * (1.0 + np.abs(limit))).tolist())
    x = tuple(
        np.asarray(sum(w * at[i] for w, at in zip(weight[:, i], points, strict=True)))
        for i in range(shape[1])
    )
    return Blend(
        x, problem.rows["sum"].of(found.row_dual), found.objective, len(points), missed, miss
    )


def _impossible(sums: Sums, mix: Blend) -> InfeasibleError:
    found = [(sums.names[i], float(mix.miss[i]), "") for i in mix.missed]
    said = "; ".join(f"{name} misses by {amount:,.6g}" for name, amount, _ in found)
    return InfeasibleError(f"the limits on sums over the study cannot all be kept: {said}", found)
