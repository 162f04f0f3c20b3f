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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.maths.topology import limits_mw
from suandian.maths.window import FixedWork, Window
from suandian.model.grid import Floats
from suandian.model.issues import InputError, Issue
from suandian.model.ports.tariff import Terms
from suandian.model.units import KG_PER_T

# stands for "no limit": PyPSA multiplies nominal power with per-unit series
BIG_MW = 1e6

Ends = tuple[str, str]


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

    def bus(self, name: str) -> None:
        """Add a place where energy balances."""
        self.add("buses", name)

    def load(self, name: str, bus: str, power_mw: Floats) -> None:
        """Add what is drawn at a bus [MW] by step; negative values feed in."""
        self.add("loads", name, {"p_set": power_mw}, bus=bus)

    def link(self, name: str, ends: Ends, power_mw: float, **attributes: object) -> None:
        """Add a controllable link that takes up to `power_mw` at its first end."""
        # PyPSA counts a link at its input side
        begin, end = ends
        self.add("links", name, None, bus0=begin, bus1=end, p_nom=power_mw, **attributes)

    def supply(self, name: str, bus: str, most_mw: Floats, cost: float) -> None:
        """Add a generator that may give up to `most_mw` (steps,); none where that is nothing."""
        # series in PyPSA are per unit of nominal power
        nominal = float(most_mw.max(initial=0.0))
        if nominal <= 0:
            return
        constant = float(most_mw.min()) == nominal
        series = {} if constant else {"p_max_pu": most_mw / nominal}
        self.add("generators", name, series, bus=bus, p_nom=nominal, marginal_cost=cost)

    def write(self, folder: Path) -> None:
        """Write the CSV folder."""
        folder.mkdir(parents=True, exist_ok=True)
        # PyPSA weighs costs, stores and generators apart: here all by the length of the step
        header = ["snapshot", "objective", "stores", "generators"]
        weights = []
        for snapshot, hours in zip(self.snapshots, self.hours.tolist(), strict=True):
            weights.append([snapshot, hours, hours, hours])
        _csv(folder / "snapshots.csv", header, weights)
        for kind, items in self.components.items():
            self._write_components(folder, kind, items)
        for (kind, attribute), columns in self.series.items():
            values = np.array(list(columns.values())).T.tolist()
            body = []
            for snapshot, row in zip(self.snapshots, values, strict=True):
                body.append([snapshot, *row])
            _csv(folder / f"{kind}-{attribute}.csv", ["snapshot", *columns], body)

    def _write_components(
        self, folder: Path, kind: str, items: Mapping[str, Mapping[str, object]]
    ) -> None:
        # a component has only what it needs: columns are what any of its kind has
        keys = sorted({key for attributes in items.values() for key in attributes})
        rows = []
        for name, attributes in items.items():
            # an empty cell is PyPSA's own default
            cells = [attributes.get(key, "") for key in keys]
            rows.append([name, *cells])
        _csv(folder / f"{kind}.csv", ["name", *keys], rows)


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
    refused = list(_without_counterpart(prepared, window))
    if refused:
        issues = []
        for text in refused:
            message = f"PyPSA has no counterpart for {text}"
            issues.append(Issue("export", "window", None, message))
        raise InputError(issues)


def _without_counterpart(prepared: Prepared, window: Window) -> Iterator[str]:
    """Yield what of the problem PyPSA cannot say."""
    if window.restart_cost != 0:
        yield "restart costs"
    if window.reserve_mw != 0:
        yield "a reserve margin"
    if window.pue is not None:
        yield "a PUE that changes with time"
    if prepared.security is not None:
        yield "N-1 security as it is here (losses of units and sites, paid overloads)"
    # such windows are parts of a policy's procedure, and not the joint problem
    given = isinstance(window.computing, FixedWork) or isinstance(window.power, Terms)
    if given or window.storage_mw is not None:
        yield "a window with a part of the plan fixed"
    if not prepared.relaxed:
        yield "units that cannot be off"
    if len(prepared.committed) > 0:
        yield "commitment of units with several segments"


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
    for b, name in enumerate(grid.buses.id.tolist()):
        bus = _bus(prepared, b)
        network.bus(bus)
        load = window.load_mw[:, b]
        network.load(f"load {name}", bus, load)
        # shedding is a generator at the price of load; a load that feeds in cannot be shed
        most = np.maximum(load, 0.0)
        network.supply(f"shed {name}", bus, most, prepared.goal.unserved_load)
    links = grid.links
    for k, name in enumerate(links.id.tolist()):
        ends = _ends(prepared, links.from_bus[k], links.to_bus[k])
        network.link(f"link {name}", ends, float(links.capacity_mw[k]), p_min_pu=-1.0)
    # a copper plate is one bus: lines would run from it to itself
    if prepared.network != "copper":
        _add_lines(network, prepared)


def _add_lines(network: PypsaNetwork, prepared: Prepared) -> None:
    lines = prepared.grid.lines
    limit = np.minimum(limits_mw(prepared.grid), BIG_MW)
    for k, name in enumerate(lines.id.tolist()):
        ends = _ends(prepared, lines.from_bus[k], lines.to_bus[k])
        # without angles a line is a link that runs both ways
        if prepared.network == "transport":
            rating = float(min(lines.rating_mw[k], BIG_MW))
            network.link(f"line {name}", ends, rating, p_min_pu=-1.0)
            continue
        # DC power flow knows no resistance: x is what gives PyPSA our susceptance, on 1 MW
        begin, end = ends
        network.add(
            "lines",
            f"line {name}",
            x=1.0 / float(lines.susceptance_mw[k]),
            r=0.0,
            s_nom=float(limit[k]),
            bus0=begin,
            bus1=end,
        )


def _ends(prepared: Prepared, from_bus: int, to_bus: int) -> Ends:
    return _bus(prepared, from_bus), _bus(prepared, to_bus)


def _add_units(network: PypsaNetwork, prepared: Prepared, window: Window) -> None:
    units = prepared.units
    curves = prepared.curves
    # the carbon price is part of what a segment costs: kg per MWh, currency per t
    carbon = curves.kg * prepared.goal.carbon_price / KG_PER_T
    # PyPSA limits ramps of a component, not of the sum of its segments: they feed a bus of their
    # own, and its link has the ramp
    binding = units.ramp_mw_per_h * float(window.hours.min()) < units.p_max_mw
    ramped = binding & (units.feed < 0)
    for g in np.flatnonzero(ramped).tolist():
        _add_ramp(network, prepared, window, g)
    for s, g in enumerate(curves.unit.tolist()):
        name = units.id[g]
        bus = f"unit {name}" if ramped[g] else _bus(prepared, units.node[g])
        feed = units.feed[g]
        # weather says what a unit with a feed may give, its segment what another may
        width = np.full(window.n, curves.width_mw[s])
        most = window.available_mw[:, feed] if feed >= 0 else width
        network.supply(f"segment {name} {s}", bus, most, float(curves.cost[s] + carbon[s]))


def _add_ramp(network: PypsaNetwork, prepared: Prepared, window: Window, g: int) -> None:
    """Add the bus that the segments of unit `g` feed, and the link that may only change so fast."""
    units = prepared.units
    own = f"unit {units.id[g]}"
    most = float(units.p_max_mw[g])
    network.bus(own)
    # between the middles of steps (docs/mathematics.md, generation), per unit of its power
    reach = units.ramp_mw_per_h[g] * window.apart_h() / units.p_max_mw[g]
    series: dict[str, Floats] = {}
    fixed: dict[str, float] = {}
    for name in ("ramp_limit_up", "ramp_limit_down"):
        # steps of different length need a series; PyPSA takes a number where one is enough
        if np.ptp(reach) > 0:
            series[name] = reach
        else:
            fixed[name] = float(reach[0])
    last = float(window.last_mw[g])
    network.add(
        "links",
        own,
        series,
        bus0=own,
        bus1=_bus(prepared, units.node[g]),
        p_nom=most,
        # an output that is not known binds nothing
        p_init=last if np.isfinite(last) else "",
        **fixed,
    )


def _add_stores(network: PypsaNetwork, prepared: Prepared, window: Window) -> None:
    stores = prepared.stores
    for s, name in enumerate(stores.id.tolist()):
        bus = _bus(prepared, stores.node[s])
        own = f"store {name}"
        network.bus(own)
        gain = float(stores.charge_efficiency[s])
        give = float(stores.discharge_efficiency[s])
        energy = float(stores.energy_mwh[s])
        # a store ends where it began: bounds of the last level alone
        least = np.zeros(window.n)
        most = np.ones(window.n)
        if window.final_mwh is not None:
            least[-1] = most[-1] = window.final_mwh[s] / energy
        # what is left in store is worth what it would give, losses taken off
        worth = _at_end(window, -window.level_value * give)
        series = {"e_min_pu": least, "e_max_pu": most, "marginal_cost_storage": worth}
        level = float(window.level_mwh[s])
        network.add("stores", own, series, bus=own, e_nom=energy, e_initial=level)
        charge = float(stores.charge_mw[s])
        network.link(f"charge {name}", (bus, own), charge, efficiency=gain)
        # A link is counted at its input side, here inside the store: power and wear are stated
        # outside, where 1/η of it comes from.
        inside = float(stores.discharge_mw[s]) / give
        wear = float(stores.wear_per_mwh[s]) * give
        network.link(f"discharge {name}", (own, bus), inside, efficiency=give, marginal_cost=wear)
        feed = stores.inflow_feed[s]
        if feed >= 0:
            _add_inflow(network, name, window.inflow_mw[:, feed], energy)


def _add_inflow(network: PypsaNetwork, name: str, inflow: Floats, energy: float) -> None:
    """Add what flows into a store of itself, and a way out for what does not fit."""
    own = f"store {name}"
    network.load(f"inflow {name}", own, -inflow)
    # All that comes and all that is in store could go at once: no limit of its own.
    most = float(inflow.max(initial=0.0)) + energy
    limits = {"p_nom": most, "p_min_pu": -1.0, "p_max_pu": 0.0}
    network.add("generators", f"spill {name}", None, bus=own, **limits)


def _add_sites(network: PypsaNetwork, prepared: Prepared, window: Window) -> None:
    sites = prepared.sites
    for d, name in enumerate(sites.id.tolist()):
        own = f"site {name}"
        it = f"it {name}"
        limit = float(sites.limit_mw[d])
        pue = float(sites.pue[d])
        network.bus(own)
        network.bus(it)
        # export is the connection backwards
        least = -float(sites.export_mw[d]) / limit
        bus = _bus(prepared, sites.bus[d])
        network.link(f"import {name}", (bus, own), limit, p_min_pu=least)
        # site power in, IT power out: PUE is the efficiency of a link
        work = pue * float(sites.cluster_mw[d] - sites.idle_mw[d])
        network.link(f"work {name}", (own, it), work, efficiency=1.0 / pue)
        # idle power is drawn whatever runs: it does not pass the link of work
        idle = np.full(window.n, pue * float(sites.idle_mw[d]))
        network.load(f"idle {name}", own, idle)


def _add_services(network: PypsaNetwork, prepared: Prepared, window: Window) -> None:
    services = prepared.services
    for k, name in enumerate(services.id.tolist()):
        own = f"service {name}"
        demand = window.service_mw[:, k]
        network.bus(own)
        network.load(own, own, demand)
        network.supply(f"unserved {name}", own, demand, prepared.goal.unserved_service)
        # only sites within latency and residency have a link: the others need no limit of zero
        for d in np.flatnonzero(services.allowed[k]).tolist():
            site = str(prepared.sites.id[d])
            cost = float(services.move_per_mwh[k, d])
            ends = (f"it {site}", own)
            network.link(f"serve {name} {site}", ends, BIG_MW, marginal_cost=cost)


def _add_groups(network: PypsaNetwork, prepared: Prepared, window: Window) -> None:
    groups = window.groups
    # work that arrives is load; the queue is a store that may only be owed to
    arrivals = np.diff(groups.arrived_mwh, axis=0, prepend=0.0) / window.hours[:, None]
    slack = np.maximum(groups.arrived_mwh - groups.due_mwh, 0.0)
    late_price = prepared.goal.unserved_jobs
    for j in np.flatnonzero(groups.arrived_mwh[-1] > 0).tolist():
        own = f"group {j}"
        # per-unit limits need a size above zero, also where nothing may wait
        most = float(max(slack[:, j].max(), 1e-6))
        network.bus(own)
        network.load(own, own, arrivals[:, j])
        owed = {
            # a deadline is a bound on the queue (docs/mathematics.md, deferrable)
            "e_min_pu": -slack[:, j] / most,
            "marginal_cost_storage": _at_end(window, -groups.leftover),
        }
        limits = {"e_nom": most, "e_max_pu": 0.0, "e_initial": 0.0}
        network.add("stores", f"queue {j}", owed, bus=own, **limits)
        network.add("generators", f"late {j}", bus=own, p_nom=BIG_MW, marginal_cost=late_price)
        for d in np.flatnonzero(groups.allowed[j]).tolist():
            site = str(prepared.sites.id[d])
            cost = float(groups.move[j, d])
            network.link(f"run {j} {site}", (f"it {site}", own), BIG_MW, marginal_cost=cost)
