"""Options of a plug-in as a scenario would give them."""

from typing import Any

from suandian.model.ports import GridKind, Trace, TraceKind
from suandian.model.ports.options import PluginOptions
from suandian.reading.options import read_options


def chosen(kind: GridKind | TraceKind, given: dict[str, Any], place: str) -> PluginOptions:
    """Return checked options; raises InputError as `check` reports it."""
    return read_options(kind.Options, given, "scenario.toml", place)


def played(kind: TraceKind, given: dict[str, Any], start: int, end: int, seed: int) -> Trace:
    """Return the jobs of a trace for options as a scenario gives them."""
    return kind.jobs(chosen(kind, given, "trace_options"), start, end, seed)
