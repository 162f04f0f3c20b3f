"""`suandian bench`: measurements that anyone can run again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class Bench(StrEnum):
    """Benchmarks by name."""

    weeks = "weeks"
    replan = "replan"


def bench(
    name: Annotated[Bench, typer.Argument(help="weeks: separate to oracle over seeded weeks; replan: against PyPSA")],
    scenario: Annotated[Path | None, typer.Option(help="another scenario than the template three-areas")] = None,
    count: Annotated[int, typer.Option(help="weeks: how many")] = 8,
    seed: Annotated[int, typer.Option(help="weeks: which")] = 1,
    workers: Annotated[int, typer.Option(help="processes")] = 2,
    witness: Annotated[Path, typer.Option(help="replan: python of an environment with PyPSA")] = Path(
        ".venv-witness/bin/python"
    ),
    repeats: Annotated[int, typer.Option(help="replan: how often")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Run a benchmark and print its rows.

    Examples: suandian bench weeks --json   ·   make witness && suandian bench replan
    """
    from suandian.cli.processes import processes
    from suandian.cli.progress import bar
    from suandian.load.templates import folder

    path = scenario or folder("three-areas")
    with bar(f"bench {name.value}") as tick:
        if name is Bench.weeks:
            from suandian.bench import weeks as room

            with processes(workers) as executor:
                rows = room.rows(*room.weeks(path, executor, count, seed, tick))
        else:
            from suandian.bench import replan

            rows = replan.rows(path, witness, repeats)
    if as_json:
        print(json.dumps(rows, indent=1))
    else:
        _show(rows)


def _show(rows: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for key in ("name", "size", "figure", "value", "low", "high", "unit", "peer", "peer_value", "ratio", "same_answer"):
        table.add_column(key, justify="right" if key in ("value", "low", "high", "ratio") else "left")
    for row in rows:
        table.add_row(*("" if v is None else f"{v:,.4g}" if isinstance(v, float) else str(v) for v in (row[c.header] for c in table.columns)))
    Console().print(table)
