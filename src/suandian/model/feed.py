"""Time-varying inputs with the time at which each value becomes known; a Feed refuses to be read
ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.model.grid import Floats, Ints, Names
from suandian.model.issues import NotYetKnownError
from suandian.model.time import TimeAxis


@dataclass(frozen=True, eq=False)
class Feed:
    """A family of series (load by area, availability by generator, …) on one axis that includes
    history.

    `actual` (n, k) is what happened, known at `actual_known_s` (n,); `ahead` (n, k) is the
    published day-ahead forecast, known at `ahead_known_s` (n,), or None where nobody publishes one.
    All columns share `unit`.
    """

    name: str
    unit: str
    columns: Names
    axis: TimeAxis
    actual: Floats
    actual_known_s: Ints
    ahead: Floats | None = None
    ahead_known_s: Ints | None = None

    def position(self, time_s: int) -> int:
        """Return the step that starts at `time_s`.

        Raises
        ------
        KeyError
            No step of the axis starts there.
        """
        i = int(np.searchsorted(self.axis.edges_s, time_s))
        if i >= self.axis.n or int(self.axis.edges_s[i]) != time_s:
            raise KeyError(f"feed {self.name}: no step starts at {time_s} s")
        return i

    def rows(self, axis: TimeAxis) -> slice:
        """Return the rows of this feed that lie on `axis` (same steps)."""
        first = self.position(axis.start_s)
        if not np.array_equal(self.axis.edges_s[first : first + axis.n + 1], axis.edges_s):
            raise KeyError(f"feed {self.name} has other steps than asked for")
        return slice(first, first + axis.n)

    def realised(self, axis: TimeAxis, as_of_s: int) -> Floats:
        """Return actual values (axis.n, k), refusing what is not yet known.

        Raises
        ------
        NotYetKnownError
            Any asked value becomes known after `as_of_s`.
        """
        rows = self.rows(axis)
        late = self.actual_known_s[rows] > as_of_s
        if late.any():
            raise NotYetKnownError(
                f"feed {self.name}: {int(late.sum())} of {axis.n} asked values become known "
                f"after {as_of_s} s"
            )
        return self.actual[rows]

    def known_actual(self, as_of_s: int) -> int:
        """Return how many leading steps have a known actual value."""
        return int(np.searchsorted(self.actual_known_s, as_of_s, side="right"))

    def known_ahead(self, as_of_s: int) -> int:
        """Return how many leading steps have a published day-ahead value."""
        return (
            0
            if self.ahead_known_s is None
            else int(np.searchsorted(self.ahead_known_s, as_of_s, side="right"))
        )
