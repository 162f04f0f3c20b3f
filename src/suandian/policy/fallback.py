"""What is done where a plan was not found in time: the plan in force goes on, or all work runs as
soon as possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.model.issues import SolveLimitError
from suandian.model.plan import Plan
from suandian.model.scenario import SolverSpec
from suandian.model.view import View
from suandian.policy.base import Notebook
from suandian.policy.policies import Asap

KEPT = "time limit: the plan in force goes on"
ASAP = "time limit: asap instead"


def record_of_limit(
    name: str, step: int, error: SolveLimitError, status: str
) -> Mapping[str, object]:
    """Return the record for run.json of a solve that gave nothing; `status` says what was done
    instead.
    """
    bound = error.bound if np.isfinite(error.bound) else None
    return {
        "name": name,
        "step": step,
        "solver": error.solver,
        "status": status,
        "objective": None,
        "bound": bound,
        "gap": None,
        "rows": 0,
        "columns": 0,
        "iterations": error.iterations,
        "cpu_s": 0.0,
        "certificate": None,
    }


def asap_instead(
    view: View, prepared: Prepared, notebook: Notebook, error: SolveLimitError
) -> tuple[Plan, Notebook]:
    """Return the asap plan for a decision that met its limit; its dispatch is solved
    without one.
    """
    spec = view.scenario.policy
    asap = Asap(replace(prepared, solver=SolverSpec("simplex")), spec.horizon_h, spec.replan_h)
    plan, noted = asap.decide(view, replace(notebook, memories={}))
    record = record_of_limit(spec.name, view.state.step, error, ASAP)
    return replace(plan, policy=f"{spec.name} ({ASAP})", solves=(record, *plan.solves)), noted
