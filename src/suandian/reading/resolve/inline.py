"""The inline tables of a scenario as the rows of numbers that the grid plug-in `inline` takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from suandian.model.feed import Feed
from suandian.model.time import TimeAxis
from suandian.plugins.grids.inline import InlineTables
from suandian.reading.series.series import Sources, beside, scaled
from suandian.reading.spec.grid import BusSpec, GeneratorSpec, LineSpec, StorageSpec
from suandian.reading.spec.scenario import ScenarioSpec

Row = dict[str, Any]


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
    return InlineTables(
        buses=[_bus(name, bus, constant[name], series_buses) for name, bus in spec.buses.items()],
        lines=[_line(name, line) for name, line in spec.lines.items()],
        links=[
            {"id": name, "from": link.from_, "to": link.to, "capacity_mw": link.capacity}
            for name, link in spec.links.items()
        ],
        generators=[_generator(name, unit, fed) for name, unit in spec.generators.items()],
        storage=[_store(name, store) for name, store in spec.storage.items()],
        # a function, not arrays: the axis is known only once the drain is
        feeds=lambda axis: _feeds(spec, sources, axis),
    )


def _bus(name: str, bus: BusSpec, load_mw: float, series_buses: list[str]) -> Row:
    # a bus without a place is left off the map, not put at 0° 0°
    nan = float("nan")
    return {
        "id": name,
        "load_mw": load_mw,
        "area": bus.area,
        "lat": nan if bus.lat is None else bus.lat,
        "lon": nan if bus.lon is None else bus.lon,
        "load_feed": series_buses.index(name) if name in series_buses else -1,
    }


def _line(name: str, line: LineSpec) -> Row:
    return {
        "id": name,
        "from": line.from_,
        "to": line.to,
        "x": line.x,
        "r": line.r,
        "rating_mw": line.rating,
    }


def _generator(name: str, unit: GeneratorSpec, fed: list[str]) -> Row:
    return {
        "id": name,
        "bus": unit.bus,
        "carrier": unit.carrier,
        "p_min_mw": unit.min,
        "p_max_mw": unit.power,
        "start_cost": unit.start_cost,
        "start_kg": unit.start_emission,
        "min_up_h": unit.min_up,
        "min_down_h": unit.min_down,
        "cost_per_mwh": unit.cost,
        "least_per_h": unit.cost * unit.min if unit.no_load is None else unit.no_load,
        "kg_per_mwh": unit.emission,
        # no ramp written: as fast as anybody asks
        "ramp_mw_per_h": float("inf") if unit.ramp is None else unit.ramp,
        "feed": fed.index(name) if name in fed else -1,
    }


def _store(name: str, store: StorageSpec) -> Row:
    return {
        "id": name,
        "bus": store.bus,
        "carrier": store.carrier,
        "power_mw": store.power,
        "energy_mwh": store.energy,
        "efficiency": store.efficiency,
        "initial": store.initial,
        "wear_per_mwh": store.wear,
    }


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
                scaled(
                    feed,
                    unit.power / nameplate if nameplate > 0 else 0.0,
                    name,
                    "MW",
                )
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
