"""A View: what a policy is given to decide from. It refuses by type: the future is not in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from suandian.model.grid import Floats
from suandian.model.known import Known
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.time import TimeAxis


@dataclass(frozen=True, eq=False)
class View:
    """What is `known` before a step, and the `state` of the system and of the jobs known by then.

    Rows of jobs in `state` are the rows of `known.jobs`.
    """

    known: Known
    state: State

    @classmethod
    def at(cls, scenario: Scenario, state: State) -> Self:
        """Return the view of `scenario` before step `state.step`; `state` has all jobs."""
        known = Known.at(scenario, state.step)
        return cls(known, state.of_jobs(scenario.jobs.submitted(known.as_of_s)))

    @property
    def as_of_s(self) -> int:
        """The moment of the view [UTC s]: the start of the step."""
        return self.known.as_of_s

    def ahead(self, hours: float) -> TimeAxis:
        """Return the steps of a plan for the next `hours`, cut at the end of the study.

        They are the scenario's, or as `policy.look_ahead` says; a plan of the whole study (`hours`
        is infinite) is in the scenario's steps.
        """
        axis = self.known.axis
        first = self.state.step
        # whole steps within the horizon, one at least, and none beyond the study
        last = int((axis.edges_s <= self.as_of_s + hours * 3600.0).sum()) - 1
        window = axis.window(first, max(min(last, axis.n), first + 1))
        look_ahead = self.known.policy.look_ahead
        if not look_ahead or np.isinf(hours):
            return window
        return window.mixed(look_ahead, axis.start_s, cut=window.end_s == axis.end_s)

    def realised(self, feed: str, axis: TimeAxis) -> Floats:
        """Return actual values of a feed; raises NotYetKnownError for any step that has not ended
        by now.
        """
        return self.known.feeds[feed].realised(axis, self.as_of_s)
