"""Two clocks for one loop: a virtual one that never waits, and the wall's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

# a sleep may be cut short by a signal or by a step of the system's clock: look again at least this
# often
LONGEST_SLEEP_S = 60.0


@dataclass
class VirtualClock:
    """Time that stands still until it is told to go on: a simulation runs as fast as it can.

    Examples
    --------
    >>> clock = VirtualClock()
    >>> clock.wait_until(3600)
    >>> clock.now_s()
    3600.0
    """

    time_s: float = 0.0

    def now_s(self) -> float:
        """Return the last time that was waited for [UTC s]."""
        return self.time_s

    def wait_until(self, edge_s: int) -> None:
        """Set the time to `edge_s` [UTC s], never back."""
        self.time_s = max(self.time_s, float(edge_s))


@dataclass(frozen=True)
class WallClock:
    """The time on the wall; `read_s` [UTC s] and `sleep` [s] can be replaced in a test.

    Examples
    --------
    >>> slept = []
    >>> clock = WallClock(read_s=lambda: 100.0 + sum(slept), sleep=slept.append)
    >>> clock.wait_until(110)
    >>> slept
    [10.0]
    """

    read_s: Callable[[], float] = field(default=time.time)
    sleep: Callable[[float], None] = field(default=time.sleep)

    def now_s(self) -> float:
        """Return the present time [UTC s]."""
        return self.read_s()

    def wait_until(self, edge_s: int) -> None:
        """Sleep until `edge_s` [UTC s]; an edge that has passed is not waited for."""
        left = edge_s - self.now_s()
        while left > 0:
            self.sleep(min(left, LONGEST_SLEEP_S))
            left = edge_s - self.now_s()
