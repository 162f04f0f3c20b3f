"""Whole nodes, first come first served: by hand, and against a plain list of nodes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.jobs.nodes import first_come, spread


def test_a_job_waits_for_the_node_that_is_free_first() -> None:
    # nodes are busy until 10 and 4; the third job gets the second node, the fourth waits for it
    # again
    submit, length = np.array([0, 0, 1, 2]), np.array([10, 4, 3, 1])
    assert first_come(submit, length, 2).tolist() == [0, 0, 4, 7]
    assert first_come(submit, length, 4).tolist() == [0, 0, 1, 2]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="must be a node"):
        first_come(np.zeros(1), np.ones(1), 0)
    with pytest.raises(ValueError, match="order of submission"):
        first_come(np.array([2, 1]), np.ones(2), 1)


@settings(max_examples=60, deadline=None)
@given(
    jobs=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), min_size=1, max_size=40),
    nodes=st.integers(1, 6),
)
def test_starts_are_those_of_a_plain_list_of_nodes(jobs: list[tuple[int, int]], nodes: int) -> None:
    submit = np.sort([s for s, _ in jobs])
    length = np.array([n for _, n in jobs])
    start, free = first_come(submit, length, nodes), [0] * nodes
    for j in range(len(jobs)):
        node = free.index(min(free))
        assert start[j] == max(free[node], submit[j])
        free[node] = int(start[j] + length[j])
    running = [(int(((start <= t) & (t < start + length)).sum())) for t in range(200)]
    assert max(running) <= nodes


@settings(max_examples=60, deadline=None)
@given(
    runs=st.lists(
        st.tuples(st.integers(0, 100), st.integers(0, 50), st.integers(0, 9)),
        min_size=1,
        max_size=20,
    ),
    step=st.integers(1, 30),
)
def test_what_is_spread_over_steps_is_all_there_tick_by_tick(
    runs: list[tuple[int, int, int]], step: int
) -> None:
    begin, length, value = (np.array(column) for column in zip(*runs, strict=True))
    count = 150 // step + 1
    ticks = np.zeros(count * step)
    for b, n, v in runs:
        ticks[b : b + n] += v
    made = spread(begin, length, value.astype(float), step, count)
    assert made == pytest.approx(ticks.reshape(count, step).sum(axis=1))
    assert made.sum() == pytest.approx((length * value).sum())
