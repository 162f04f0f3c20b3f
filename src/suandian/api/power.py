"""`opf`: least-cost DC power flow of a grid file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from suandian.maths.opf import OpfResult, solve_opf
from suandian.model.grid import Grid
from suandian.plugins.grids import matpower
from suandian.run import accheck


@dataclass(frozen=True, eq=False)
class PowerFlow:
    """The cheapest dispatch of one hour on a grid.

    `result` holds cost [currency/h], output and flow [MW], price [currency/MWh]; `ac_check` the AC
    power flow of that dispatch, one row (None where it was not asked for).
    """

    grid: Grid
    network: str
    result: OpfResult
    ac_check: pl.DataFrame | None = None

    @cached_property
    def buses(self) -> pl.DataFrame:
        """Columns `bus`, `price_per_mwh`."""
        return pl.DataFrame({"bus": self.grid.buses.id, "price_per_mwh": self.result.price})

    @cached_property
    def lines(self) -> pl.DataFrame:
        """Columns `line`, `flow_mw`, `rating_mw`, `loading` = |flow| / rating [1]."""
        flow = self.result.flow_mw
        rating = self.grid.lines.rating_mw
        return pl.DataFrame(
            {
                "line": self.grid.lines.id,
                "flow_mw": flow,
                "rating_mw": rating,
                "loading": np.abs(flow) / rating,
            }
        )

    @property
    def highest_loading(self) -> float:
        """Largest |flow| / rating of a line [1]."""
        return float(self.lines["loading"].max())  # type: ignore[arg-type]

    @property
    def ac_summary(self) -> str:
        """What the AC power flow says, in a sentence; empty where it was not asked for."""
        return "" if self.ac_check is None else accheck.summary(self.ac_check)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as `suandian opf --json` prints them."""
        # prices and loadings by id: positions in a file mean nothing to a reader
        solution = self.result.result.solution
        plain = {
            "objective": self.result.objective,
            "unit": "$/h",
            "network": self.network,
            "status": solution.status,
            "solver": solution.solver,
            "unserved_mw": self.result.shed_mw,
            "certificate": solution.certificate.as_dict(),
            "prices": dict(self.buses.iter_rows()),
            "loadings": dict(self.lines.select("line", "loading").iter_rows()),
        }
        if self.ac_check is not None:
            plain["ac"] = self.ac_check.row(0, named=True)
        return plain


def opf(grid_file: str | Path, network: str = "dc", ac: bool = False) -> PowerFlow:
    """Return the least-cost DC dispatch of a MATPOWER case (.m or .m.gz).

    `network` is copper, transport, dc or ptdf; `ac` also checks the dispatch by AC power flow, with
    pandapower.

    Raises
    ------
    InputError
        The file is no usable case, or pandapower is not installed.
    SolveError
        The dispatch has no usable solution.
    """
    # a case file is a grid by itself: no scenario, no sites, one hour
    grid = matpower.read(Path(grid_file))
    result = solve_opf(grid, network)
    checked = None
    if ac:
        flows = accheck.checks(grid, accheck.Dispatch.of_result(result.result))
        checked = accheck.table(grid, flows, np.zeros(1, np.int64)).drop("start", "phase")
    return PowerFlow(grid, network, result, checked)
