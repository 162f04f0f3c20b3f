"""Ordered sets against Python's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.jobs.events import ordered


@given(
    st.integers(1, 70_000).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n - 1), max_size=60))
    )
)
@settings(deadline=None)  # the first call compiles
def test_least_from_here_on_is_that_of_a_set(case) -> None:
    n, numbers = case
    at = ordered.offsets(n)
    words = np.zeros((2, at[-1]), np.uint64)
    members: set[int] = set()
    for i, number in enumerate(numbers):
        if number in members:
            ordered.discard(words, at, 1, number)
            members.remove(number)
        else:
            ordered.add(words, at, 1, number)
            members.add(number)
        probe = numbers[i // 2]
        assert ordered.least(words, at, 1, probe) == min(
            (m for m in members if m >= probe), default=-1
        )
    assert ordered.least(words, at, 0, 0) == -1  # the other set stays empty


def test_too_many_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="numbers below 16777216"):
        ordered.offsets(64**4 + 1)
