"""Scenarios: read, check, describe, start from a template."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from suandian import reading
from suandian.model.issues import Issue
from suandian.model.scenario import Scenario
from suandian.reading import templates as shelf
from suandian.reading.spec import reference
from suandian.reading.text.toml import Override


def load(path: str | Path, sets: Iterable[Override] = ()) -> Scenario:
    """Return the scenario in a file, or in a folder with scenario.toml, with `sets` applied.

    `sets` are texts `"dotted.key=value"` (the value is TOML if it parses, else text) or pairs (key,
    value). Times inside are UTC seconds, powers MW, energies MWh, prices currency/MWh.

    Raises
    ------
    InputError
        With every issue that could be found; `check` returns the same list.

    Examples
    --------
    >>> import suandian
    >>> scenario = suandian.load(suandian.template("two-sites"), ["policy.name=asap"])
    >>> scenario.name, scenario.axis.n, scenario.policy.name
    ('two-sites', 60, 'asap')
    """
    return reading.load(path, sets)


def check(path: str | Path, sets: Iterable[Override] = ()) -> list[Issue]:
    """Return every issue of a scenario and of the cases of its `[vary]`, none where it can be used.

    Examples
    --------
    >>> import suandian
    >>> found = suandian.check(suandian.template("two-sites"), ["policy.name=asp"])
    >>> [(issue.place, issue.remedy) for issue in found]
    [('policy.name', 'did you mean asap?')]
    """
    return reading.check(path, sets)


def schema() -> dict[str, Any]:
    """Return the JSON schema of scenario files, with the options of the installed plug-ins.

    Examples
    --------
    >>> import suandian
    >>> sorted(suandian.schema()["required"])
    ['currency', 'grid', 'name', 'time', 'version']
    """
    return reference.schema()


def schema_page() -> str:
    """Return the reference page of scenario files as Markdown, made from the same models."""
    return reference.markdown()


def templates() -> dict[str, str]:
    """Return the scenarios that come with the package: name → what it is.

    Examples
    --------
    >>> import suandian
    >>> list(suandian.templates())
    ['green-park', 'three-areas', 'three-areas-trace', 'two-sites']
    """
    return shelf.names()


def template(name: str) -> Path:
    """Return the folder of a template, to be read in place.

    Raises
    ------
    InputError
        There is none of that name; suggests the nearest.
    """
    return shelf.folder(name)


def new(template: str, folder: str | Path) -> list[Path]:
    """Copy a template into `folder` and return the files written; nothing is overwritten.

    Raises
    ------
    InputError
        Unknown template, or `folder` exists and is not empty.
    """
    return shelf.copy(template, Path(folder))
