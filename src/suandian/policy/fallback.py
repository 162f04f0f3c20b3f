"""What is done where a plan was not found in time: the plan in force goes on, or all work runs as
soon as possible.
"""

from __future__ import annotations

from dataclasses import replace

from suandian.maths.prepared import Prepared
from suandian.model.issues import SolveLimitError
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.scenario import SolverSpec
from suandian.model.view import View
from suandian.policy.asap import Asap
from suandian.policy.solved import record_of_limit

KEPT = "time limit: the plan in force goes on"
ASAP = "time limit: asap instead"


def asap_instead(view: View, notebook: Notebook, error: SolveLimitError) -> tuple[Plan, Notebook]:
    """Return the asap plan for a decision that met its limit; its dispatch is solved
    without one.
    """
    spec = view.known.policy
    prepared = replace(Prepared.of(view.known), solver=SolverSpec("simplex"))
    asap = Asap(prepared, spec.horizon_h, spec.replan_h)
    plan, noted = asap.decide(view, replace(notebook, memories={}))
    record = record_of_limit(spec.name, view.state.step, error, ASAP)
    return replace(plan, policy=f"{spec.name} ({ASAP})", solves=(record, *plan.solves)), noted
