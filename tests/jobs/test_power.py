"""What nodes draw: tick by tick against the kernel of steps, and what must add up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.jobs.events.batch import Runs
from suandian.jobs.power import Level, Nodes, drawn, used

some_runs = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(1, 5)), min_size=1, max_size=12
)


def table(drawn_runs, site: int = 0) -> Runs:
    begin, length, width = np.array(drawn_runs, dtype=np.int64).T
    n = len(begin)
    return Runs(
        np.arange(n),
        np.full(n, site),
        begin,
        begin + length,
        width * 0.5,
        np.ones(n),
        np.zeros(n, np.int64),
    )


def by_tick(level: Level, ticks: int) -> np.ndarray:
    out = np.zeros(ticks)
    for value, low, high in zip(level.value, level.edge[:-1], level.edge[1:], strict=True):
        out[low:high] = value
    return out


@given(some_runs, st.integers(0, 15))
@settings(deadline=None)
def test_nodes_stay_on_for_as_long_as_they_are_held(runs, hold) -> None:
    level = used(table(runs), 0)
    load = by_tick(level, 100)
    plain = np.zeros(100)
    for begin, length, width in runs:
        plain[begin : begin + length] += 0.5 * width
    assert load == pytest.approx(plain)
    nodes = Nodes(width=2.0, idle_kw=0.3, kw_per_width=0.1, hold=hold, wake_kwh=0.7)
    made = drawn(level, nodes, 60.0)
    needed = np.ceil(plain / 2.0)
    on = np.array([needed[max(0, t - hold) : t + 1].max() for t in range(100)])
    assert by_tick(made.on, 100).tolist() == on.tolist()
    wakes = np.maximum(np.diff(on, prepend=0.0), 0.0).sum()
    assert made.wakes == wakes
    assert made.kwh == pytest.approx((plain.sum() * 0.1 + on.sum() * 0.3) / 60 + wakes * 0.7)


@given(some_runs, st.integers(1, 9))
@settings(deadline=None)
def test_means_of_steps_are_those_of_their_ticks(runs, step) -> None:
    level = used(table(runs), 0)
    steps = -(-60 // step)
    plain = by_tick(level, steps * step)
    assert level.over(0, step, steps) == pytest.approx(plain.reshape(steps, step).mean(axis=1))


def test_a_site_where_nothing_ran_draws_nothing() -> None:
    level = used(table([(0, 5, 1)], site=1), 0)
    made = drawn(level, Nodes(1.0, 1.0, 1.0, 10, 1.0))
    assert (made.kwh, made.wakes, level.over(0, 10, 3).tolist()) == (0.0, 0, [0, 0, 0])
