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
    from suandian.bench import registry

    if name is None or listed:
        _show_list(list(registry.benches().values()), as_json)
        return
    from suandian.bench.document import stored
    from suandian.bench.machine import machine
    from suandian.cli.progress import bar
    from suandian.scale.executors import processes

    chosen = registry.find(name)
    options = chosen.parse(context.args)
    with bar(f"bench {name}") as tick:
        rows = chosen.run(options, tick, processes)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(stored(name, options, rows, date, machine()), indent=1, allow_nan=False)
        out.write_text(text + "\n", encoding="utf-8")
    if as_json:
        print(json.dumps(rows, indent=1))
    else:
        _show(rows)


def _show_list(benches: Sequence[Any], as_json: bool) -> None:
    if as_json:
        made = [
            {
                "name": b.name,
                "description": b.description,
                "options": {
                    o.name: {"default": _plain(o.default), "help": o.help} for o in b.options
                },
            }
            for b in benches
        ]
        print(json.dumps({"benches": made}, ensure_ascii=False))
        return
    for b in benches:
        print(f"{b.name:10} {b.description}")
        for option in b.options:
            print(f"{'':13}--{option.name.replace('_', '-'):12} {option.help} [{option.default}]")


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _show(rows: Rows) -> None:
    from rich.console import Console
    from rich.table import Table

    from suandian.bench.document import shown, spread

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
        peer += "" if row["peer_value"] is None else f": {shown(row['peer_value'])} {row['unit']}"
        same = {None: "", True: "yes", False: "NO"}[row["same_answer"]]
        ratio = "" if row["ratio"] is None else shown(row["ratio"])
        label = f"{row['name']} {shown(row['size'])}: {row['figure']}"
        table.add_row(
            label,
            shown(row["value"]),
            spread(row["low"], row["high"]),
            str(row["unit"]),
            peer,
            ratio,
            same,
        )
    Console().print(table)
