"""`suandian plugins`: what is installed, by kind."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """List the plug-ins by kind, with where each comes from and whether its data are installed.

    Example: suandian plugins --json
    """
    from suandian.reading import registry

    rows = [
        {
            "kind": kind,
            "name": plugin.name,
            "module": plugin.module,
            "data": plugin.version() or "not installed",
        }
        for kind in registry.KINDS
        for plugin in sorted(registry.plugins(kind).values(), key=lambda p: p.name)
    ]
    if as_json:
        print(json.dumps({"plugins": rows}, ensure_ascii=False))
        return
    for row in rows:
        print(f"{row['kind']:8} {row['name']:16} {row['data']:36} {row['module']}")
