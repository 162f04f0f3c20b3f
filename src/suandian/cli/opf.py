"""`suandian opf`: least-cost DC power flow of a grid file."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Network(StrEnum):
    """Network representations that `opf` knows."""

    copper = "copper"
    transport = "transport"
    dc = "dc"


def opf(
    grid_file: Annotated[Path, typer.Argument(help="MATPOWER case, .m or .m.gz")],
    network: Annotated[Network, typer.Option(help="how flows are modelled")] = Network.dc,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Least-cost dispatch of one step: objective, prices and line loadings.

    Example: suandian opf pglib_opf_case118_ieee.m --network dc --json
    """
    import numpy as np

    from suandian.maths.opf import compile_opf
    from suandian.plugins.grids import matpower
    from suandian.solve.highs import solve

    grid = matpower.read(grid_file)
    problem = compile_opf(grid, network.value)
    solution = solve(problem)
    price = problem.rows["balance"].of(solution.row_dual)
    flow = problem.columns["flow"].of(solution.x) if "flow" in problem.columns else np.zeros(len(grid.lines))
    loading = np.abs(flow) / grid.lines.rating_mw
    if as_json:
        result = {
            "objective": solution.objective,
            "unit": "$/h",
            "network": network.value,
            "status": solution.status,
            "solver": solution.solver,
            "prices": dict(zip(grid.buses.id.tolist(), np.broadcast_to(price, len(grid.buses)).tolist(), strict=True)),
            "loadings": dict(zip(grid.lines.id.tolist(), loading.tolist(), strict=True)),
        }
        print(json.dumps(result))
        return
    print(f"{grid.name}: {len(grid.buses)} buses, {len(grid.lines)} lines, {len(grid.generators)} generators")
    print(f"cost {solution.objective:,.2f} $/h ({solution.status}, {solution.solver})")
    print(f"price {price.min():.2f} … {price.max():.2f} $/MWh; highest line loading {100 * loading.max():.1f} %")
