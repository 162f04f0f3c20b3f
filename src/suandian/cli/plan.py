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
) -> None:
    """Make the first plan of a scenario from what is known at its start, and print it.

    Example: suandian plan three-areas --set policy.name=joint
    """
    from suandian.load import load
    from suandian.model.state import State
    from suandian.model.view import View
    from suandian.policy.base import Notebook
    from suandian.policy.policies import make

    scenario = load(path, sets or [])
    made, _ = make(scenario).decide(View(scenario, State.initial(scenario)), Notebook())
    sites = scenario.sites.id.tolist()
    edges = scenario.axis.edges_s[made.starts()].tolist()
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
        gap = abs(float(str(solve["gap"])))
        print(f"solve {solve['name']}: {solve['status']}, gap {gap:.1e}, {solve['columns']} columns")
