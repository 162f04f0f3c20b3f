"""`suandian schema`: the scenario format as JSON schema or as reference page."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def schema(
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="the reference page instead")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON schema (the default)")] = False,
) -> None:
    """Print the JSON schema of scenario files, for editors and checkers.

    Examples: suandian schema > scenario.schema.json · suandian schema --markdown > docs/scenario.md
    """
    from suandian import api

    # JSON is the default; asked for together with the page, one of the two is a mistake
    if as_markdown and as_json:
        raise typer.BadParameter("choose one of --markdown and --json")
    if as_markdown:
        print(api.schema_page(), end="")
    else:
        print(json.dumps(api.schema(), indent=2, ensure_ascii=False))
