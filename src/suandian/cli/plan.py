"""`suandian plan`: one turn of the loop, without executing it; or the whole study at once."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from suandian.api.planning import FirstPlan
    from suandian.api.wholes import WholePlan


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
    from suandian import api
    from suandian.cli.progress import bar

    scenario = api.load(path, sets or [])
    if whole:
        with bar(f"plan {scenario.name} as a whole") as tick:
            study = api.plan_whole(scenario, window, overlap, workers, cluster, tick)
        if out is not None:
            study.write(out)
        _print(study, as_json, out)
    else:
        first = api.plan(scenario, signals)
        if out is not None:
            first.write(out, reproducible)
        _print(first, as_json, out)


def _print(planned: FirstPlan | WholePlan, as_json: bool, out: Path | None) -> None:
    from suandian import api
    from suandian.cli import plan_whole

    if as_json:
        # NaN is not JSON: a reader elsewhere would refuse the whole answer
        print(json.dumps(planned.as_dict(), allow_nan=False))
        return
    if isinstance(planned, api.FirstPlan):
        _show(planned)
    else:
        plan_whole.show(planned.as_dict())
    if out is not None:
        print(f"written to {out}")


def _show(first: FirstPlan) -> None:
    from suandian.cli import plan_signals

    _show_table(first)
    for solve in first.solves:
        # a gap of -1e-17 is one of rounding: its size is what counts
        gap = "no gap" if solve["gap"] is None else f"gap {abs(float(str(solve['gap']))):.1e}"
        sizes = f"{solve['columns']} columns"
        print(f"solve {solve['name']}: {solve['solver']}, {solve['status']}, {gap}, {sizes}")
    plan_signals.show(first)
    if first.ac_summary:
        print(first.ac_summary)


def _show_table(first: FirstPlan) -> None:
    """Print a row per step, with two columns per site: service + jobs [MW], and the price."""
    from rich.console import Console
    from rich.table import Table

    scenario = first.scenario
    zone = ZoneInfo(first.scenario.zone)
    what = f"first plan of policy {first.plan.policy} (service + jobs MW of IT power, price)"
    table = Table(title=f"{scenario.name}: {what}", title_justify="left")
    table.add_column("from")
    for site in scenario.sites.id.tolist():
        table.add_column(site, justify="right")
        table.add_column(f"{scenario.currency}/MWh", justify="right")
    # the frame has a row per step and site; a person reads a row per step
    for (start,), step in first.table.group_by("start", maintain_order=True):
        assert isinstance(start, datetime)
        cells = [start.astimezone(zone).strftime("%a %d %H:%M")]
        for row in step.iter_rows(named=True):
            cells.append(f"{row['service_mw']:.0f} + {row['jobs_mw']:.0f}")
            cells.append(f"{row['price_per_mwh']:.1f}")
        table.add_row(*cells)
    Console().print(table)
