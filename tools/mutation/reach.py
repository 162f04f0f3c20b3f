"""Which tests execute which functions of the house, and how long each takes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

# A function by its file (from the root) and its first line.
Function = tuple[str, int]


@dataclass(frozen=True)
class Known:
    """What is known of a test: seconds, and the functions that it executes."""

    seconds: float
    functions: frozenset[Function]


class Reach:
    """A plug-in of pytest that notes for each test that passes what it executes of `folder`/src."""

    def __init__(self, folder: Path, out: Path) -> None:
        self.source = f"{folder / 'src'}/"
        self.folder = folder
        self.out = out
        self.codes: set[CodeType] = set()
        self.of_fixture: dict[Any, set[CodeType]] = {}
        self.tests: dict[str, dict[str, Any]] = {}
        self.failed: set[str] = set()

    def _trace(self, frame: FrameType, *_: object) -> None:
        # No local trace: to know that a function was entered costs little, lines cost much.
        self.codes.add(frame.f_code)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[Any]:
        """Note what a fixture executes: that belongs to every test that uses it."""
        outer, self.codes = self.codes, set()
        try:
            return (yield)
        finally:
            self.of_fixture.setdefault(fixturedef, set()).update(self.codes)
            self.codes = outer | self.codes

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        """Trace one test with its fixtures."""
        self.codes = set()
        began = time.perf_counter()
        sys.settrace(self._trace)  # type: ignore[arg-type]
        try:
            return (yield)
        finally:
            sys.settrace(None)
            codes = set(self.codes)
            info = getattr(item, "_fixtureinfo", None)
            for fixtures in getattr(info, "name2fixturedefs", {}).values():
                for fixture in fixtures:
                    codes |= self.of_fixture.get(fixture, set())
            self.tests[item.nodeid] = {
                "seconds": round(time.perf_counter() - began, 4),
                "functions": sorted(self._places(codes)),
            }

    def _places(self, codes: set[CodeType]) -> set[Function]:
        places = set()
        for code in codes:
            if code.co_filename.startswith(self.source):
                name = Path(code.co_filename).relative_to(self.folder).as_posix()
                places.add((name, code.co_firstlineno))
        return places

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what does not pass: such a test can kill no mutant."""
        if report.outcome != "passed":
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write what was noted."""
        passed = {name: row for name, row in self.tests.items() if name not in self.failed}
        whole = {"tests": passed, "failed": sorted(self.failed)}
        self.out.write_text(json.dumps(whole), encoding="utf-8")


def read(path: Path) -> tuple[dict[str, Known], list[str]]:
    """Return the tests of a file written by `Reach`, and those that did not pass."""
    if not path.exists():
        return {}, []
    whole = json.loads(path.read_text(encoding="utf-8"))
    tests = {}
    for name, row in whole["tests"].items():
        functions = frozenset((file, line) for file, line in row["functions"])
        tests[name] = Known(row["seconds"], functions)
    return tests, whole["failed"]


def reaching(tests: Mapping[str, Known], file: str, line: int) -> dict[str, float]:
    """Return the tests that execute the function at `line` of `file`, with their seconds. What
    runs at import (line 0) is seen by those that execute anything of the file.
    """
    seconds = {}
    for name, known in tests.items():
        inside = (file, line) in known.functions
        if inside or (line == 0 and any(f == file for f, _ in known.functions)):
            seconds[name] = known.seconds
    return seconds


def ordered(seconds: Mapping[str, float], limit_s: float) -> list[str]:
    """Return the tests in the order to run them, up to `limit_s` in all: quick files first, quick
    tests first within a file (a file's fixtures are then made once).

    Examples
    --------
    >>> ordered({"a::slow": 9.0, "b::x": 0.2, "b::y": 0.1, "c::z": 0.1}, 5.0)
    ['c::z', 'b::y', 'b::x']
    """
    quick = []
    total = 0.0
    for name in sorted(seconds, key=lambda name: (seconds[name], name)):
        total += seconds[name]
        if total > limit_s and quick:
            break
        quick.append(name)
    of_file: dict[str, float] = {}
    for name in quick:
        file = name.partition("::")[0]
        of_file[file] = of_file.get(file, 0.0) + seconds[name]

    def turn(name: str) -> tuple[float, str, float]:
        file = name.partition("::")[0]
        return of_file[file], file, seconds[name]

    return sorted(quick, key=turn)


class Chosen:
    """A plug-in of pytest that runs `names` in their order and notes the first that fails."""

    def __init__(self, names: list[str], out: Path) -> None:
        self.turn = {name: i for i, name in enumerate(names)}
        self.out = out

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the chosen tests, in their order."""
        kept = [item for item in items if item.nodeid in self.turn]
        items[:] = sorted(kept, key=lambda item: self.turn[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the test that fails."""
        if report.failed and not self.out.exists():
            self.out.write_text(report.nodeid, encoding="utf-8")
