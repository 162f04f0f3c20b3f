"""Figures drawn as SVG and PDF by the browser in kaleido's wheel (extra `figures`), offline.

The program is driven as a process of its own: one figure in, one drawing out, nothing left running.
The package's own Python interface starts a thread in a way that newer Pythons warn of, so only its
program is used.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

import plotly
import plotly.graph_objects as go

from suandian.model.issues import InputError, Issue, SuandianError

LIMIT_S = 60.0
# a browser that hangs at its start, as now and then on a busy machine, is started anew
TRIES = 2
LONGEST = 2000  # characters shown of what the browser says
# no sandbox: it draws our own figures only, and a container gives no namespace for one
ARGUMENTS = ("--disable-gpu", "--no-sandbox", "--disable-dev-shm-usage", "--disable-breakpad")


class DrawingError(SuandianError):
    """The browser could not draw a figure."""


def draw(figure: go.Figure, kind: str, width: int, height: int) -> bytes:
    """Return a figure as `svg` or `pdf` of `width` × `height` pixels.

    Raises
    ------
    InputError
        The extra `figures` is not installed.
    DrawingError
        The browser did not start, or failed; with what it said.
    """
    program = _program(kind)
    # the JavaScript comes out of plotly's own wheel: what is drawn is what the page shows, and
    # nothing is fetched
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    # this program takes the path between quotes of its own
    command = [str(program), "plotly", f"--plotlyjs='{script}'", *ARGUMENTS]
    asked = {"data": json.loads(figure.to_json()), "format": kind, "scale": 1}
    # a scale of 1: drawings have no pixels, and a page has its own
    asked |= {"width": width, "height": height}
    text = _answer_of(command, json.dumps(asked).encode() + b"\n")
    return base64.b64decode(text) if kind == "pdf" else text.encode()


def _answer_of(command: list[str], question: bytes) -> str:
    for _ in range(TRIES - 1):
        try:
            return _answer(command, question)
        except DrawingError:
            continue
    return _answer(command, question)


def _answer(command: list[str], question: bytes) -> str:
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                # a group of its own: the program and the browser that it starts end together
                start_new_session=True,
            )
        except OSError as error:
            raise DrawingError(f"the browser of kaleido did not start: {error}") from error
        # a hung browser must not hang its caller: killed, it closes its pipes and ends the reading
        watchdog = threading.Timer(LIMIT_S, os.killpg, (process.pid, signal.SIGKILL))
        watchdog.start()
        try:
            with process:
                answer = _exchange(process, question)
        finally:
            watchdog.cancel()
        said.seek(0)
        reason = said.read().decode(errors="replace")[-LONGEST:]
    record = json.loads(answer) if answer.startswith(b"{") else {"code": -1, "message": reason}
    if record.get("code", 0) != 0:
        raise DrawingError(f"the browser of kaleido failed: {record.get('message')}")
    return str(record["result"])


def _exchange(process: subprocess.Popen[bytes], question: bytes) -> bytes:
    """Return the line that answers `question`, empty where the process ended before."""
    assert process.stdin is not None and process.stdout is not None
    try:
        if not process.stdout.readline():  # it says when it is up
            return b""
        process.stdin.write(question)
        process.stdin.flush()
        # its input stays open until it has answered: an early end has made it hang
        answer = process.stdout.readline()
        process.stdin.close()
    except BrokenPipeError:
        return b""
    return answer


def _program(kind: str) -> Path:
    # found by path: importing the package would bring its interface along
    spec = importlib.util.find_spec("kaleido")
    folders = [] if spec is None else list(spec.submodule_search_locations or ())
    programs = [Path(folder) / "executable" / "kaleido" for folder in folders]
    for program in programs:
        if program.is_file():
            return program
    message = "drawing needs a browser, which is not installed"
    remedy = 'pip install "suandian[figures]"; .html and .json need nothing'
    raise InputError([Issue("figure", kind, None, message, remedy=remedy)])
