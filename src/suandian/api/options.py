"""Options of a plug-in written as texts, as the command line gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suandian.reading.text.toml import parse_override


def parse_options(sets: Iterable[str]) -> dict[str, Any]:
    """Return options by name from texts `KEY=VALUE`; a value is TOML if it parses, else text.

    Raises
    ------
    ValueError
        A text is not KEY=VALUE.

    Examples
    --------
    >>> parse_options(["step_s=30", "zone=Asia/Shanghai"])
    {'step_s': 30, 'zone': 'Asia/Shanghai'}
    """
    return dict(parse_override(text) for text in sets)
