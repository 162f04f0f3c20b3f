"""The runs that a run is compared with: whoever made it named them in run.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from suandian.report.books import Books
from suandian.report.facts import Facts
from suandian.report.standing import BOUND, Standing


def reference_bound(facts: Facts) -> float | None:
    """Return the bound that a reference run has proven, None where no such run is there."""
    found = reference(facts, BOUND)
    bound = None if found is None else found[1].get("bound")
    return None if bound is None else float(bound)


def reference_cost(facts: Facts, purpose: str) -> float | None:
    """Return system_cost of the reference run from which `purpose` is measured, None where that run
    is not there.
    """
    found = reference(facts, purpose)
    if found is None or not (found[0] / "ledger.db").exists():
        return None
    return sum(Books.of(found[0]).cost_parts().values())


def reference(facts: Facts, purpose: str) -> tuple[Path, dict[str, Any]] | None:
    """Return folder and run.json of the reference run from which `purpose` is measured."""
    for name in facts.record.get("reference_runs", {}):
        folder = reference_path(facts, name)
        if folder is None or not (folder / "run.json").exists():
            continue
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        # a folder that lacks its policy is no run: its key says which policy was meant
        if Standing.of({"policy": name, **record}).serves(purpose):
            return folder, record
    return None


def reference_path(facts: Facts, name: str) -> Path | None:
    """Return the folder of a reference run (run.json names it relative to the run's own)."""
    entry = facts.record.get("reference_runs", {}).get(name)
    if not entry:
        return None
    return facts.run.path / (entry if isinstance(entry, str) else entry[0])
