"""Limits that an answer exceeds: of lines as they are, and of lines after a loss."""

from __future__ import annotations

import numpy as np

from suandian.maths.contingency import excess
from suandian.maths.limits import split
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.maths.topology import limits_mw
from suandian.model.grid import Floats, Ints

OVERLOAD_MW = 1e-6


def violated(
    prepared: Prepared, result: Result, monitored: Ints, above_mw: float = OVERLOAD_MW
) -> Ints:
    """Return the limits to add: of each line and step the worst loss `above_mw` [MW] over the
    emergency limit.
    """
    made = prepared.contingencies
    many = len(prepared.grid.lines)
    if not len(made) or not many:
        return np.zeros(0, np.int64)
    _, line, case = split(prepared, monitored)
    found: set[int] = set()
    # of each line the worst loss in each step is enough: it will bind before the others
    for _, over in excess(made, *operating_point(result)):
        # these have rows: what they exceed is paid for
        over[:, line, case] = -np.inf
        worst = over.argmax(axis=2)
        step, at = np.nonzero(np.take_along_axis(over, worst[:, :, None], 2)[:, :, 0] > above_mw)
        found |= set((at + many * (1 + worst[step, at])).tolist())
    return np.array(sorted(found), dtype=np.int64)


def operating_point(result: Result) -> tuple[Floats, Floats]:
    """Return flows (T, lines) and the sizes of all losses (T, C) of a solved window."""
    prepared = result.compiled.prepared
    flow = result.flow_mw()
    link = result.column("link")
    imported = result.column("import")
    return flow, prepared.contingencies.size_mw(
        flow,
        link,
        result.delivered_mw(),
        imported,
    )


def exceeded(prepared: Prepared, result: Result, monitored: Ints, near: float = 1.0) -> Ints:
    """Return limits without a row that the answer exceeds: of lines as they are, else after a loss.

    Where one is exceeded, lines that come as `near` their limit as this share are returned with it.
    """
    found = np.zeros(0, np.int64)
    # with angles every line has its limit as a bound
    if prepared.network == "ptdf":
        most = np.abs(result.flow_mw()).max(axis=0, initial=0.0)
        limit = limits_mw(prepared.grid)
        # those with rows are kept by them
        most[split(prepared, monitored)[0]] = 0.0
        if (most > limit + OVERLOAD_MW).any():
            found = np.flatnonzero(most > np.minimum(near * limit, limit + OVERLOAD_MW))
    # first the lines as they are: limits after a loss mean little while those are broken
    if not len(found) and prepared.security is not None:
        found = violated(prepared, result, monitored)
    return found
