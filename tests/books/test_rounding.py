"""The spanning forest takes up the rounding: in = out at each bus to the Wh, on any graph."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from small import make_grid
from suandian.books.rounding import Tree
from suandian.model.grid import Grid


@st.composite
def graphs(draw: st.DrawFn, connected: bool = True) -> Grid:
    """A graph of 1 to 12 buses, with parallel lines and loops; each bus but the first hangs on an
    earlier one.
    """
    n = draw(st.integers(1, 12))
    tree = [
        (draw(st.integers(0, i - 1)), i) for i in range(1, n) if connected or draw(st.booleans())
    ]
    pair = st.lists(st.integers(0, n - 1), min_size=2, max_size=2, unique=True).map(tuple)
    more = draw(st.lists(pair, max_size=8)) if n > 1 else []
    lines = [(a, b) if draw(st.booleans()) else (b, a) for a, b in tree + more]
    return make_grid(n, [(a, b, 1.0) for a, b in draw(st.permutations(lines))])


def _left(grid: Grid, surplus: np.ndarray, lines: np.ndarray) -> np.ndarray:
    left = surplus.copy()
    np.subtract.at(left, grid.lines.from_bus, lines)
    np.add.at(left, grid.lines.to_bus, lines)
    return left


@given(st.data(), st.booleans())
@settings(deadline=None, max_examples=60)
def test_in_is_out_at_every_bus_and_the_residual_is_on_the_roots(data, connected) -> None:
    grid = data.draw(graphs(connected))
    whole = st.integers(-(10**9), 10**9)
    surplus = np.array(
        data.draw(st.lists(whole, min_size=len(grid.buses), max_size=len(grid.buses))),
        dtype=np.int64,
    )
    flows = np.array(
        data.draw(st.lists(whole, min_size=len(grid.lines), max_size=len(grid.lines))),
        dtype=np.int64,
    )
    tree = Tree.of(grid)
    before = flows.copy()
    lines, residual = tree.balanced(surplus, flows, grid)
    left = _left(grid, surplus, lines)
    assert left[tree.roots].tolist() == residual.tolist()
    assert np.delete(left, tree.roots).tolist() == [0] * (len(grid.buses) - len(tree.roots))
    off = np.setdiff1d(np.arange(len(grid.lines)), tree.line)
    assert lines[off].tolist() == before[off].tolist()
    assert flows.tolist() == before.tolist()  # the caller's array is left alone
    assert residual.sum() == surplus.sum()
    assert lines.dtype == residual.dtype == np.int64


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_flows_that_balance_in_megawatts_are_moved_by_roundings_only(data) -> None:
    grid = data.draw(graphs())
    size = len(grid.lines)
    flow = np.array(data.draw(st.lists(st.floats(-1e9, 1e9), min_size=size, max_size=size)))
    injection = -_left(grid, np.zeros(len(grid.buses)), flow)
    lines, residual = Tree.of(grid).balanced(
        np.rint(injection).astype(np.int64), np.rint(flow).astype(np.int64), grid
    )
    most = 0.5 * (len(grid.buses) + size) + 1e-3  # half a Wh for each thing that was rounded
    assert np.abs(lines - flow).max(initial=0) <= most
    assert np.abs(residual).max() <= most


def test_a_triangle_by_hand() -> None:
    # bus 0 puts in 100, bus 2 takes 99: line 1 (off the tree) keeps 33; 1→2 carries what comes over
    # 0→1; 1 is left
    grid = make_grid(3, [(0, 2, 9.0), (1, 2, 9.0), (0, 1, 9.0)])
    tree = Tree.of(grid)
    assert (tree.line.tolist(), tree.roots.tolist()) == ([2, 0], [0])
    lines, residual = tree.balanced(np.array([100, 0, -99]), np.array([66, 33, 33]), grid)
    assert lines.tolist() == [66, 33, 33]
    assert residual.tolist() == [1]


def test_each_island_has_its_root() -> None:
    grid = make_grid(4, [(0, 2, 9.0), (3, 1, 9.0)])
    lines, residual = Tree.of(grid).balanced(np.array([5, 7, -4, -7]), np.zeros(2, np.int64), grid)
    assert lines.tolist() == [4, -7]
    assert residual.tolist() == [1, 0]
