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
from suandian.record.read import Run
from suandian.record.schemas import CERTIFICATE, PROBLEM, SCENARIO
from suandian.verify.finding import Finding, first

# relative, as the certificates themselves state it (docs/concepts.md, Solvers and limits)
TOLERANCE = 1e-6
# how the status of a solve begins that a time limit ended
LIMITED = "time limit"
MEASURES = ("primal", "dual", "gap")


def check_files(run: Run) -> Iterator[Finding]:
    """Yield the finding about the scenario's hash, from which the ledger begins."""
    if run.has(SCENARIO) and run.scenario:
        # as docs/run-folder.md defines it: the ledger's chain begins from this hash
        inputs = json.dumps(run.record.get("inputs", {}), sort_keys=True)
        now = hashlib.sha256((run.scenario + inputs).encode()).hexdigest()
        ok = now == run.record["scenario_hash"]
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
    for solve in certificates:
        name = f"{solve.get('name')} at step {solve.get('step')}"
        if str(solve.get("status", "")).startswith(LIMITED):
            limited += 1
            primal = _primal(solve.get("certificate"))
            # not "above": a measure that is no number must fail
            if not primal <= TOLERANCE:
                wrong.append(f"{name}: primal {primal:.1e} after a time limit")
            continue
        certificate = solve.get("certificate", {})
        measures = [_number(certificate.get(measure)) for measure in MEASURES]
        sizes = [abs(measure) for measure in measures]
        worst = max(worst, *sizes)
        small = all(size <= TOLERANCE for size in sizes)
        # what it says of itself counts only together with its numbers
        if not certificate.get("holds") or not small:
            pairs = zip(MEASURES, measures, strict=True)
            stated = ", ".join(f"{measure} {value:.1e}" for measure, value in pairs)
            wrong.append(f"{name}: {stated}")
    listed = _places(run.record.get("solves", []))
    # A solve that has no certificate must not pass because nobody looks for one.
    if listed != _places(certificates):
        wrong.append(
            f"run.json lists {len(listed)} solves, {CERTIFICATE} has {len(certificates)} others"
        )
    detail = first(wrong) or f"largest violation or gap; {len(certificates)} solves"
    if limited and not wrong:
        detail += f"; {limited} of them ended by a time limit, as labelled"
    return Finding("certificates", not wrong, worst, detail)


def _places(solves: list[dict[str, Any]]) -> list[tuple[object, object]]:
    """Return name and step of solves, in an order that does not depend on theirs."""
    places = [(solve.get("name"), solve.get("step")) for solve in solves]
    # as text: a solve outside the steps has no number
    return sorted(places, key=str)


def _primal(certificate: dict[str, Any] | None) -> float:
    """Return how far a point that a time limit left is from feasible; a limit that left no point
    (and so another plan) violates nothing.
    """
    return 0.0 if certificate is None else _number(certificate.get("primal"))


def _number(value: object) -> float:
    # what is missing is as wrong as can be
    return float(value) if isinstance(value, int | float) else float("inf")


def _last_problem(run: Run) -> Finding:
    """Weak duality on the stored arrays: primal feasibility, dual bound and gap of the
    last answer.
    """
    try:
        # A pickle would run whatever it says: a folder to be checked is not to be trusted.
        with np.load(run.path / PROBLEM, allow_pickle=False) as stored:
            primal, gap = audit({name: stored[name] for name in stored.files})
    except (OSError, ValueError, LookupError, EOFError, BadZipFile, zlib.error) as error:
        raise RecordError(f"{PROBLEM} is damaged: {error}") from error
    # a time limit leaves a gap, as labelled; the last problem is that of the last solve
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
    # entry by entry, with numpy alone: no sparse library that the solver's side uses as well
    columns = len(p["cost"])
    column = np.repeat(np.arange(columns), np.diff(p["indptr"]))
    row = p["indices"]
    activity = np.bincount(row, p["data"] * p["x"][column], len(p["row_lower"]))
    priced = np.bincount(column, p["data"] * p["row_dual"][row], columns)
    reduced = p["cost"] - priced
    # relative to the largest cost: duals have its unit and size
    scale = 1.0 + np.abs(p["cost"]).max(initial=0.0)
    bound = float(p["offset"])
    worst = 0.0
    for price, value, low, high in (
        (reduced, p["x"], p["lower"], p["upper"]),
        (p["row_dual"], activity, p["row_lower"], p["row_upper"]),
    ):
        # weak duality takes the end that costs least: the lower one where the price is positive
        limit = np.where(price > 0, low, high)
        held = np.isfinite(limit)
        bound += float(price[held] @ limit[held])
        worst = max(worst, float(np.abs(price[~held]).max(initial=0.0)) / scale)
        # primal: how far outside its limits each value is, relative to the limit
        for outside, at in ((low - value, low), (value - high, high)):
            size = 1.0 + np.abs(np.where(np.isfinite(at), at, 0.0))
            worst = max(worst, float((outside / size).max(initial=0.0)))
    objective = float(p["cost"] @ p["x"]) + float(p["offset"])
    return worst, (objective - bound) / (1.0 + abs(objective))
