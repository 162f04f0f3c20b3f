"""The other runs of a study that a run is measured against, as its run.json names them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from suandian.report.books import Books
from suandian.report.standing import BOUND, Standing

if TYPE_CHECKING:
    from pathlib import Path

    from suandian.report.facts import Facts


def reference_bound(facts: Facts) -> float | None:
    """Return the bound that a reference run has proven, None where no such run is there."""
    named = reference(facts, BOUND)
    bound = None if named is None else named[1].get("bound")
    return None if bound is None else float(bound)


def reference_cost(facts: Facts, purpose: str) -> float | None:
    """Return system_cost of the reference run from which `purpose` is measured, None where that run
    is not there.
    """
    named = reference(facts, purpose)
    if named is None:
        return None
    folder = named[0]
    # a folder that was kept without its ledger has no cost to tell
    if not (folder / "ledger.db").exists():
        return None
    # From its ledger and not from its kpis.json, which an older version may have written.
    return sum(Books.of(folder).cost_parts().values())


def reference(facts: Facts, purpose: str) -> tuple[Path, dict[str, Any]] | None:
    """Return folder and run.json of the reference run from which `purpose` is measured."""
    for name in facts.record.get("reference_runs", {}):
        folder = reference_path(facts, name)
        # Folders are moved and deleted on their own: a reference that is gone is no error.
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
    # a path alone, or with the head of its ledger
    relative = entry if isinstance(entry, str) else entry[0]
    return facts.run.path / relative
