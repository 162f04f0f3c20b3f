"""Time-varying inputs with the time at which each value becomes known; a Feed refuses to be read
ahead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    All columns share `unit`. A feed that was cut (`until`) has the whole axis, and fewer rows.
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
        # exactly at an edge: a value between two steps belongs to neither
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
        # what becomes known is a leading part of the rows, so one comparison is enough; it also
        # refuses rows that a cut feed does not hold, whatever time the reader claims it is
        late = rows.stop - max(self.known_actual(as_of_s), rows.start)
        if late > 0:
            raise NotYetKnownError(
                f"feed {self.name}: {late} of {axis.n} asked values become known after {as_of_s} s"
            )
        return self.actual[rows]

    def until(self, as_of_s: int) -> Feed:
        """Return the feed with nothing but what is known at `as_of_s`, in arrays of their own.

        Examples
        --------
        >>> axis = TimeAxis.regular(0, 3600, 3)
        >>> values = np.array([[1.0], [2.0], [3.0]])
        >>> feed = Feed("load", "MW", np.array(["a"]), axis, values, axis.edges_s[1:])
        >>> feed.until(7200).actual.tolist()
        [[1.0], [2.0]]
        """
        actual = self.known_actual(as_of_s)
        ahead = self.known_ahead(as_of_s)
        # a slice would lead to the future by its `base`: copies
        return replace(
            self,
            actual=self.actual[:actual].copy(),
            actual_known_s=self.actual_known_s[:actual].copy(),
            ahead=None if self.ahead is None else self.ahead[:ahead].copy(),
            ahead_known_s=None if self.ahead_known_s is None else self.ahead_known_s[:ahead].copy(),
        )

    def known_actual(self, as_of_s: int) -> int:
        """Return how many leading steps have a known actual value."""
        # what becomes known at the very moment is known
        return int(np.searchsorted(self.actual_known_s, as_of_s, side="right"))

    def known_ahead(self, as_of_s: int) -> int:
        """Return how many leading steps have a published day-ahead value."""
        # nobody publishes a forecast: none is known
        return (
            0
            if self.ahead_known_s is None
            else int(np.searchsorted(self.ahead_known_s, as_of_s, side="right"))
        )
