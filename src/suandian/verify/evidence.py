"""Are the files those that were sealed, and does every solve carry a certificate that holds."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from zipfile import BadZipFile

import numpy as np

from suandian.model.issues import RecordError
from suandian.record.folder import RunFolder
from suandian.record.read import Run
from suandian.record.schemas import CERTIFICATE, PROBLEM, SCENARIO, SEALED
from suandian.verify.finding import Finding, first

TOLERANCE = 1e-6  # relative, as in TRUST P8
LIMITED = "time limit"
MEASURES = ("primal", "dual", "gap")


def check_files(run: Run) -> Iterator[Finding]:
    """Yield the findings about hashes: of the files, and of the scenario."""
    sealed = run.record.get("files")
    present = RunFolder(run.path).hashes()
    if sealed is None:
        done = run.record["state"] == "done"
        yield Finding(
            "file hashes", not done, None, f"run.json holds no hashes (state {run.record['state']})"
        )
    else:
        wrong = [f"{name} is missing" for name in sealed if name not in present]
        wrong += [
            f"{name} was changed"
            for name in sealed
            if name in present and present[name] != sealed[name]
        ]
        wrong += [f"{name} was added" for name in SEALED if name in present and name not in sealed]
        yield Finding(
            "file hashes", not wrong, len(sealed), first(wrong) or "files, as sealed in run.json"
        )
    if run.has(SCENARIO) and run.scenario:
        inputs = json.dumps(run.record.get("inputs", {}), sort_keys=True)
        found = hashlib.sha256((run.scenario + inputs).encode()).hexdigest()
        ok = found == run.record["scenario_hash"]
        detail = "of scenario.toml and the inputs' hashes is that of the ledger's origin"
        yield Finding(
            "scenario hash",
            ok,
            None,
            detail if ok else f"{SCENARIO} or the inputs in run.json were changed",
        )


def check_certificates(run: Run) -> Iterator[Finding]:
    """Yield the findings about solves: each is certified; the last problem is audited anew."""
    if run.has(CERTIFICATE) or run.record["state"] == "done":
        yield _certified(run)
    if run.has(PROBLEM):
        yield _last_problem(run)


def _certified(run: Run) -> Finding:
    certificates = run.certificates
    wrong = []
    worst = 0.0
    limited = 0
    for c in certificates:
        if str(c.get("status", "")).startswith(
            LIMITED
        ):  # labelled: a feasible point, or no point and another plan
            limited += 1
            primal = (
                0.0 if c.get("certificate") is None else _number(c["certificate"].get("primal"))
            )
            if not primal <= TOLERANCE:
                wrong.append(
                    f"{c.get('name')} at step {c.get('step')}: primal {primal:.1e} after a time "
                    "limit"
                )
            continue
        name = f"{c.get('name')} at step {c.get('step')}"
        measures = [_number(c.get("certificate", {}).get(m)) for m in MEASURES]
        worst = max(worst, *(abs(m) for m in measures))
        if not c.get("certificate", {}).get("holds") or not all(
            abs(m) <= TOLERANCE for m in measures
        ):
            wrong.append(
                f"{name}: "
                + ", ".join(f"{m} {v:.1e}" for m, v in zip(MEASURES, measures, strict=True))
            )
    made = [(s.get("name"), s.get("step")) for s in run.record.get("solves", [])]
    if sorted(made, key=str) != sorted(
        ((c.get("name"), c.get("step")) for c in certificates), key=str
    ):
        wrong.append(
            f"run.json lists {len(made)} solves, {CERTIFICATE} has {len(certificates)} others"
        )
    detail = first(wrong) or f"largest violation or gap; {len(certificates)} solves"
    detail += (
        f"; {limited} of them ended by a time limit, as labelled" if limited and not wrong else ""
    )
    return Finding("certificates", not wrong, worst, detail)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("inf")


def _last_problem(run: Run) -> Finding:
    """Weak duality on the stored arrays: primal feasibility, dual bound and gap of the
    last answer.
    """
    try:
        with np.load(run.path / PROBLEM, allow_pickle=False) as stored:
            primal, gap = audit({name: stored[name] for name in stored.files})
    except (OSError, ValueError, LookupError, EOFError, BadZipFile, zlib.error) as error:
        raise RecordError(f"{PROBLEM} is damaged: {error}") from error
    limited = any(str(c.get("status", "")).startswith(LIMITED) for c in run.certificates[-1:])
    ok = primal <= TOLERANCE and (abs(gap) <= TOLERANCE or limited)
    return Finding(
        "last problem",
        ok,
        max(primal, abs(gap)),
        f"violation {primal:.1e}, gap {gap:.1e}, from its arrays",
    )


def audit(p: Mapping[str, Any]) -> tuple[float, float]:
    """Return (largest relative violation, relative duality gap) of x and row duals y of a stored LP
    (columns packed).

    Lagrangian bound: offset + Σ_i min over the row's activity of y·r + Σ_j min over the column's
    box of d·x with d = c - Aᵀy. A reduced cost that points to an infinite limit is dropped; its
    size is part of the violation.
    """
    column = np.repeat(np.arange(len(p["cost"])), np.diff(p["indptr"]))
    activity = np.bincount(p["indices"], p["data"] * p["x"][column], len(p["row_lower"]))
    reduced = p["cost"] - np.bincount(
        column, p["data"] * p["row_dual"][p["indices"]], len(p["cost"])
    )
    scale = 1.0 + np.abs(p["cost"]).max(initial=0.0)
    bound = float(p["offset"])
    worst = 0.0
    for price, value, low, high in (
        (reduced, p["x"], p["lower"], p["upper"]),
        (p["row_dual"], activity, p["row_lower"], p["row_upper"]),
    ):
        limit = np.where(price > 0, low, high)
        held = np.isfinite(limit)
        bound += float(price[held] @ limit[held])
        worst = max(worst, float(np.abs(price[~held]).max(initial=0.0)) / scale)
        for outside, at in ((low - value, low), (value - high, high)):
            size = 1.0 + np.abs(np.where(np.isfinite(at), at, 0.0))
            worst = max(worst, float((outside / size).max(initial=0.0)))
    objective = float(p["cost"] @ p["x"]) + float(p["offset"])
    return worst, (objective - bound) / (1.0 + abs(objective))
