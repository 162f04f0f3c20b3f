"""The contract of grid plug-ins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Grid
from suandian.model.places import Places
from suandian.model.ports import GridKind
from suandian.model.time import TimeAxis
from suandian.testing.contract import Contract
from suandian.testing.feeds import feed_rules

DAY = TimeAxis.regular(1_583_020_800, 3600, 24)  # 2020-03-01, in the year of RTS-GMLC
FEEDS = {"load": "load_feed", "available": "feed", "inflow": "inflow_feed"}


def check_grid(
    plugin: GridKind, options: Mapping[str, Any] | None = None, axis: TimeAxis = DAY
) -> list[str]:
    """Check a grid plug-in with `options` (its own example unless given) on an `axis` that it
    covers; returns the rules kept.

    Raises
    ------
    ContractError
        With every rule that it breaks.
    InputError
        The options do not fit, or what they name cannot be read.
    """
    contract = Contract("grid")
    chosen = contract.options(plugin.Options, plugin.example if options is None else options)
    source = plugin.load(chosen)
    _static(contract, source.grid)
    again = plugin.load(chosen).grid
    contract.rule("reading twice gives the same grid", _same(source.grid, again))
    with contract.trying("feeds cover the axis that was asked for"):
        feeds = source.feeds(axis)
        contract.kept.append("feeds cover the axis that was asked for")
        _feeds(contract, source.grid, feeds, axis)
    return contract.result()


def _static(contract: Contract, grid: Grid) -> None:
    tables: dict[str, Any] = {
        "buses": grid.buses,
        "lines": grid.lines,
        "links": grid.links,
        "generators": grid.generators,
        "storage": grid.storage,
    }
    contract.rule("there is a bus", len(grid.buses) > 0)
    for name, table in tables.items():
        ids = table.id.tolist()
        contract.rule(f"ids of {name} are unique and not empty", len({*ids, ""}) == len(ids) + 1)
    buses = len(grid.buses)
    places = Places(buses, 0)
    for name, ends in (("lines", grid.lines), ("links", grid.links)):
        inside = _within(ends.from_bus, buses) and _within(ends.to_bus, buses)
        contract.rule(f"{name} end at buses", inside)
        contract.rule(f"{name} join two buses", bool(np.all(ends.from_bus != ends.to_bus)))
    for name, units in (("generators", grid.generators), ("storage", grid.storage)):
        contract.rule(f"{name} stand at buses", _within(units.node, len(places)))
    low, high = grid.generators.p_min_mw, grid.generators.p_max_mw
    contract.rule("0 ≤ p_min ≤ p_max of generators", bool(np.all((low >= 0) & (low <= high))))
    # a segment of a cost curve is part of the output between p_min and p_max
    width = grid.generators.segment_mw.sum(axis=1) if len(grid.generators) else np.zeros(0)
    contract.rule("cost segments reach from p_min to p_max", bool(np.allclose(width, high - low)))
    contract.rule("ratings are not negative", bool(np.all(grid.lines.rating_mw >= 0)))
    store = grid.storage
    for name in ("charge_efficiency", "discharge_efficiency"):
        value = getattr(store, name)
        contract.rule(f"{name} in (0, 1]", bool(np.all((value > 0) & (value <= 1))))
    between = (store.initial_mwh >= 0) & (store.initial_mwh <= store.energy_mwh)
    contract.rule("stores start between empty and full", bool(np.all(between)))


def _feeds(contract: Contract, grid: Grid, feeds: Mapping[str, Feed], axis: TimeAxis) -> None:
    contract.rule("feeds have known names", set(feeds) <= set(FEEDS), ", ".join(feeds))
    members = {"load": grid.buses, "available": grid.generators, "inflow": grid.storage}
    for name, column in FEEDS.items():
        used = getattr(members[name], column)
        last = int(used.max(initial=-1))
        columns = feeds[name].actual.shape[1] if name in feeds else 0
        text = f"every member that follows feed {name} has a column"
        contract.rule(text, last < columns, f"column {last} of {columns}")
    for name, feed in feeds.items():
        if name in FEEDS:
            feed_rules(contract, feed, axis, f"feed {name}")
            contract.rule(f"feed {name} is in MW", feed.unit == "MW", feed.unit)


def _within(positions: Any, count: int) -> bool:
    return bool(np.all((positions >= 0) & (positions < count)))


def _same(one: Grid, other: Grid) -> bool:
    for table in ("buses", "lines", "links", "generators", "storage"):
        first, second = getattr(one, table), getattr(other, table)
        for column in fields(first):
            a, b = getattr(first, column.name), getattr(second, column.name)
            numbers = a.dtype.kind == "f"
            if not np.array_equal(a, b, equal_nan=numbers):
                return False
    return True
