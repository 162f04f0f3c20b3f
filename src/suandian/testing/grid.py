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
        # results are keyed by these ids: a doubled or an empty one would mix two things
        ids = table.id.tolist()
        distinct = {*ids, ""}
        unique = len(distinct) == len(ids) + 1
        contract.rule(f"ids of {name} are unique and not empty", unique)
    buses = len(grid.buses)
    # sites come from the scenario: a grid by itself has no places behind a meter
    places = Places(buses, 0)
    for name in ("lines", "links"):
        ends = tables[name]
        inside = _within(ends.from_bus, buses) and _within(ends.to_bus, buses)
        contract.rule(f"{name} end at buses", inside)
        apart = ends.from_bus != ends.to_bus
        contract.rule(f"{name} join two buses", bool(apart.all()))
    for name in ("generators", "storage"):
        at_bus = _within(tables[name].node, len(places))
        contract.rule(f"{name} stand at buses", at_bus)
    ratings = grid.lines.rating_mw
    contract.rule("ratings are not negative", bool(np.all(ratings >= 0)))
    _generators(contract, grid)
    _stores(contract, grid)


def _generators(contract: Contract, grid: Grid) -> None:
    units = grid.generators
    low = units.p_min_mw
    high = units.p_max_mw
    ordered = (low >= 0) & (low <= high)
    contract.rule("0 ≤ p_min ≤ p_max of generators", bool(ordered.all()))
    # a segment of a cost curve is part of the output between p_min and p_max
    width = units.segment_mw.sum(axis=1) if len(units) else np.zeros(0)
    complete = np.allclose(width, high - low)
    contract.rule("cost segments reach from p_min to p_max", bool(complete))


def _stores(contract: Contract, grid: Grid) -> None:
    store = grid.storage
    # above 1 a store would make energy; at 0 nothing could ever come out
    for name in ("charge_efficiency", "discharge_efficiency"):
        value = getattr(store, name)
        possible = (value > 0) & (value <= 1)
        contract.rule(f"{name} in (0, 1]", bool(possible.all()))
    between = (store.initial_mwh >= 0) & (store.initial_mwh <= store.energy_mwh)
    contract.rule("stores start between empty and full", bool(between.all()))


def _feeds(contract: Contract, grid: Grid, feeds: Mapping[str, Feed], axis: TimeAxis) -> None:
    contract.rule("feeds have known names", set(feeds) <= set(FEEDS), ", ".join(feeds))
    members = {"load": grid.buses, "available": grid.generators, "inflow": grid.storage}
    for name, column in FEEDS.items():
        used = getattr(members[name], column)
        # -1: this member follows no series
        last = int(used.max(initial=-1))
        columns = 0
        if name in feeds:
            columns = feeds[name].actual.shape[1]
        text = f"every member that follows feed {name} has a column"
        contract.rule(text, last < columns, f"column {last} of {columns}")
    for name, feed in feeds.items():
        if name in FEEDS:
            feed_rules(contract, feed, axis, f"feed {name}")
            contract.rule(f"feed {name} is in MW", feed.unit == "MW", feed.unit)


def _within(positions: Any, count: int) -> bool:
    inside = (positions >= 0) & (positions < count)
    return bool(inside.all())


def _same(one: Grid, other: Grid) -> bool:
    for table in ("buses", "lines", "links", "generators", "storage"):
        first = getattr(one, table)
        second = getattr(other, table)
        for column in fields(first):
            one_column = getattr(first, column.name)
            other_column = getattr(second, column.name)
            # nan says "not known" and equals itself here; texts have no nan
            numbers = one_column.dtype.kind == "f"
            if not np.array_equal(one_column, other_column, equal_nan=numbers):
                return False
    return True
