"""Elastic jobs: against every choice there is, and what a wish must be."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.jobs.elastic import scaled
from suandian.jobs.events.batch import Batch
from suandian.jobs.prefix import prefix

LINEAR, FALLING = np.array([1.0, 2.0]), np.array([1.0, 1.9, 2.7])


def one(length: int, slack: int, submit: int = 0) -> Batch:
    whole = lambda value: np.array([value])  # noqa: E731
    return Batch(
        whole(submit),
        whole(length),
        np.ones(1),
        whole(submit + length + slack),
        whole(0),
        whole(0),
        np.zeros(1),
    )


@given(
    st.lists(st.integers(1, 30), min_size=4, max_size=5),
    st.integers(1, 3),
    st.sampled_from([LINEAR, FALLING]),
)
@settings(max_examples=60, deadline=None)
def test_whole_steps_cost_what_the_best_choice_costs(values, hours, throughput) -> None:
    # with linear throughput and whole steps, the greedy choice is optimal; else it is no dearer
    # than the job at home
    jobs = one(60 * hours, 60 * (len(values) - hours))
    signal = prefix(np.array(values, dtype=float)[:, None], 0, 60)
    wish = scaled(jobs, throughput, signal, np.array([9.0]))
    step = wish.begin // 60
    ours = sum(
        signal.value[0, k] * width * (min(end, 60 * k + 60) - max(begin, 60 * k))
        for begin, length, width in zip(wish.begin, wish.length, wish.width, strict=True)
        for end in [begin + length]
        for k in range(begin // 60, -(-end // 60))
    )
    assert (step >= 0).all()
    at_once = 60 * sum(values[:hours])
    assert ours <= at_once + 1e-9
    if throughput is LINEAR:
        best = min(
            60 * sum(v * k for v, k in zip(values, levels, strict=True))
            for levels in product(range(3), repeat=len(values))
            if sum(levels) == hours
        )
        assert ours == pytest.approx(best)


@given(st.integers(1, 300), st.integers(0, 400), st.integers(0, 90), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_pieces_do_the_work_in_time_one_after_the_other(length, slack, submit, seed) -> None:
    jobs = one(length, slack, submit)
    values = np.random.default_rng(seed).uniform(-5, 50, (40, 1))
    wish = scaled(jobs, FALLING, prefix(values, 0, 30), np.array([2.5]))
    end = wish.begin + wish.length
    assert wish.begin[0] >= submit
    assert end[-1] <= jobs.due[0]
    assert (wish.begin[1:] >= end[:-1]).all()
    assert set(wish.width.tolist()) <= {1.0, 2.0}  # three times the width has no room
    done = (wish.length * FALLING[wish.width.astype(int) - 1]).sum()
    assert length - 1e-6 <= done < length + FALLING[1]


@pytest.mark.parametrize("bad", [[0.9, 1.5], [1.0, 1.5, 2.2], [1.0, 1.0]])
def test_throughput_that_is_none_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="rise by ever less"):
        scaled(one(10, 10), np.array(bad), prefix(np.ones((9, 1)), 0, 30), np.ones(1))
