"""Several problems joined into one: what is decided before the future shows is the same in all of
them.

    minimise  (1 - w)·Σ_s C_s / S + w·(η + Σ_s z_s / (S·(1 - α))),   z_s ≥ C_s - η,  z_s ≥ 0

with C_s the cost of problem s; at the optimum the second bracket is the conditional value at risk
of level α: the mean of the worst share 1 - α of the futures (Rockafellar and Uryasev 2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp

from suandian.solve.problem import Floats, Ids, Problem, Span


@dataclass(frozen=True)
class Risk:
    """`weight` w of the conditional value at risk in the objective [1], `level` α [1]."""

    weight: float = 0.0
    level: float = 0.8


def value_at_risk(costs: Floats, level: float) -> float:
    """Return the conditional value at risk of equally likely `costs`: the mean of the worst share 1
    - `level`.

    Examples
    --------
    >>> value_at_risk(np.array([1.0, 2.0, 3.0, 10.0]), 0.75)
    10.0
    >>> value_at_risk(np.array([1.0, 2.0, 3.0, 10.0]), 0.5)
    6.5
    """
    # the mean of the dearest share, the last of them in part
    worst = np.sort(costs)[::-1]
    share = np.clip(len(costs) * (1.0 - level) - np.arange(len(costs)), 0.0, 1.0)
    return float(worst @ share / share.sum())


def joined(problems: Sequence[Problem], shared: Sequence[Ids], risk: Risk) -> Problem:
    """Return the problem over all futures.

    `shared` are, for each problem, the columns (n,) that must have the values they have in the
    first. Families are named "s: name"; `shared`, `cost_at_risk` and `excess` are new.
    """
    beside = _beside(problems, shared, (1.0 - risk.weight) / len(problems))
    return beside if risk.weight == 0 else _with_tail(beside, problems, risk)


def _beside(problems: Sequence[Problem], shared: Sequence[Ids], weight: float) -> Problem:
    """Return the problems on the diagonal of one, each cost times `weight`, and the rows that tie
    what is shared.
    """
    columns: dict[str, Span] = {}
    rows: dict[str, Span] = {}
    at = _starts([p.shape[1] for p in problems])
    row_at = _starts([p.shape[0] for p in problems])
    for s, problem in enumerate(problems):
        columns |= {f"{s}: {k}": _moved(v, int(at[s])) for k, v in problem.columns.items()}
        rows |= {f"{s}: {k}": _moved(v, int(row_at[s])) for k, v in problem.rows.items()}
    # one row for each shared column of each further problem: theirs - the first one's = 0
    same = _same(shared, at)
    count = same.shape[0]
    rows["shared"] = Span(
        int(row_at[-1]),
        (count,),
        "MW",
        total=True,
    )
    blocks: Any = sp.block_diag([p.matrix for p in problems], format="csc")
    matrix: Any = sp.vstack([blocks, same], format="csc")
    zeros = np.zeros(count)
    return Problem(
        # futures are equally likely
        weight * np.concatenate([p.cost for p in problems]),
        np.concatenate([p.lower for p in problems]),
        np.concatenate([p.upper for p in problems]),
        np.concatenate([*(p.row_lower for p in problems), zeros]),
        np.concatenate([*(p.row_upper for p in problems), zeros]),
        matrix,
        weight * sum(p.offset for p in problems),
        columns,
        rows,
    )


def _with_tail(beside: Problem, problems: Sequence[Problem], risk: Risk) -> Problem:
    """Return the problem with the mean cost of its dearest futures added at the weight of `risk`.

    That is η + Σ_s z_s / (S·(1 - level)), with z_s ≥ C_s - η (Rockafellar and Uryasev 2000).
    """
    count = len(problems)
    m, n = beside.shape
    # rows: C_s - η - z_s ≤ -offset_s
    each: Any = sp.block_diag([p.cost[None, :] for p in problems], format="csc")
    none = sp.csc_array((m, 1 + count))
    tail = sp.csc_array(np.hstack([-np.ones((count, 1)), -np.eye(count)]))
    left = sp.vstack([beside.matrix, each])
    right = sp.vstack([none, tail])
    matrix: Any = sp.hstack([left, right], format="csc")
    columns = dict(beside.columns)
    # η, the value at risk: the optimum finds it
    columns["cost_at_risk"] = Span(n, (1,), "currency", total=True)
    columns["excess"] = Span(n + 1, (count,), "currency", total=True)
    rows = dict(beside.rows)
    rows["excess"] = Span(m, (count,), "currency", total=True)
    beyond = risk.weight / (count * (1.0 - risk.level))
    return Problem(
        np.concatenate([beside.cost, [risk.weight], np.full(count, beyond)]),
        np.concatenate([beside.lower, [-np.inf], np.zeros(count)]),
        np.concatenate([beside.upper, np.full(1 + count, np.inf)]),
        np.concatenate([beside.row_lower, np.full(count, -np.inf)]),
        np.concatenate([beside.row_upper, [-p.offset for p in problems]]),
        matrix,
        beside.offset,
        columns,
        rows,
    )


def parts(problems: Sequence[Problem], vector: Floats, rows: bool = False) -> list[Floats]:
    """Return each problem's part of the joined problem's columns (or rows)."""
    at = _starts([p.shape[0 if rows else 1] for p in problems])
    return [vector[a:b] for a, b in pairwise(at)]


def _starts(sizes: Sequence[int]) -> Ids:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.shape, span.unit, span.total)


def _same(shared: Sequence[Ids], at: Ids) -> Any:
    """Return the rows x_s - x_0 of all shared columns and all problems but the first."""
    many = len(shared[0])
    theirs = np.concatenate(
        [ids + at[s] for s, ids in enumerate(shared)][1:] or [np.zeros(0, np.int64)]
    )
    first = np.tile(shared[0], len(shared) - 1)
    row = np.arange(many * (len(shared) - 1))
    values = np.concatenate([np.ones(len(row)), -np.ones(len(row))])
    places = (np.concatenate([row, row]), np.concatenate([theirs, first]))
    return sp.coo_array((values, places), shape=(len(row), int(at[-1])))
