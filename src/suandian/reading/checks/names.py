"""Names that a scenario uses, against those that it defines."""

from __future__ import annotations

from collections.abc import Mapping

from suandian.model.issues import Issue
from suandian.reading.checks.checked import Raw
from suandian.reading.text.suggest import suggest


def names(raw: Raw, key: str) -> list[str]:
    """Return the names written under a top-level table (also of rows that were cut out after a
    finding).
    """
    table = raw.get(key)
    return list(table) if isinstance(table, Mapping) else []


def unknown(value: str, known: list[str], file: str, place: str, what: str) -> list[Issue]:
    """Return an issue with a suggestion where `value` is not among the known names."""
    if value in known:
        return []
    # RTS-GMLC has 73 buses and a city a thousand: a screenful helps, a book does not
    allowed = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    return [
        Issue(
            file,
            place,
            value,
            f"no such {what}",
            allowed or f"none is defined: add a {what}",
            suggest(value, known),
        )
    ]
