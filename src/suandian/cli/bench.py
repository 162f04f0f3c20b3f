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
    workers: Annotated[int, typer.Option(min=1, help="processes")] = 2,
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
    for key, right in (
        ("benchmark", False),
        ("value", True),
        ("range", True),
        ("unit", False),
        ("peer", False),
        ("ratio", True),
        ("same answer", False),
    ):
        table.add_column(key, justify="right" if right else "left", overflow="fold")
    for row in rows:
        peer = "" if row["peer"] is None else f"{row['peer']}: {row['peer_value']:,.4g} {row['unit']}"
        same = {None: "", True: "yes", False: "NO"}[row["same_answer"]]
        ratio = "" if row["ratio"] is None else f"{row['ratio']:,.1f}"
        spread = "" if row["low"] == row["high"] else f"{row['low']:,.4g} … {row['high']:,.4g}"
        table.add_row(
            f"{row['name']}: {row['figure']}", f"{row['value']:,.4g}", spread, str(row["unit"]), peer, ratio, same
        )
    Console().print(table)
