"""`suandian compare`: runs of one scenario, or an experiment, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from suandian.report.compare import Comparison


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
    from suandian.report.compare import compare as compared
    from suandian.report.experiment import groups, open_all
    from suandian.report.page import write_comparison

    cases = open_all(runs)
    found = [
        (dict(group[0].place), compared([case.run for case in group])) for group in groups(cases)
    ]
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_comparison(cases, out)
    if as_json:
        print(
            json.dumps(
                {"comparisons": [{"case": case, **c.as_dict()} for case, c in found]},
                ensure_ascii=False,
            )
        )
        return
    found.sort(key=lambda item: -len(item[1].rows))
    _show(*found[0])
    if len(found) > 1:
        _cases(found)
    if out is not None:
        print(f"report: {out}")


def _show(case: dict[str, str], c: Comparison) -> None:
    """Print the table and the sentences."""
    from rich.console import Console
    from rich.table import Table

    from suandian.report.table import lines

    title = ", ".join(f"{k} = {v}" for k, v in case.items())
    table = Table(
        title=title or None, title_justify="left", box=None, header_style="bold", pad_edge=False
    )
    table.add_column("")
    for row in c.rows:
        table.add_column(row.label, justify="right")
    for line in lines(c):
        cells = [
            f"[bold]{cell}[/]" if best else cell
            for cell, best in zip(line.cells, line.best, strict=True)
        ]
        table.add_row(f"{line.name}{f', {line.unit}' if line.unit else ''}", *cells)
    console = Console()
    console.print(table)
    for sentence in c.reasons:
        console.print(f"• {sentence}", highlight=False, markup=False)
    console.print()


def _cases(found: list[tuple[dict[str, str], Comparison]]) -> None:
    """Print one line per case and policy."""
    from rich.console import Console
    from rich.table import Table

    keys = list(dict.fromkeys(key for case, _ in found for key in case))
    table = Table(
        title="cases", title_justify="left", box=None, header_style="bold", pad_edge=False
    )
    for name in (*(key.split(".")[-1] for key in keys), "policy"):
        table.add_column(name)
    for name in (f"system cost, {found[0][1].currency}", "CO2, t", "curtailment, GWh", "late jobs"):
        table.add_column(name, justify="right")
    for case, c in found:
        for r in c.rows:
            numbers = (
                f"{r.system_cost:,.0f}",
                f"{r.carbon_t:,.0f}",
                f"{r.curtailed_gwh:,.2f}",
                f"{r.jobs_late:,}",
            )
            table.add_row(*(case.get(key, "") for key in keys), r.label, *numbers)
    Console().print(table)
