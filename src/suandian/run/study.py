"""A study in a folder: start or resume it, run it to the end, and write what the contract of a run
folder asks for.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from suandian.books.book import Book
from suandian.ledger.ledger import Ledger, Posting
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.model.issues import InputError, Issue
from suandian.model.ports import Clock, World
from suandian.model.scenario import Scenario
from suandian.policy.chosen import kind_of, standing_of
from suandian.record import seal
from suandian.record.details import EnergyDetail
from suandian.record.folder import RunFolder
from suandian.record.read import open_run
from suandian.record.schemas import SCHEMA_VERSION
from suandian.record.tables import write_tables
from suandian.report.kpis import kpis
from suandian.run.accheck import plan_rows, write_ac_check
from suandian.run.loop import Turn, simulate
from suandian.run.security import write_security
from suandian.settle import statement

Progress = Callable[[int, int], None]
PACKAGES = ("suandian", "numpy", "scipy", "highspy", "numba", "polars", "pydantic")


def run_study(
    scenario: Scenario,
    out: Path,
    progress: Progress | None = None,
    source: Path = Path(),
    *,
    world: World | None = None,
    clock: Clock | None = None,
    more_books: Sequence[Book] = (),
) -> Path:
    """Simulate `scenario` into folder `out`, resuming an unfinished run of the same scenario;
    returns the folder.

    `source` is the folder that paths in the scenario are relative to; it is noted relative to
    `out`, so that the run can be settled again. `world`, `clock` and `more_books` as in the loop.

    Raises
    ------
    InputError
        `out` holds a finished run, or a run of another scenario.
    """
    folder = RunFolder(out)
    record = _opened(scenario, folder)
    (out / "scenario.toml").write_text(scenario.text, encoding="utf-8")
    folder.write(record)
    with Ledger(out / "ledger.db", scenario.hash) as ledger:
        watcher = _Watcher(scenario, folder, record, ledger, progress)
        try:
            simulate(scenario, ledger, watcher, world, clock, more_books)
        except Exception:
            # whatever ended it: a reader of the folder must see that it did not go through
            folder.write({**record, "state": "failed"})
            raise
        record["ledger_head"] = ledger.head
        _write_results(scenario, ledger, record, out)
    _write_evidence(out, record)
    # perfect foresight: its first solve bounds every other run from below
    proven = [solve["bound"] for solve in record["solves"] if solve["name"] == "bound"]
    if kind_of(scenario.policy).role == "bound" and proven:
        record["bound"] = proven[0]
    # relative, so that the folder can be moved together with its scenario
    record["source"] = os.path.relpath(source.resolve(), out.resolve())
    folder.write(record)
    finish(out)
    return out


@dataclass(frozen=True, eq=False)
class _Watcher:
    """Keeps run.json and the evidence up to date while the loop runs."""

    scenario: Scenario
    folder: RunFolder
    record: dict[str, Any]
    ledger: Ledger
    progress: Progress | None

    def __call__(self, turn: Turn) -> None:
        """Note the solves of a new plan, then say how far the run is."""
        if turn.solves:
            # a run that was killed before it booked this plan has told of it before
            earlier = [solve for solve in self.record["solves"] if solve["step"] < turn.step]
            self.record["solves"] = earlier + list(turn.solves)
            self.record["ledger_head"] = self.ledger.head
            if turn.notebook is not None and turn.notebook.last is not None:
                self._keep(turn.step, turn.notebook.last)
            self.folder.write(self.record)
        if self.progress is not None:
            self.progress(turn.step, turn.of)

    def _keep(self, step: int, last: Result) -> None:
        """Keep the last problem of a plan, and its AC power flow where it is asked for."""
        write_problem(self.folder.path, last)
        if self.scenario.ac_check:
            earlier = [row for row in self.record.get("ac_plans", []) if row["step"] < step]
            self.record["ac_plans"] = earlier + plan_rows(self.scenario, step, last)


def _write_results(scenario: Scenario, ledger: Ledger, record: dict[str, Any], out: Path) -> None:
    """Write what follows from the ledger: tables, security and AC checks, the statement."""
    write_tables(out, scenario, ledger)
    if scenario.security is not None:
        record["splitting"] = write_security(out, scenario, ledger)
    if scenario.ac_check:
        write_ac_check(out, scenario, ledger, record.pop("ac_plans", []))
    statement.write(statement.statement(scenario, ledger), out / "statement.csv")


def finish(out: Path) -> None:
    """Write kpis.json, seal the folder by the last entry of its ledger and mark the run done."""
    folder = RunFolder(out)
    record = folder.read()
    (out / "kpis.json").write_text(
        json.dumps(kpis(open_run(out)), indent=1, allow_nan=False), encoding="utf-8"
    )
    # as it will be read again: a tuple is a list in the file
    folder.write(record)
    record = folder.read()
    files = folder.hashes()
    with Ledger(out / "ledger.db", record["scenario_hash"]) as ledger:
        last = ledger.last(EnergyDetail.BOOK)
        step = 0 if last is None else last.step
        sealed = ledger.append([Posting(step, seal.BOOK, {}, seal.contents(files, record))])
    folder.write({**record, "files": files, "seal": sealed, "state": "done"})


def _opened(scenario: Scenario, folder: RunFolder) -> dict[str, Any]:
    """Return the record of a run that was interrupted, or a new one.

    Raises
    ------
    InputError
        The folder holds another run, a finished one, or other files.
    """
    if folder.exists():
        record = folder.read()
        if record["scenario_hash"] != scenario.hash:
            raise _taken(folder, "holds a run of another scenario")
        if record["state"] == "done":
            remedy = "choose another --out, or read it with `suandian report`"
            raise _taken(folder, "holds a finished run of this scenario", remedy)
        return {**record, "state": "running"}
    folder.path.mkdir(parents=True, exist_ok=True)
    others = sorted(path.name for path in folder.path.iterdir())
    if others:
        # a scenario's own folder would lose its scenario.toml
        raise _taken(folder, f"holds {', '.join(others[:3])}, and is no run folder")
    return _begun(scenario)


def _taken(folder: RunFolder, message: str, remedy: str = "choose another --out") -> InputError:
    return InputError([Issue(str(folder.path), "--out", None, message, "an empty folder", remedy)])


def _begun(scenario: Scenario) -> dict[str, Any]:
    notes = [*scenario.notes, *scenario.grid.notes, *_curve_notes(scenario)]
    return {
        "state": "running",
        "schema_version": SCHEMA_VERSION,
        "name": scenario.name,
        "scenario_hash": scenario.hash,
        "inputs": dict(scenario.inputs),
        "notes": list(dict.fromkeys(notes)),
        "warnings": list(scenario.warnings),
        "packages": {name: package_version(name) for name in PACKAGES},
        "python": sys.version.split()[0],
        "seed": scenario.seed,
        "policy": scenario.policy.name,
        "policy_kind": standing_of(scenario.policy.name),
        "currency": scenario.currency,
        "carbon_price": scenario.goal.carbon_price,
        "main_end_s": int(scenario.axis.edges_s[scenario.n_main]),
        "solves": [],
        "ledger_head": "",
        "reference_runs": {},
    }


def _curve_notes(scenario: Scenario) -> list[str]:
    """Say what the convex hull of the cost curves changes (a reader must know what the dispatch
    leaves out).
    """
    prepared = Prepared.of(scenario)
    curves = prepared.curves
    units = scenario.grid.generators
    skipped = int(((units.p_min_mw > 0) & (units.no_load > 0)).sum())
    notes = []
    if len(prepared.committed):
        notes.append(
            f"{len(prepared.committed)} of {len(units)} units are committed (on or off) by MIP, "
            "to a gap of "
            f"{scenario.commitment.gap:g} or {scenario.commitment.time_limit_s:g} s a plan; the "
            "bound leaves start "
            "costs, minimum times and whole commitments out"
        )
    elif skipped:
        notes.append(
            f"{skipped} of {len(units)} units have a minimum output: relaxed commitment, cost "
            "and emissions by the "
            "convex hull of off and their curve; start costs and minimum times are not modelled"
        )
    if curves.repaired.any():
        notes.append(
            f"{int(curves.repaired.sum())} units have increments that fall: repaired by the "
            "convex hull"
        )
    return notes


def package_version(name: str) -> str:
    """Return the installed version of a distribution, or unknown."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def write_problem(out: Path, last: Result, packed: bool = False) -> None:
    """Write the last problem with its primal-dual pair; compressed (`packed`) when nothing replaces
    it any more.
    """
    problem = last.compiled.problem
    solution = last.solution
    (out / "problem").mkdir(exist_ok=True)
    # every plan is written, the next one replaces it: only what stays is worth compressing
    save = np.savez_compressed if packed else np.savez
    save(
        out / "problem" / "last.npz",
        cost=problem.cost,
        lower=problem.lower,
        upper=problem.upper,
        row_lower=problem.row_lower,
        row_upper=problem.row_upper,
        indptr=problem.matrix.indptr,
        indices=problem.matrix.indices,
        data=problem.matrix.data,
        offset=problem.offset,
        x=solution.x,
        row_dual=solution.row_dual,
    )


def write_certificates(out: Path, solves: Sequence[Mapping[str, Any]]) -> None:
    """Write certificate.json: one record per solve."""
    kept = [{k: s[k] for k in ("name", "step", "solver", "status", "certificate")} for s in solves]
    (out / "certificate.json").write_text(
        json.dumps(kept, indent=1), encoding="utf-8", newline="\n"
    )


def _write_evidence(out: Path, record: Mapping[str, Any]) -> None:
    """Write certificate.json and compress the last problem."""
    write_certificates(out, record["solves"])
    if not (out / "problem" / "last.npz").exists():
        # a policy may plan without solving anything
        return
    with np.load(out / "problem" / "last.npz") as kept:
        arrays = dict(kept)
    np.savez_compressed(out / "problem" / "packed.npz", **arrays)
    # replaced at once: a reader finds the old file or the new one, never a part
    (out / "problem" / "packed.npz").replace(out / "problem" / "last.npz")
