"""Plans as bookings and back: a resumed run executes the very plan that was booked, and warms from
the same basis.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suandian.ledger.ledger import Entry, Posting
from suandian.maths.result import Memory
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.record.details import PlanDetail, declared
from suandian.solve.basis import Basis, Layout
from suandian.solve.problem import Span

_PREFIX = "plan_"


def posting_of(plan: Plan, notebook: Notebook) -> Posting:
    """Return the posting of a plan and of what the next decision will start from. No
    clock goes in.
    """
    arrays = {name: getattr(plan, name.removeprefix(_PREFIX)) for name in declared(PlanDetail)}
    if not plan.on.size:  # under relaxed commitment no unit is on or off
        arrays["plan_on"] = None
    detail = PlanDetail(**arrays).columns()
    # the basis that the next solve starts from: a resumed run must start from the same
    layouts = {}
    for name, memory in notebook.memories.items():
        detail[f"memory_{name}_columns"] = memory.basis.columns
        detail[f"memory_{name}_rows"] = memory.basis.rows
        detail[f"memory_{name}_monitored"] = memory.monitored
        layouts[name] = [_plain(memory.layout.columns), _plain(memory.layout.rows)]
    # a plan may take several solves: the last one is that of the plan itself
    final = plan.solves[-1] if plan.solves else {}
    memo: dict[str, int | float | str] = {
        "policy": plan.policy,
        "issued": plan.issued,
        "steps": plan.covers,
        "immediate": int(plan.immediate),
        "objective": float(final.get("objective") or 0.0),  # type: ignore[arg-type]
        "bound": float(final.get("bound") or 0.0),  # type: ignore[arg-type]
        "gap": float(final.get("gap") or 0.0),  # type: ignore[arg-type]
        "layouts": json.dumps(layouts, sort_keys=True, separators=(",", ":")),
    }
    # a policy that solves nothing knows no terminal values, and a memo holds no NaN
    values = {"leftover": notebook.leftover, "level_value": notebook.level_value}
    memo |= {name: value for name, value in values.items() if np.isfinite(value)}
    return Posting(plan.issued, PlanDetail.BOOK, {}, memo, detail)


def plan_of(entry: Entry, detail: Mapping[str, NDArray[Any]]) -> tuple[Plan, Notebook]:
    """Return the plan and the notebook of a booked entry."""
    memo = entry.memo
    booked = PlanDetail.of(detail)
    arrays = {
        name.removeprefix(_PREFIX): getattr(booked, name)
        for name in declared(PlanDetail)
        if getattr(booked, name) is not None
    }
    plan = Plan(
        issued=int(memo["issued"]),
        policy=str(memo["policy"]),
        immediate=bool(memo["immediate"]),
        solves=(),
        **arrays,
    )
    # solves are not booked: they are evidence, told to the watcher when the plan was made
    memories = {}
    for name, (columns, rows) in json.loads(str(memo["layouts"])).items():
        basis = Basis(detail[f"memory_{name}_columns"], detail[f"memory_{name}_rows"])
        memories[name] = Memory(
            Layout(_spans(columns), _spans(rows)), basis, detail[f"memory_{name}_monitored"]
        )
    left = float(memo.get("leftover", "nan"))
    level = float(memo.get("level_value", "nan"))
    return plan, Notebook(memories, plan.issued, left, level, steps=plan.steps)


def _plain(spans: Mapping[str, Span]) -> list[list[Any]]:
    return [[name, span.start, list(span.shape)] for name, span in spans.items()]


def _spans(plain: list[list[Any]]) -> dict[str, Span]:
    return {name: Span(start, tuple(shape), "") for name, start, shape in plain}
