"""One-step optimal power flow of a grid, every unit on, constants and quadratic costs kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.maths.solving import solve_window
from suandian.maths.window import Groups, Window
from suandian.model.grid import Floats, Grid
from suandian.model.scenario import Goal, Security
from suandian.model.system import no_services, no_sites


@dataclass(frozen=True, eq=False)
class OpfResult:
    """Cost [currency/h], output [MW] by unit, price [currency/MWh] by bus, flow [MW] by line, shed
    load [MW].
    """

    objective: float
    output_mw: Floats
    price: Floats
    flow_mw: Floats
    shed_mw: float
    result: Result


def opf_problem(
    grid: Grid, network: str = "dc", security: Security | None = None
) -> tuple[Prepared, Window]:
    """Return the least-cost dispatch of one hour on `grid` as a problem to compile; with N-1 where
    `security` is set.

    Quadratic costs are cut into 200 segments per unit (error below 1e-5 of the quadratic part).
    """
    prepared = Prepared(
        grid, network, no_sites(), no_services(), Goal(), relaxed=False, security=security
    )
    curves = prepared.curves
    buses = grid.buses
    load = buses.load_mw + buses.shunt_mw
    np.subtract.at(load, grid.generators.node, curves.base_mw)
    window = Window(
        hours=np.ones(1),
        load_mw=load[None, :],
        available_mw=np.zeros((1, 0)),
        inflow_mw=np.zeros((1, 0)),
        service_mw=np.zeros((1, 0)),
        computing=Groups.none(1, 0),
        level_mwh=grid.storage.initial_mwh,
        final_mwh=grid.storage.initial_mwh,
        last_mw=np.full(len(grid.generators), np.nan),
    )
    return prepared, window


def solve_opf(grid: Grid, network: str = "dc", security: Security | None = None) -> OpfResult:
    """Solve the least-cost dispatch of one hour on `grid` with `network` copper, transport, dc or
    ptdf.
    """
    prepared, window = opf_problem(grid, network, security)
    curves = prepared.curves
    result = solve_window(prepared, window)
    return OpfResult(
        objective=result.solution.objective,
        output_mw=result.output_mw()[0] + curves.base_mw,
        price=result.price()[0],
        flow_mw=result.flow_mw()[0],
        shed_mw=float(result.column("shed").sum()),
        result=result,
    )
