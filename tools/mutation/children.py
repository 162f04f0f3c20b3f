"""Tests in a child process that begins with the libraries already imported.

To start Python and import numpy, polars and a solver takes longer than most tests. So this process
imports them once and forks; the child imports the house from its own copy, with the fault in it.
"""

from __future__ import annotations

import functools
import math
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

# Nothing of the house: a child must get its own.
LIBRARIES = (
    "highspy",
    "hypothesis",
    "jinja2",
    "numba",
    "pint",
    "plotly.graph_objects",
    "polars",
    "pydantic",
    "pytest",
    "rich",
    "scipy.sparse.csgraph",
    "scipy.sparse.linalg",
    "typer.testing",
)
OPTIONS = ("--doctest-modules", "--import-mode=importlib", "-q", "-x", "--no-header")


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code (None: its time was over), and its seconds of CPU."""

    code: int | None
    cpu_s: float


@dataclass
class Child:
    """A child that runs since `began`, until `limit_s` is over."""

    pid: int
    began: float
    limit_s: float

    def ended(self) -> Ended | None:
        """Return how it ended, None while it runs; stop it where its time is over."""
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        over = time.monotonic() - self.began > self.limit_s
        if pid == 0 and not over:
            return None
        if pid == 0:
            # Its own group: a test may have started programs.
            os.killpg(self.pid, signal.SIGKILL)
            _, status, usage = os.wait4(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            code = None
        return Ended(code, usage.ru_utime + usage.ru_stime)


def start(work: Callable[[], int], log: Path, limit_s: float) -> Child:
    """Fork a child that does `work`, prints into `log` and exits with what `work` returns. It is
    stopped after `limit_s` seconds of CPU, and of the clock after four times as many.
    """
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return Child(pid, time.monotonic(), 4 * limit_s)
    code = 70
    try:
        os.setsid()
        # CPU, because the clock runs on when the machine is busy with something else.
        seconds = math.ceil(limit_s)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        code = work()
    except:  # noqa: E722 - nothing may go on in a copy of the parent; the log tells
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def run_tests(
    folder: Path, files: Sequence[str], plugin: object, plain: bool, more: Mapping[str, str]
) -> int:
    """Run the tests of `files` in the copy `folder`, in this process; `plain` runs kernels as
    Python. Returns pytest's exit code.
    """
    import pytest

    os.chdir(folder)
    source = str(folder / "src")
    os.environ.update(more)
    os.environ["PYTHONPATH"] = source
    sys.path[:0] = [source]
    if plain:
        plain_kernels()
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts="]
    # That libraries are imported before pytest is the point here.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*OPTIONS, *options, *files], plugins=[Calm(), plugin]))


class Calm:
    """Property tests with the same examples each time, however slow a fault makes them."""

    def pytest_collection(self) -> None:
        """Choose the profile after conftest has chosen its own."""
        from hypothesis import HealthCheck, settings

        settings.register_profile(
            "mutants",
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        settings.load_profile("mutants")


def plain_kernels() -> None:
    """Make numba's `njit` leave functions as they are: no compiling, and a trace sees them.

    What numba allows and Python does not is made up for: fields of structured arrays as
    attributes, whole numbers that run over in silence.
    """
    import numba

    depth = 0

    def plain(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*words: Any) -> Any:
            nonlocal depth
            words = tuple(_records(word, deep=depth == 0) for word in words)
            depth += 1
            try:
                with np.errstate(over="ignore"):
                    return function(*words)
            finally:
                depth -= 1

        call.py_func = function  # type: ignore[attr-defined]
        return call

    def njit(*words: Any, **_: Any) -> Any:
        return plain(words[0]) if words and callable(words[0]) else plain

    numba.njit = njit


def _records(value: Any, deep: bool) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.names and type(value) is np.ndarray:
        return value.view(np.recarray)
    # A named tuple of arrays is what the kernels share; those inside have it converted already.
    if deep and isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_records(part, deep) for part in value))
    return value
