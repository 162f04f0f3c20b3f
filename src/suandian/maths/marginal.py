"""What asking a little more of a solved problem does to its cost, and to any other measure: exact, right-hand.

A direction δ raises limits of rows and upper limits of columns by ε·δ. For small ε > 0 the optimum moves to x + ε·dx,
where dx solves the problem of directions (the right-hand derivative of a linear program):

    minimise c·dx   subject to   A·dx = dr,  every x, r that stands at a limit stays within that limit's own change

If the basis of the solution stays feasible, dx = B⁻¹·δ and nothing has to be solved; if it is degenerate and would not
(a battery that is full, a unit at its ramp and at its limit), the problem of directions finds the basis that does, and
the directions that remain are tried on that. The dual of cost says nothing about emissions: kg·dx does.

Where plans of equal cost emit differently, kg·dx may depend on which of them is taken. So every direction is followed
twice, with ties broken for and against the measure; where the two differ, the derivative does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from suandian.model.grid import Bools, Floats, Ints
from suandian.model.issues import InfeasibleError, SolveError
from suandian.solve.basis import Basis
from suandian.solve.highs import solve
from suandian.solve.port import Solver
from suandian.solve.problem import Problem

TIE = 1e-6  # [cost/measure] how much a tie is tilted: costs nearer than this times the measure count as equal
AT_LIMIT = 1e-6  # [MW, MWh] room that is none
FEASIBLE = 1e-7  # of a step of size 1
AGREE = 1e-6  # relative difference of the two tie-breaks that is rounding
DUAL = 1e-6  # [cost/unit] reduced cost of the wrong sign that is rounding
CHUNK = 256  # directions in one block of right-hand sides
DEFINED, TIED, INFEASIBLE, UNSOLVED = 0, 1, 2, 3
REASONS = ("", "plans of equal cost emit differently", "nobody can give more", "the solver gave no answer")
_BASIC, _UPPER = 1, 2


@dataclass(frozen=True, eq=False)
class Directions:
    """K ways to ask for more: `rows` (rows, K) change of both limits, `upper` (columns, K) of the upper limit."""

    rows: Any
    upper: Any

    @property
    def count(self) -> int:
        """K."""
        return int(self.rows.shape[1])


@dataclass(frozen=True, eq=False)
class Derivatives:
    """d cost and d measure per unit of each direction (K,), NaN where undefined; `reason` (K,) indexes `REASONS`."""

    cost: Floats
    measure: Floats
    reason: Ints


def derivatives(
    problem: Problem, x: Floats, basis: Basis, directions: Directions, measure: Floats, solver: Solver = solve
) -> Derivatives:
    """Return the right-hand derivatives of the optimal cost and of `measure`·x along `directions`.

    `x`, `basis` are an optimal basic solution of `problem`; `measure` (columns,), such as kg per MW of each segment.
    Costs of plans that differ by less than TIE × their difference in `measure` count as equal.

    Examples
    --------
    Two units, 10 and 30 per MWh, 900 and 400 kg; at a load of 50 the first is full:

    >>> from suandian.solve.problem import Builder
    >>> b = Builder()
    >>> p = b.add_columns("p", (1, 2), upper=50.0, cost=[10.0, 30.0])
    >>> b.add_entries(b.add_rows("balance", (1, 1), 50.0, 50.0), p, 1.0)
    >>> made = b.build()
    >>> found = solve(made)
    >>> more = Directions(sp.csc_array([[1.0]]), sp.csc_array((2, 1)))
    >>> d = derivatives(made, found.x, found.basis, more, np.array([900.0, 400.0]))
    >>> d.cost.tolist(), d.measure.tolist()
    ([30.0], [400.0])
    """
    sides = []
    for sign in (1.0, -1.0):
        tilted = replace(problem, cost=problem.cost + sign * TIE * measure)
        at, start = x, _Factor.of(tilted, basis)
        if start is None or not start.optimal:  # a tie: go to the optimum that this side prefers
            found = solver(tilted, "simplex", basis)
            if found.basis is None:
                raise SolveError(f"{found.solver} returned no basis: there is nothing to derive")
            at, start = found.x, _Factor.of(tilted, found.basis)
        sides.append(_Side(problem, tilted, _Limits.of(problem, at), measure, solver).walk(directions, start))
    low, high = sides
    apart = np.abs(low.measure - high.measure) > AGREE * (1.0 + np.abs(low.measure))
    reason = np.maximum(np.maximum(low.reason, high.reason), np.where(apart, TIED, DEFINED))
    value = np.where(reason == DEFINED, 0.5 * (low.measure + high.measure), np.nan)
    return Derivatives(np.where(reason > TIED, np.nan, low.cost), value, reason)


@dataclass(frozen=True, eq=False)
class _Limits:
    """Which limits a solution stands at: of columns and of rows, lower and upper."""

    low: Bools
    high: Bools
    row_low: Bools
    row_high: Bools

    @classmethod
    def of(cls, problem: Problem, x: Floats) -> _Limits:
        r = problem.matrix @ x
        return cls(
            x <= problem.lower + AT_LIMIT, x >= problem.upper - AT_LIMIT,
            r <= problem.row_lower + AT_LIMIT, r >= problem.row_upper - AT_LIMIT,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Factor:
    """A factorised basis of [A, -I]·(x, r) = 0 with the reduced costs that it gives."""

    lu: Any
    columns: Ints
    rows: Ints
    reduced: Floats
    row_dual: Floats
    basis: Basis
    optimal: bool

    @classmethod
    def of(cls, problem: Problem, basis: Basis) -> _Factor | None:
        """Return the factors, None where the basis is singular."""
        columns, rows = np.flatnonzero(basis.columns == _BASIC), np.flatnonzero(basis.rows == _BASIC)
        m = problem.shape[0]
        if len(columns) + len(rows) != m:
            return None
        slack = sp.csc_array((-np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(m, len(rows)))
        try:
            lu = splu(sp.hstack([problem.matrix[:, columns], slack], format="csc"))
        except RuntimeError:
            return None
        y = lu.solve(np.concatenate([problem.cost[columns], np.zeros(len(rows))]), "T")
        d = problem.cost - problem.matrix.T @ y
        wrong = _wrong(d, basis.columns, problem.lower, problem.upper)
        wrong |= _wrong(y, basis.rows, problem.row_lower, problem.row_upper)
        return cls(lu, columns, rows, d, y, basis, not wrong)


def _wrong(dual: Floats, status: Any, lower: Floats, upper: Floats) -> bool:
    free = (status != _BASIC) & (lower < upper)
    bad = np.where(status == _UPPER, dual > DUAL, dual < -DUAL)
    return bool((free & bad).any())


@dataclass(frozen=True, eq=False)
class _Side:
    """One way of breaking ties: `tilted` has the costs that break them."""

    problem: Problem
    tilted: Problem
    at: _Limits
    measure: Floats
    solver: Solver

    def walk(self, directions: Directions, start: _Factor | None) -> Derivatives:
        """Return the derivatives on the first basis, then on those that the remaining directions lead to."""
        k = directions.count
        made = Derivatives(np.full(k, np.nan), np.full(k, np.nan), np.zeros(k, dtype=np.int64))
        pending = np.arange(k)
        if start is not None:
            pending = self._try(directions, pending, start, made)
        basis = None if start is None else start.basis
        while len(pending):
            first, pending = int(pending[0]), pending[1:]
            try:
                found = self.solver(self._ways(directions, first), "simplex", basis)
            except InfeasibleError:
                made.reason[first] = INFEASIBLE
                continue
            except SolveError:
                made.reason[first] = UNSOLVED
                continue
            made.cost[first], made.measure[first] = self.problem.cost @ found.x, self.measure @ found.x
            factor = None if found.basis is None else _Factor.of(self.tilted, found.basis)
            if factor is not None and len(pending):
                basis = factor.basis
                left = self._try(directions, pending[:CHUNK], factor, made)
                pending = np.concatenate([left, pending[CHUNK:]])
        return made

    def _try(self, all_of: Directions, chosen: Ints, factor: _Factor, made: Derivatives) -> Ints:
        """Fill in the directions along which the basis stays feasible; return the others."""
        left = []
        for begin in range(0, len(chosen), CHUNK):
            block = chosen[begin : begin + CHUNK]
            rows, upper = all_of.rows[:, block], all_of.upper[:, block]
            kept = factor.basis.rows != _BASIC
            moved = self._moved(factor)
            lifted = sp.diags_array(moved.astype(float)) @ upper
            demand = sp.diags_array(kept.astype(float)) @ rows - self.problem.matrix @ lifted
            dz = factor.lu.solve(demand.toarray())
            x, r = dz[: len(factor.columns)], dz[len(factor.columns) :]
            good = self._within(factor, x, r, rows, upper)
            done = block[good]
            for values, weight in ((made.cost, self.problem.cost), (made.measure, self.measure)):
                values[done] = (weight[factor.columns] @ x + lifted.T @ weight)[good]
            left.append(block[~good])
        return np.concatenate(left) if left else chosen

    def _moved(self, factor: _Factor) -> Bools:
        """Non-basic columns that follow their upper limit: those at it; where both limits meet, those that gain."""
        nonbasic = factor.basis.columns != _BASIC
        both = self.problem.lower >= self.problem.upper
        return nonbasic & np.where(both, factor.reduced < 0, factor.basis.columns == _UPPER)

    def _within(self, factor: _Factor, x: Floats, r: Floats, rows: Any, upper: Any) -> Bools:
        """Whether what stands at a limit stays within it, by direction."""
        j, i = factor.columns, factor.rows
        low, high = np.flatnonzero(self.at.low[j]), np.flatnonzero(self.at.high[j])
        row_low, row_high = np.flatnonzero(self.at.row_low[i]), np.flatnonzero(self.at.row_high[i])
        worst = np.zeros(x.shape[1])
        for gap in (
            -x[low], x[high] - upper[j[high]].toarray(),
            rows[i[row_low]].toarray() - r[row_low], r[row_high] - rows[i[row_high]].toarray(),
        ):  # fmt: skip
            worst = np.maximum(worst, gap.max(axis=0, initial=0.0))
        return np.asarray(worst <= FEASIBLE * (1.0 + np.abs(x).max(axis=0, initial=0.0)))

    def _ways(self, directions: Directions, k: int) -> Problem:
        """Return the problem of directions for direction `k`."""
        rows, upper = directions.rows[:, [k]].toarray()[:, 0], directions.upper[:, [k]].toarray()[:, 0]
        return replace(
            self.tilted,
            lower=np.where(self.at.low, 0.0, -np.inf), upper=np.where(self.at.high, upper, np.inf),
            row_lower=np.where(self.at.row_low, rows, -np.inf), row_upper=np.where(self.at.row_high, rows, np.inf),
            offset=0.0,
        )  # fmt: skip
