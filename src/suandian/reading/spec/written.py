"""A scenario as TOML with every default written out: same spec, same bytes; reading it back gives
the same text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from suandian.reading.spec.fields import Quantity
from suandian.reading.spec.scenario import ScenarioSpec

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def resolved(spec: ScenarioSpec) -> str:
    """Return the resolved scenario as TOML text (without `[vary]`: the text describes one run)."""
    tables = plain(spec, spec.currency)
    tables.pop("vary", None)
    return write(tables)


def plain(model: BaseModel, currency: str) -> dict[str, Any]:
    """Return a table under its TOML keys, quantities as text with unit; what is not set is left
    out.
    """
    result = {}
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if value is None:
            continue
        unit = next((m for m in info.metadata if isinstance(m, Quantity)), None) or _unit(
            info.annotation
        )
        if unit is not None:
            value = _written(value, unit, currency)
        result[info.alias or name] = _value(value, currency)
    for name, value in (model.__pydantic_extra__ or {}).items():
        result[name] = _value(value, currency)
    return result


def _written(value: Any, unit: Quantity, currency: str) -> Any:
    """Return a number, or each of a list's, as text with unit."""
    if isinstance(value, tuple):
        return tuple(_written(item, unit, currency) for item in value)
    return unit.write(value, currency) if isinstance(value, float) else value


def _unit(annotation: Any) -> Quantity | None:
    """Return the Quantity inside `Annotated[float, Quantity] | None`, or of a list of them."""
    if get_origin(annotation) is Annotated:
        inside, *marks = get_args(annotation)
        return next((m for m in marks if isinstance(m, Quantity)), None) or _unit(inside)
    return next((u for u in map(_unit, get_args(annotation)) if u is not None), None)


def _value(value: Any, currency: str) -> Any:
    if isinstance(value, BaseModel):
        return plain(value, currency)
    if isinstance(value, Mapping):
        return {key: _value(item, currency) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_value(item, currency) for item in value]
    return value


def write(tables: Mapping[str, Any], prefix: str = "") -> str:
    """Return tables as TOML: plain values first, then one section per table; empty tables are kept.

    Examples
    --------
    >>> print(write({"a": 1, "b": {"c d": "x", "e": [1.5, True]}}), end="")
    a = 1
    <BLANKLINE>
    [b]
    "c d" = "x"
    e = [1.5, true]
    """
    lines = [f"{_key(k)} = {_literal(v)}" for k, v in tables.items() if not isinstance(v, Mapping)]
    text = "".join(f"{line}\n" for line in lines)
    for key, value in tables.items():
        if isinstance(value, Mapping):
            path = f"{prefix}.{_key(key)}" if prefix else _key(key)
            body = write(value, path)
            only_tables = bool(value) and all(isinstance(v, Mapping) for v in value.values())
            text += body if only_tables else f"\n[{path}]\n{body}"
    return text


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_literal(v)}" for k, v in value.items()) + " }"
    return value.isoformat() if hasattr(value, "isoformat") else _string(str(value))
