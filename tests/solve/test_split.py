"""Splitting in time: parts are the whole's rows and columns, and what they hand over joins them
again.
"""

import numpy as np
import pytest

from suandian.solve.certificate import certify
from suandian.solve.highs import solve
from suandian.solve.problem import Builder, Problem
from suandian.solve.split import Split


def store(prices: list[float], room: float = 2.0) -> Problem:
    """A store of `room` that buys at most 1 a step at `prices` and must give 1 in the last step."""
    steps = len(prices)
    b = Builder()
    buy = b.add_columns("buy", (steps, 1), 0.0, 1.0, np.array(prices)[:, None])
    level = b.add_columns("level", (steps, 1), 0.0, room)
    need = np.zeros((steps, 1))
    need[-1] = 1.0
    rows = b.add_rows("level", (steps, 1), -need, -need)
    b.add_entries(rows, level, 1.0)
    b.add_entries(rows[1:], level[:-1], -1.0)
    b.add_entries(rows, buy, -1.0)
    return b.build()


def test_a_part_has_its_rows_and_columns_and_names_what_it_takes_over_and_hands_on() -> None:
    split = Split.of(store([5.0, 1.0, 4.0, 9.0]))
    part = split.part(2, 4)
    assert part.columns.tolist() == [2, 3, 6, 7] and part.rows.tolist() == [2, 3]
    assert part.before.tolist() == [5] == split.handed(2).tolist()
    assert part.reach.toarray().tolist() == [[-1.0], [0.0]]
    assert part.problem.columns["level"].ids().ravel().tolist() == [2, 3]


def test_fixed_parts_make_the_plan_and_priced_ones_the_bound() -> None:
    whole = store([5.0, 1.0, 4.0, 9.0])
    split = Split.of(whole)
    first, last = split.part(0, 2), split.part(2, 4)
    handed = split.handed(2)
    x = np.zeros(8)
    x[first.columns] = solve(
        first.held(handed, np.ones(1), np.ones(1)).problem
    ).x  # buys 1 at the price of 1
    after = solve(last.fixed(np.ones(1)).problem)
    x[last.columns] = after.x
    assert whole.cost @ x == pytest.approx(1.0)
    for price in (0.0, 1.0, 2.5, 6.0):  # what is in store at the hand-over is worth so much
        below = solve(first.paid(handed, np.full(1, price)).problem)
        free = solve(last.priced(whole, np.full(1, price)).problem)
        y = np.zeros(4)
        y[first.rows], y[last.rows] = below.row_dual, free.row_dual
        bound = certify(whole, x, y).bound
        assert below.objective + free.objective <= bound + 1e-9 <= 1.0 + 2e-9
    assert bound < 1.0  # the last price is wrong, and only proves less
    assert split.price(handed, solve(whole).row_dual) == pytest.approx(1.0)


def test_a_basis_passes_between_parts_that_share_steps() -> None:
    split = Split.of(store([5.0, 1.0, 4.0, 9.0, 2.0, 7.0]))
    wide, core = split.part(0, 5), split.part(1, 4)
    found = solve(wide.problem)
    assert found.basis is not None
    made = core.basis(wide, found.basis)
    assert made.rows.tolist() == found.basis.rows[1:4].tolist()
    assert made.columns.tolist() == found.basis.columns[[1, 2, 3, 6, 7, 8]].tolist()


def test_families_of_other_lengths_are_refused() -> None:
    b = Builder()
    b.add_columns("x", (3, 1))
    b.add_columns("peak", (1, 1))
    with pytest.raises(ValueError, match=r"\[1, 3\] steps"):
        Split.of(b.build())


def test_what_a_part_adds_to_the_sums_is_paid_for() -> None:
    # a sum over all steps: at least 3 bought; at a price of 4 each buying costs 4 less
    b = Builder()
    buy = b.add_columns("buy", (4, 1), 0.0, 1.0, np.array([[5.0], [1.0], [4.0], [9.0]]))
    total = b.add_total_rows("total", 1, 3.0)
    b.add_entries(np.broadcast_to(total, (4, 1)), buy, 1.0)
    part = Split.of(b.build()).part(1, 3)
    assert part.charged(np.array([4.0])).problem.cost.tolist() == [-3.0, 0.0]
    assert part.charged(np.zeros(0)) is part
