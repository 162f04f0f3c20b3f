"""`--set KEY=VALUE` of verbs that have no scenario: options of a plug-in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import typer


def options_of(sets: Iterable[str]) -> dict[str, Any]:
    """Return options by name; a text that is not KEY=VALUE is bad usage."""
    from suandian.api.options import parse_options

    try:
        return parse_options(sets)
    # bad usage exits with 2 and names the option, as typer does for its own
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--set") from error
