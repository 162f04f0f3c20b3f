"""Options of plug-ins: the keys that a scenario gives, checked against the plug-in's own model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from suandian.model.issues import InputError, Issue
from suandian.model.ports.options import InputMark, PluginOptions, UnitMark
from suandian.reading.checks.words import value_issue
from suandian.reading.text.quantity import QuantityError, example, parse
from suandian.reading.text.suggest import suggest

PathOf = Callable[[str, str, bool], Path]


def read_options(
    model: type[PluginOptions],
    given: Mapping[str, Any],
    file: str,
    place: str,
    path_of: PathOf | None = None,
    currency: str = "USD",
) -> PluginOptions:
    """Return the options that a scenario gives at `place` of `file`, with absolute paths.

    `path_of(text, place, folder)` turns each path that the options name into a file (or a folder)
    and remembers it among the inputs; without it paths stay as they are. Numbers with a unit are
    handed over in the unit that the plug-in names, money in `currency`.

    Raises
    ------
    InputError
        With every unknown key, missing key and unusable value, each with its place and remedy.
    """
    numbers, misread = _numbers(model, given, file, place, currency)
    if misread:
        raise InputError(misread)
    try:
        chosen = model.model_validate({**given, **numbers})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=True)
        issues = [_issue(item, model, place) for item in details]
        raise InputError(
            Issue(file, i.place, i.value, i.message, i.allowed, i.remedy) for i in issues
        ) from error
    if path_of is None:
        return chosen
    paths = {}
    for name, field in model.model_fields.items():
        value = getattr(chosen, name)
        mark = _mark(field, InputMark)
        if value is not None and mark is not None:
            paths[name] = path_of(str(value), f"{place}.{name}", mark.folder).absolute()
    return chosen.model_copy(update=paths)


def _numbers(
    model: type[PluginOptions], given: Mapping[str, Any], file: str, place: str, currency: str
) -> tuple[dict[str, float], list[Issue]]:
    """Return the options that are written with a unit as numbers, and those that cannot be read."""
    numbers: dict[str, float] = {}
    issues: list[Issue] = []
    for name, field in model.model_fields.items():
        mark = _mark(field, UnitMark)
        if mark is None or name not in given:
            continue
        value = given[name]
        where = f"{place}.{name}"
        if not isinstance(value, str):
            # a bare number in a scenario has no unit: 118 per kW or per MW?
            allowed = f'"{example(mark.unit, currency)}"'
            what = "a quantity is a text with its unit"
            issues.append(Issue(file, where, value, what, allowed))
            continue
        try:
            numbers[name] = parse(value.strip(), mark.unit, currency)
        except QuantityError as error:
            issues.append(Issue(file, where, value, str(error), error.allowed, error.remedy))
    return numbers, issues


Mark = TypeVar("Mark", InputMark, UnitMark)


def _mark(field: FieldInfo, kind: type[Mark]) -> Mark | None:
    # `InputFolder | None` keeps its mark inside the union, `InputPath` beside the type
    inside: list[Any] = [mark for arg in get_args(field.annotation) for mark in get_args(arg)]
    return next((mark for mark in (*field.metadata, *inside) if isinstance(mark, kind)), None)


def _issue(item: Any, model: type[BaseModel], place: str) -> Issue:
    loc = item["loc"]
    where = _dotted(place, loc)
    known = sorted(model.model_fields)
    if item["type"] == "extra_forbidden" and len(loc) == 1:
        allowed = ", ".join(known) or "none"
        remedy = suggest(str(loc[0]), known) or "see `suandian schema --markdown`"
        return Issue("", where, item.get("input"), "unknown option", allowed, remedy)
    if item["type"] == "missing":
        field = model.model_fields.get(str(loc[0])) if len(loc) == 1 else None
        allowed = "" if field is None else field.description or ""
        return Issue("", where, None, "is missing", allowed, "add it")
    return value_issue(item, where)


def _dotted(place: str, loc: tuple[Any, ...]) -> str:
    text = place
    for part in loc:
        # rows of lists count from 1, as in every message
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text
