"""Products and solutions whose last digit does not depend on the processor.

A BLAS library adds in an order that suits the processor: `a @ b` differs in the last digit between
two machines, and among plans of equal cost a solver then takes another one. What enters a problem
is therefore added in one order everywhere: products by `einsum`, which has one kernel for all
processors of a family, and linear systems by a sparse elimination of our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
import scipy.sparse as sp

from suandian.model.grid import Floats

# A pivot below this part of its row would let rounding errors grow.
_LEAST_PIVOT = 1e-3

_Sparse = sp.csr_array | sp.coo_array
# A sparse row: column → value.
_Row = dict[int, float]


def product(left: Floats, right: Floats) -> Floats:
    """Return `left @ right` for a `right` of one or two dimensions, added in a fixed order.

    Examples
    --------
    >>> product(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, -1.0]))
    array([-1., -1.])
    """
    indices = "...j,j->..." if np.ndim(right) == 1 else "...j,jk->...k"
    return np.asarray(np.einsum(indices, left, right))


def solve(matrix: _Sparse, right: Floats) -> Floats:
    """Return x with `matrix`·x = `right`, (n,) or (n, many), by `Factors`.

    Examples
    --------
    >>> solve(sp.csr_array([[2.0, 0.0], [1.0, 4.0]]), np.array([2.0, 9.0]))
    array([1., 2.])
    """
    return Factors.of(matrix).solve(right)


@dataclass(frozen=True)
class Factors:
    """L·U of a sparse matrix, its rows taken in `order`: `lower[i]` holds the factors by which row
    i was taken off the later ones, `upper[i]` what was left of row i beside its pivot.
    """

    order: list[int]
    lower: list[_Row]
    upper: list[_Row]
    pivot: list[float]

    @classmethod
    def of(cls, matrix: _Sparse) -> Factors:
        """Return the factors of a square matrix whose diagonal can be its pivots, as in a grid's
        nodal matrix: rows of least degree first (Tinney and Walker 1967, scheme 2).

        Raises
        ------
        numpy.linalg.LinAlgError
            If the matrix is singular.
        """
        rows, columns = _rows(matrix)
        factors = cls(
            [],
            [{} for _ in rows],
            rows,
            [0.0] * len(rows),
        )
        queue = [(len(row), i) for i, row in enumerate(rows)]
        heapify(queue)
        done = [False] * len(rows)
        poor: list[int] = []
        while len(factors.order) < len(rows):
            # What had no sound pivot at its turn is tried again when nothing better waits.
            i = heappop(queue)[1] if queue else poor.pop(0)
            if done[i]:
                continue
            if queue and not _sound(rows[i], i):
                poor.append(i)
                continue
            done[i] = True
            factors._eliminate(i, columns)
            for j in factors.upper[i]:
                heappush(queue, (len(rows[j]), j))
        return factors

    def _eliminate(self, i: int, columns: list[set[int]]) -> None:
        row = self.upper[i]
        pivot = row.pop(i, 0.0)
        if pivot == 0.0:
            raise np.linalg.LinAlgError("singular matrix")
        self.order.append(i)
        self.pivot[i] = pivot
        columns[i].discard(i)
        for j in row:
            columns[j].discard(i)
        for k in sorted(columns[i]):
            other = self.upper[k]
            factor = other.pop(i) / pivot
            self.lower[i][k] = factor
            for j, value in row.items():
                if j not in other:
                    columns[j].add(k)
                other[j] = other.get(j, 0.0) - factor * value

    def solve(self, right: Floats) -> Floats:
        """Return x (n,) or (n, many) for right-hand sides of that shape."""
        x = np.array(right, dtype=np.float64)
        # L·z = b: a row is final when its turn comes, and then acts on the later ones.
        for i in self.order:
            for k, factor in self.lower[i].items():
                x[k] -= factor * x[i]
        # U·x = z, from the last row back.
        for i in reversed(self.order):
            for j, value in self.upper[i].items():
                x[i] -= value * x[j]
            x[i] /= self.pivot[i]
        return x


def _rows(matrix: _Sparse) -> tuple[list[_Row], list[set[int]]]:
    """Return the matrix by rows, and by columns the rows that have an entry there."""
    entries = matrix.tocsr().tocoo()
    entries.eliminate_zeros()
    rows: list[_Row] = [{} for _ in range(entries.shape[0])]
    columns: list[set[int]] = [set() for _ in rows]
    places = zip(
        entries.row.tolist(),
        entries.col.tolist(),
        entries.data.tolist(),
        strict=True,
    )
    for i, j, value in places:
        rows[i][j] = value
        columns[j].add(i)
    return rows, columns


def _sound(row: _Row, i: int) -> bool:
    largest = max(map(abs, row.values()), default=0.0)
    return abs(row.get(i, 0.0)) > _LEAST_PIVOT * largest
