"""Files of traces: which plug-in knows the format, and the normalised table it makes."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suandian.model.issues import InputError, Issue
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
    readers = {name: plugin.load() for name, plugin in plugins("traces").items()}
    files = sorted(name for name, module in readers.items() if hasattr(module, "sniff"))
    for name in files:
        if readers[name].sniff(path, head):
            return name
    message = "the format is not recognised"
    raise InputError(
        [Issue(path.name, "file", None, message, ", ".join(files), "name it with --format")]
    )


def read_trace(path: Path, name: str, options: Mapping[str, Any]) -> Any:
    """Return what a plug-in reads from a file: jobs (`plugins.traces.recorded.Recorded`) or the
    load of a service.

    Raises
    ------
    InputError
        There is no such plug-in, it reads no files, or an issue with the file or the options.
    """
    module = find("traces", name, "trace", "--format").load()
    read = getattr(module, "read", None)
    if read is None:
        raise InputError(
            [Issue("trace", "--format", name, "reads no files", "a plug-in with `sniff`")]
        )
    unknown = [key for key in options if key not in module.OWN]
    if unknown:
        allowed = ", ".join(module.OWN) or "none"
        raise InputError(
            [
                Issue("trace", f"--set {key}", options[key], f"no option of {name}", allowed)
                for key in unknown
            ]
        )
    return read(path, options)


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
