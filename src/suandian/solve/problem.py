"""An optimisation problem as arrays, and the builder that blocks write into.

minimise    offset + cost·x
subject to  row_lower ≤ A x ≤ row_upper,  lower ≤ x ≤ upper
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int32]  # as the solver wants them


@dataclass(frozen=True)
class Span:
    """Where a named family of columns or rows lies: first index, shape, and the unit of one value.

    The first dimension of a family is the steps, unless it is a `total` over all of them.
    """

    start: int
    shape: tuple[int, ...]
    unit: str
    total: bool = False

    @property
    def size(self) -> int:
        """Number of members."""
        return math.prod(self.shape)

    def ids(self) -> Ids:
        """Return the indices in the family's shape."""
        return np.arange(self.start, self.start + self.size, dtype=np.int64).reshape(self.shape)

    def of(self, vector: Floats) -> Floats:
        """Return this family's part of a vector in the family's shape."""
        return vector[self.start : self.start + self.size].reshape(self.shape)


@dataclass(frozen=True, eq=False)
class Problem:
    """A linear problem (see the module's equations).

    `integrality` (columns,) marks columns that must be whole numbers; None where there are none.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    matrix: Any
    offset: float
    columns: dict[str, Span]
    rows: dict[str, Span]
    integrality: Flags | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return len(self.row_lower), len(self.cost)


class Builder:
    """Collects columns, rows and coefficients of one problem, vectorised.

    Examples
    --------
    >>> b = Builder()
    >>> x = b.add_columns("x", (2,), lower=0.0, upper=4.0, cost=[1.0, 2.0])
    >>> r = b.add_rows("need", (1,), lower=5.0)
    >>> b.add_entries(r, x, 1.0)
    >>> b.build().shape
    (1, 2)
    """

    def __init__(self) -> None:
        self._columns: dict[str, Span] = {}
        self._rows: dict[str, Span] = {}
        self._n = 0
        self._m = 0
        self._vectors: dict[str, list[Floats]] = {
            k: [] for k in ("lower", "upper", "cost", "row_lower", "row_upper")
        }
        self._entries: list[tuple[Places, Places, Floats]] = []
        self._added: list[tuple[Places, Floats]] = []
        self._integer: list[Span] = []
        self.offset = 0.0

    @property
    def columns(self) -> Mapping[str, Span]:
        """The families of columns so far, by name."""
        return self._columns

    @property
    def rows(self) -> Mapping[str, Span]:
        """The families of rows so far, by name."""
        return self._rows

    def name_of(self, column: int) -> str:
        """Return the family that a column belongs to."""
        for name, span in self._columns.items():
            if span.start <= column < span.start + span.size:
                return name
        raise LookupError(f"column {column} belongs to no family")

    def add_columns(
        self,
        name: str,
        shape: tuple[int, ...],
        lower: ArrayLike = 0.0,
        upper: ArrayLike = np.inf,
        cost: ArrayLike = 0.0,
        unit: str = "MW",
        integer: bool = False,
    ) -> Ids:
        """Add a family of variables; bounds and costs broadcast to its shape. Returns the column
        indices.
        """
        span = self._claim(self._columns, name, Span(self._n, shape, unit))
        if integer:
            self._integer.append(span)
        self._n += span.size
        for key, value in (("lower", lower), ("upper", upper), ("cost", cost)):
            self._vectors[key].append(_filled(value, shape))
        return span.ids()

    def add_rows(
        self,
        name: str,
        shape: tuple[int, ...],
        lower: ArrayLike = -np.inf,
        upper: ArrayLike = np.inf,
        unit: str = "MW",
    ) -> Ids:
        """Add a family of constraints; limits broadcast to its shape. Returns the row indices."""
        span = self._claim(self._rows, name, Span(self._m, shape, unit))
        self._m += span.size
        self._vectors["row_lower"].append(_filled(lower, shape))
        self._vectors["row_upper"].append(_filled(upper, shape))
        return span.ids()

    def add_total_rows(
        self,
        name: str,
        members: int,
        lower: ArrayLike = -np.inf,
        upper: ArrayLike = np.inf,
        unit: str = "MW",
    ) -> Ids:
        """Add constraints (members,) on sums over all steps. Returns the row indices."""
        rows = self.add_rows(name, (members,), lower, upper, unit)
        self._rows[name] = replace(self._rows[name], total=True)
        return rows

    def add_entries(self, rows: ArrayLike, columns: ArrayLike, values: ArrayLike) -> None:
        """Add coefficients; the three broadcast together, repeated places add up."""
        shape = np.broadcast(rows, columns, values).shape
        self._entries.append(
            (_places(rows, shape), _places(columns, shape), _filled(values, shape))
        )

    def add_cost(self, columns: ArrayLike, values: ArrayLike) -> None:
        """Add to the objective coefficients of existing columns."""
        shape = np.broadcast(columns, values).shape
        self._added.append((_places(columns, shape), _filled(values, shape)))

    def build(self) -> Problem:
        """Return the problem; duplicate coefficients are summed and zeros dropped."""
        joined = {k: np.concatenate(v) if v else np.zeros(0) for k, v in self._vectors.items()}
        for columns, values in self._added:
            np.add.at(joined["cost"], columns, values)
        if self._entries:
            rows, columns, values = (
                np.concatenate(part) for part in zip(*self._entries, strict=True)
            )
        else:
            rows = np.zeros(0, np.int32)
            columns = np.zeros(0, np.int32)
            values = np.zeros(0)
        matrix = sp.coo_array((values, (rows, columns)), shape=(self._m, self._n)).tocsc()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        whole = None
        if self._integer:
            whole = np.zeros(self._n, dtype=np.bool_)
            for span in self._integer:
                whole[span.start : span.start + span.size] = True
        return Problem(
            **joined,
            matrix=matrix,
            offset=self.offset,
            columns=dict(self._columns),
            rows=dict(self._rows),
            integrality=whole,
        )

    @staticmethod
    def _claim(names: dict[str, Span], name: str, span: Span) -> Span:
        if name in names:
            raise ValueError(f"{name!r} was added twice")
        names[name] = span
        return span


def _filled(value: ArrayLike, shape: tuple[int, ...]) -> Floats:
    made = np.empty(shape)
    made[...] = value
    return made.ravel()


def _places(value: ArrayLike, shape: tuple[int, ...]) -> Places:
    made = np.empty(shape, dtype=np.int32)
    made[...] = value
    return made.ravel()
