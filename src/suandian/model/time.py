"""Time inside suandian: UTC seconds; the zone only matters at the border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TimeAxis:
    """Consecutive half-open intervals; step t is [edges_s[t], edges_s[t+1]) in UTC seconds.

    Examples
    --------
    >>> axis = TimeAxis.regular(0, 3600, 24)
    >>> axis.n, float(axis.hours.sum())
    (24, 24.0)
    >>> axis.window(6, 12).n
    6
    """

    edges_s: Ints

    def __post_init__(self) -> None:
        # checked here and nowhere else: every length is a difference of edges
        if len(self.edges_s) < 2 or np.any(np.diff(self.edges_s) <= 0):
            raise ValueError("a time axis needs at least two edges, in rising order")

    @classmethod
    def regular(cls, start_s: int, step_s: int, n: int) -> TimeAxis:
        """Return `n` steps of `step_s` seconds."""
        return cls(start_s + step_s * np.arange(n + 1, dtype=np.int64))

    @property
    def n(self) -> int:
        """Number of steps."""
        return len(self.edges_s) - 1

    @cached_property
    def hours(self) -> Floats:
        """Length of each step [h], shape (n,)."""
        return np.diff(self.edges_s) / 3600.0

    @property
    def start_s(self) -> int:
        """First edge [UTC s]."""
        return int(self.edges_s[0])

    @property
    def end_s(self) -> int:
        """Last edge [UTC s]."""
        return int(self.edges_s[-1])

    def window(self, first: int, last: int) -> TimeAxis:
        """Return steps first … last-1."""
        return TimeAxis(self.edges_s[first : last + 1])

    def parts(self, finer: TimeAxis) -> Ints:
        """Return how many steps of `finer` lie in each step, shape (n,).

        Raises
        ------
        ValueError
            `finer` lacks an edge of this axis.
        """
        # every edge of the coarser axis must be one of the finer, else a step would be split
        place = np.searchsorted(finer.edges_s, self.edges_s)
        if place[-1] > finer.n or not np.array_equal(finer.edges_s[place], self.edges_s):
            raise ValueError("the finer axis lacks an edge of the coarser one")
        return np.diff(place).astype(np.int64)

    def mixed(
        self, look_ahead: Sequence[tuple[float, float]], origin_s: int, cut: bool
    ) -> TimeAxis:
        """Return these steps joined to longer ones by lead time.

        `look_ahead` are pairs (lead time up to which [h], step [h]) in rising order, each step a
        whole number of those before it and of this axis' own. A step of length h starts at a
        multiple of h after `origin_s`: until the next one, the finer steps go on. So the edges stay
        where they are while the start moves on, and a step is only ever split. What is left at the
        end is one shorter step where `cut`, and is left out otherwise.

        Examples
        --------
        >>> axis = TimeAxis.regular(600, 300, 34)  # from 00:10 on
        >>> mixed = axis.mixed([(0.25, 1 / 12), (0.8, 0.25), (3.0, 1.0)], origin_s=0, cut=True)
        >>> (np.diff(mixed.edges_s) // 60).tolist()
        [5, 5, 5, 5, 15, 15, 60, 60]
        """
        # fine steps near, coarse ones far; each begins at a multiple of its length, so that edges
        # stay as time goes on
        edges = [self.edges_s[:1]]
        now = self.start_s
        lengths = [round(step_h * 3600.0) for _, step_h in look_ahead]
        for k, (until_h, _) in enumerate(look_ahead):
            stop = self.end_s
            # finer steps go on until the next coarser one can begin
            if k + 1 < len(lengths):
                stop = min(
                    stop,
                    _rounded_up(self.start_s + round(until_h * 3600.0) - origin_s, lengths[k + 1])
                    + origin_s,
                )
            first = _rounded_up(now + 1 - origin_s, lengths[k]) + origin_s
            edges.append(
                np.arange(
                    first,
                    stop + 1,
                    lengths[k],
                    dtype=np.int64,
                )
            )
            now = max(now, int(edges[-1][-1]) if len(edges[-1]) else now)
        # a window that ends with the study must reach its end
        if now < self.end_s and (cut or now == self.start_s):
            edges.append(self.edges_s[-1:])
        return TimeAxis(np.concatenate(edges))


def _rounded_up(value: int, unit: int) -> int:
    return -(-value // unit) * unit
