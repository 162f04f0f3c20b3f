"""Prefix sums against a plain sum, tick by tick."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.jobs.prefix import between, prefix


@settings(deadline=None)  # the first call compiles
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 9),
    st.integers(1, 7),
    st.integers(-5, 70),
    st.integers(0, 70),
)
def test_prefix_sums_are_sums(seed: int, steps: int, step: int, begin: int, length: int) -> None:
    values = np.random.default_rng(seed).random((steps, 2))
    ticks = np.zeros((200, 2))
    ticks[10 : 10 + steps * step] = np.repeat(
        values, step, axis=0
    )  # tick 0 of the signal is row 10
    plain = ticks[10 + begin : 10 + begin + length].sum(axis=0)
    signal = prefix(values, 0, step)
    for site in (0, 1):
        assert np.isclose(
            between(signal, site, begin, begin + length), plain[site], rtol=1e-12, atol=1e-12
        )
