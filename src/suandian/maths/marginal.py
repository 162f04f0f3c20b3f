"""What asking a little more of a solved problem does to its cost, and to any other measure: exact,
right-hand.

A direction δ raises limits of rows and upper limits of columns by ε·δ. For small ε > 0 the optimum
moves to x + ε·dx, where dx solves the problem of directions (the right-hand derivative of a linear
program):

    minimise c·dx   subject to   A·dx = dr,  every x, r that stands at a limit stays within that
    limit's own change

If the basis of the solution stays feasible, dx = B⁻¹·δ and nothing has to be solved; if it is
degenerate and would not (a battery that is full, a unit at its ramp and at its limit), the problem
of directions finds the basis that does, and the directions that remain are tried on that. The dual
of cost says nothing about emissions: kg·dx does.

Where plans of equal cost emit differently, kg·dx may depend on which of them is taken. So every
direction is followed twice, with ties broken for and against the measure; where the two differ, the
derivative does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from suandian.model.grid import Bools, Floats, Ints
from suandian.model.issues import InfeasibleError, SolveError
from suandian.model.signals import DEFINED, INFEASIBLE, TIED, UNSOLVED
from suandian.solve.basis import Basis
from suandian.solve.port import Solver, solve
from suandian.solve.problem import Problem

# [cost/measure] how much a tie is tilted: costs nearer than this times the measure count as equal
TIE = 1e-6
AT_LIMIT = 1e-6  # [MW, MWh] room that is none
FEASIBLE = 1e-7  # of a step of size 1
AGREE = 1e-6  # relative difference of the two tie-breaks that is rounding
DUAL = 1e-6  # [cost/unit] reduced cost of the wrong sign that is rounding
CHUNK, MOST = (
    256,
    4_000_000,
)  # directions in one block of right-hand sides; columns × directions in one
_BASIC = 1


@dataclass(frozen=True, eq=False)
class Directions:
    """K ways to ask for more: `rows` (rows, K) change of both limits, `upper` (columns, K) of the
    upper limit.
    """

    rows: Any
    upper: Any

    @property
    def count(self) -> int:
        """K."""
        return int(self.rows.shape[1])


@dataclass(frozen=True, eq=False)
class Derivatives:
    """d cost and d measure per unit of each direction (K,), NaN where undefined; `reason` (K,) as
    in model.signals.
    """

    cost: Floats
    measure: Floats
    reason: Ints


def derivatives(
    problem: Problem,
    sides: tuple[Vertex, Vertex],
    directions: Directions,
    measure: Floats,
    solver: Solver = solve,
) -> Derivatives:
    """Return the right-hand derivatives of the optimal cost and of `measure`·x along `directions`.

    `sides` are the optima that break ties for and against `measure` (columns,), such as kg per MW
    of each segment.

    Examples
    --------
    Two units, 10 and 30 per MWh, 900 and 400 kg; at a load of 50 the first is full:

    >>> from suandian.solve.problem import Builder
    >>> b = Builder()
    >>> p = b.add_columns("p", (1, 2), upper=50.0, cost=[10.0, 30.0])
    >>> b.add_entries(b.add_rows("balance", (1, 1), 50.0, 50.0), p, 1.0)
    >>> made, kg = b.build(), np.array([900.0, 400.0])
    >>> found = solve(made)
    >>> more = Directions(sp.csc_array([[1.0]]), sp.csc_array((2, 1)))
    >>> d = derivatives(made, vertices(made, found.x, found.basis, kg), more, kg)
    >>> d.cost.tolist(), d.measure.tolist()
    ([30.0], [400.0])
    """
    low, high = (
        _Side(problem, tilted, vertex, measure, solver)
        for tilted, vertex in zip(_tilted(problem, measure), sides, strict=True)
    )
    # one side first; the other only where the first does not settle it
    every = np.arange(directions.count)
    shared = sides[0] is sides[1]
    first, firm = low.walk(directions, every, high.tilted if shared else None)
    second, _ = high.walk(directions, every[~firm], None)
    for values, known in ((second.cost, first.cost), (second.measure, first.measure)):
        values[firm] = known[firm]
    # optima of equal cost that emit differently have no derivative: TIED
    apart = np.abs(first.measure - second.measure) > AGREE * (1.0 + np.abs(first.measure))
    reason = np.maximum(np.maximum(first.reason, second.reason), np.where(apart, TIED, DEFINED))
    # where they agree up to rounding, either would do
    value = np.where(reason == DEFINED, 0.5 * (first.measure + second.measure), np.nan)
    return Derivatives(np.where(reason > TIED, np.nan, first.cost), value, reason)


def vertices(
    problem: Problem, x: Floats, basis: Basis, measure: Floats, solver: Solver = solve
) -> tuple[Vertex, Vertex]:
    """Return the optima with least and with most of `measure`; one and the same where there is no
    tie.

    Costs of plans that differ by less than TIE × their difference in `measure` count as equal.
    """
    # a tie is broken by costs that favour little, or much, of the measure
    tilts = _tilted(problem, measure)
    here = Vertex(x, _Limits.of(problem, x), _Factor.of(problem, basis))
    # most steps have one optimum: no solve is needed to know it
    if here.factor is not None and all(here.factor.optimal(tilted, here.at) for tilted in tilts):
        return here, here
    found = [solver(tilted, "simplex", basis) for tilted in tilts]
    low, high = (Vertex(s.x, _Limits.of(problem, s.x), _Factor.of(problem, s.basis)) for s in found)
    return low, high


def _tilted(problem: Problem, measure: Floats) -> list[Problem]:
    return [replace(problem, cost=problem.cost + sign * TIE * measure) for sign in (1.0, -1.0)]


@dataclass(frozen=True, eq=False)
class Vertex:
    """An optimum `x`, the limits that it stands at, and the factors of its basis (None where it has
    none).
    """

    x: Floats
    at: _Limits
    factor: _Factor | None


@dataclass(frozen=True, eq=False)
class _Limits:
    """Which limits a solution stands at: of columns and of rows, lower and upper."""

    low: Bools
    high: Bools
    row_low: Bools
    row_high: Bools

    @classmethod
    def of(cls, problem: Problem, x: Floats) -> _Limits:
        # rows are variables too, with limits of their own
        r = problem.matrix @ x
        return cls(
            x <= problem.lower + AT_LIMIT,
            x >= problem.upper - AT_LIMIT,
            r <= problem.row_lower + AT_LIMIT,
            r >= problem.row_upper - AT_LIMIT,
        )


@dataclass(frozen=True, eq=False)
class _Factor:
    """A factorised basis of [A, -I]·(x, r) = 0: `columns` and `rows` are in it."""

    lu: Any
    columns: Ints
    rows: Ints
    basis: Basis

    @classmethod
    def of(cls, problem: Problem, basis: Basis | None) -> _Factor | None:
        """Return the factors, None where there is no basis or it is singular."""
        if basis is None:
            return None
        # the basis of the equations A·x - r = 0: structural columns and row activities
        columns = np.flatnonzero(basis.columns == _BASIC)
        rows = np.flatnonzero(basis.rows == _BASIC)
        m = problem.shape[0]
        # a shifted basis may hold too many or too few
        if len(columns) + len(rows) != m:
            return None
        slack = sp.csc_array(
            (-np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(m, len(rows))
        )
        try:
            lu = splu(sp.hstack([problem.matrix[:, columns], slack], format="csc"))
        except RuntimeError:  # exactly singular
            return None
        return cls(lu, columns, rows, basis)

    def duals(self, problem: Problem) -> tuple[Floats, Floats]:
        """Return reduced costs and row duals of this basis at the costs of `problem`."""
        # B'·y = c_B
        y: Floats = self.lu.solve(
            np.concatenate([problem.cost[self.columns], np.zeros(len(self.rows))]), "T"
        )
        return problem.cost - problem.matrix.T @ y, y

    def optimal(self, problem: Problem, at: _Limits) -> bool:
        """Whether nothing off the basis that has room would pay for moving, at the costs of
        `problem`.
        """
        # optimal: no variable off the basis would lower the cost by moving where it has room
        d, y = self.duals(problem)
        return not (
            _pays(d, self.basis.columns, at.low, at.high)
            or _pays(y, self.basis.rows, at.row_low, at.row_high)
        )


def _pays(dual: Floats, status: Any, low: Bools, high: Bools) -> bool:
    return bool(((status != _BASIC) & ((~high & (dual < -DUAL)) | (~low & (dual > DUAL)))).any())


@dataclass(frozen=True, eq=False)
class _Side:
    """One way of breaking ties: `tilted` has the costs that break them."""

    problem: Problem
    tilted: Problem
    vertex: Vertex
    measure: Floats
    solver: Solver

    def walk(
        self, directions: Directions, chosen: Ints, other: Problem | None
    ) -> tuple[Derivatives, Bools]:
        """Return the derivatives along the `chosen` directions, and which of them also hold at the
        costs of `other`.

        They are taken on the first basis, then on those that the remaining directions lead to.
        """
        k = directions.count
        # filled in direction by direction: what is never reached stays undefined
        made = Derivatives(np.full(k, np.nan), np.full(k, np.nan), np.zeros(k, dtype=np.int64))
        firm = np.zeros(k, dtype=np.bool_)
        factor = self.vertex.factor
        pending = self._try(directions, chosen, factor, made)
        firm[np.setdiff1d(chosen, pending)] = other is not None
        while len(pending):
            # one solve finds the basis for this direction; many others will hold on it too
            first = pending[:1]
            rest = pending[1:]
            try:
                # the problem of directions: a linear program whose optimum is the derivative
                ways = self._ways(directions, int(first[0]))
                found = self.solver(ways, "simplex", None if factor is None else factor.basis)
            except SolveError as error:
                made.reason[first] = INFEASIBLE if isinstance(error, InfeasibleError) else UNSOLVED
                pending = rest
                continue
            made.cost[first], made.measure[first] = (
                self.problem.cost @ found.x,
                self.measure @ found.x,
            )
            factor = _Factor.of(self.tilted, found.basis)
            left = np.concatenate([self._try(directions, rest[:CHUNK], factor, made), rest[CHUNK:]])
            if factor is not None and other is not None and factor.optimal(other, self.vertex.at):
                firm[np.setdiff1d(pending, left)] = True
            pending = left
        return made, firm

    def _try(
        self, all_of: Directions, chosen: Ints, factor: _Factor | None, made: Derivatives
    ) -> Ints:
        """Fill in the directions along which the basis stays feasible; return the others."""
        if factor is None or not len(chosen):
            return chosen
        # rows off the basis follow their changed limit, as columns at a moved upper limit do
        kept = factor.basis.rows != _BASIC
        moved = self._moved(factor)
        # as many right-hand sides at once as memory allows: one factorisation serves them all
        size = int(np.clip(MOST // len(moved), 1, CHUNK))
        left = []
        for begin in range(0, len(chosen), size):
            block = chosen[begin : begin + size]
            rows = all_of.rows[:, block].toarray()
            upper = all_of.upper[:, block].toarray()
            lifted = np.where(moved[:, None], upper, 0.0)
            demand = np.where(kept[:, None], rows, 0.0)
            if lifted.any():
                demand -= self.problem.matrix @ lifted
            dz = factor.lu.solve(demand)
            x = dz[: len(factor.columns)]
            r = dz[len(factor.columns) :]
            # a direction along which a basic variable leaves its limit needs another basis
            good = self._within(factor, x, r, rows, upper)
            for values, weight in ((made.cost, self.problem.cost), (made.measure, self.measure)):
                change = (weight[factor.columns, None] * x).sum(axis=0) + (
                    weight[:, None] * lifted
                ).sum(axis=0)
                values[block[good]] = change[good]
            left.append(block[~good])
        return np.concatenate(left)

    def _moved(self, factor: _Factor) -> Bools:
        """Columns off the basis that follow their upper limit: those at it; where both limits meet,
        those that gain.
        """
        # a fixed column stands at both limits: its reduced cost says which one holds it
        off = factor.basis.columns != _BASIC
        reduced = factor.duals(self.tilted)[0]
        moved: Bools = off & np.where(
            self.vertex.at.low & self.vertex.at.high, reduced < 0, self.vertex.at.high
        )
        return moved

    def _within(self, factor: _Factor, x: Floats, r: Floats, rows: Floats, upper: Floats) -> Bools:
        """Whether what stands at a limit stays within it, by direction."""
        at = self.vertex.at
        j = factor.columns
        i = factor.rows
        worst = np.zeros(x.shape[1])
        # only limits that are met can be broken by an infinitely small step
        for gap in (
            -x[at.low[j]],
            x[at.high[j]] - upper[j[at.high[j]]],
            rows[i[at.row_low[i]]] - r[at.row_low[i]],
            r[at.row_high[i]] - rows[i[at.row_high[i]]],
        ):
            worst = np.maximum(worst, gap.max(axis=0, initial=0.0))
        within: Bools = worst <= FEASIBLE * (1.0 + np.abs(x).max(axis=0, initial=0.0))
        return within

    def _ways(self, directions: Directions, k: int) -> Problem:
        """Return the problem of directions for direction `k`."""
        rows = directions.rows[:, [k]].toarray()[:, 0]
        upper = directions.upper[:, [k]].toarray()[:, 0]
        at = self.vertex.at
        return replace(
            self.tilted,
            # directions that keep within the limits that the optimum stands at; all others are free
            lower=np.where(at.low, 0.0, -np.inf),
            upper=np.where(at.high, upper, np.inf),
            row_lower=np.where(at.row_low, rows, -np.inf),
            row_upper=np.where(at.row_high, rows, np.inf),
            offset=0.0,
        )
