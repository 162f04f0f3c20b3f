"""Options of plug-ins: known names, right types, within their ranges; all findings at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from suandian.model.issues import InputError, Issue
from suandian.model.ports.options import PluginOptions
from suandian.reading.registry import KINDS, plugins
from suandian.reading.text.suggest import suggest

_WORDS = {
    "bool_type": ("is not true or false", "true or false"),
    "float_type": ("is not a number", "a number"),
    "int_type": ("is not a whole number", "a whole number"),
    "string_type": ("is not a text", 'a text in quotes, e.g. "abc"'),
    "missing": ("is missing", ""),
}
_LIMITS = {"ge": "{:g} or more", "gt": "above {:g}", "le": "{:g} or less", "lt": "below {:g}"}


def kinds(kind: str) -> tuple[dict[str, Any], list[Issue]]:
    """Return the installed policies or forecasters by name, and what kept others from loading."""
    loaded: dict[str, Any] = {}
    issues: list[Issue] = []
    for name, plugin in plugins(kind).items():
        try:
            loaded[name] = plugin.load()
        except InputError as error:
            issues += error.issues
    return loaded, issues


def option_issues(
    kind: str, name: str, written: Mapping[str, Any], file: str, place: str
) -> list[Issue]:
    """Return what is wrong with the options written for plug-in `name` of `kind` at `place`.

    Options of other plug-ins of the kind may stand beside its own, so that an experiment can vary
    the name; they are held to the types of theirs.
    """
    asked = plugins(kind).get(name)
    if not written and (asked is None or asked.module.startswith("suandian.")):
        # ours need no options, and loading them loads all of the mathematics
        return []
    installed, issues = kinds(kind)
    # a plug-in that nobody asked for and that cannot be loaded is no issue of this scenario
    issues = [issue for issue in issues if issue.place == f"{KINDS[kind].plural}.{name}"]
    known = sorted({key for each in installed.values() for key in each.Options.model_fields})
    for key, value in written.items():
        if key not in known:
            what = f"no such option of an installed {kind}"
            allowed = ", ".join(known) or "none"
            issues.append(Issue(file, f"{place}.{key}", value, what, allowed, suggest(key, known)))
            continue
        owner = name if _has(installed, name, key) else _owner(installed, key)
        issues += _of_one(
            installed[owner].Options,
            key,
            {key: value},
            file,
            place,
        )
    if name in installed:
        fields = installed[name].Options.model_fields
        for key in (k for k, field in fields.items() if field.is_required() and k not in written):
            issues += _of_one(installed[name].Options, key, {}, file, place)
    return issues


def _has(installed: Mapping[str, Any], name: str, key: str) -> bool:
    return name in installed and key in installed[name].Options.model_fields


def _owner(installed: Mapping[str, Any], key: str) -> str:
    return next(name for name in installed if _has(installed, name, key))


def _of_one(
    options: type[PluginOptions], key: str, written: Mapping[str, Any], file: str, place: str
) -> list[Issue]:
    """Return the issues of one option, whatever else may be missing."""
    try:
        options.model_validate(written)
    except ValidationError as error:
        found = error.errors(include_url=False)
        return [
            _issue(item, file, place, _range(options, key))
            for item in found
            if item["loc"][0] == key
        ]
    return []


def _issue(item: Any, file: str, place: str, limits: str) -> Issue:
    where = ".".join([place, *map(str, item["loc"])])
    value = None if item["type"] == "missing" else item["input"]
    if item["type"] in _WORDS:
        message, allowed = _WORDS[item["type"]]
        return Issue(file, where, value, message, limits or allowed)
    if item["type"].startswith(("greater", "less")):
        return Issue(file, where, value, "is out of range", limits, "check the value")
    return Issue(file, where, value, item["msg"], limits)


def _range(options: type[PluginOptions], key: str) -> str:
    """Return what an option may be, in words."""
    field = options.model_fields[key]
    bounds = [
        words.format(getattr(mark, name))
        for mark in field.metadata
        for name, words in _LIMITS.items()
        if getattr(mark, name, None) is not None
    ]
    whole = ["a whole number"] if field.annotation is int else []
    return ", ".join([*whole, *bounds])
