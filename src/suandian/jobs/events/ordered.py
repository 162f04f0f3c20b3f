"""Ordered sets of small numbers in flat arrays: add, remove and "least from here on" in a few word
operations.

A set of numbers below n is a bit per number, with further levels that say which words below are not
empty (64 to one). Sets of one size lie in one array (sets, words).
"""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel

LEVELS = 4  # 64⁴ = 16.8 million numbers
_MAGIC = np.uint64(
    0x03F79D71B4CB0A89
)  # de Bruijn: the top six bits of magic · 2^k differ for each k
_AT = np.zeros(64, dtype=np.int64)
for _k in range(64):
    _AT[(int(_MAGIC) << _k & (1 << 64) - 1) >> 58] = _k


def offsets(n: int) -> tuple[int, ...]:
    """Return where each level begins in the words of a set of numbers below `n`, and their count at
    the end.
    """
    if n > 64**LEVELS:
        raise ValueError(f"sets hold numbers below {64**LEVELS}, not {n}")
    ends, size = [0], max(n, 1)
    for _ in range(LEVELS):
        size = -(-size // 64)
        ends.append(ends[-1] + size)
    return tuple(ends)


@kernel
def add(words, at, which, number):  # type: ignore[no-untyped-def]
    """Add `number` to set `which`; `at` are the offsets of the levels."""
    for level in range(LEVELS):
        words[which, at[level] + (number >> 6)] |= np.uint64(1) << np.uint64(number & 63)
        number >>= 6


@kernel
def discard(words, at, which, number):  # type: ignore[no-untyped-def]
    """Remove `number` from set `which`."""
    for level in range(LEVELS):
        place = at[level] + (number >> 6)
        words[which, place] &= ~(np.uint64(1) << np.uint64(number & 63))
        if words[which, place] != np.uint64(0):
            return
        number >>= 6


@kernel
def least(words, at, which, number):  # type: ignore[no-untyped-def]
    """Return the least member of set `which` that is `number` or more, -1 if there is none."""
    for level in range(LEVELS):
        place = at[level] + (number >> 6)
        if place >= at[level + 1]:
            return -1
        rest = words[which, place] >> np.uint64(number & 63)
        if rest != np.uint64(0):
            number += _lowest(rest)
            for below in range(level - 1, -1, -1):
                number = (number << 6) + _lowest(words[which, at[below] + number])
            return number
        number = (number >> 6) + 1
    return -1


@kernel
def _lowest(word):  # type: ignore[no-untyped-def]
    """Return the place of the lowest bit that is set."""
    one = word & (~word + np.uint64(1))
    return _AT[(one * _MAGIC) >> np.uint64(58)]
