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
    from suandian.reading import templates

    if not template:
        names = templates.names()
        print(
            json.dumps({"templates": names})
            if as_json
            else "\n".join(f"{n:20} {t}" for n, t in names.items())
        )
        return
    written = templates.copy(template, folder or Path(template))
    shown = [str(path) for path in written]
    print(
        json.dumps({"written": shown}) if as_json else "\n".join(f"wrote {path}" for path in shown)
    )
