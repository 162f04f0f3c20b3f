"""Hindsight: a View that also holds what will happen, for those who are meant to know.

The oracle is handed it, so are plans of a whole study after the fact, and the option `foresight` of
policy joint, a device of benchmarks. Everybody else is handed a View.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from suandian.model.feed import Feed
from suandian.model.known import Known
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.system import Jobs
from suandian.model.view import View


@dataclass(frozen=True, eq=False)
class Hindsight(View):
    """A View, and beside it all values of the feeds, and all jobs with their state."""

    actual: Mapping[str, Feed]
    jobs: Jobs
    jobs_state: State

    @classmethod
    def at(cls, scenario: Scenario, state: State) -> Self:
        """Return the hindsight of `scenario` before step `state.step`."""
        # what a policy that does not foresee would get, with the future beside it
        known = Known.at(scenario, state.step)
        submitted = state.of_jobs(scenario.jobs.submitted(known.as_of_s))
        return cls(known, submitted, scenario.feeds, scenario.jobs, state)
