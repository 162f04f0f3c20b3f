"""`[tariffs]` → the parts of each tariff, with the options of their kinds."""

from __future__ import annotations

from collections.abc import Mapping

from suandian.model.issues import InputError, Issue
from suandian.model.ports.tariff import TariffKind
from suandian.model.scenario import TariffPart
from suandian.reading.options import PathOf, read_options
from suandian.reading.registry import find
from suandian.reading.spec.scenario import ScenarioSpec
from suandian.reading.spec.site import TariffSpec

_PART = 'a table with its kind, e.g. { kind = "nodal" }'


def tariffs(
    spec: ScenarioSpec, file: str, path_of: PathOf | None = None
) -> Mapping[str, tuple[TariffPart, ...]]:
    """Return the parts of each tariff by name; `path_of` as in `read_options`.

    Raises
    ------
    InputError
        With every unknown kind and every unusable option of all tariffs.
    """
    resolved: dict[str, tuple[TariffPart, ...]] = {}
    issues: list[Issue] = []
    for name, written in spec.tariffs.items():
        parts: list[TariffPart] = []
        for place, part, table in _tables(f"tariffs.{name}", written):
            try:
                parts.append(_part(part, table, file, place, path_of, spec.currency))
            except InputError as error:
                issues += error.issues
        if not written.further() and written.kind is None:
            issues.append(Issue(file, f"tariffs.{name}", None, "has no part", _PART))
        resolved[name] = tuple(parts)
    if issues:
        raise InputError(issues)
    return resolved


def _tables(place: str, written: TariffSpec) -> list[tuple[str, str, object]]:
    """Return place, name and table of each part; where there is one kind, it has no name."""
    further = written.further()
    if written.kind is not None:
        return [(place, "", {"kind": written.kind, **further})]
    return [(f"{place}.{part}", part, table) for part, table in further.items()]


def _part(
    name: str, table: object, file: str, place: str, path_of: PathOf | None, currency: str
) -> TariffPart:
    if not isinstance(table, dict):
        remedy = 'parts are tables; an option needs `kind` beside it, e.g. kind = "fixed"'
        raise InputError(
            [
                Issue(
                    file,
                    place,
                    table,
                    "is no part of a tariff",
                    _PART,
                    remedy,
                )
            ]
        )
    options = dict(table)
    named = options.pop("kind", None)
    if not isinstance(named, str):
        raise InputError(
            [
                Issue(
                    file,
                    f"{place}.kind",
                    named,
                    "is missing",
                    _PART,
                    "add it",
                )
            ]
        )
    kind: TariffKind = find("tariff", named, file, f"{place}.kind").load()
    chosen = read_options(
        kind.Options,
        options,
        file,
        place,
        path_of,
        currency,
    )
    return TariffPart(name, named, chosen)
