"""A problem over many steps, split in time: parts that are solved apart, and put together again.

Families of columns and rows are laid out (steps, members), and rows of step t hold columns of step
t and, where steps are coupled (levels, queues, ramps), of step t - 1. A part is the rows and
columns of some consecutive steps. The columns of the step before that its first rows hold are its
`before`; those of its own last step that the next part's rows hold are its `handed`. In a part
alone

    min c·x   subject to   r ≤ A x + B b ≤ R,   l ≤ x ≤ u

b is given (`fixed`), or has a price λ and its own limits, and so has what is handed on:

    min c·x - λ·handed + λ'·b   (`priced`)

The sum of the priced parts' optima is a lower bound of the whole for every λ (Lagrangian duality),
and parts that agree on what is handed over make up a point of the whole. Neither has to be
believed: `certify` judges the whole from the joined x and row duals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from suandian.solve.basis import Basis
from suandian.solve.problem import Floats, Ids, Problem, Span

TOTAL = -1  # the step of rows that are sums over all steps
_LOWER = 0
_BASIC = 1


@dataclass(frozen=True, eq=False)
class Split:
    """A problem with the step of each column and row, and its matrix by rows."""

    whole: Problem
    column_step: Ids
    row_step: Ids
    by_row: sp.csr_array

    @classmethod
    def of(cls, whole: Problem) -> Split:
        """Return `whole` ready to be split; all its families must have one first dimension, the
        steps.

        Raises
        ------
        ValueError
            Families differ in their number of steps.
        """
        families = [*whole.columns.values(), *whole.rows.values()]
        steps = {span.shape[0] for span in families if not span.total}
        if len(steps) > 1:
            raise ValueError(
                f"families have {sorted(steps)} steps: this problem cannot be split in time"
            )
        m, n = whole.shape
        return cls(
            whole, _steps(whole.columns, n), _steps(whole.rows, m), sp.csr_array(whole.matrix)
        )

    @property
    def totals(self) -> Ids:
        """Rows of the whole that are sums over all steps."""
        return np.flatnonzero(self.row_step == TOTAL)

    def part(self, first: int, end: int) -> Part:
        """Return the part of steps first … end - 1."""
        whole = self.whole
        rows = np.flatnonzero((self.row_step >= first) & (self.row_step < end))
        columns = np.flatnonzero((self.column_step >= first) & (self.column_step < end))
        place = np.full(whole.shape[1], -1, dtype=np.int64)
        place[columns] = np.arange(len(columns))
        block = self.by_row[rows]
        at = place[block.indices]
        mine = at >= 0
        row = np.repeat(np.arange(len(rows)), np.diff(block.indptr))
        before, where = np.unique(block.indices[~mine], return_inverse=True)
        own = sp.csc_array(
            (block.data[mine], (row[mine], at[mine])), shape=(len(rows), len(columns))
        )
        reach = sp.csc_array(
            (block.data[~mine], (row[~mine], where)), shape=(len(rows), len(before))
        )
        problem = Problem(
            cost=whole.cost[columns],
            lower=whole.lower[columns],
            upper=whole.upper[columns],
            row_lower=whole.row_lower[rows],
            row_upper=whole.row_upper[rows],
            matrix=own,
            offset=0.0,
            columns=_spans(whole.columns, first, end),
            rows=_spans(whole.rows, first, end),
        )
        total = self.by_row[self.totals][:, columns]
        return Part(
            problem, rows, columns, np.asarray(before, dtype=np.int64), reach, sp.csr_array(total)
        )

    def handed(self, end: int) -> Ids:
        """Return the columns of step end - 1 that rows of step `end` hold."""
        rows = np.flatnonzero(self.row_step == end)
        held = np.unique(self.by_row[rows].indices)
        return np.asarray(held[self.column_step[held] == end - 1], dtype=np.int64)

    def price(self, handed: Ids, row_dual: Floats) -> Floats:
        """Return what the rows of the next step pay for one more of each of `handed`: Σ_i
        a[i,j]·y[i].
        """
        step = int(self.column_step[handed[0]]) + 1 if len(handed) else 0
        rows = np.flatnonzero(self.row_step == step)
        return np.asarray(self.by_row[rows][:, handed].T @ row_dual[rows])


@dataclass(frozen=True, eq=False)
class Part:
    """Some steps of a whole: its problem, which rows and columns of the whole it has, and what it
    takes over.

    `before` are columns of the whole in the step before, `reach` (rows, before) their coefficients;
    `total` (totals, columns) what its columns add to the sums of the whole.
    """

    problem: Problem
    rows: Ids
    columns: Ids
    before: Ids
    reach: sp.csc_array
    total: sp.csr_array

    def local(self, columns: Ids) -> Ids:
        """Return the positions of columns of the whole in this part."""
        return np.searchsorted(self.columns, columns)

    def fixed(self, before: Floats) -> Part:
        """Return the part with what it takes over given."""
        moved = self.reach @ before
        problem = replace(
            self.problem,
            row_lower=self.problem.row_lower - moved,
            row_upper=self.problem.row_upper - moved,
        )
        return replace(self, problem=problem)

    def held(self, columns: Ids, low: Floats, high: Floats) -> Part:
        """Return the part with other limits of some columns of the whole."""
        at = self.local(columns)
        lower = self.problem.lower.copy()
        upper = self.problem.upper.copy()
        lower[at], upper[at] = low, high
        return replace(self, problem=replace(self.problem, lower=lower, upper=upper))

    def paid(self, columns: Ids, price: Floats) -> Part:
        """Return the part with `price` less cost of some columns of the whole: what it gets for
        handing them on.
        """
        cost = self.problem.cost.copy()
        cost[self.local(columns)] -= price
        return replace(self, problem=replace(self.problem, cost=cost))

    def charged(self, price: Floats) -> Part:
        """Return the part with `price` (totals,) less cost for what it adds to the sums of the
        whole.
        """
        if not len(price):
            return self
        own = self.total.shape[1]
        cost = self.problem.cost.copy()
        cost[:own] -= self.total.T @ price
        return replace(self, problem=replace(self.problem, cost=cost))

    def priced(self, whole: Problem, price: Floats) -> Part:
        """Return the part with what it takes over as columns of its own, after the others, at
        `price`.
        """
        old = self.problem
        extra = len(self.before)
        problem = replace(
            old,
            cost=np.append(old.cost, price),
            lower=np.append(old.lower, whole.lower[self.before]),
            upper=np.append(old.upper, whole.upper[self.before]),
            matrix=sp.csc_array(sp.hstack([old.matrix, self.reach], format="csc")),
            columns={**old.columns, "before": Span(len(old.cost), (extra,), "")},
        )
        return replace(self, problem=problem)

    def basis(self, of: Part, status: Basis) -> Basis:
        """Return a basis for this part from `status` of another part that shares rows
        and columns.
        """
        columns = np.full(self.problem.shape[1], _LOWER, dtype=np.int8)
        rows = np.full(self.problem.shape[0], _BASIC, dtype=np.int8)
        for made, mine, theirs, source in (
            (columns, self.columns, of.columns, status.columns),
            (rows, self.rows, of.rows, status.rows),
        ):
            at = np.minimum(np.searchsorted(theirs, mine), len(theirs) - 1)
            shared = theirs[at] == mine
            made[: len(mine)][shared] = source[at[shared]]
        return Basis(columns, rows)


def _steps(spans: dict[str, Span], size: int) -> Ids:
    made = np.zeros(size, dtype=np.int64)
    for span in spans.values():
        step = np.arange(span.shape[0]).repeat(span.size // max(span.shape[0], 1))
        made[span.start : span.start + span.size] = TOTAL if span.total else step
    return made


def _spans(spans: dict[str, Span], first: int, end: int) -> dict[str, Span]:
    made = {}
    start = 0
    for name, span in spans.items():
        if span.total:
            continue
        made[name] = Span(start, (end - first, *span.shape[1:]), span.unit)
        start += made[name].size
    return made
