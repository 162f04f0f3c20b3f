"""A View: the scenario as known before a step. Whoever plans sees this, and a View refuses what is
not yet known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from suandian.model.grid import Bools, Floats
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.time import TimeAxis


@dataclass(frozen=True, eq=False)
class View:
    """What may be known before step `state.step` of `scenario`."""

    scenario: Scenario
    state: State

    @property
    def as_of_s(self) -> int:
        """The moment of the view [UTC s]: the start of the step."""
        return int(self.scenario.axis.edges_s[self.state.step])

    def ahead(self, hours: float) -> TimeAxis:
        """Return the steps of a plan for the next `hours`, cut at the end of the study.

        They are the scenario's, or as `policy.look_ahead` says; a plan of the whole study (`hours`
        is infinite) is in the scenario's steps.
        """
        axis, first = self.scenario.axis, self.state.step
        last = int((axis.edges_s <= self.as_of_s + hours * 3600.0).sum()) - 1
        window = axis.window(first, max(min(last, axis.n), first + 1))
        look_ahead = self.scenario.policy.look_ahead
        if not look_ahead or np.isinf(hours):
            return window
        return window.mixed(look_ahead, axis.start_s, cut=window.end_s == axis.end_s)

    @cached_property
    def submitted(self) -> Bools:
        """Jobs known by now, shape (jobs,)."""
        return self.scenario.jobs.submit_s <= self.as_of_s

    def realised(self, feed: str, axis: TimeAxis) -> Floats:
        """Return actual values of a feed; raises NotYetKnownError for any step that has not ended
        by now.
        """
        return self.scenario.feeds[feed].realised(axis, self.as_of_s)
