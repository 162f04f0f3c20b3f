"""`suandian plan`: one turn of the loop, without executing it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from suandian.model.plan import Plan
    from suandian.model.scenario import Scenario


def plan(  # noqa: PLR0913  (typer reads options from the signature)
    path: Annotated[Path, typer.Argument(help="scenario file, or folder with scenario.toml")],
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="override: dotted.key=value (repeatable)")
    ] = None,
    signals: Annotated[
        bool,
        typer.Option(
            "--signals", help="what one more MWh costs and emits, by bus, site, workload and step"
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="folder to write the plan and its evidence to")
    ] = None,
    reproducible: Annotated[
        bool, typer.Option("--reproducible", help="same input and versions, same bytes")
    ] = False,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole",
            help="the whole study with perfect foresight, in windows, with a proven bound",
        ),
    ] = False,
    window: Annotated[
        float, typer.Option("--window", min=1, help="--whole: length of a window [h]")
    ] = 96.0,
    overlap: Annotated[
        float, typer.Option("--overlap", min=0, help="--whole: seen before and after it [h]")
    ] = 24.0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="--whole: processes")] = 2,
    cluster: Annotated[
        str, typer.Option("--cluster", help="--whole: address of a Dask scheduler")
    ] = "",
) -> None:
    """Make the first plan of a scenario from what is known at its start, and print it; or one of
    the whole study.

    Examples:
      suandian plan three-areas --set policy.name=joint
      suandian plan three-areas --signals --json
      suandian plan three-areas --out plans/monday --reproducible
      suandian plan three-areas --whole --workers 2 --out plans/week
    """
    from suandian.cli import plan_signals
    from suandian.model.state import State
    from suandian.model.view import View
    from suandian.reading import load
    from suandian.run.planning import first_plan, write_plan

    scenario = load(path, sets or [])
    if whole:
        from suandian.cli.whole import Asked, plan_whole
        from suandian.horizon.whole import Cut

        plan_whole(scenario, Asked(Cut(window, overlap), workers, cluster, out, as_json))
        return
    made, notebook = first_plan(scenario)
    if out is not None:
        write_plan(scenario, made, notebook, out, reproducible)
    found = checked = None
    if signals and notebook.last is not None:
        from suandian.policy.signals import plan_signals as signals_of

        found = signals_of(View.at(scenario, State.initial(scenario)), notebook.last)
    if scenario.ac_check and notebook.last is not None:
        from suandian.run import accheck

        dispatch = accheck.Dispatch.of_result(notebook.last)
        starts = scenario.axis.edges_s[made.starts()[: made.n]]
        checked = accheck.table(scenario.grid, accheck.checks(scenario.grid, dispatch), starts)
    if as_json:
        told = _told(scenario, made)
        if found is not None:
            told["signals"] = plan_signals.as_json(scenario, found)
        if checked is not None:
            told["ac_check"] = (
                checked.with_columns(checked["start"].dt.epoch("s").alias("start_s"))
                .drop("start", "phase")
                .to_dicts()
            )
        print(json.dumps(told, allow_nan=False))
        return
    _show(scenario, made)
    if found is not None:
        plan_signals.show(scenario, found)
    if checked is not None:
        print(accheck.summary(checked))
    if out is not None:
        print(f"written to {out}")


def _told(scenario: Scenario, made: Plan) -> dict[str, Any]:
    edges = scenario.axis.edges_s[made.starts()].tolist()
    service, jobs = made.serve_mw.sum(axis=1), made.waiting_mw.sum(axis=1) + made.started_mw
    rows = [
        {
            "start_s": edges[t],
            "site": site,
            "service_mw": service[t, d],
            "jobs_mw": jobs[t, d],
            "price_per_mwh": made.price[t, d],
        }
        for t in range(made.n)
        for d, site in enumerate(scenario.sites.id.tolist())
    ]
    return {
        "policy": made.policy,
        "currency": scenario.currency,
        "solves": list(made.solves),
        "plan": rows,
    }


def _show(scenario: Scenario, made: Plan) -> None:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from rich.console import Console
    from rich.table import Table

    sites = scenario.sites.id.tolist()
    edges = scenario.axis.edges_s[made.starts()].tolist()
    service, jobs = made.serve_mw.sum(axis=1), made.waiting_mw.sum(axis=1) + made.started_mw
    table = Table(
        title=f"{scenario.name}: first plan of policy {made.policy} (service + jobs MW of IT "
        "power, price)",
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
        print(
            f"solve {solve['name']}: {solve['solver']}, {solve['status']}, {gap}, "
            f"{solve['columns']} columns"
        )
