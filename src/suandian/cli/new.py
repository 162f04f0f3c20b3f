"""`suandian new`: a copy of a template to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def new(
    template: Annotated[str, typer.Argument(help="two-sites, three-areas, three-areas-trace")] = "",
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="new or empty folder")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Copy a template into a new folder; without arguments, list the templates.

    Example: suandian new three-areas demo
    """
    from suandian import api

    if not template:
        # nothing named: the names that could be are the answer, not an error
        names = api.templates()
        listed = "\n".join(f"{name:20} {text}" for name, text in names.items())
        print(json.dumps({"templates": names}) if as_json else listed)
        return
    written = [str(path) for path in api.new(template, folder or Path(template))]
    shown = "\n".join(f"wrote {path}" for path in written)
    print(json.dumps({"written": written}) if as_json else shown)
