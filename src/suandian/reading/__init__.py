"""Reading scenarios: TOML, series and plug-ins → Scenario, and every issue about them at once.

`load(path)` gives a Scenario or raises InputError with all issues; `check(path)` gives the issues;
`cases(path)` the cases of its `[vary]`. Overrides are texts `"dotted.key=value"` or pairs (key,
value).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from suandian.model.issues import InputError, Issue
from suandian.model.scenario import Scenario
from suandian.reading.text import toml
from suandian.reading.text.toml import Override
from suandian.reading.text.vary import Case, expand

__all__ = ["Case", "cases", "check", "load", "load_text"]


def load(path: str | Path, sets: Iterable[Override] = ()) -> Scenario:
    """Return the scenario in a file or folder, with `sets` applied.

    Raises
    ------
    InputError
        With every issue that could be found.
    """
    file = toml.locate(Path(path))
    return _resolve(toml.read(file, sets), file.parent, file.name)


def load_text(text: str, folder: str | Path, file: str = "scenario.toml") -> Scenario:
    """Return the scenario in a TOML text whose paths are relative to `folder`.

    Raises
    ------
    InputError
        With every issue that could be found.
    """
    return _resolve(toml.parse_text(text.encode(), file), Path(folder), file)


def check(path: str | Path, sets: Iterable[Override] = ()) -> list[Issue]:
    """Return every issue of a scenario and of the cases of its `[vary]`; an empty list where it can
    be used.
    """
    try:
        file = toml.locate(Path(path))
        raw = toml.read(file, sets)
        return _case_issues(raw, file.name, _resolve(raw, file.parent, file.name))
    except InputError as error:
        return list(error.issues)


def cases(path: str | Path, sets: Iterable[Override] = ()) -> list[Case]:
    """Return the cases of `[vary]` (one without labels where there is none); their `sets` include
    the given ones.

    A key that is set is not varied: `--set policy.name=joint` picks one column of the experiment.

    Raises
    ------
    InputError
        The file or its `[vary]` is wrong.
    """
    given = tuple(item if isinstance(item, tuple) else toml.parse_override(item) for item in sets)
    file = toml.locate(Path(path))
    raw = toml.read(file, given)
    vary: Any = raw.get("vary", {})
    if isinstance(vary, dict):
        vary = {key: values for key, values in vary.items() if key not in dict(given)}
    return [Case(case.labels, (*given, *case.sets)) for case in expand(vary, file.name)]


def _resolve(raw: dict[str, Any], folder: Path, file: str) -> Scenario:
    from dataclasses import replace

    from suandian.reading.resolve.scenario import scenario

    return replace(scenario(raw, folder, file), source=str(folder))


def _case_issues(raw: dict[str, Any], file: str, base: Scenario) -> list[Issue]:
    """Return the issues of the spec of each case, and of its buses where the grid is that of
    `base`.
    """
    import copy

    from suandian.reading.checks.grid import site_buses
    from suandian.reading.checks.scenario import rules
    from suandian.reading.checks.validate import validate
    from suandian.reading.spec.scenario import INLINE

    issues: dict[tuple[str, str, str], Issue] = {}
    for case in expand(raw.get("vary", {}), file)[:1000]:
        tables = copy.deepcopy({key: value for key, value in raw.items() if key != "vary"})
        try:
            for key, value in case.sets:
                toml.assign(tables, key, value)
        except ValueError as error:
            issues.setdefault((file, "vary", str(error)), Issue(file, "vary", None, str(error)))
            continue
        spec, found, _ = validate(tables, file)
        if spec is not None:
            found += rules(spec, tables, file)
            same = all(tables.get(key) == raw.get(key) for key in ("grid", *INLINE))
            found += site_buses(base.grid, spec, file) if same else []
        for issue in found:
            shown = Issue(
                file,
                f"vary: {issue.place}",
                issue.value,
                issue.message,
                issue.allowed,
                issue.remedy,
            )
            issues.setdefault((file, issue.place, str(issue.value)), shown)
    return list(issues.values())
