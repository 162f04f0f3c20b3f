"""`asap`: what is done where nobody plans. The system's cost with all its rigidity."""

from __future__ import annotations

from dataclasses import dataclass

from suandian.maths.prepared import Prepared
from suandian.model.known import Known
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports.options import PluginOptions
from suandian.model.ports.policy import PolicyKind
from suandian.model.view import View
from suandian.policy.computing import asap_computing
from suandian.policy.desk import Desk


@dataclass(frozen=True, eq=False)
class Asap:
    """Jobs run where and when submitted, capacity permitting; services at home; power is dispatched
    for that load.
    """

    prepared: Prepared
    horizon_h: float
    replan_h: float

    @classmethod
    def of(cls, known: Known, options: PluginOptions) -> Asap:  # noqa: ARG003 - it has none
        """Return the policy for a study."""
        return cls(Prepared.of(known), known.policy.horizon_h, known.policy.replan_h)

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan: the expected asap load and the dispatch for it."""
        desk = Desk.opened(view, notebook, self.prepared, self.horizon_h)
        computing = asap_computing(view.known, desk.outlook)
        dispatch = desk.solve("dispatch", computing.fixed(desk.window))
        plan = desk.plan(KIND.name, computing, dispatch, immediate=True)
        return plan, desk.noted(dispatch)


KIND = PolicyKind(
    name="asap",
    summary="running all work where and when it was submitted",
    make=Asap.of,
    role="baseline",
    measures="flexibility",
)
