"""Tables → ScenarioSpec: pydantic's findings as Issues with suggestions, and as much of the spec as
can be saved.

After a finding the offending part is cut out and the rest validated again, so that the rules in
`checks` can still look at everything else and all issues are reported at once.
"""

from __future__ import annotations

import copy
import re
import types
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from suandian.model.issues import Issue
from suandian.reading.checks.words import value_issue
from suandian.reading.spec.scenario import ScenarioSpec
from suandian.reading.text.currencies import CODES
from suandian.reading.text.suggest import suggest

MAX_ISSUES = 200
_STAND_IN: dict[str, Any] = {
    "version": 1,
    "name": "unnamed",
    "currency": "USD",
    "grid": {"plugin": "inline"},
    "time": {"start": datetime(2020, 1, 1), "duration": "24 h", "zone": "UTC"},
}


def validate(
    raw: Mapping[str, Any], file: str
) -> tuple[ScenarioSpec | None, list[Issue], frozenset[str]]:
    """Return the spec (partial after findings), all findings, and the top-level keys that were cut
    or stand-ins.
    """
    tables = with_defaults(raw)
    cut: set[str] = set()
    context = {"currency": _currency(tables)}
    issues: list[Issue] = []
    # each round cuts out what was found, so that rules see the rest; six levels are deeper than the
    # tables nest
    for _round in range(6):
        try:
            return ScenarioSpec.model_validate(tables, context=context), issues, frozenset(cut)
        except ValidationError as error:
            found = [
                _read(item, tables) for item in error.errors(include_url=False, include_input=True)
            ]
            # later rounds see what the cuts left behind: their findings are made by us, not by the
            # user
            if not issues:
                issues = [issue for issue, _ in _with_names(found, file) if issue][:MAX_ISSUES]
            paths = [path for issue, path in found if issue]
            cut |= {str(path[0]) for path in paths}
            _prune(tables, paths)
            time = tables.get("time")
            # without a length no axis can be made, and every rule about time would stay silent
            if "time" in cut and isinstance(time, dict) and not {"duration", "end"} & time.keys():
                time["duration"] = _STAND_IN["time"]["duration"]
            tables |= {
                key: copy.deepcopy(value) for key, value in _STAND_IN.items() if key not in tables
            }
    return None, issues, frozenset(cut)


def _currency(tables: Mapping[str, Any]) -> str:
    """Return the scenario's currency; where it is unusable, the first one that occurs, so that
    prices can be read.
    """
    given = tables.get("currency")
    if isinstance(given, str) and given in CODES:
        return given
    # a misspelt currency would otherwise make every price in the file an issue of its own
    return next((code for code in re.findall(r"\b[A-Z]{3}\b", str(tables)) if code in CODES), "USD")


def with_defaults(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy in which defaults that depend on other keys are written out (party, zone, the
    tariff `spot`).
    """
    tables = copy.deepcopy(dict(raw))
    time = tables.get("time")
    zone = time.get("zone") if isinstance(time, dict) else None
    sites = tables.get("sites")
    spot = False
    for name, site in sites.items() if isinstance(sites, dict) else ():
        if not isinstance(site, dict):
            continue
        # a site whose owner is not named is its own
        site.setdefault("party", name)
        if isinstance(zone, str):
            site.setdefault("zone", zone)
        connection = site.get("connection")
        spot |= isinstance(connection, dict) and connection.get("tariff", "spot") == "spot"
    tariffs = tables.setdefault("tariffs", {})
    if spot and isinstance(tariffs, dict):
        tariffs.setdefault("spot", {"kind": "nodal"})
    return tables


Found = tuple[Issue | None, tuple[Any, ...]]


def _with_names(found: list[Found], file: str) -> list[Found]:
    return [
        (Issue(file, i.place, i.value, i.message, i.allowed, i.remedy) if i else None, path)
        for i, path in found
    ]


def _read(item: Any, tables: Mapping[str, Any]) -> Found:
    """Return one pydantic finding as Issue (None for a union branch that was not meant) and its
    real path.
    """
    path, kinds, meant = _walk(item["loc"], tables)
    place = dotted(path)
    if not meant:
        return None, path
    kind = item["type"]
    context = item.get("ctx", {})
    value = item.get("input")
    if kind == "extra_forbidden":
        names = _keys(kinds)
        return Issue(
            "", place, None, "unknown key", ", ".join(names), suggest(path[-1], names)
        ), path
    if kind == "missing":
        return Issue(
            "", place, None, "is missing", _example(_owner(item["loc"], tables), path[-1]), "add it"
        ), path
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        tags = context.get("expected_tags", "").replace("'", "") or "service, jobs"
        given = value.get("kind") if isinstance(value, dict) else None
        what = "is missing" if given is None else "is not known"
        hint = "" if given is None else suggest(given, tags.split(", "))
        return Issue("", f"{place}.kind", given, what, tags, hint), (*path, "kind")
    return value_issue(item, place), path


def dotted(path: tuple[Any, ...]) -> str:
    """Return a path as a dotted TOML key (rows of lists count from 1)."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            plain = part.replace("-", "").replace("_", "")
            shown = (
                part
                if plain.isascii() and plain.isalnum()
                else '"' + part.replace('"', '\\"') + '"'
            )
            text += f".{shown}" if text else shown
    return text


def _members(kind: Any) -> list[Any]:
    """Return the alternatives of a type: Annotated and unions taken apart, None left out."""
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [m for arg in get_args(kind) for m in _members(arg)]
    return [] if kind is type(None) else [kind]


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _walk(loc: tuple[Any, ...], tables: Any) -> tuple[tuple[Any, ...], list[Any], bool]:
    """Follow `loc` through types and data, dropping union tags; says whether the branch is the one
    meant.
    """
    kinds: list[Any] = [ScenarioSpec]
    path: list[Any] = []
    data = tables
    meant = True
    for part in loc:
        if part == "[key]":
            continue
        # pydantic puts the branch of a union into the location; the user wrote no such key
        tag = _tagged(kinds, part, data)
        if tag is not None:
            kinds, fits = tag
            meant = meant and fits
            continue
        owner = kinds
        kinds = [m for kind in kinds for m in _step(kind, part)]
        path.append(part)
        data = data.get(part) if isinstance(data, dict) else _item(data, part)
        if not kinds:
            kinds = owner if part == loc[-1] else []
    models = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
    return tuple(path), models or _owner(loc, tables), meant


def _owner(loc: tuple[Any, ...], tables: Any) -> list[Any]:
    return _walk(loc[:-1], tables)[1] if len(loc) > 1 else [ScenarioSpec]


def _tagged(kinds: list[Any], part: Any, data: Any) -> tuple[list[Any], bool] | None:
    """Return the branch that a union tag in a location names, and whether the data mean it."""
    models = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
    if len(kinds) > 1 and part in ("str", "SeriesFile"):
        return (
            (models, isinstance(data, dict))
            if part != "str"
            else ([str], not isinstance(data, dict))
        )
    if len(models) > 1 and part in ("service", "jobs"):
        return [m for m in models if part in get_args(m.model_fields["kind"].annotation)], True
    return None


def _item(data: Any, part: Any) -> Any:
    return (
        data[part]
        if isinstance(data, list) and isinstance(part, int) and part < len(data)
        else None
    )


def _step(kind: Any, part: Any) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = _fields(kind).get(part)
        return _members(field.annotation) if field else []
    if get_origin(kind) is dict:
        return _members(get_args(kind)[1])
    return _members(get_args(kind)[0]) if get_origin(kind) is tuple else []


def _keys(kinds: list[Any]) -> list[str]:
    return sorted({name for kind in kinds for name in _fields(kind)})


def _example(kinds: list[Any], name: str) -> str:
    for kind in kinds:
        field = _fields(kind).get(name)
        if field is not None and field.description:
            return str(field.description)
    return ""


def _prune(tables: dict[str, Any], paths: list[tuple[Any, ...]]) -> None:
    """Cut the offending parts out of `tables`, and the tables that lack something."""
    missing = {path for path in paths if _at(tables, path) is _ABSENT}
    for path in sorted(set(paths), key=len, reverse=True):
        table = _at(tables, path[:-1])
        if path in missing and isinstance(table, dict) and _at(_STAND_IN, path) is not _ABSENT:
            table[path[-1]] = _at(_STAND_IN, path)
            continue
        # a table that lacks a key goes as a whole; one with a bad value loses only that
        target = path[:-1] if path in missing else path
        # rows of a list are not cut one by one: their numbers in later messages would shift
        while target and not isinstance(_at(tables, target[:-1]), dict):
            target = target[:-1]
        if target:
            _at(tables, target[:-1]).pop(target[-1], None)


_ABSENT = object()


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_list or (isinstance(data, dict) and part in data):
            data = data[part]
        else:
            return _ABSENT
    return data
