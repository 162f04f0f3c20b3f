"""What pydantic finds wrong with a single value, in the words of an Issue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suandian.model.issues import Issue
from suandian.reading.text.suggest import suggest

_TYPES = {
    "string_type": ("is not a text", 'a text in quotes, e.g. "abc"'),
    "bool_type": ("is not true or false", "true or false"),
    "float_type": ("is not a number", "a number"),
    "int_type": ("is not a whole number", "a whole number"),
    "int_from_float": ("is not a whole number", "a whole number"),
    "finite_number": ("is not a finite number", "a finite number"),
    "model_type": ("is not a table", "a table"),
    "dict_type": ("is not a table", "tables by name"),
    "tuple_type": ("is not a list", "a list in square brackets"),
    "path_type": ("is not a path", "the name of a file or folder, in quotes"),
    "timezone_aware": ("is not a time with offset", "for example 2020-01-01T00:00:00+00:00"),
    "datetime_from_date_parsing": ("is not a time with offset", "for example 2020-01-01T00:00Z"),
    "datetime_parsing": ("is not a time with offset", "for example 2020-01-01T00:00:00+00:00"),
    "datetime_type": ("is not a date and time", "2020-11-09T00:00:00, without quotes"),
    "string_pattern_mismatch": ("is not usable as a name", "letters, digits and _ . + - ( )"),
}
# pydantic's name of a bound → its key in the error's context, and the words for it
_BOUNDS = {
    "greater_than_equal": ("ge", "{} or more"),
    "greater_than": ("gt", "above {}"),
    "less_than_equal": ("le", "{} or less"),
    "less_than": ("lt", "below {}"),
}


def value_issue(item: Mapping[str, Any], place: str) -> Issue:
    """Return one of pydantic's error details about a value as an Issue without a file.

    Examples
    --------
    >>> print(value_issue({"type": "less_than", "ctx": {"lt": 5}, "input": 7, "loc": ()}, "a.b"))
    : a.b = 7: is out of range (allowed: below 5; remedy: check the value)
    """
    kind = item["type"]
    value = item.get("input")
    context = item.get("ctx", {})
    if kind == "suandian":
        # raised by our own fields: `refuse` has put all parts of the issue into the context
        return Issue(
            "",
            place,
            value,
            context["message"],
            context["allowed"],
            context["remedy"],
        )
    if kind in ("literal_error", "enum"):
        options = context.get("expected", "").replace("'", "").replace(" or ", ", ")
        hint = suggest(value, options.split(", ")) if isinstance(value, str) else ""
        return Issue("", place, value, "is not one of the choices", options, hint)
    if kind in _TYPES:
        message, allowed = _TYPES[kind]
        if item["loc"] and item["loc"][-1] == "[key]":
            allowed += ", at most 64"
        return Issue("", place, value, message, allowed)
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        allowed = words.format(context[key])
        return Issue("", place, value, "is out of range", allowed, "check the value")
    # a validator of a plug-in's own says it in its own words
    text = str(item["msg"]).removeprefix("Value error, ")
    return Issue("", place, value, text)
