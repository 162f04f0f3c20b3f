"""`suandian trace`: look at a file of jobs, and write it as the normalised table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def trace(
    path: Annotated[
        Path, typer.Argument(help="SWF, sacct, PAI, Azure VM or LLM, OpenDC, CSV or parquet")
    ],
    name: Annotated[
        str | None,
        typer.Option("--format", help="trace plug-in; default: recognised by its content"),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE, an option of the format; repeatable"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="write the normalised table: .parquet or .csv")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Read a trace of jobs, report every issue, and say what is in it.

    Examples: suandian trace KTH-SP2-1996.swf · suandian trace jobs.txt --format sacct --set
    zone=Asia/Shanghai · suandian trace vmtable.csv --out jobs.parquet
    """
    from suandian import api
    from suandian.cli.options import options_of

    # read whole before anything is printed: all issues come at once
    content = api.trace(path, name, options_of(sets or ()))
    facts = dict(content.facts)
    if out is not None:
        facts["written"] = str(content.write(out))
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    # notes are a list: a line each
    for key, value in facts.items():
        for line in value if isinstance(value, list) else [value]:
            print(f"{key.replace('_', ' '):26} {_shown(line)}")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {x:g}" for name, x in value.items())
    return f"{value:,}" if isinstance(value, int | float) else str(value)
