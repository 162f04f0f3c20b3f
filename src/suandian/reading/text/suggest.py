"""Nearest names: what a misspelt word may have meant."""

from __future__ import annotations

import difflib
from typing import Any


def suggest(name: object, known: Any) -> str:
    """Return "did you mean …?" for the known name nearest to `name`, or an empty text."""
    names = sorted(str(k) for k in known)
    folded = [k for k in names if k.lower() == str(name).lower()]
    close = folded or difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""
