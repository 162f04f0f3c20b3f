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
from suandian.maths.prepared import Prepared
from suandian.model.issues import InputError, Issue, RecordError, SolveLimitError
from suandian.model.plan import Plan
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.base import Notebook
from suandian.policy.fallback import asap_instead
from suandian.policy.policies import make
from suandian.record.folder import sha256
from suandian.record.plans import plans
from suandian.run.planbook import posting_of
from suandian.run.study import PACKAGES, package_version, write_certificates, write_problem

PLAN = "plan.json"


def first_plan(scenario: Scenario) -> tuple[Plan, Notebook]:
    """Return the first plan of a scenario; where a time limit leaves none, that of asap, labelled
    so.
    """
    view, notebook, prepared = (
        View(scenario, State.initial(scenario)),
        Notebook(),
        Prepared.of(scenario),
    )
    try:
        return make(scenario, prepared).decide(view, notebook)
    except SolveLimitError as error:
        return asap_instead(view, prepared, notebook, error)


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
    if notebook.last is None:
        raise RecordError(f"{plan.policy}: the plan came without the problem that it solves")
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
