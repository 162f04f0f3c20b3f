"""`export`: the joint problem of a scenario in another program's format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suandian.export import problems, pypsa
from suandian.maths.solving import solve_window
from suandian.model.issues import InputError, Issue
from suandian.model.scenario import Scenario

WINDOWS = {"whole": problems.whole_study, "first-plan": problems.first_plan}
FORMATS = ("pypsa",)


@dataclass(frozen=True)
class ExportedProblem:
    """What was written: `folder`, `format`, number of `steps`, and the optimum found here
    [currency], None where it was not solved.
    """

    folder: Path
    format: str
    steps: int
    objective: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as `suandian export --json` prints them."""
        return {
            "out": str(self.folder),
            "format": self.format,
            "steps": self.steps,
            "objective": self.objective,
        }


def export(
    scenario: Scenario,
    out: str | Path,
    to: str = "pypsa",
    window: str = "whole",
    solve: bool = True,
) -> ExportedProblem:
    """Write the joint problem of a scenario, whatever its policy, into an empty folder.

    `window` is whole (the study with perfect foresight: its optimum is the bound) or first-plan;
    `solve` also solves it here, to compare the optimum.

    Raises
    ------
    InputError
        `out` is not empty, or the format or window is not known.
    SolveError
        The problem has no usable solution.
    """
    folder = Path(out)
    issues = []
    if folder.exists() and any(folder.iterdir()):
        message = "is not empty"
        allowed = "a new or empty folder"
        issues.append(Issue(str(out), "--out", None, message, allowed))
    for place, value, known in (("--to", to, FORMATS), ("--window", window, tuple(WINDOWS))):
        if value not in known:
            issues.append(Issue("export", place, value, "is not known", ", ".join(known)))
    if issues:
        raise InputError(issues)
    problem = WINDOWS[window](scenario)
    pypsa.export(problem.prepared, problem.window, problem.times, folder)
    # a second program that finds the same optimum is the point of the export
    objective = None
    if solve:
        objective = solve_window(problem.prepared, problem.window).solution.objective
    return ExportedProblem(folder, to, len(problem.times), objective)
