"""Average (consumption-based) carbon intensity by flow tracing.

Proportional sharing (Bialek 1996): what leaves a bus has the mix of what enters it,

    c[b]·(generation[b] + Σ_in |f|) = emissions[b] + Σ_in |f|·c[from],

which is one linear system per step. Stores discharge with the intensity of what they hold.
"""

from __future__ import annotations

import numpy as np

from suandian.model.grid import Floats, Grid


def average_intensity(grid: Grid, supply_mw: Floats, supply_kg: Floats, flow_mw: Floats, link_mw: Floats) -> Floats:
    """Return the average intensity (T, buses) [kg/MWh] of what is taken at each bus.

    `supply_mw`, `supply_kg` (T, buses): power fed in at each bus [MW] and its emissions [kg/h]; `flow_mw` (T, lines),
    `link_mw` (T, links) signed from → to. A bus that nothing enters has intensity 0.

    Examples
    --------
    >>> from suandian.model.grid import *
    >>> g = Grid("g", 100, table(Buses, 2), table(Lines, 1, to_bus=1), table(Links, 0), table(Generators, 0),
    ...          table(StorageUnits, 0))
    >>> mw, kg = np.array([[10.0, 10.0]]), np.array([[8000.0, 0.0]])
    >>> average_intensity(g, mw, kg, np.array([[10.0]]), np.zeros((1, 0))).tolist()
    [[800.0, 400.0]]
    """
    steps, buses = supply_mw.shape
    ends = (
        np.concatenate([grid.lines.from_bus, grid.links.from_bus]),
        np.concatenate([grid.lines.to_bus, grid.links.to_bus]),
    )
    flow = np.concatenate([flow_mw, link_mw], axis=1)
    source = np.where(flow >= 0, ends[0], ends[1])
    sink = np.where(flow >= 0, ends[1], ends[0])
    size = np.abs(flow)
    step = np.arange(steps)[:, None]
    matrix = np.zeros((steps, buses, buses))
    np.add.at(matrix, (step, sink, source), -size)
    total = supply_mw.copy()
    np.add.at(total, (step, sink), size)
    empty = total <= 1e-9
    matrix[:, np.arange(buses), np.arange(buses)] += np.where(empty, 1.0, total)
    wanted = np.where(empty, 0.0, supply_kg)
    return np.asarray(np.maximum(np.linalg.solve(matrix, wanted[:, :, None])[:, :, 0], 0.0))
