"""`suandian bench`: measurements that anyone can run again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

Rows = Sequence[dict[str, Any]]


class Bench(StrEnum):
    """Benchmarks by name."""

    weeks = "weeks"
    replan = "replan"
    solvers = "solvers"


def bench(
    name: Annotated[
        Bench,
        typer.Argument(help="weeks: separate to oracle over seeded weeks; replan: against PyPSA; solvers: by method"),
    ],
    scenario: Annotated[Path | None, typer.Option(help="another scenario than the template three-areas")] = None,
    count: Annotated[int, typer.Option(min=1, help="weeks: how many")] = 8,
    seed: Annotated[int, typer.Option(help="weeks: which")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="processes")] = 2,
    witness: Annotated[Path, typer.Option(help="replan: python of an environment with PyPSA")] = Path(
        ".venv-witness/bin/python"
    ),
    repeats: Annotated[int, typer.Option(min=1, help="replan, solvers: how often")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Run a benchmark and print its rows.

    Examples: suandian bench weeks --json   ·   make witness && suandian bench replan
    """
    from suandian.cli.progress import bar
    from suandian.load.templates import folder

    path = scenario or folder("three-areas")
    with bar(f"bench {name.value}") as tick:
        rows = _BENCHES[name](_Asked(path, count, seed, workers, witness, repeats, tick))
    if as_json:
        print(json.dumps(rows, indent=1))
    else:
        _show(rows)


@dataclass(frozen=True)
class _Asked:
    """What was asked for; each benchmark takes what it needs."""

    scenario: Path
    count: int
    seed: int
    workers: int
    witness: Path
    repeats: int
    tick: Callable[[int, int, str], None]


def _weeks(asked: _Asked) -> Rows:
    from suandian.bench import weeks
    from suandian.cli.processes import processes

    with processes(asked.workers) as executor:
        return weeks.rows(*weeks.weeks(asked.scenario, executor, asked.count, asked.seed, asked.tick))


def _replan(asked: _Asked) -> Rows:
    from suandian.bench import replan

    return replan.rows(asked.scenario, asked.witness, asked.repeats, asked.tick)


def _solvers(asked: _Asked) -> Rows:
    from suandian.bench import solvers

    return solvers.rows(asked.scenario, asked.repeats, asked.tick)


_BENCHES: dict[Bench, Callable[[_Asked], Rows]] = {
    Bench.weeks: _weeks, Bench.replan: _replan, Bench.solvers: _solvers,
}  # fmt: skip


def _show(rows: Rows) -> None:
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
        peer = row["peer"] or ""
        peer += "" if row["peer_value"] is None else f": {row['peer_value']:,.4g} {row['unit']}"
        same = {None: "", True: "yes", False: "NO"}[row["same_answer"]]
        ratio = "" if row["ratio"] is None else f"{row['ratio']:,.1f}"
        spread = "" if row["low"] == row["high"] else f"{row['low']:,.4g} … {row['high']:,.4g}"
        table.add_row(
            f"{row['name']}: {row['figure']}", f"{row['value']:,.4g}", spread, str(row["unit"]), peer, ratio, same
        )
    Console().print(table)
