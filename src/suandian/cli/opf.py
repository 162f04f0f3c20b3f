"""`suandian opf`: least-cost DC power flow of a grid file."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class NetworkChoice(StrEnum):
    """Network representations that `opf` knows."""

    copper = "copper"
    transport = "transport"
    dc = "dc"
    ptdf = "ptdf"


def opf(
    grid_file: Annotated[Path, typer.Argument(help="MATPOWER case, .m or .m.gz")],
    network: Annotated[
        NetworkChoice, typer.Option(help="how flows are modelled")
    ] = NetworkChoice.dc,
    ac: Annotated[
        bool, typer.Option("--ac", help="check the dispatch by AC power flow (pandapower)")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Least-cost dispatch of one step: objective, prices and line loadings.

    Example: suandian opf pglib_opf_case118_ieee.m --network dc --json
    """
    import numpy as np

    from suandian.maths.opf import solve_opf
    from suandian.plugins.grids import matpower

    grid = matpower.read(grid_file)
    done = solve_opf(grid, network.value)
    loading = np.abs(done.flow_mw) / grid.lines.rating_mw
    certificate = done.result.solution.certificate
    checked = None
    if ac:
        from suandian.run import accheck

        found = accheck.checks(grid, accheck.Dispatch.of_result(done.result))
        checked = accheck.table(grid, found, np.zeros(1, np.int64)).drop("start", "phase")
    if as_json:
        result = {
            "objective": done.objective,
            "unit": "$/h",
            "network": network.value,
            "status": done.result.solution.status,
            "solver": done.result.solution.solver,
            "unserved_mw": done.shed_mw,
            "certificate": certificate.as_dict(),
            "prices": dict(zip(grid.buses.id.tolist(), done.price.tolist(), strict=True)),
            "loadings": dict(zip(grid.lines.id.tolist(), loading.tolist(), strict=True)),
        }
        if checked is not None:
            result["ac"] = checked.row(0, named=True)
        print(json.dumps(result))
        return
    print(
        f"{grid.name}: {len(grid.buses)} buses, {len(grid.lines)} lines, {len(grid.generators)} "
        "generators"
    )
    print(f"cost {done.objective:,.2f} $/h (optimal, proven within {abs(certificate.gap):.1e})")
    print(
        f"price {done.price.min():.2f} … {done.price.max():.2f} $/MWh; highest loading "
        f"{100 * loading.max():.1f} %"
    )
    if done.shed_mw > 0:
        print(f"unserved load: {done.shed_mw:.3f} MW (the grid cannot carry the rest)")
    if checked is not None:
        print(accheck.summary(checked))
