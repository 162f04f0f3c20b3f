"""A plan in a folder: one decision from what is known at the start, with the evidence, and nothing
executed.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

from suandian.ledger.ledger import Ledger
from suandian.maths.result import Result
from suandian.model.issues import InputError, Issue, SolveLimitError
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.policy.chosen import make, view_for_policy
from suandian.policy.fallback import asap_instead
from suandian.record.folder import sha256
from suandian.record.plans import plans
from suandian.run.planbook import posting_of
from suandian.run.study import PACKAGES, package_version, write_certificates, write_problem

PLAN = "plan.json"


def first_plan(scenario: Scenario) -> tuple[Plan, Notebook]:
    """Return the first plan of a scenario; where a time limit leaves none, that of asap, labelled
    so.
    """
    view = view_for_policy(scenario, State.initial(scenario))
    notebook = Notebook()
    try:
        return make(scenario).decide(view, notebook)
    except SolveLimitError as error:
        return asap_instead(view, notebook, error)


def write_plan(
    scenario: Scenario, plan: Plan, notebook: Notebook, out: Path, reproducible: bool = False
) -> Path:
    """Write plans.parquet, certificate.json, problem/last.npz (as in a run folder), scenario.toml
    and plan.json.

    `reproducible` leaves out what differs from run to run (CPU seconds): the same input, seed and
    versions then give the same bytes.

    Raises
    ------
    InputError
        `out` holds something, or a reproducible plan has a time limit, which depends on the
        machine.
    """
    if reproducible and math.isfinite(scenario.solver.time_limit_s):
        remedy = "leave solver.time_limit out"
        message = "what a time limit leaves depends on the machine: not reproducible"
        raise InputError(
            [Issue("--reproducible", "solver.time_limit", None, message, "no limit", remedy)]
        )
    if out.is_dir() and any(out.iterdir()):
        raise InputError(
            [
                Issue(
                    str(out),
                    "--out",
                    None,
                    "is not empty",
                    "an empty folder",
                    "choose another --out",
                )
            ]
        )
    out.mkdir(parents=True, exist_ok=True)
    (out / "scenario.toml").write_text(scenario.text, encoding="utf-8", newline="\n")
    # tables are made from a ledger alone: here it holds the one plan, and is thrown away
    with (
        tempfile.TemporaryDirectory() as folder,
        Ledger(Path(folder) / "ledger.db", scenario.hash) as ledger,
    ):
        ledger.append([posting_of(plan, notebook)])
        plans(scenario, ledger).write_parquet(out / "plans.parquet")
    write_certificates(out, plan.solves)
    # a policy that solves nothing leaves no problem to keep
    if isinstance(notebook.last, Result):
        write_problem(out, notebook.last, packed=True)
    record = _record(scenario, plan, reproducible)
    record["files"] = {
        file.relative_to(out).as_posix(): sha256(file)
        for file in sorted(out.rglob("*"))
        if file.is_file()
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    (out / PLAN).write_text(text, encoding="utf-8", newline="\n")
    return out


def _record(scenario: Scenario, plan: Plan, reproducible: bool) -> dict[str, Any]:
    left_out = ("cpu_s",) if reproducible else ()
    return {
        "name": scenario.name,
        "policy": plan.policy,
        "scenario_hash": scenario.hash,
        "inputs": dict(scenario.inputs),
        "seed": scenario.seed,
        "currency": scenario.currency,
        "reproducible": reproducible,
        "packages": {name: package_version(name) for name in PACKAGES},
        "python": sys.version.split()[0],
        "solves": [{k: v for k, v in solve.items() if k not in left_out} for solve in plan.solves],
    }
