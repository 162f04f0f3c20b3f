"""The contract of trace plug-ins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from suandian.model.ports import Trace, TraceKind
from suandian.testing.contract import Contract
from suandian.testing.grid import DAY

COLUMNS = ("submit_s", "length_h", "cores", "count")


def check_trace(
    plugin: TraceKind,
    options: Mapping[str, Any] | None = None,
    start_s: int = DAY.start_s,
    end_s: int = DAY.end_s,
    seed: int = 7,
) -> list[str]:
    """Check a trace plug-in with `options` (its own example unless given) in a window [start_s,
    end_s) [UTC s] that has jobs; returns the rules kept.

    Raises
    ------
    ContractError
        With every rule that it breaks.
    InputError
        The options do not fit.
    """
    contract = Contract("trace")
    chosen = contract.options(plugin.Options, plugin.example if options is None else options)
    with contract.trying("the window has jobs"):
        trace = plugin.jobs(chosen, start_s, end_s, seed)
        contract.rule("the window has jobs", len(trace.submit_s) > 0)
        _columns(contract, trace)
        # history and study are asked for one after the other: a job outside its window counts twice
        inside = (trace.submit_s >= start_s) & (trace.submit_s < end_s)
        contract.rule("jobs are submitted in the window", bool(inside.all()))
        gaps = np.diff(trace.submit_s)
        contract.rule("jobs come in order of submission", bool(np.all(gaps >= 0)))
        contract.rule("the trace says where it comes from", bool(trace.provenance))
        # a resumed run and a second worker must see the same jobs
        again = plugin.jobs(chosen, start_s, end_s, seed)
        contract.rule("the same seed gives the same jobs", _same(trace, again))
        _window(
            contract,
            plugin,
            chosen,
            trace,
            (start_s, end_s, seed),
        )
    if (plugin.sniff is None) != (plugin.read is None):
        contract.broken["a format offers sniff and read together"] = "only one of them"
    return contract.result()


def _columns(contract: Contract, trace: Trace) -> None:
    n = len(trace.submit_s)
    shapes = all(getattr(trace, name).shape == (n,) for name in COLUMNS)
    contract.rule("all columns have one value per row", shapes)
    for name in ("length_h", "cores", "count"):
        values = getattr(trace, name)
        positive = np.isfinite(values) & (values > 0)
        contract.rule(f"{name} is above 0", bool(positive.all()))
    for name in ("submit_s", "count"):
        # energy is booked by the job: half a job has no meaning, half a second no step
        column = getattr(trace, name)
        whole = np.issubdtype(column.dtype, np.integer)
        contract.rule(f"{name} is whole", bool(whole))


def _window(
    contract: Contract, plugin: TraceKind, chosen: Any, trace: Trace, asked: tuple[int, int, int]
) -> None:
    """A study is cut at any hour; what was submitted must not depend on where it was cut."""
    start_s, end_s, seed = asked
    # the part up to the middle job always has jobs, so that no plug-in may refuse it
    half = len(trace.submit_s) // 2
    middle_s = int(trace.submit_s[half]) + 1
    cut_s = min(middle_s, end_s)
    part = plugin.jobs(chosen, start_s, cut_s, seed)
    expected = trace.rows(trace.submit_s < cut_s)
    contract.rule("a part of the window has its part of the jobs", _same(part, expected))


def _same(one: Trace, other: Trace) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in COLUMNS)
