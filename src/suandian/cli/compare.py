"""`suandian compare`: runs of one scenario, or an experiment, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from suandian.api.results import ComparedCase, Comparisons


def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="run folders, or an experiment folder")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="also write this HTML page")] = None,
) -> None:
    """Compare cost, carbon, curtailment, lateness, redispatch and distance to the bound; say why
    they differ.

    Runs whose inputs, horizon or completed work differ are refused.

    Examples:
      suandian compare runs/asap runs/joint
      suandian compare runs/all --out comparison.html
    """
    from suandian import api

    compared = api.compare(runs)
    if out is not None:
        compared.write(out)
    if as_json:
        print(json.dumps(compared.as_dict(), ensure_ascii=False))
        return
    show(compared)
    if out is not None:
        print(f"report: {out}")


def show(compared: Comparisons) -> None:
    """Print the case with most policies as a table with its reasons, then a line per run of all."""
    _show_case(compared.cases[0])
    if len(compared.cases) > 1:
        _show_cases(compared)


def _show_case(case: ComparedCase) -> None:
    from rich.console import Console
    from rich.table import Table

    title = ", ".join(f"{k} = {v}" for k, v in case.values.items())
    table = Table(
        title=title or None, title_justify="left", box=None, header_style="bold", pad_edge=False
    )
    table.add_column("")
    for row in case.comparison.rows:
        table.add_column(row.label, justify="right")
    # the best cell of a line is bold, where better has a meaning
    for line in case.lines:
        cells = [
            f"[bold]{cell}[/]" if best else cell
            for cell, best in zip(line.cells, line.best, strict=True)
        ]
        unit = f", {line.unit}" if line.unit else ""
        table.add_row(f"{line.name}{unit}", *cells)
    console = Console()
    console.print(table)
    for sentence in case.comparison.reasons:
        # sentences are data: brackets in a name are no markup, numbers no decoration
        console.print(f"• {sentence}", highlight=False, markup=False)
    console.print()


def _show_cases(compared: Comparisons) -> None:
    from rich.console import Console
    from rich.table import Table

    # cases of one experiment set the same keys; runs given by themselves set none
    keys = list(dict.fromkeys(key for case in compared.cases for key in case.values))
    table = Table(
        title="cases", title_justify="left", box=None, header_style="bold", pad_edge=False
    )
    for name in (*(key.split(".")[-1] for key in keys), "policy"):
        table.add_column(name)
    currency = compared.first.currency
    for name in (f"system cost, {currency}", "CO2, t", "curtailment, GWh", "late jobs"):
        table.add_column(name, justify="right")
    for case in compared.cases:
        for row in case.comparison.rows:
            numbers = (
                f"{row.system_cost:,.0f}",
                f"{row.carbon_t:,.0f}",
                f"{row.curtailed_gwh:,.2f}",
                f"{row.jobs_late:,}",
            )
            table.add_row(*(case.values.get(key, "") for key in keys), row.label, *numbers)
    Console().print(table)
