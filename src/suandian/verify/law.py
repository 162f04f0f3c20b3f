"""Do the line flows obey the DC power flow: is there an angle at each bus with flow = B·(θ_from −
θ_to).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from suandian.model.units import WH_PER_MWH
from suandian.verify.finding import Finding
from suandian.verify.tables import HOURS, START, WH, Tables

# Flows are whole Wh and the tree's lines take up what rounding leaves (decision 0007): some Wh a
# line, far below a kW.
RESIDUAL_MW = 1e-3
# Impedances are stated to many digits: only the last bits of a division differ.
SPREAD = 1e-9
# Networks whose flows follow angles; a copper plate and a transport model have no such law.
NETWORKS = ("dc", "ptdf")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def check_law(tables: Tables) -> Iterator[Finding]:
    """Yield the findings about Kirchhoff's voltage law (only where the scenario's network is dc or
    ptdf).
    """
    lines = tables.run.network
    if tables.network not in NETWORKS or not len(lines):
        return
    yield _susceptances(lines)
    flow = line_flows_mw(tables)
    begin = lines["from_node"].to_numpy().astype(np.str_)
    end = lines["to_node"].to_numpy().astype(np.str_)
    # Only buses with a line: one without has no angle that a flow could tell.
    names = np.unique(np.concatenate([begin, end]))
    source = np.searchsorted(names, begin)
    sink = np.searchsorted(names, end)
    residual = misfit(
        flow,
        lines["susceptance_mw"].to_numpy(),
        source,
        sink,
        len(names),
    )
    step, line = np.unravel_index(int(residual.argmax()), residual.shape)
    worst = float(residual[step, line])
    name = lines["line"][int(line)]
    where = f"MW off at most, at line {name}, {tables.intervals[START][int(step)]}"
    yield Finding("dc power flow", worst <= RESIDUAL_MW, worst, where)


def misfit(flow: Floats, susceptance: Floats, source: Ints, sink: Ints, buses: int) -> Floats:
    """Return |flow − B·Aθ| (steps, lines) [MW] at the angles that fit best (weighted by 1/B: the
    nodal equations).
    """
    many = np.arange(len(source))
    sign = np.repeat([1.0, -1.0], len(many))
    line = np.tile(many, 2)
    bus = np.concatenate([source, sink])
    incidence = sp.coo_array((sign, (line, bus)), shape=(len(many), buses)).tocsc()
    _, island = connected_components(incidence.T @ incidence, directed=False)
    # Angles are known up to a constant in each island: its first bus is held at 0, else the nodal
    # matrix is singular.
    _, roots = np.unique(island, return_index=True)
    free = np.setdiff1d(np.arange(buses), roots)
    if not len(free):
        return np.zeros_like(flow)
    ends = incidence[:, free]
    weighted = sp.diags_array(susceptance) @ ends
    nodal = (ends.T @ weighted).tocsc()
    # what each bus puts in follows from its lines' flows: no other table is needed
    injection = (ends.T @ flow.T).astype(np.float64)
    angle = splu(nodal).solve(injection)
    return np.abs(flow - (weighted @ angle).T)


def _susceptances(lines: pl.DataFrame) -> Finding:
    """B is x/(r²+x²) on one base for all lines (where impedances are given)."""
    resistance = lines["r_pu"].to_numpy()
    reactance = lines["x_pu"].to_numpy()
    susceptance = lines["susceptance_mw"].to_numpy()
    given = (reactance != 0) & (susceptance != 0)
    square = resistance[given] ** 2 + reactance[given] ** 2
    # The base is not in the file; that all lines imply the same one is what can be checked.
    base = susceptance[given] * square / reactance[given]
    spread = float(np.ptp(base) / np.abs(base).max()) if len(base) else 0.0
    return Finding(
        "susceptances",
        spread <= SPREAD,
        spread,
        "relative spread of the base that B = base·x/(r²+x²) implies",
    )


def line_flows_mw(tables: Tables) -> Floats:
    """Return signed flows (steps, lines) [MW], from → to."""
    lines = tables.run.network.with_row_index("line_at")
    lines = lines.with_columns(node="line:" + pl.col("line"))
    # A line is a junction without loss: what enters it is its flow; the other half says no more.
    into = tables.between(None, ["line"])
    into = into.join(
        lines,
        left_on="to_node",
        right_on="node",
        suffix="_line",
    )
    steps = tables.intervals.with_row_index("step").select("step", START, HOURS)
    # Energy has no sign in the file: a flow that enters at the far end runs backwards.
    forward = pl.col("from_node") == pl.col("from_node_line")
    sign = pl.when(forward).then(1.0).otherwise(-1.0)
    power = sign * WH / WH_PER_MWH / pl.col(HOURS)
    rows = into.join(steps, on=START).select("step", "line_at", mw=power)
    flow = np.zeros((len(steps), len(lines)))
    # rows without a flow are not written: they stay 0
    where = (rows["step"].to_numpy(), rows["line_at"].to_numpy())
    np.add.at(flow, where, rows["mw"].to_numpy())
    return flow
