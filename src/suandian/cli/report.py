"""`suandian report`: the page of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def report(
    run: Annotated[Path, typer.Argument(help="run folder")],
    against: Annotated[
        list[Path] | None, typer.Option("--against", help="run to compare with (repeatable)")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="HTML file (default: report.html in the run folder)"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Write one self-contained HTML page: figures, KPIs against the baselines, reasons, warnings,
    evidence.

    Without --against it compares with the reference runs that the run names.

    Example: suandian report runs/joint --against runs/asap --against runs/separate
    """
    from suandian import api

    # nothing to compare with: the run's own reference runs, which an empty list stands for
    page = api.report(run, against or [], out)
    print(json.dumps({"report": str(page)}) if as_json else f"report: {page}")
