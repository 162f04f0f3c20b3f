"""`suandian opf`: least-cost DC power flow of a grid file."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from suandian.api.power import PowerFlow


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
    from suandian import api

    flow = api.opf(grid_file, network.value, ac)
    if as_json:
        print(json.dumps(flow.as_dict()))
    else:
        _show(flow)


def _show(flow: PowerFlow) -> None:
    grid = flow.grid
    result = flow.result
    sizes = f"{len(grid.buses)} buses, {len(grid.lines)} lines, {len(grid.generators)} generators"
    # a gap of -1e-17 is one of rounding
    gap = abs(result.result.solution.certificate.gap)
    highest = 100 * flow.highest_loading
    print(f"{grid.name}: {sizes}")
    print(f"cost {result.objective:,.2f} $/h (optimal, proven within {gap:.1e})")
    # where they differ, a line is full
    low = result.price.min()
    high = result.price.max()
    print(f"price {low:.2f} … {high:.2f} $/MWh; highest loading {highest:.1f} %")
    if result.shed_mw > 0:
        print(f"unserved load: {result.shed_mw:.3f} MW (the grid cannot carry the rest)")
    if flow.ac_summary:
        print(flow.ac_summary)
