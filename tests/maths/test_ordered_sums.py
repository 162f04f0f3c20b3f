"""Sums in a fixed order: right, and refused where there is no answer."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from suandian.maths.ordered_sums import Factors, product, solve


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_a_system_without_symmetry_is_solved(n: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    matrix = np.where(draw.random((n, n)) < 0.2, draw.normal(size=(n, n)), 0.0)
    matrix += np.diag(1.0 + np.abs(matrix).sum(axis=1))
    right = draw.normal(size=(n, 3))
    x = solve(sp.csr_array(matrix), right)
    np.testing.assert_allclose(matrix @ x, right, atol=1e-12)
    np.testing.assert_allclose(solve(sp.csr_array(matrix), right[:, 0]), x[:, 0], atol=1e-14)


def test_a_pivot_that_is_zero_at_first_waits_for_its_turn() -> None:
    # the first row has no pivot of its own; once the second is taken off, it has one: -1/2·1
    matrix = np.array([[0.0, 1.0], [1.0, 2.0]])
    x = solve(sp.csr_array(matrix), np.array([3.0, 7.0]))
    np.testing.assert_allclose(x, [1.0, 3.0])


def test_a_path_is_eliminated_without_fill() -> None:
    # a line of 50 buses: from its ends inwards nothing new appears beside the pivots
    path = sp.diags_array(
        [np.full(49, -1.0), np.full(50, 2.1), np.full(49, -1.0)], offsets=(-1, 0, 1)
    )
    factors = Factors.of(path)
    assert sum(map(len, factors.upper)) == 49
    assert sum(map(len, factors.lower)) == 49


def test_a_singular_matrix_is_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        solve(sp.csr_array([[1.0, -1.0], [-1.0, 1.0]]), np.ones(2))


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_a_product_is_the_product(rows: int, inner: int, columns: int) -> None:
    left = np.arange(rows * inner, dtype=float).reshape(rows, inner)
    right = np.arange(inner * columns, dtype=float).reshape(inner, columns)
    assert np.array_equal(product(left, right), left @ right)
    if columns:
        assert np.array_equal(product(left, right[:, 0]), left @ right[:, 0])
