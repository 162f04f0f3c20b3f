"""Files of traces: which plug-in knows the format, and the normalised table it makes."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suandian.model.issues import InputError, Issue
from suandian.model.ports import TraceKind
from suandian.plugins.traces.recorded import ClockOptions
from suandian.reading.options import read_options
from suandian.reading.registry import find, plugins

HEAD = 65_536  # bytes that a format is recognised by


def recognised(path: Path) -> str:
    """Return the name of the trace plug-in whose format a file has.

    Raises
    ------
    InputError
        No plug-in knows it, or it cannot be read.
    """
    head = _head(path)
    formats = {}
    for name, plugin in sorted(plugins("trace").items()):
        source: TraceKind = plugin.load()
        if source.sniff is not None:
            formats[name] = source.sniff
    for name, sniff in formats.items():
        if sniff(path, head):
            return name
    message = "the format is not recognised"
    allowed = ", ".join(formats)
    raise InputError([Issue(path.name, "file", None, message, allowed, "name it with --format")])


def read_trace(path: Path, name: str, options: Mapping[str, Any]) -> Any:
    """Return what a plug-in reads from a file: jobs (`plugins.traces.recorded.Recorded`) or the
    load of a service.

    Raises
    ------
    InputError
        There is no such plug-in, it reads no files, or an issue with the file or the options.
    """
    source: TraceKind = find("trace", name, "trace", "--format").load()
    if source.read is None:
        message = "reads no files"
        allowed = "a plug-in with `read`"
        raise InputError([Issue("trace", "--format", name, message, allowed)])
    # when a trace is played is a question of the scenario: the whole file is read here
    own = sorted(set(source.Options.model_fields) - set(ClockOptions.model_fields))
    unknown = [key for key in options if key not in own]
    if unknown:
        allowed = ", ".join(own) or "none"
        raise InputError(
            Issue("trace", f"--set {key}", options[key], f"no option of {name}", allowed)
            for key in unknown
        )
    return source.read(read_options(source.Options, {**options, "path": path}, "trace", "--set"))


def _head(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(HEAD)
        if start[:2] == b"\x1f\x8b":
            with gzip.open(path) as file:
                start = file.read(HEAD)
    except OSError as error:
        raise InputError(
            [Issue(str(path), "file", None, f"cannot be read ({error.strerror})", "a trace")]
        ) from error
    return start.decode("utf-8", "replace")
