"""`oracle`: the joint problem with perfect foresight. Its optimum is the bound of every run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.model.grid import Floats
from suandian.model.hindsight import Hindsight
from suandian.model.known import Known
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports.options import PluginOptions
from suandian.model.ports.policy import PolicyKind
from suandian.model.view import View
from suandian.policy.computing import computing_of
from suandian.policy.desk import Desk
from suandian.policy.outlook import foreseen

# it only has to follow what the placer made of its plan: nothing new becomes known
LEAST_REPLAN_H = 6.0


@dataclass(frozen=True, eq=False)
class Oracle:
    """The joint problem with perfect foresight over the whole study, solved once; its optimum is
    the bound.
    """

    prepared: Prepared
    horizon_h: float
    replan_h: float

    @classmethod
    def of(cls, known: Known, options: PluginOptions) -> Oracle:  # noqa: ARG003 - it has none
        """Return the policy for a study."""
        replan_h = max(known.policy.replan_h, LEAST_REPLAN_H)
        return cls(Prepared.of(known), float("inf"), replan_h)

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan of the joint problem on actual values."""
        if not isinstance(view, Hindsight):
            raise TypeError("the oracle needs Hindsight; this is a View")
        # to the end of the study: terminal values have nothing to say
        desk = Desk(view, self.prepared, foreseen(view, self.horizon_h), notebook)
        if view.state.step == 0:
            # the bound leaves out what belongs to the plan alone: commitment, restarts, reserve
            least = replace(desk.window, reserve_mw=0.0, repeated_mwh=_repeated_mwh(view))
            desk.solve("bound", least, self.prepared.relaxation())
        result = desk.solve("oracle", desk.decided())
        return desk.plan(KIND.name, computing_of(result), result), desk.noted(result)


def _repeated_mwh(view: Hindsight) -> Floats:
    """Return what restarts can repeat in each step at most (T, 1) [MWh]: every job that may be
    suspended and has been released, once a step.
    """
    jobs = view.jobs
    classes = view.known.classes
    again_h = np.where(classes.suspendable, classes.overhead_h, 0.0)[jobs.kind]
    ends = view.known.axis.edges_s[1:]
    first = np.searchsorted(ends, jobs.release_s, side="right")
    added = np.bincount(first, jobs.width_mw * again_h, len(ends) + 1)[: len(ends)]
    return np.asarray(np.cumsum(added)[:, None])


def _always(_: Any) -> bool:
    return True


KIND = PolicyKind(
    name="oracle",
    summary="planning with perfect foresight",
    make=Oracle.of,
    role="bound",
    hindsight=_always,
)
