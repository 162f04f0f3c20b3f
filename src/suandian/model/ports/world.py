"""The port of what executes a plan."""

from __future__ import annotations

from typing import Any, Protocol

from suandian.model.plan import Plan
from suandian.model.state import State


class World(Protocol):
    """What executes a plan: the Twin on actual values, or (later) a gateway to real sites and
    meters.
    """

    def advance(self, state: State, plan: Plan) -> Any:
        """Execute step `state.step` of `plan` and return what was measured (for the Twin:
        run.twin.Readings).
        """
