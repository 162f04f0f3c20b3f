"""`suandian bench`: measurements that anyone can run again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

Rows = Sequence[Mapping[str, Any]]
SETTINGS = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
}  # each benchmark has options of its own
# names are read from the left, numbers compared from the right
COLUMNS = {
    "benchmark": "left",
    "value": "right",
    "range": "right",
    "unit": "left",
    "peer": "left",
    "ratio": "right",
    "same answer": "left",
}


def bench(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="which; without: list all with their options")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="list all with their options")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="store the rows with machine and options as JSON")
    ] = None,
    date: Annotated[str, typer.Option("--date", help="of the measurement; stored by --out")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Run a benchmark and print its rows; a ratio above 1 means that ours is better. More options:
    see --list.

    Examples:
      suandian bench --list
      suandian bench weeks --count 4 --json
      make witness && suandian bench replan --repeats 7 --out docs/benchmarks/replan.json --date
      2026-11-24
    """
    from suandian import api
    from suandian.cli.progress import bar

    # words after NAME belong to the benchmark: only it knows its options
    if name is None or listed:
        _show_list(list(api.benches().values()), as_json)
        return
    with bar(f"bench {name}") as tick:
        measured = api.bench(name, context.args, tick)
    if out is not None:
        measured.write(out, date)
    if as_json:
        print(json.dumps(measured.rows, indent=1))
    else:
        _show(measured.lines())


def _show_list(benches: Sequence[Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"benches": [bench.as_dict() for bench in benches]}, ensure_ascii=False))
        return
    for bench in benches:
        print(f"{bench.name:10} {bench.description}")
        for option in bench.options:
            print(f"{'':13}--{option.name.replace('_', '-'):12} {option.help} [{option.default}]")


def _show(lines: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for name, side in COLUMNS.items():
        table.add_column(name, justify=side, overflow="fold")  # type: ignore[arg-type]
    for cells in lines:
        table.add_row(*cells)
    Console().print(table)
