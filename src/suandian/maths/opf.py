"""One-step DC optimal power flow of a grid, by bus angles.

    minimise    Σ_g c_g(p_g)
    subject to  Σ_g p_g - Σ_l a_bl f_l = load_b + shunt_b     for every bus      (balance)
                f_l = B_l (θ_from - θ_to),  |f_l| ≤ rating_l                     (network)
                angle_min ≤ θ_from - θ_to ≤ angle_max
"""

from __future__ import annotations

import numpy as np

from suandian.model.grid import Grid
from suandian.solve.problem import Builder, Problem

NETWORKS = ("copper", "transport", "dc")


def compile_opf(grid: Grid, network: str = "dc") -> Problem:
    """Compile the one-step optimal power flow of `grid` (columns `p` [MW], `flow` [MW], `angle` [rad])."""
    if network not in NETWORKS:
        raise ValueError(f"network {network!r} is not one of {', '.join(NETWORKS)}")
    builder = Builder()
    gens, lines, buses = grid.generators, grid.lines, grid.buses
    n = len(gens)
    p = builder.add_columns("p", (n,), gens.p_min_mw, gens.p_max_mw, quadratic=2 * gens.quadratic)
    segments = builder.add_columns("segment", gens.segment_mw.shape, 0.0, gens.segment_mw, cost=gens.segment_cost)
    split = builder.add_rows("segments", (n,), gens.p_min_mw, gens.p_min_mw)
    builder.add_entries(split, p, 1.0)
    builder.add_entries(split[:, None], segments, -1.0)
    builder.offset = float(gens.no_load.sum())
    load = buses.load_mw + buses.shunt_mw
    if network == "copper":
        builder.add_entries(builder.add_rows("balance", (1,), load.sum(), load.sum())[0], p, 1.0)
        return builder.build()
    balance = builder.add_rows("balance", (len(buses),), load, load)
    builder.add_entries(balance[gens.bus], p, 1.0)
    flow = builder.add_columns("flow", (len(lines),), -lines.rating_mw, lines.rating_mw)
    builder.add_entries(balance[lines.from_bus], flow, -1.0)
    builder.add_entries(balance[lines.to_bus], flow, 1.0)
    if network == "dc":
        _add_angles(builder, grid, flow)
    return builder.build()


def _add_angles(builder: Builder, grid: Grid, flow: np.ndarray) -> None:
    lines = grid.lines
    angle = builder.add_columns("angle", (len(grid.buses),), -np.inf, np.inf, unit="rad")
    law = builder.add_rows("kirchhoff", (len(lines),), 0.0, 0.0)
    builder.add_entries(law, flow, 1.0)
    builder.add_entries(law, angle[lines.from_bus], -lines.susceptance_mw)
    builder.add_entries(law, angle[lines.to_bus], lines.susceptance_mw)
    limited = np.flatnonzero(np.isfinite(lines.angle_min) | np.isfinite(lines.angle_max))
    span = builder.add_rows("angle_limit", (len(limited),), lines.angle_min[limited], lines.angle_max[limited], "rad")
    builder.add_entries(span, angle[lines.from_bus[limited]], 1.0)
    builder.add_entries(span, angle[lines.to_bus[limited]], -1.0)
