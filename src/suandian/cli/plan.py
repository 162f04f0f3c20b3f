"""`suandian plan`: one turn of the loop, without executing it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def plan(
    path: Annotated[Path, typer.Argument(help="scenario file, or folder with scenario.toml")],
    sets: Annotated[list[str] | None, typer.Option("--set", help="override: dotted.key=value (repeatable)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="folder to write the plan and its evidence to")] = None,
    reproducible: Annotated[bool, typer.Option("--reproducible", help="same input and versions, same bytes")] = False,
) -> None:
    """Make the first plan of a scenario from what is known at its start, and print it.

    Examples:
      suandian plan three-areas --set policy.name=joint
      suandian plan three-areas --out plans/monday --reproducible
    """
    from suandian.load import load
    from suandian.run.planning import first_plan, write_plan

    scenario = load(path, sets or [])
    made, notebook = first_plan(scenario)
    if out is not None:
        write_plan(scenario, made, notebook, out, reproducible)
    sites = scenario.sites.id.tolist()
    edges = scenario.axis.edges_s[: made.n + 1].tolist()
    service, jobs = made.serve_mw.sum(axis=1), made.waiting_mw.sum(axis=1) + made.started_mw
    if as_json:
        rows = [
            {
                "start_s": edges[t],
                "site": site,
                "service_mw": service[t, d],
                "jobs_mw": jobs[t, d],
                "price_per_mwh": made.price[t, d],
            }
            for t in range(made.n)
            for d, site in enumerate(sites)
        ]
        print(
            json.dumps(
                {"policy": made.policy, "currency": scenario.currency, "solves": list(made.solves), "plan": rows}
            )
        )
        return
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"{scenario.name}: first plan of policy {made.policy} (service + jobs MW of IT power, price)",
        title_justify="left",
    )
    table.add_column("from")
    for site in sites:
        table.add_column(site, justify="right")
        table.add_column(f"{scenario.currency}/MWh", justify="right")
    for t in range(made.n):
        cells = [datetime.fromtimestamp(edges[t], ZoneInfo(scenario.zone)).strftime("%a %d %H:%M")]
        for d in range(len(sites)):
            cells += [f"{service[t, d]:.0f} + {jobs[t, d]:.0f}", f"{made.price[t, d]:.1f}"]
        table.add_row(*cells)
    Console().print(table)
    for solve in made.solves:
        gap = "no gap" if solve["gap"] is None else f"gap {abs(float(str(solve['gap']))):.1e}"
        print(f"solve {solve['name']}: {solve['solver']}, {solve['status']}, {gap}, {solve['columns']} columns")
    if out is not None:
        print(f"written to {out}")
