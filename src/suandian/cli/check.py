"""`suandian check`: every issue of a scenario at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def check(
    path: Annotated[Path, typer.Argument(help="scenario file, or a folder with scenario.toml")],
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, dotted TOML key; repeatable")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Report every issue of a scenario: place, value, what is allowed, how to mend it. Exit 2 if
    there is one.

    Examples: suandian check demo · suandian check demo --set policy.name=asap --json
    """
    # imported inside, as in all verbs: help and bad usage need neither numpy nor polars
    from suandian import api

    issues = api.check(path, sets or ())
    # main() prints issues and exits with 2, whichever verb raises them
    if issues:
        raise api.InputError(issues)
    warnings = api.load(path, sets or ()).warnings
    if as_json:
        print(json.dumps({"issues": [], "warnings": warnings}))
        return
    print(f"{path}: no issues")
    for warning in warnings:
        print(f"warning: {warning}")
