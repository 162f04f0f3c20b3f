"""`[vary]`: an experiment as a list of cases, each with its labels and the values it sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from suandian.model.issues import InputError, Issue
from suandian.reading.text.toml import split_key

MAX_CASES = 10_000
_UNTIED: list[dict[str, Any]] = [{}]


@dataclass(frozen=True)
class Case:
    """One case: `labels` (dotted key → value as shown) and `sets`, ready for `load(path, sets)`."""

    labels: Mapping[str, str]
    sets: tuple[tuple[str, Any], ...]


def expand(vary: Mapping[str, Any], file: str = "scenario.toml") -> list[Case]:
    """Return the cases of `[vary]`: the product of its lists, times the tied rows of
    `[[vary.cases]]`.

    Raises
    ------
    InputError
        A key that is not dotted TOML, a value that is not a list, an empty list, too many cases.

    Examples
    --------
    >>> [dict(c.labels) for c in expand({"seed": [1, 2], "cases": [{"policy.name": "asap"}]})]
    [{'seed': '1', 'policy.name': 'asap'}, {'seed': '2', 'policy.name': 'asap'}]
    """
    rows = vary.get("cases", _UNTIED)
    lists = {key: values for key, values in vary.items() if key != "cases"}
    issues = _issues(lists, rows, file)
    if issues:
        raise InputError(issues)
    cases = []
    for values in product(*lists.values()):
        for row in rows:
            sets = (*zip(lists, values, strict=True), *row.items())
            cases.append(Case({key: _label(value) for key, value in sets}, sets))
    return cases


def _label(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def _issues(lists: Mapping[str, Any], rows: Any, file: str) -> list[Issue]:
    issues = []
    count = 1
    # no `cases` at all is one row that ties nothing; an empty list written by the user is a mistake
    tied = rows is not _UNTIED
    if tied and not (
        isinstance(rows, list) and rows and all(isinstance(row, dict) and row for row in rows)
    ):
        return [
            Issue(
                file,
                "vary.cases",
                None,
                "is not a list of tables",
                "[[vary.cases]] with dotted keys",
            )
        ]
    count *= len(rows)
    for key, values in lists.items():
        place = f"vary.{key}"
        if not isinstance(values, list):
            remedy = (
                'put the dotted key in quotes: "policy.name" = [...]'
                if isinstance(values, dict)
                else ""
            )
            issues.append(Issue(file, place, values, "is not a list", "a list of values", remedy))
        elif not values:
            issues.append(Issue(file, place, values, "the list is empty", "one value or more"))
        else:
            count *= len(values)
    # each key once, however many rows name it
    for key in {*lists, *(key for row in rows for key in row)}:
        try:
            first = split_key(key)[0]
        except ValueError as error:
            issues.append(
                Issue(file, f"vary.{key}", None, str(error), "a dotted key such as policy.name")
            )
            continue
        # these are read before the cases are made
        if first in ("vary", "extends", "version"):
            issues.append(Issue(file, f"vary.{key}", None, "cannot be varied", "any other key"))
    # from the lengths alone: the product must not be built to learn that it is too long
    if count > MAX_CASES:
        issues.append(
            Issue(
                file, "vary", count, "too many cases", f"{MAX_CASES} or fewer", "shorten the lists"
            )
        )
    return issues
