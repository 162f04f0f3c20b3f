"""`suandian verify`: an independent check of a run folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from suandian.api.results import Verification


def verify(
    run: Annotated[Path, typer.Argument(help="run folder")],
    head: Annotated[str | None, typer.Option(help="ledger head that you kept elsewhere")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Re-read every file of a run and check ledger, balances, limits, jobs and figures. Exit 1 if
    one fails.

    Example: suandian verify runs/joint --head 3f9c…
    """
    from suandian import api

    report = api.verify(run, head)
    if as_json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        _show(report)
    # a failed check is a failed work, not a bad input: 1, not 2
    if not report.holds:
        raise typer.Exit(1)


def _show(report: Verification) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"verify {report.path}", title_justify="left")
    for name in ("check", "holds", "figure", "what"):
        table.add_column(name, justify="right" if name == "figure" else "left")
    for finding in report.findings:
        holds = "yes" if finding.ok else "NO"
        # details hold names from the folder: brackets in them are no markup
        table.add_row(
            finding.check,
            holds,
            _figure(finding.figure),
            escape(finding.detail),
        )
    console = Console()
    console.print(table)
    console.print(f"{len(report.findings)} checks, {len(report.failed)} failed")


def _figure(value: float | int | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
