"""Benchmarks by name: every module of this room that declares a `BENCH` of its own name.

To add one, put a module beside this one and end it with

    BENCH = Bench("solvers", "one sentence that says what is measured", rows, (Option("repeats", 5,
    "how often"),))

where `rows(repeats=5, tick=None, ...)` returns the rows (see `rows.row`). Options reach it by name.
Where it has a parameter `tick`, it gets the progress bar: `tick(done, of, label)`; where it has
`processes`, a function that makes an executor of so many processes.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import suandian.bench as room
from suandian.model.issues import InputError, Issue
from suandian.reading.text.suggest import suggest

Row = dict[str, Any]
Value = int | float | str | bool | Path
Tick = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Option:
    """An option of a benchmark: its name (`--name` in commands), its default, which gives its type,
    and help.
    """

    name: str
    default: Value
    help: str

    def read(self, text: str) -> Value:
        """Return the value that `text` says.

        Raises
        ------
        InputError
            It is not of the default's type.
        """
        kind = type(self.default) if not isinstance(self.default, Path) else Path
        if kind is bool and text.lower() in ("true", "false"):
            return text.lower() == "true"
        try:
            return kind(text) if kind is not bool else _raise(text)
        except ValueError as error:
            allowed = f"{kind.__name__}, as in {self.default}"
            raise InputError(
                [Issue("bench", f"--{self.name}", text, "is of another type", allowed)]
            ) from error


def _raise(text: str) -> bool:
    raise ValueError(text)


@dataclass(frozen=True)
class Bench:
    """A benchmark: what it measures, its function, and the options of that function."""

    name: str
    description: str
    rows: Callable[..., Sequence[Mapping[str, Any]]]
    options: tuple[Option, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values: name, description, and each option with its default and help."""
        options = {}
        for option in self.options:
            default = str(option.default) if isinstance(option.default, Path) else option.default
            options[option.name] = {"default": default, "help": option.help}
        return {"name": self.name, "description": self.description, "options": options}

    def parse(self, words: Sequence[str]) -> dict[str, Value]:
        """Return option values from the words of a command line, `--name value` or `--name=value`;
        defaults elsewhere.

        Raises
        ------
        InputError
            An option is unknown or has no value; lists all of them.
        """
        known = {o.name: o for o in self.options}
        made = {o.name: o.default for o in self.options}
        issues = []
        # all that is wrong is collected: a run of an hour should not end at the second typing error
        rest = list(words)
        while rest:
            name, given, text = rest.pop(0).partition("=")
            option = (
                known.get(name.removeprefix("--").replace("-", "_"))
                if name.startswith("--")
                else None
            )
            if option is None:
                allowed = ", ".join(f"--{o.name.replace('_', '-')}" for o in self.options) or "none"
                near = suggest(name.removeprefix("--"), known)
                issues.append(
                    Issue("bench", f"{self.name} {name}", None, "no such option", allowed, near)
                )
                rest = rest[1:] if rest and not rest[0].startswith("--") else rest
            elif not given and (not rest or rest[0].startswith("--")):
                issues.append(
                    Issue(
                        "bench",
                        f"{self.name} {name}",
                        None,
                        "has no value",
                        f"e.g. {option.default}",
                    )
                )
            else:
                made[option.name] = option.read(text if given else rest.pop(0))
        if issues:
            raise InputError(issues)
        return made

    def run(
        self,
        options: Mapping[str, Value],
        tick: Tick | None = None,
        processes: Callable[[int], Any] | None = None,
    ) -> list[Row]:
        """Measure; returns the rows."""
        # a benchmark takes what its signature names
        offered = {"tick": tick, "processes": processes}
        wanted = inspect.signature(self.rows).parameters
        return [
            dict(row)
            for row in self.rows(**options, **{k: v for k, v in offered.items() if k in wanted})
        ]


def benches() -> dict[str, Bench]:
    """Return all benchmarks by name (imports every module of this room)."""
    found = {}
    # a benchmark is a module with BENCH: listing needs no list
    for info in pkgutil.iter_modules(room.__path__):
        bench = getattr(importlib.import_module(f"{room.__name__}.{info.name}"), "BENCH", None)
        if isinstance(bench, Bench):
            found[bench.name] = bench
    return found


def find(name: str) -> Bench:
    """Return a benchmark.

    Raises
    ------
    InputError
        There is none of that name; suggests the nearest.
    """
    names = [info.name for info in pkgutil.iter_modules(room.__path__)]
    bench = (
        getattr(importlib.import_module(f"{room.__name__}.{name}"), "BENCH", None)
        if name in names
        else None
    )
    if isinstance(bench, Bench):
        return bench
    known = benches()
    near = suggest(name, known)
    raise InputError(
        [Issue("bench", "NAME", name, "no such benchmark", ", ".join(sorted(known)), near)]
    )
