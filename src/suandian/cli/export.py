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


def export(
    path: Annotated[Path, typer.Argument(help="scenario file, or folder with scenario.toml")],
    out: Annotated[Path, typer.Option("--out", help="folder to write")],
    to: Annotated[Format, typer.Option("--to", help="format")] = Format.pypsa,
    sets: Annotated[list[str] | None, typer.Option("--set", help="override: dotted.key=value (repeatable)")] = None,
    solve: Annotated[bool, typer.Option(help="also solve it here, to compare the optimum")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Export the joint problem with perfect foresight over the whole study (the one that gives the bound).

    Example: suandian export two-sites --to pypsa --out exported
    then, where PyPSA is installed: pypsa.Network("exported").optimize(solver_name="highs")
    """
    from datetime import UTC, datetime

    from suandian.export import pypsa
    from suandian.load import load
    from suandian.maths.compile import solve_window
    from suandian.maths.prepared import Prepared
    from suandian.model.issues import InputError, Issue
    from suandian.model.state import State
    from suandian.model.view import View
    from suandian.policy.outlook import foreseen

    if out.exists() and any(out.iterdir()):
        raise InputError([Issue(str(out), "--out", None, "is not empty", "a new or empty folder")])
    scenario = load(path, sets or [])
    prepared = Prepared.of(scenario)
    outlook = foreseen(View(scenario, State.initial(scenario)), float("inf"))
    times = [datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%d %H:%M:%S") for t in outlook.axis.edges_s[:-1].tolist()]
    pypsa.export(prepared, outlook.window, times, out)
    objective = solve_window(prepared, outlook.window).solution.objective if solve else None
    if as_json:
        print(json.dumps({"out": str(out), "format": to.value, "steps": len(times), "objective": objective}))
        return
    print(f"{scenario.name}: {len(times)} steps written to {out} ({to.value})")
    if objective is not None:
        print(f"optimum here: {objective:,.6f} {scenario.currency}")
