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
    from suandian import api

    scenario = api.load(path, sets or [])
    problem = api.export(scenario, out, to.value, window.value, solve)
    if as_json:
        print(json.dumps(problem.as_dict()))
        return
    print(f"{scenario.name}: {problem.steps} steps written to {out} ({problem.format})")
    # the number to hold against the other program's
    if problem.objective is not None:
        print(f"optimum here: {problem.objective:,.6f} {scenario.currency}")
