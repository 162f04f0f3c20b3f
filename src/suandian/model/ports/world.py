"""The port of what executes a plan."""

from __future__ import annotations

from typing import Protocol

from suandian.model.plan import Plan
from suandian.model.readings import Readings
from suandian.model.state import State


class World(Protocol):
    """What executes a plan: the Twin on actual values, or a gateway to real sites and meters."""

    def advance(self, state: State, plan: Plan) -> Readings:
        """Execute step `state.step` of `plan` and return what was measured.

        The Twin answers at once; a gateway answers when the step is over.
        """
