"""Blended answers of parts against one solve of the whole."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from suandian.model.issues import InfeasibleError
from suandian.solve.blend import ENOUGH, Sums, blended


class Boxes:
    """Parts min c·x over 0 ≤ x ≤ 1 with Σ x = k: each answered by sorting."""

    def __init__(self, rng: np.random.Generator, parts: int, size: int, sums: int) -> None:
        self.cost = [rng.uniform(1, 10, size) for _ in range(parts)]
        self.adds = [sp.csr_array(rng.uniform(0, 5, (sums, size))) for _ in range(parts)]
        self.k = size // 2

    def ask(self, price: np.ndarray) -> list[np.ndarray]:
        out = []
        for c, a in zip(self.cost, self.adds, strict=True):
            x = np.zeros(len(c))
            x[np.argsort(c - a.T @ price)[: self.k]] = 1.0
            out.append(x)
        return out

    def whole(self, lower: np.ndarray) -> float | None:
        parts, size = len(self.cost), len(self.cost[0])
        found = linprog(
            np.concatenate(self.cost),
            -np.hstack([a.toarray() for a in self.adds]),
            -lower,
            np.kron(np.eye(parts), np.ones(size)),
            np.full(parts, self.k),
            (0, 1),
        )
        return None if found.status == 2 else float(found.fun)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    parts=st.integers(1, 6),
    sums=st.integers(1, 3),
    asked=st.floats(0.5, 1.4),
)
def test_the_mix_keeps_every_limit_at_the_cost_of_one_solve_or_none_can(
    seed: int, parts: int, sums: int, asked: float
) -> None:
    rng = np.random.default_rng(seed)
    boxes = Boxes(rng, parts, 12, sums)
    free = boxes.ask(np.zeros(sums))
    lower = asked * sum(a @ x for a, x in zip(boxes.adds, free, strict=True))
    best = boxes.whole(lower)
    limits = Sums(
        boxes.cost, boxes.adds, lower, np.full(sums, np.inf), [f"sum {i}" for i in range(sums)]
    )
    if best is None:
        with pytest.raises(InfeasibleError, match=r"sum . misses by"):
            blended(limits, boxes.ask, np.zeros(sums))
        return
    mix = blended(limits, boxes.ask, np.zeros(sums))
    kept = sum(a @ x for a, x in zip(boxes.adds, mix.x, strict=True))
    assert (kept >= lower * (1 - 1e-6) - 1e-6).all()
    cost = sum(float(c @ x) for c, x in zip(boxes.cost, mix.x, strict=True))
    assert best * (1 - 1e-6) <= cost <= best * (1 + 2 * ENOUGH) + 1e-6
    for x in mix.x:
        assert x.sum() == pytest.approx(boxes.k) and x.min() >= -1e-9 and x.max() <= 1 + 1e-9


def test_upper_limits_have_negative_prices() -> None:
    boxes = Boxes(np.random.default_rng(1), 3, 12, 1)
    boxes.cost = [-c for c in boxes.cost]
    most = 0.7 * sum(a @ x for a, x in zip(boxes.adds, boxes.ask(np.zeros(1)), strict=True))
    mix = blended(
        Sums(boxes.cost, boxes.adds, np.full(1, -np.inf), most, ["cap"]), boxes.ask, np.zeros(1)
    )
    assert sum(a @ x for a, x in zip(boxes.adds, mix.x, strict=True)) <= most * (1 + 1e-6)
    assert mix.price[0] < 0


def test_a_bound_pays_lower_limits_by_prices_above_nothing_and_upper_ones_below() -> None:
    # one part, x in 0..1 at cost 2, that adds x to both sums; at prices (5, -1) its rest costs
    # 2 - 5 + 1 = -2, and it answers 1: 5·0.5 - 1·0.8 - 2
    adds = [sp.csr_array(np.ones((2, 1)))]
    sums = Sums(
        [np.array([2.0])], adds, np.array([0.5, -np.inf]), np.array([np.inf, 0.8]), ["a", "b"]
    )
    assert sums.least(np.array([5.0, -1.0]), [np.ones(1)]) == pytest.approx(-0.3)
    # a price of nothing asks for no limit, though it is infinite
    assert sums.least(np.array([5.0, 0.0]), [np.ones(1)]) == pytest.approx(5 * 0.5 - 3)


def test_a_mix_of_two_answers_meets_a_limit_between_them() -> None:
    # nobody answers 0.25 at any price: 0 below a price of 2, 1 above; a quarter of each does
    sums = Sums(
        [np.array([2.0])],
        [sp.csr_array(np.ones((1, 1)))],
        np.array([0.25]),
        np.array([np.inf]),
        ["a"],
    )
    mix = blended(sums, lambda price: [np.array([float(price[0] > 2.0)])], np.zeros(1))
    assert mix.x[0] == pytest.approx([0.25])
    assert mix.cost == pytest.approx(0.5)
