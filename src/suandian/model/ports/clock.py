"""The port of time: what the loop asks before each step."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Time as the loop sees it: virtual in a simulation, the wall's in operation."""

    def now_s(self) -> float:
        """Return the present time [UTC s]."""

    def wait_until(self, edge_s: int) -> None:
        """Return as soon as it is `edge_s` [UTC s] or later."""
