"""Limits on flows by number: lines as they are, and lines after a loss."""

from __future__ import annotations

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.model.grid import Floats, Ints


def split(prepared: Prepared, monitored: Ints) -> tuple[Ints, Ints, Ints]:
    """Return (lines limited as they are, lines limited after a loss, those losses) of `monitored`.

    A limit is numbered line + lines·(1 + contingency), the limit of the line as it is with its own
    position.
    """
    many = max(len(prepared.grid.lines), 1)
    # numbers beyond the lines are pairs of line and loss
    after = monitored >= many
    return monitored[~after], monitored[after] % many, monitored[after] // many - 1


def every_limit(prepared: Prepared) -> Ints:
    """Return the numbers of all limits after a loss: what a problem without lazy rows
    would hold.
    """
    made = prepared.contingencies
    many = len(prepared.grid.lines)
    lines = made.of_kind("line")
    wanted = np.broadcast_to(np.isfinite(made.limit_mw)[:, None], made.factor.shape).copy()
    # a lost line has no limit
    wanted[made.member[lines], lines] = False
    line, case = np.nonzero(wanted)
    return np.asarray(line + many * (1 + case), dtype=np.int64)


def sensitivities(prepared: Prepared, line: Ints, case: Ints) -> Floats:
    """Return the sensitivities (limits, buses) of flows after a loss, where the loss is that of a
    line; else PTDF.
    """
    made = prepared.contingencies
    ptdf = prepared.topology.ptdf
    factor = ptdf[line].copy()
    lost = np.flatnonzero(made.kind[case] == "line")
    # what the lost line carried goes over this one in proportion
    factor[lost] += made.factor[line[lost], case[lost], None] * ptdf[made.member[case[lost]]]
    return factor
