"""Joint problems of a scenario worth exporting: the whole study with perfect foresight, or the
first plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.maths.window import Window
from suandian.model.hindsight import Hindsight
from suandian.model.notebook import Notebook
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.time import TimeAxis
from suandian.policy.chosen import make, view_for_policy
from suandian.policy.outlook import foreseen


@dataclass(frozen=True, eq=False)
class JointProblem:
    """A window of the joint problem, and the UTC start of each of its steps without offset
    (`2020-11-09 08:00:00`).
    """

    prepared: Prepared
    window: Window
    times: tuple[str, ...]


def whole_study(scenario: Scenario) -> JointProblem:
    """Return the joint problem with perfect foresight over the whole study: its optimum is the
    bound.
    """
    # all of the study with all that will happen: what a planner elsewhere would solve
    outlook = foreseen(Hindsight.at(scenario, State.initial(scenario)), float("inf"))
    return JointProblem(Prepared.of(scenario), outlook.window, times_of(outlook.axis))


def first_plan(scenario: Scenario) -> JointProblem:
    """Return the problem of the first plan of policy joint, as known then, without restart costs.

    Those belong to the plan, not to the system's cost, and other programs have no counterpart for
    them.
    """
    prepared = Prepared.of(scenario)
    joint = replace(scenario, policy=replace(scenario.policy, name="joint"))
    view = view_for_policy(joint, State.initial(joint))
    _, notebook = make(joint).decide(view, Notebook())
    assert notebook.last is not None
    # no other program has it: both sides must have one optimum
    window = replace(notebook.last.compiled.window, restart_cost=0.0)
    return JointProblem(prepared, window, times_of(view.ahead(joint.policy.horizon_h)))


def times_of(axis: TimeAxis) -> tuple[str, ...]:
    """Return the start of each step as other programs read it: UTC without offset."""
    starts = np.datetime_as_string(axis.edges_s[:-1].astype("datetime64[s]"), unit="s")
    return tuple(text.replace("T", " ") for text in starts.tolist())
