"""TOML files as plain tables: encoding, syntax and doubled keys checked, `extends` merged, `--set`
applied.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from suandian.model.issues import InputError, Issue
from suandian.reading.text.paths import inside

MAX_BYTES = 4 * 2**20
Override = str | tuple[str, Any]


def locate(path: Path) -> Path:
    """Return the scenario file: `path` itself, or `scenario.toml` in the folder `path`.

    Raises
    ------
    InputError
        There is no such file.
    """
    file = path / "scenario.toml" if path.is_dir() else path
    if not file.is_file():
        remedy = "suandian new three-areas DIR writes one"
        raise InputError(
            [
                Issue(
                    str(file),
                    "file",
                    None,
                    "no such file",
                    "a TOML file or a folder with one",
                    remedy,
                )
            ]
        )
    return file


def read(path: Path, overrides: Iterable[Override] = ()) -> dict[str, Any]:
    """Return the tables of a scenario file with its `extends` merged and overrides applied.

    Raises
    ------
    InputError
        Unreadable file, wrong encoding, syntax error, doubled key, circular `extends`, bad
        override.
    """
    # `extends` first: an override is the last word, also over what a parent file says
    raw = _extended(path, ())
    issues: list[Issue] = []
    for override in overrides:
        try:
            key, value = parse_override(override) if isinstance(override, str) else override
            assign(raw, key, value)
        except ValueError as error:
            issues.append(
                Issue(
                    "--set",
                    str(override),
                    None,
                    str(error),
                    "dotted.key=value",
                    "e.g. policy.name=asap",
                )
            )
    if issues:
        raise InputError(issues)
    return raw


def parse_text(data: bytes, name: str) -> dict[str, Any]:
    """Return the tables of TOML bytes; `name` is shown in issues.

    Raises
    ------
    InputError
        With the line of the first syntax error.
    """
    # before decoding: a file of gigabytes must not cost its size in memory twice
    if len(data) > MAX_BYTES:
        raise InputError([Issue(name, "file", len(data), "too large", f"{MAX_BYTES} bytes")])
    # TOML forbids the mark, and tomllib's own message for it names an odd character instead
    if data.startswith(b"\xef\xbb\xbf"):
        raise InputError(
            [
                Issue(
                    name,
                    "line 1",
                    None,
                    "begins with a byte order mark",
                    "UTF-8",
                    "save without BOM",
                )
            ]
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        issue = Issue(
            name,
            f"line {line}",
            data[error.start : error.start + 4],
            "is not UTF-8",
            "UTF-8",
            "save as UTF-8",
        )
        raise InputError([issue]) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError([_syntax(str(error), text, name)]) from error
    # tomllib recurses: a file of a thousand nested brackets ends in RecursionError, not in its own
    # error
    except (RecursionError, ValueError) as error:
        raise InputError(
            [Issue(name, "file", None, f"is not readable TOML ({error})", "TOML 1.0")]
        ) from error


def _syntax(message: str, text: str, name: str) -> Issue:
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    lines = text.splitlines()
    place = "end of file"
    line = ""
    if found:
        number = min(int(found[1]), len(lines)) or 1
        place = f"line {number}, column {found[2]}"
        line = lines[number - 1].strip() if lines else ""
    # tomllib's words are for programmers: the three mistakes that people make most get words of
    # their own
    what = message.split(" (at ")[0].lower()
    if "overwrite" in what or "twice" in what or "mutate" in what:
        return Issue(
            name,
            place,
            line,
            "the key is given twice",
            "each key once",
            "remove or rename one of them",
        )
    # it looks like a date, so the date does not exist (30 February, month 13)
    if re.search(r"=\s*\d{4}-\d{2}-\d{2}", line):
        return Issue(
            name,
            place,
            line,
            "no such date or time",
            "2020-11-09T00:00:00",
            "check day, month and hour",
        )
    # `limit = 40 MW` without quotes
    if re.search(r"=\s*[+-]?[\d.]+\s*[A-Za-z%]", line):
        return Issue(
            name, place, line, "is not TOML: a quantity is a text", '"40 MW"', "put it in quotes"
        )
    return Issue(
        name,
        place,
        line,
        f"is not TOML: {what}",
        "TOML 1.0",
        "texts in quotes, true/false in small letters",
    )


def _extended(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    # the real file: two spellings of one path are one link of the chain
    real = path.resolve()
    if real in seen:
        raise InputError(
            [Issue(path.name, "extends", path.name, "extends itself", "a file that ends the chain")]
        )
    try:
        with path.open("rb") as stream:
            # one byte more than allowed is enough to see that it is too large
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            [Issue(str(path), "file", None, f"cannot be read ({error.strerror})")]
        ) from error
    raw = parse_text(data, path.name)
    if "extends" not in raw:
        return raw
    parent = raw.pop("extends")
    if not isinstance(parent, str):
        raise InputError([Issue(path.name, "extends", parent, "is not a text", '"other.toml"')])
    base = inside(path.parent, parent, path.name, "extends")
    return merged(_extended(base, (*seen, real)), raw)


def merged(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with `top` over it: tables merge, everything else is replaced.

    Examples
    --------
    >>> merged({"a": {"x": 1, "y": [1, 2]}}, {"a": {"y": [3]}})
    {'a': {'x': 1, 'y': [3]}}
    """
    result = dict(base)
    for key, value in top.items():
        old = result.get(key)
        result[key] = (
            merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return result


def parse_override(text: str) -> tuple[str, Any]:
    """Return key and value of `--set K=V`: V is TOML if it parses, else a string.

    Raises
    ------
    ValueError
        There is no `=` or no key.

    Examples
    --------
    >>> texts = "goal.carbon_price=0 USD/t", "seed=3", 'a."b.c"=[1, 2]'
    >>> tuple(parse_override(text) for text in texts)
    (('goal.carbon_price', '0 USD/t'), ('seed', 3), ('a."b.c"', [1, 2]))
    """
    # the first `=` outside quotes parts key and value: `a."b=c"=1` has the key a."b=c"
    quoted = re.match(r"""\s*((?:[^="']|"(?:\\.|[^"\\])*"|'[^']*')+)=(.*)\Z""", text, re.S)
    if quoted is None or not quoted[1].strip():
        raise ValueError("is not KEY=VALUE")
    try:
        value = tomllib.loads(f"v = {quoted[2].strip()}\n")
    except (ValueError, RecursionError):
        value = {}
    return quoted[1].strip(), value["v"] if set(value) == {"v"} else quoted[2].strip()


def split_key(key: str) -> list[str]:
    """Return the parts of a dotted TOML key.

    Raises
    ------
    ValueError
        It is not a dotted key.

    Examples
    --------
    >>> split_key('sites."a.b".bus')
    ['sites', 'a.b', 'bus']
    """
    try:
        # TOML itself knows best what a dotted key is: read one, and walk down what it made
        table: Any = tomllib.loads(f"{key} = 1\n") if "\n" not in key else {}
    except (ValueError, RecursionError):
        table = {}
    parts = []
    while isinstance(table, dict) and len(table) == 1:
        part, table = next(iter(table.items()))
        parts.append(part)
    if table != 1 or not parts:
        raise ValueError(f"{key!r} is not a dotted key")
    return parts


def assign(raw: dict[str, Any], key: str, value: Any) -> None:
    """Set dotted `key` in nested tables, making tables on the way.

    Raises
    ------
    ValueError
        The key is malformed or runs through something that is not a table.
    """
    *parents, last = split_key(key)
    table = raw
    for part in parents:
        # the tables on the way are copied: `raw` may share them with the file that it extends
        copy = table.get(part, {})
        if not isinstance(copy, dict):
            raise ValueError(f"{part!r} is not a table")
        table[part] = dict(copy)
        table = table[part]
    table[last] = value
