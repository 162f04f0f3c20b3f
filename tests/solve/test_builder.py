"""The builder puts numbers where they were meant to go."""

import numpy as np
import pytest

from suandian.solve.problem import Builder


def test_families_lie_one_after_the_other() -> None:
    b = Builder()
    x = b.add_columns("x", (2, 3), lower=-1.0, upper=[1.0, 2.0, 3.0], cost=5.0, unit="MWh")
    y = b.add_columns("y", (2,))
    r = b.add_rows("r", (2,), lower=[0.0, 1.0])
    b.add_entries(r[:, None], x, [[1, 2, 3], [4, 5, 0]])
    b.add_entries(r, y, 1.0)
    b.add_entries(r[0], y[0], 0.5)  # the same place again: it adds up
    b.add_cost(x[:, 0], [1.0, 2.0])
    p = b.build()
    assert (x.tolist(), y.tolist()) == ([[0, 1, 2], [3, 4, 5]], [6, 7])
    assert p.matrix.toarray().tolist() == [[1, 2, 3, 0, 0, 0, 1.5, 0], [0, 0, 0, 4, 5, 0, 0, 1]]
    assert p.matrix.nnz == 7  # the zero is not stored
    assert p.cost.tolist() == [6, 5, 5, 7, 5, 5, 0, 0]
    assert p.upper.tolist() == [1, 2, 3, 1, 2, 3, np.inf, np.inf]
    assert (p.row_lower.tolist(), p.row_upper.tolist()) == ([0, 1], [np.inf, np.inf])
    assert (p.shape, p.columns["x"].unit) == ((2, 8), "MWh")
    assert p.columns["x"].of(np.arange(8.0)).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_name_is_used_once() -> None:
    b = Builder()
    b.add_columns("x", (1,))
    b.add_rows("x", (1,))
    with pytest.raises(ValueError, match="'x' was added twice"):
        b.add_columns("x", (2,))


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        Builder().add_columns("x", (2,), upper=[1.0, 2.0, 3.0])
