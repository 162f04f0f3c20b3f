"""Policies of the literature against searching every tick."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.jobs.independent import (
    Pieces,
    below_threshold,
    carbon_time,
    integral,
    lowest_slot,
    lowest_window,
    wait_awhile,
    whole,
)
from suandian.jobs.prefix import prefix

STEP, STEPS, EVERY = 4, 12, 3
END = STEP * STEPS

jobs = st.tuples(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(1, 8), st.integers(0, 14)), min_size=1, max_size=8
    ),
    st.lists(st.integers(1, 5), min_size=STEPS, max_size=STEPS),
)


def inputs(drawn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rows, values = drawn
    submit, length, wait = (np.array(column) for column in zip(*rows, strict=True))
    two = np.array([values, values[::-1]], dtype=float)
    return submit, length, wait, np.arange(len(rows)) % 2, two


def total(ticks: np.ndarray, pieces: Pieces, site: np.ndarray, j: int) -> float:
    mine = slice(pieces.first[j], pieces.first[j + 1])
    return sum(
        ticks[site[j], b : b + n].sum()
        for b, n in zip(pieces.begin[mine], pieces.length[mine], strict=True)
    )


@settings(max_examples=150, deadline=None)
@given(jobs)
def test_starts_are_those_of_trying_all(drawn) -> None:
    submit, length, wait, site, two = inputs(drawn)
    signal, ticks = prefix(two.T, 0, STEP), np.repeat(two, STEP, axis=1)
    slot = lowest_slot(submit, wait, site, signal)
    window = lowest_window(submit, length, wait, EVERY, site, signal)
    rate = carbon_time(submit, length, wait, EVERY, site, signal)
    for j, (s, n, w, d) in enumerate(zip(submit, length, wait, site, strict=True)):
        row = ticks[d]
        assert slot[j] == s + row[s : s + w + 1].argmin()
        offsets = [k for k in range(s, s + w + 1, EVERY) if k + n <= END]
        sums = [row[k : k + n].sum() for k in offsets]
        assert window[j] == offsets[int(np.argmin(sums))]
        gains = [(sums[0] - c) / (k - s + n) for k, c in zip(offsets, sums, strict=True)]
        assert gains[offsets.index(rate[j])] == pytest.approx(max(gains))


@settings(max_examples=150, deadline=None)
@given(jobs)
def test_pieces_keep_all_work_within_the_window_and_are_the_cheapest(drawn) -> None:
    submit, length, wait, site, two = inputs(drawn)
    signal, ticks = prefix(two.T, 0, STEP), np.repeat(two, STEP, axis=1)
    best = wait_awhile(submit, length, wait, site, signal)
    low = below_threshold(submit, length, wait, site, signal, 0.3, 2 * STEP)
    window = whole(lowest_window(submit, length, wait, 1, site, signal), length)
    now = whole(submit, length)
    for pieces in (best, low):
        assert (
            np.bincount(pieces.job, weights=pieces.length).astype(int).tolist() == length.tolist()
        )
        assert (pieces.begin >= submit[pieces.job]).all()
        end = pieces.begin + pieces.length
        assert (end <= (submit + length + wait)[pieces.job]).all()
        same = pieces.job[1:] == pieces.job[:-1]
        assert (pieces.begin[1:] > end[:-1])[same].all()  # apart, in order: nothing is done twice
    for j in range(len(submit)):
        row = ticks[site[j], submit[j] : min(submit[j] + length[j] + wait[j], END)]
        assert total(ticks, best, site, j) == pytest.approx(np.sort(row)[: length[j]].sum())
        assert total(ticks, best, site, j) <= total(ticks, window, site, j) + 1e-9
        assert total(ticks, window, site, j) <= total(ticks, now, site, j) + 1e-9
        assert _threshold(row_of(ticks, site, submit, j), length[j], wait[j]) == _ticks(
            low, j, submit
        )


def row_of(ticks: np.ndarray, site: np.ndarray, submit: np.ndarray, j: int) -> np.ndarray:
    return ticks[site[j], submit[j] :]


def _ticks(pieces: Pieces, j: int, submit: np.ndarray) -> list[int]:
    mine = range(pieces.first[j], pieces.first[j + 1])
    return [
        int(t - submit[j])
        for p in mine
        for t in range(pieces.begin[p], pieces.begin[p] + pieces.length[p])
    ]


def _threshold(row: np.ndarray, length: int, wait: int) -> list[int]:
    """Tick by tick: run below the quantile, else wait while there is wait left."""
    limit, done = np.quantile(row[: 2 * STEP], 0.3), []
    for t, value in enumerate(row):
        if len(done) == length:
            break
        if value < limit - 1e-12 or wait <= 0:
            done.append(t)
        else:
            wait -= 1
    return done


def test_integrals_are_sums_of_ticks() -> None:
    two = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])
    signal = prefix(two.T, 0, STEP)
    made = integral(
        np.array([2, 0]), np.array([4, 12]), np.array([1.0, 0.5]), np.array([0, 1]), signal
    )
    assert made.tolist() == [2 * 1 + 2 * 2, 0.5 * 4 * 56]
