"""The inline tables of a scenario as the rows of numbers that the grid plug-in `inline` takes."""

from __future__ import annotations

import numpy as np

from suandian.model.feed import Feed
from suandian.model.time import TimeAxis
from suandian.plugins.grids.inline import InlineTables
from suandian.reading.series.series import Sources, beside, scaled
from suandian.reading.spec.scenario import ScenarioSpec


def tables(spec: ScenarioSpec, sources: Sources) -> InlineTables:
    """Return what the plug-in `inline` takes: rows with units in their keys, and the reader of
    feeds.
    """
    series_buses = _series_buses(spec)
    fed = [name for name, unit in spec.generators.items() if unit.series is not None]
    constant = {name: bus.load for name, bus in spec.buses.items()}
    for load in spec.loads.values():
        # what stands at a bus adds up: its own load and every [loads] row without a series
        constant[load.bus] += load.power or 0.0
    nan, inf = float("nan"), float("inf")
    return InlineTables(
        buses=[
            {
                "id": name,
                "load_mw": constant[name],
                "area": bus.area,
                "lat": nan if bus.lat is None else bus.lat,
                "lon": nan if bus.lon is None else bus.lon,
                "load_feed": series_buses.index(name) if name in series_buses else -1,
            }
            for name, bus in spec.buses.items()
        ],
        lines=[
            {
                "id": name,
                "from": ln.from_,
                "to": ln.to,
                "x": ln.x,
                "r": ln.r,
                "rating_mw": ln.rating,
            }
            for name, ln in spec.lines.items()
        ],
        links=[
            {"id": name, "from": ln.from_, "to": ln.to, "capacity_mw": ln.capacity}
            for name, ln in spec.links.items()
        ],
        generators=[
            {
                "id": name,
                "bus": g.bus,
                "carrier": g.carrier,
                "p_min_mw": g.min,
                "p_max_mw": g.power,
                "start_cost": g.start_cost,
                "start_kg": g.start_emission,
                "min_up_h": g.min_up,
                "min_down_h": g.min_down,
                "cost_per_mwh": g.cost,
                "fixed_per_h": g.no_load,
                "kg_per_mwh": g.emission,
                "ramp_mw_per_h": inf if g.ramp is None else g.ramp,
                "feed": fed.index(name) if name in fed else -1,
            }
            for name, g in spec.generators.items()
        ],
        storage=[
            {
                "id": name,
                "bus": s.bus,
                "carrier": s.carrier,
                "power_mw": s.power,
                "energy_mwh": s.energy,
                "efficiency": s.efficiency,
                "initial": s.initial,
                "wear_per_mwh": s.wear,
            }
            for name, s in spec.storage.items()
        ],
        # a function, not arrays: the axis is known only once the drain is
        feeds=lambda axis: _feeds(spec, sources, axis),
    )


def _series_buses(spec: ScenarioSpec) -> list[str]:
    return sorted({load.bus for load in spec.loads.values() if load.series is not None})


def _feeds(spec: ScenarioSpec, sources: Sources, axis: TimeAxis) -> dict[str, Feed]:
    load = [_bus_load(bus, spec, sources, axis) for bus in _series_buses(spec)]
    available = []
    for name, unit in spec.generators.items():
        if unit.series is not None:
            feed = sources.feed(unit.series, axis, f"generators.{name}.series")
            nameplate = unit.nameplate or sources.nameplate(unit.series, feed)
            available.append(
                scaled(feed, unit.power / nameplate if nameplate > 0 else 0.0, name, "MW")
            )
    feeds = {"load": load, "available": available}
    return {name: beside(name, "MW", axis, parts) for name, parts in feeds.items() if parts}


def _bus_load(bus: str, spec: ScenarioSpec, sources: Sources, axis: TimeAxis) -> Feed:
    parts = []
    for name, load in spec.loads.items():
        if load.bus == bus and load.series is not None:
            feed = sources.feed(load.series, axis, f"loads.{name}.series")
            parts.append(scaled(feed, load.share, name, "MW"))
    # several loads at one bus are one column of the grid: known when the last of them is
    both = beside(bus, "MW", axis, parts)
    ahead = None if both.ahead is None else both.ahead.sum(axis=1, keepdims=True)
    total = both.actual.sum(axis=1, keepdims=True)
    return Feed(
        bus, "MW", np.array([bus]), axis, total, both.actual_known_s, ahead, both.ahead_known_s
    )
