"""`suandian simulate`: run a scenario (or all cases of its [vary]) against the Twin."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def simulate(
    path: Annotated[Path, typer.Argument(help="scenario file, or folder with scenario.toml")],
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="override: dotted.key=value (repeatable)")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="run folder (default runs/<name>-<time>)")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="processes for the cases of [vary]")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Plan, execute on actual values, book and report; resumes an unfinished run in the same --out.

    Examples:
      suandian simulate three-areas --set policy.name=joint --out runs/joint
      suandian simulate three-areas --out runs/all      (every case of [vary])
    """
    from suandian import api

    # a key that is set is not varied, so one case without values is a plain run
    cases = api.cases(path, sets or [])
    if len(cases) > 1 or cases[0].values:
        _experiment(path, sets or [], out, workers, as_json)
    else:
        _single(path, sets or [], out, as_json)


def _single(path: Path, sets: list[str], out: Path | None, as_json: bool) -> None:
    from suandian import api
    from suandian.cli.progress import bar
    from suandian.cli.tables import kpi_table

    scenario = api.load(path, sets)
    for warning in scenario.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    with bar(f"simulate {scenario.name} ({scenario.policy.name})") as tick:
        run = api.simulate(scenario, out, tick)
    if as_json:
        print(json.dumps({"out": str(run.path), **run.kpis}))
    else:
        kpi_table(run.kpis, str(run.path))


def _experiment(path: Path, sets: list[str], out: Path | None, workers: int, as_json: bool) -> None:
    from suandian import api
    from suandian.cli.compare import show
    from suandian.cli.progress import bar

    # known before the first case runs, for the bar
    count = len(api.cases(path, sets))
    with bar(f"simulate {count} cases") as tick:
        done = api.experiment(path, out, sets, workers, tick)
    if as_json:
        print(json.dumps({"out": str(done.folder), **done.as_dict()}))
        return
    # the page of an experiment is its comparison: no single run is the subject
    compared = api.compare([done.folder])
    page = compared.write(done.folder / "report.html")
    show(compared)
    print(f"report: {page}")
