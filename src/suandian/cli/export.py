"""`suandian export`: the joint problem of a scenario in another program's format."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """Formats that `export` writes."""

    pypsa = "pypsa"


class ProblemChoice(StrEnum):
    """Windows of the joint problem that `export` writes."""

    whole = "whole"
    first_plan = "first-plan"


def export(
    path: Annotated[Path, typer.Argument(help="scenario file, or folder with scenario.toml")],
    out: Annotated[Path, typer.Option("--out", help="folder to write")],
    to: Annotated[Format, typer.Option("--to", help="format")] = Format.pypsa,
    window: Annotated[
        ProblemChoice,
        typer.Option(
            help="whole study with perfect foresight (its optimum is the bound), or the first plan"
        ),
    ] = ProblemChoice.whole,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="override: dotted.key=value (repeatable)")
    ] = None,
    solve: Annotated[bool, typer.Option(help="also solve it here, to compare the optimum")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Export a joint problem of the scenario, whatever its policy.

    Example: suandian export two-sites --to pypsa --out exported
    then, where PyPSA is installed: pypsa.Network("exported").optimize(solver_name="highs")
    """
    from suandian.export import problems, pypsa
    from suandian.maths.solving import solve_window
    from suandian.model.issues import InputError, Issue
    from suandian.reading import load

    if out.exists() and any(out.iterdir()):
        raise InputError([Issue(str(out), "--out", None, "is not empty", "a new or empty folder")])
    scenario = load(path, sets or [])
    problem = (
        problems.whole_study(scenario)
        if window is ProblemChoice.whole
        else problems.first_plan(scenario)
    )
    pypsa.export(problem.prepared, problem.window, problem.times, out)
    objective = solve_window(problem.prepared, problem.window).solution.objective if solve else None
    steps = len(problem.times)
    if as_json:
        print(
            json.dumps(
                {"out": str(out), "format": to.value, "steps": steps, "objective": objective}
            )
        )
        return
    print(f"{scenario.name}: {steps} steps written to {out} ({to.value})")
    if objective is not None:
        print(f"optimum here: {objective:,.6f} {scenario.currency}")
