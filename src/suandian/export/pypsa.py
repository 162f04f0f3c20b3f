"""A joint problem as a PyPSA network (CSV folder), computing as links and stores.

| here | there |
|---|---|
| segment of a supply curve | Generator (a ramped unit: its own Bus and a Link with ramp limits) |
| shed, unserved service, late work | Generator at its price |
| store, inflow, spill | Bus, Store, charge and discharge Links, Generators |
| site, PUE, IT power | Bus, Link from the grid, Link of efficiency 1/PUE to the Bus of IT power |
| service | Bus with a Load, Links from the IT power of allowed sites |
| group of work | Bus with a Load (arrivals), Links from IT power, a negative Store (queue) |
| value of energy or work left at the end | `marginal_cost_storage` of the last snapshot |
| output before the window | `p_init` of a ramped unit's Link |

The network needs no PyPSA and no pandas to be written. What PyPSA has no counterpart for is
refused: restart costs, a reserve margin. Steps may be of different length: they are the snapshots'
weightings.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.maths.topology import limits_mw
from suandian.maths.window import Window
from suandian.model.grid import Floats
from suandian.model.issues import InputError, Issue

BIG_MW = 1e6  # stands for "no limit": PyPSA multiplies nominal power with per-unit series


@dataclass
class PypsaNetwork:
    """Components by kind: name → attributes, and series by (kind, attribute): name → values."""

    snapshots: Sequence[str]
    hours: Floats
    components: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    series: dict[tuple[str, str], dict[str, Floats]] = field(default_factory=dict)

    def add(
        self, kind: str, name: str, series: Mapping[str, Floats] | None = None, **attributes: object
    ) -> None:
        """Add a component with static attributes and series."""
        self.components.setdefault(kind, {})[name] = attributes
        for attribute, values in (series or {}).items():
            self.series.setdefault((kind, attribute), {})[name] = values

    def write(self, folder: Path) -> None:
        """Write the CSV folder."""
        folder.mkdir(parents=True, exist_ok=True)
        # PyPSA weighs costs, stores and generators apart: here all by the length of the step
        weights = [[s, h, h, h] for s, h in zip(self.snapshots, self.hours.tolist(), strict=True)]
        _csv(folder / "snapshots.csv", ["snapshot", "objective", "stores", "generators"], weights)
        for kind, items in self.components.items():
            # a component has only what it needs: columns are what any of its kind has
            keys = sorted({key for attributes in items.values() for key in attributes})
            rows = [
                [name, *(attributes.get(key, "") for key in keys)]
                for name, attributes in items.items()
            ]
            _csv(folder / f"{kind}.csv", ["name", *keys], rows)
        for (kind, attribute), columns in self.series.items():
            values = np.array(list(columns.values())).T
            body = [[s, *row] for s, row in zip(self.snapshots, values.tolist(), strict=True)]
            _csv(folder / f"{kind}-{attribute}.csv", ["snapshot", *columns], body)


def export(prepared: Prepared, window: Window, snapshots: Sequence[str], folder: Path) -> None:
    """Write `window`'s joint problem to `folder`; `snapshots` are ISO times without offset, one per
    step.

    Raises
    ------
    InputError
        The window holds something that PyPSA has no counterpart for.
    """
    # nothing is left out in silence: what PyPSA cannot say is refused
    _require_exportable(prepared, window)
    network = PypsaNetwork(snapshots, window.hours)
    _add_grid(network, prepared, window)
    _add_units(network, prepared, window)
    _add_stores(network, prepared, window)
    _add_sites(network, prepared, window)
    _add_services(network, prepared, window)
    _add_groups(network, prepared, window)
    network.write(folder)


def _csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])


def _require_exportable(prepared: Prepared, window: Window) -> None:
    fixed = (window.work_mw, window.terms, window.storage_mw)
    found = [
        text
        for wrong, text in (
            (window.restart_cost != 0, "restart costs"),
            (window.reserve_mw != 0, "a reserve margin"),
            (
                prepared.security is not None,
                "N-1 security as it is here (losses of units and sites, paid overloads)",
            ),
            (any(values is not None for values in fixed), "a window with a part of the plan fixed"),
            (not prepared.relaxed, "units that cannot be off"),
            (len(prepared.committed) > 0, "commitment of units with several segments"),
        )
        if wrong
    ]
    if found:
        raise InputError(
            [
                Issue("export", "window", None, f"PyPSA has no counterpart for {text}")
                for text in found
            ]
        )


def _at_end(window: Window, value: float) -> Floats:
    """Return a series for `marginal_cost_storage` that charges `value` [currency/MWh] once, for the
    last level.
    """
    series = np.zeros(window.n)
    # worth is of energy at the end; PyPSA multiplies with the length of the step
    series[-1] = value / float(window.hours[-1])
    return series


def _bus(prepared: Prepared, node: int) -> str:
    if node >= prepared.buses:
        return f"site {prepared.sites.id[node - prepared.buses]}"
    return "copper" if prepared.network == "copper" else str(prepared.grid.buses.id[node])


def _add_grid(network: PypsaNetwork, prepared: Prepared, window: Window) -> None:
    grid = prepared.grid
    for b in range(prepared.buses):
        network.add("buses", _bus(prepared, b))
        load = window.load_mw[:, b]
        network.add("loads", f"load {grid.buses.id[b]}", {"p_set": load}, bus=_bus(prepared, b))
        _supply(
            network,
            f"shed {grid.buses.id[b]}",
            _bus(prepared, b),
            np.maximum(load, 0.0),
            # shedding is a generator at the price of load
            prepared.goal.unserved_load,
        )
    for k, name in enumerate(grid.links.id.tolist()):
        ends = _ends(prepared, grid.links.from_bus[k], grid.links.to_bus[k])
        network.add(
            "links", f"link {name}", p_nom=float(grid.links.capacity_mw[k]), p_min_pu=-1.0, **ends
        )
    if prepared.network == "copper":
        return
    limit = np.minimum(limits_mw(grid), BIG_MW)
    for k, name in enumerate(grid.lines.id.tolist()):
        ends = _ends(prepared, grid.lines.from_bus[k], grid.lines.to_bus[k])
        # without angles a line is a link that runs both ways
        if prepared.network == "transport":
            rating = float(min(grid.lines.rating_mw[k], BIG_MW))
            network.add("links", f"line {name}", p_nom=rating, p_min_pu=-1.0, **ends)
        else:
            reactance = 1.0 / float(grid.lines.susceptance_mw[k])
            network.add("lines", f"line {name}", x=reactance, r=0.0, s_nom=float(limit[k]), **ends)


def _ends(prepared: Prepared, from_bus: int, to_bus: int) -> dict[str, Any]:
    return {"bus0": _bus(prepared, from_bus), "bus1": _bus(prepared, to_bus)}


def _supply(network: PypsaNetwork, name: str, bus: str, most: Floats, cost: float) -> None:
    """A generator that may give up to `most` (T,) MW."""
    # series in PyPSA are per unit of nominal power
    nominal = float(most.max(initial=0.0))
    if nominal > 0:
        series = {} if float(most.min()) == nominal else {"p_max_pu": most / nominal}
        network.add("generators", name, series, bus=bus, p_nom=nominal, marginal_cost=cost)


def _add_units(network: PypsaNetwork, prepared: Prepared, window: Window) -> None:
    units = prepared.units
    curves = prepared.curves
    apart = window.apart_h()
    carbon = curves.kg * prepared.goal.carbon_price / 1000.0
    # PyPSA limits ramps of a component, not of the sum of its segments: they feed a bus of their
    # own, and its link has the ramp
    ramped = (units.ramp_mw_per_h * float(window.hours.min()) < units.p_max_mw) & (units.feed < 0)
    for g in np.flatnonzero(ramped).tolist():
        network.add("buses", f"unit {units.id[g]}")
        reach = units.ramp_mw_per_h[g] * apart / units.p_max_mw[g]
        series = {"ramp_limit_up": reach, "ramp_limit_down": reach} if np.ptp(reach) > 0 else {}
        fixed = (
            {} if series else {"ramp_limit_up": float(reach[0]), "ramp_limit_down": float(reach[0])}
        )
        network.add(
            "links",
            f"unit {units.id[g]}",
            series,
            bus0=f"unit {units.id[g]}",
            bus1=_bus(prepared, units.node[g]),
            p_nom=float(units.p_max_mw[g]),
            p_init=float(window.last_mw[g]) if np.isfinite(window.last_mw[g]) else "",
            **fixed,
        )
    for s, g in enumerate(curves.unit.tolist()):
        bus = f"unit {units.id[g]}" if ramped[g] else _bus(prepared, units.node[g])
        fed = units.feed[g] >= 0
        most = (
            window.available_mw[:, units.feed[g]] if fed else np.full(window.n, curves.width_mw[s])
        )
        _supply(network, f"segment {units.id[g]} {s}", bus, most, float(curves.cost[s] + carbon[s]))


def _add_stores(network: PypsaNetwork, prepared: Prepared, window: Window) -> None:
    stores = prepared.stores
    for s, name in enumerate(stores.id.tolist()):
        bus = _bus(prepared, stores.node[s])
        own = f"store {name}"
        network.add("buses", own)
        energy = float(stores.energy_mwh[s])
        least = np.zeros(window.n)
        least[-1] = window.final_mwh[s] / energy
        level = float(window.level_mwh[s])
        # what is left in store is worth what it would give, losses taken off
        worth = _at_end(window, -window.level_value * float(stores.discharge_efficiency[s]))
        series = {"e_min_pu": least, "marginal_cost_storage": worth}
        network.add("stores", own, series, bus=own, e_nom=energy, e_initial=level)
        charge = float(stores.charge_mw[s])
        gain = float(stores.charge_efficiency[s])
        network.add("links", f"charge {name}", bus0=bus, bus1=own, p_nom=charge, efficiency=gain)
        eta = float(stores.discharge_efficiency[s])
        wear = float(stores.wear_per_mwh[s])
        network.add(
            "links",
            f"discharge {name}",
            bus0=own,
            bus1=bus,
            # PyPSA counts a link at its input side
            p_nom=float(stores.discharge_mw[s]) / eta,
            efficiency=eta,
            marginal_cost=wear * eta,
        )
        if stores.inflow_feed[s] >= 0:
            inflow = window.inflow_mw[:, stores.inflow_feed[s]]
            network.add("loads", f"inflow {name}", {"p_set": -inflow}, bus=own)
            most = float(inflow.max(initial=0.0)) + energy
            network.add(
                "generators", f"spill {name}", bus=own, p_nom=most, p_min_pu=-1.0, p_max_pu=0.0
            )


def _add_sites(network: PypsaNetwork, prepared: Prepared, window: Window) -> None:
    sites = prepared.sites
    for d, name in enumerate(sites.id.tolist()):
        own = f"site {name}"
        it = f"it {name}"
        limit = float(sites.limit_mw[d])
        pue = float(sites.pue[d])
        network.add("buses", own)
        network.add("buses", it)
        # export is the connection backwards
        least = -float(sites.export_mw[d]) / limit
        network.add(
            "links",
            f"import {name}",
            bus0=_bus(prepared, sites.bus[d]),
            bus1=own,
            p_nom=limit,
            p_min_pu=least,
        )
        # site power in, IT power out: PUE is the efficiency of a link
        work = pue * float(sites.cluster_mw[d] - sites.idle_mw[d])
        network.add("links", f"work {name}", bus0=own, bus1=it, p_nom=work, efficiency=1.0 / pue)
        idle = np.full(window.n, pue * float(sites.idle_mw[d]))
        network.add("loads", f"idle {name}", {"p_set": idle}, bus=own)


def _add_services(network: PypsaNetwork, prepared: Prepared, window: Window) -> None:
    services = prepared.services
    sites = prepared.sites
    for k, name in enumerate(services.id.tolist()):
        own = f"service {name}"
        demand = window.service_mw[:, k]
        network.add("buses", own)
        network.add("loads", own, {"p_set": demand}, bus=own)
        _supply(network, f"unserved {name}", own, demand, prepared.goal.unserved_service)
        for d in np.flatnonzero(services.allowed[k]).tolist():
            cost = float(services.move_per_mwh[k, d])
            network.add(
                "links",
                f"serve {name} {sites.id[d]}",
                bus0=f"it {sites.id[d]}",
                bus1=own,
                p_nom=BIG_MW,
                marginal_cost=cost,
            )


def _add_groups(network: PypsaNetwork, prepared: Prepared, window: Window) -> None:
    groups = window.groups
    if groups is None:
        return
    # work that arrives is load; the queue is a store that may only be owed to
    arrivals = np.diff(groups.arrived_mwh, axis=0, prepend=0.0) / window.hours[:, None]
    slack = np.maximum(groups.arrived_mwh - groups.due_mwh, 0.0)
    for j in np.flatnonzero(groups.arrived_mwh[-1] > 0).tolist():
        own = f"group {j}"
        most = float(max(slack[:, j].max(), 1e-6))
        network.add("buses", own)
        network.add("loads", own, {"p_set": arrivals[:, j]}, bus=own)
        owed = {
            "e_min_pu": -slack[:, j] / most,
            "marginal_cost_storage": _at_end(window, -groups.leftover),
        }
        network.add("stores", f"queue {j}", owed, bus=own, e_nom=most, e_max_pu=0.0, e_initial=0.0)
        network.add(
            "generators",
            f"late {j}",
            bus=own,
            p_nom=BIG_MW,
            marginal_cost=prepared.goal.unserved_jobs,
        )
        for d in np.flatnonzero(groups.allowed[j]).tolist():
            name = str(prepared.sites.id[d])
            network.add(
                "links",
                f"run {j} {name}",
                bus0=f"it {name}",
                bus1=own,
                p_nom=BIG_MW,
                marginal_cost=float(groups.move[j, d]),
            )
