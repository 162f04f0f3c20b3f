"""An experiment folder: the cases of `[vary]` with their runs, and which of them can be
compared.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suandian.model.issues import RecordError

if TYPE_CHECKING:
    from suandian.record.read import Run

FILE = "experiment.json"


@dataclass(frozen=True, eq=False)
class CaseRun:
    """One run and what its case set (dotted key → value); a run given by itself has no values."""

    run: Run
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> tuple[tuple[str, str], ...]:
        """What was set, but for the policy."""
        return tuple((k, str(v)) for k, v in self.values.items() if k != "policy.name")


def open_all(paths: Sequence[Path]) -> list[CaseRun]:
    """Open run folders and the cases of experiment folders.

    Raises
    ------
    RecordError
        A folder is neither, or an experiment.json is damaged.
    """
    from suandian.record.read import open_run

    found = []
    for path in paths:
        # a folder without it is a run of its own
        if not (path / FILE).is_file():
            found.append(CaseRun(open_run(path)))
            continue
        try:
            cases = json.loads((path / FILE).read_text(encoding="utf-8"))["cases"]
            found += [
                CaseRun(open_run(path / case["path"]), dict(case.get("values") or {}))
                for case in cases
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise RecordError(f"{path / FILE} is damaged: {error}") from error
    return found


def groups(cases: Sequence[CaseRun]) -> list[list[CaseRun]]:
    """Return the cases that differ in their policy only, in order; runs given by themselves form
    one group.
    """
    # runs that differ in the policy alone are compared with each other
    found: dict[tuple[tuple[str, str], ...], list[CaseRun]] = {}
    for case in cases:
        found.setdefault(case.place, []).append(case)
    return list(found.values())
