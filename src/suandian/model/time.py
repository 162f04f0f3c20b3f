"""Time inside suandian: UTC seconds; the zone only matters at the border."""

from __future__ import annotations

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
