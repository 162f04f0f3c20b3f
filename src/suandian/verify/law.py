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
from suandian.verify.tables import START, Tables

RESIDUAL_MW = 1e-3
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
    names = np.unique(
        np.concatenate([lines["from_node"].to_numpy(), lines["to_node"].to_numpy()]).astype(np.str_)
    )
    ends = tuple(
        np.searchsorted(names, lines[end].to_numpy().astype(np.str_))
        for end in ("from_node", "to_node")
    )
    residual = misfit(flow, lines["susceptance_mw"].to_numpy(), ends[0], ends[1], len(names))
    step, line = np.unravel_index(int(residual.argmax()), residual.shape)
    worst = float(residual[step, line])
    where = (
        f"MW off at most, at line {lines['line'][int(line)]}, {tables.intervals[START][int(step)]}"
    )
    yield Finding("dc power flow", worst <= RESIDUAL_MW, worst, where)


def misfit(flow: Floats, susceptance: Floats, source: Ints, sink: Ints, buses: int) -> Floats:
    """Return |flow − B·Aθ| (steps, lines) [MW] at the angles that fit best (weighted by 1/B: the
    nodal equations).
    """
    many = np.arange(len(source))
    ends = sp.coo_array(
        (np.repeat([1.0, -1.0], len(many)), (np.tile(many, 2), np.concatenate([source, sink]))),
        shape=(len(many), buses),
    ).tocsc()
    _, island = connected_components(ends.T @ ends, directed=False)
    free = np.setdiff1d(np.arange(buses), np.unique(island, return_index=True)[1])
    if not len(free):
        return np.zeros_like(flow)
    held = ends[:, free]
    weighted = sp.diags_array(susceptance) @ held
    angle = splu((held.T @ weighted).tocsc()).solve((held.T @ flow.T).astype(np.float64))
    return np.abs(flow - (weighted @ angle).T)


def _susceptances(lines: pl.DataFrame) -> Finding:
    """B is x/(r²+x²) on one base for all lines (where impedances are given)."""
    r, x, b = (lines[name].to_numpy() for name in ("r_pu", "x_pu", "susceptance_mw"))
    given = (x != 0) & (b != 0)
    base = b[given] * (r[given] ** 2 + x[given] ** 2) / x[given]
    spread = float(np.ptp(base) / np.abs(base).max()) if given.any() else 0.0
    return Finding(
        "susceptances",
        spread <= 1e-9,
        spread,
        "relative spread of the base that B = base·x/(r²+x²) implies",
    )


def line_flows_mw(tables: Tables) -> Floats:
    """Return signed flows (steps, lines) [MW], from → to."""
    lines = tables.run.network.with_row_index("line_at").with_columns(node="line:" + pl.col("line"))
    into = tables.physical.filter(pl.col("to_kind") == "line").join(
        lines, left_on="to_node", right_on="node", suffix="_line"
    )
    steps = tables.intervals.with_row_index("step").select("step", START, "hours")
    sign = pl.when(pl.col("from_node") == pl.col("from_node_line")).then(1.0).otherwise(-1.0)
    rows = into.join(steps, on=START).select(
        "step", "line_at", mw=sign * pl.col("energy_wh") / WH_PER_MWH / pl.col("hours")
    )
    flow = np.zeros((len(steps), len(lines)))
    np.add.at(flow, (rows["step"].to_numpy(), rows["line_at"].to_numpy()), rows["mw"].to_numpy())
    return flow
