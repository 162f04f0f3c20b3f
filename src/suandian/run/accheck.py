"""What is checked by AC power flow: the dispatch of a plan or of a run, step by step, and the table
of results.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from suandian.ledger.ledger import Ledger
from suandian.maths.result import Result
from suandian.model.grid import Bools, Floats, Grid, Ints
from suandian.model.places import Places
from suandian.model.scenario import Scenario
from suandian.record.history import History
from suandian.record.schemas import TABLES, frame, utc
from suandian.run.acflow import AcGrid, AcResult

RUNNING_MW = 1e-3


@dataclass(frozen=True, eq=False)
class Dispatch:
    """What is fed in, by step: `output_mw` and `on` (T, units), `other_mw` (T, buses) all else less
    load, `load_mvar` (T, buses). Shunts are not in `other_mw`: they take what the voltage gives
    them.

    Sites draw at unity power factor; load sheds active and reactive power alike.
    """

    output_mw: Floats
    other_mw: Floats
    load_mvar: Floats
    on: Bools

    @classmethod
    def of(cls, grid: Grid, sites: Ints, mw: Mapping[str, Floats]) -> Dispatch:
        """Return the dispatch of `mw`: arrays (T, members) output, load, shed, import, charge,
        discharge, link [MW].

        `sites` (sites,) buses of the sites; `load` counts shunt conductance, as everywhere.
        """
        buses = grid.buses
        stores = grid.storage
        links = grid.links
        fixed = buses.load_mw + buses.shunt_mw
        other = mw["shed"] - mw["load"] + buses.shunt_mw
        at_bus = Places(len(buses), len(sites)).at_bus(stores.node)
        for values, node in (
            (-mw["import"], sites),
            ((mw["discharge"] - mw["charge"])[:, at_bus], stores.node[at_bus]),
            (-mw["link"], links.from_bus),
            (mw["link"], links.to_bus),
        ):
            np.add.at(other.T, node, values.T)
        # shedding takes active and reactive load alike
        served = 1.0 - mw["shed"] / np.where(mw["load"] > 0, mw["load"], 1.0)
        reactive = (buses.load_mvar + buses.tan_phi * (mw["load"] - fixed)) * served
        # a unit without any power of its own is a synchronous condenser: it runs
        on = (mw["output"] > RUNNING_MW) | (grid.generators.p_max_mw <= 0)
        return cls(mw["output"], other, reactive, on)

    @classmethod
    def of_result(cls, result: Result) -> Dispatch:
        """Return the dispatch of a solved window."""
        prepared = result.compiled.prepared
        window = result.compiled.window
        mw = {
            name: result.column(name) for name in ("shed", "import", "charge", "discharge", "link")
        }
        stores = np.zeros((window.n, len(prepared.stores)))
        mw |= {name: mw[name] if mw[name].shape[1] else stores for name in ("charge", "discharge")}
        load = window.load_mw.copy()
        base = prepared.always_mw  # taken off the load where units are always on
        on_grid = prepared.units.node < prepared.buses
        np.add.at(load.T, prepared.units.node[on_grid], np.tile(base[on_grid, None], (1, window.n)))
        dispatch = cls.of(
            prepared.grid, prepared.sites.bus, mw | {"load": load, "output": result.delivered_mw()}
        )
        if prepared.relaxed:
            return dispatch
        # without a relaxed commitment every unit runs, also at no output
        return replace(dispatch, on=np.ones_like(dispatch.on))

    @classmethod
    def of_history(cls, history: History) -> Dispatch:
        """Return what was booked."""
        booked = history.energy
        mw = {
            "output": history.mw(booked.output_wh),
            "load": history.mw(booked.load_wh),
            "shed": history.mw(booked.shed_wh),
            "import": history.mw(booked.import_wh),
            "charge": history.mw(booked.charge_wh),
            "discharge": history.mw(booked.discharge_wh),
            "link": history.mw(booked.link_wh),
        }
        return cls.of(history.scenario.grid, history.scenario.sites.bus, mw)


def checks(grid: Grid, dispatch: Dispatch) -> Iterator[AcResult | None]:
    """Yield the AC power flow of every step, None where there is none."""
    ac_grid = AcGrid(grid)
    for step in range(len(dispatch.output_mw)):
        yield ac_grid.solve(
            dispatch.output_mw[step],
            dispatch.other_mw[step],
            dispatch.load_mvar[step],
            dispatch.on[step],
        )


def table(
    grid: Grid, results: Iterable[AcResult | None], start_s: Ints, phase: str = "planned"
) -> pl.DataFrame:
    """Return ac_check.parquet of one result per step."""
    return _frame([_row(grid, result) for result in results], start_s, phase)


def _frame(rows: Sequence[Mapping[str, Any]], start_s: Ints, phase: str) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {
        name: [row.get(name) for row in rows] for name in TABLES["ac_check"]
    }
    schema = {
        name: kind for name, kind in TABLES["ac_check"].items() if name not in ("phase", "start")
    }
    typed = {name: pl.Series(columns[name], dtype=kind) for name, kind in schema.items()}
    phases = pl.repeat(phase, len(rows), dtype=pl.String, eager=True)
    return frame("ac_check", {"phase": phases, "start": utc(start_s), **typed})


def _row(grid: Grid, result: AcResult | None) -> dict[str, Any]:
    if result is None:
        return {"converged": False}
    buses = grid.buses
    lines = grid.lines
    voltage = result.voltage_pu
    least = int(voltage.argmin())
    most = int(voltage.argmax())
    loading = result.apparent_mva / lines.rating_mw
    heavy = int(loading.argmax()) if len(loading) else -1
    outside = (voltage < buses.v_min_pu - 1e-4) | (voltage > buses.v_max_pu + 1e-4)
    return {
        "converged": True,
        "losses_mw": result.losses_mw,
        "least_voltage_pu": float(voltage[least]),
        "least_voltage_bus": str(buses.id[least]),
        "most_voltage_pu": float(voltage[most]),
        "most_voltage_bus": str(buses.id[most]),
        "voltages_outside": int(outside.sum()),
        "overloads": int((loading > 1.0 + 1e-4).sum()),
        "most_loading": float(loading[heavy]) if heavy >= 0 else None,
        "most_loaded_line": str(lines.id[heavy]) if heavy >= 0 else None,
        "reactive_outside": int(result.limited.sum()),
    }


def plan_rows(scenario: Scenario, step: int, dispatch: Result) -> list[dict[str, Any]]:
    """Return plain rows with `step` for the part of a plan published before `step` that is in force
    until the next.
    """
    ends = np.cumsum(dispatch.compiled.window.hours)
    # later steps of the plan are never executed: the next plan replaces them
    many = int(np.searchsorted(ends, scenario.policy.replan_h - 1e-9)) + 1
    whole = Dispatch.of_result(dispatch)
    part = Dispatch(
        whole.output_mw[:many], whole.other_mw[:many], whole.load_mvar[:many], whole.on[:many]
    )
    return [
        {"step": step + i, **_row(scenario.grid, r)}
        for i, r in enumerate(checks(scenario.grid, part))
    ]


def write_ac_check(
    out: Path, scenario: Scenario, ledger: Ledger, planned: Sequence[Mapping[str, Any]]
) -> None:
    """Write ac_check.parquet: an AC power flow of every step, as planned (rows of `plan_rows`) and
    as executed.
    """
    history = History.of(scenario, ledger)
    dispatch = Dispatch.of_history(history)
    edges = history.axis.edges_s
    plans = _frame(planned, edges[[row["step"] for row in planned]], "planned")
    executed = table(
        scenario.grid,
        checks(scenario.grid, dispatch),
        edges[:-1],
        "realised",
    )
    pl.concat([plans, executed]).write_parquet(out / "ac_check.parquet")


def summary(steps: pl.DataFrame) -> str:
    """Return a sentence on a table of checks."""
    good = steps.filter("converged")
    text = f"AC power flow: {len(good)} of {len(steps)} steps converge"
    if not len(good):
        return text
    low = good.sort("least_voltage_pu").row(0, named=True)
    high = good.sort("most_voltage_pu").row(-1, named=True)
    heavy = good.sort("most_loading").row(-1, named=True)
    return (
        f"{text}; losses {_mean(good, 'losses_mw'):.1f} MW on average; voltage "
        f"{low['least_voltage_pu']:.3f} pu "
        f"(bus {low['least_voltage_bus']}) … {high['most_voltage_pu']:.3f} pu (bus "
        f"{high['most_voltage_bus']}), "
        f"{good['voltages_outside'].sum()} outside limits; highest loading "
        f"{100 * heavy['most_loading']:.1f} % "
        f"(line {heavy['most_loaded_line']}), {good['overloads'].sum()} above the rating; "
        f"{good['reactive_outside'].sum()} buses short of reactive power"
    )


def _mean(frame: pl.DataFrame, column: str) -> float:
    return float(np.mean(frame[column].to_numpy()))
