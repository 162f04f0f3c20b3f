"""Warm solves: a carried basis gives the cold optimum; a solve is a function of
(problem, basis).
"""

from dataclasses import replace

import numpy as np
import pytest

from run.scenes import NETWORKS, finished, lively
from suandian.maths.prepared import Prepared
from suandian.maths.solving import solve_window
from suandian.model.hindsight import Hindsight
from suandian.model.view import View
from suandian.policy.outlook import expected, foreseen
from suandian.solve.basis import Basis, Layout, carried
from suandian.solve.highs import solve
from suandian.solve.problem import Builder


def _pair(columns: list[tuple[str, tuple[int, ...]]], rows: list[tuple[str, tuple[int, ...]]]):
    b = Builder()
    for name, shape in columns:
        b.add_columns(name, shape)
    for name, shape in rows:
        b.add_rows(name, shape)
    return b.build()


def test_a_basis_moves_with_its_window() -> None:
    # x: three steps of two, moved on by one: step 3 repeats the last; y is new (at its bound); row
    # r got a third member, new ones are basic; q is gone
    old = _pair([("q", (3, 1)), ("x", (3, 2))], [("r", (3, 2))])
    new = _pair([("x", (3, 2)), ("y", (3, 1))], [("r", (3, 3))])
    basis = Basis(
        np.array([1, 1, 1, 2, 0, 1, 0, 0, 1], np.int8), np.array([0, 1, 2, 1, 0, 0], np.int8)
    )
    made = carried(basis, Layout.of(old), new, shift=1)
    assert made.columns.tolist() == [1, 0, 0, 1, 0, 1, 0, 0, 0]
    assert made.rows.tolist() == [2, 1, 1, 0, 0, 1, 0, 0, 1]
    still = carried(basis, Layout.of(old), new)
    assert still.columns.tolist() == [2, 0, 1, 0, 0, 1, 0, 0, 0]


def test_a_basis_fits_windows_of_other_lengths() -> None:
    old, new = _pair([("x", (2, 1))], []), _pair([("x", (4, 1))], [])
    basis = Basis(np.array([2, 1], np.int8), np.zeros(0, np.int8))
    assert carried(basis, Layout.of(old), new).columns.tolist() == [2, 1, 1, 1]
    assert carried(
        carried(basis, Layout.of(old), new), Layout.of(new), old, 3
    ).columns.tolist() == [1, 1]


@pytest.mark.parametrize("network", NETWORKS)
def test_a_warm_window_has_the_cold_optimum(network) -> None:
    scenario = lively(network=network, steps=18)
    prepared, states = Prepared.of(scenario), finished("joint", network).states
    memory, before = None, 0
    for step in (0, 6, 12):
        window = expected(View.at(scenario, states[step]), 18).window
        cold, warm = (
            solve_window(prepared, window),
            solve_window(prepared, window, memory, step - before),
        )
        assert warm.solution.objective == pytest.approx(cold.solution.objective, rel=1e-9)
        assert warm.solution.certificate.holds
        memory, before = warm.memory, step
        assert solve_window(prepared, window, memory).solution.iterations == 0  # it is used


def test_the_same_problem_and_basis_give_the_same_point_to_the_bit() -> None:
    scenario = lively(steps=18)
    prepared, states = Prepared.of(scenario), finished("joint").states
    first = solve_window(prepared, foreseen(Hindsight.at(scenario, states[0]), 12).window)
    problem = first.compiled.problem
    other = solve_window(prepared, foreseen(Hindsight.at(scenario, states[6]), 12).window)
    for basis in (
        None,
        first.memory.basis,
        carried(other.memory.basis, other.memory.layout, problem),
    ):
        a = solve(problem, basis=basis)
        solve(other.compiled.problem)  # whatever was solved in between
        b = solve(problem, basis=basis)
        assert a.x.tobytes() == b.x.tobytes()
        assert a.row_dual.tobytes() == b.row_dual.tobytes()
        assert a.basis.columns.tobytes() == b.basis.columns.tobytes()
        assert a.iterations == b.iterations


def test_a_basis_of_nonsense_is_repaired_not_believed() -> None:
    scenario = lively(steps=18)
    window = foreseen(Hindsight.at(scenario, finished("joint").states[0]), 12).window
    first = solve_window(Prepared.of(scenario), window)
    rng, memory = np.random.default_rng(0), first.memory
    for _ in range(3):
        wild = Basis(
            rng.integers(0, 3, len(memory.basis.columns)).astype(np.int8),
            rng.integers(0, 3, len(memory.basis.rows)).astype(np.int8),
        )
        again = solve_window(Prepared.of(scenario), window, replace(memory, basis=wild))
        assert again.solution.objective == pytest.approx(first.solution.objective, rel=1e-9)
