"""A grid written in the scenario file itself; reading has turned quantities into numbers and series
into feeds.

`InlineTables` holds lists of rows: `buses` (id, load_mw, lat, lon, area, load_feed), `lines` (id,
from, to, x, r, rating_mw), `links` (id, from, to, capacity_mw), `generators` (id, bus, carrier,
p_min_mw, p_max_mw, cost_per_mwh, least_per_h, kg_per_mwh, ramp_mw_per_h, feed, start_cost,
start_kg, min_up_h, min_down_h), `storage` (id, bus, carrier, power_mw, energy_mwh, efficiency,
initial, wear_per_mwh), and `feeds`, a function of the axis. Impedances are per unit of 100 MVA.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Buses, Generators, Grid, Lines, Links, StorageUnits, table
from suandian.model.ports import GridKind
from suandian.model.time import TimeAxis

BASE_MVA = 100.0
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class InlineTables:
    """The tables of a scenario in numbers (see the module's text) and the reader of feeds."""

    buses: Rows
    lines: Rows
    links: Rows
    generators: Rows
    storage: Rows
    feeds: Callable[[TimeAxis], dict[str, Feed]]


@dataclass(frozen=True, eq=False)
class InlineGrid:
    """The static grid and the function that gives its feeds."""

    grid: Grid
    reader: Callable[[TimeAxis], dict[str, Feed]]

    def feeds(self, axis: TimeAxis) -> dict[str, Feed]:
        """Return the feeds load and available on `axis`, as far as the grid has series."""
        return self.reader(axis)


def load(tables: InlineTables) -> InlineGrid:
    """Build the grid from rows of numbers (see the module's text)."""
    position = {row["id"]: i for i, row in enumerate(tables.buses)}
    grid = Grid(
        name="inline",
        base_mva=BASE_MVA,
        buses=_buses(tables.buses),
        lines=_lines(tables.lines, position),
        links=_links(tables.links, position),
        generators=_generators(tables.generators, position),
        storage=_storage(tables.storage, position),
    )
    return InlineGrid(grid, tables.feeds)


def _column(rows: Rows, key: str) -> list[Any]:
    return [row[key] for row in rows]


def _at(rows: Rows, key: str, position: Mapping[str, int]) -> list[int]:
    return [position[row[key]] for row in rows]


def _buses(rows: Rows) -> Buses:
    # a bus with a series takes all of its column
    feed = np.array(_column(rows, "load_feed"), dtype=np.int64)
    return table(
        Buses,
        len(rows),
        id=_column(rows, "id"),
        load_mw=_column(rows, "load_mw"),
        area=_column(rows, "area"),
        lat=_column(rows, "lat"),
        lon=_column(rows, "lon"),
        load_feed=feed,
        load_share=(feed >= 0).astype(float),
    )


def _lines(rows: Rows, position: Mapping[str, int]) -> Lines:
    r, x = (np.array(_column(rows, key), dtype=float) for key in ("r", "x"))
    return table(
        Lines,
        len(rows),
        id=_column(rows, "id"),
        from_bus=_at(rows, "from", position),
        to_bus=_at(rows, "to", position),
        r_pu=r,
        x_pu=x,
        susceptance_mw=BASE_MVA * x / (r**2 + x**2),
        rating_mw=_column(rows, "rating_mw"),
    )


def _links(rows: Rows, position: Mapping[str, int]) -> Links:
    return table(
        Links,
        len(rows),
        id=_column(rows, "id"),
        from_bus=_at(rows, "from", position),
        to_bus=_at(rows, "to", position),
        capacity_mw=_column(rows, "capacity_mw"),
    )


def _generators(rows: Rows, position: Mapping[str, int]) -> Generators:
    # one segment a unit: the inline table has one price
    low, high, cost, kg = (
        np.array(_column(rows, key), dtype=float)
        for key in ("p_min_mw", "p_max_mw", "cost_per_mwh", "kg_per_mwh")
    )
    return table(
        Generators,
        len(rows),
        id=_column(rows, "id"),
        node=_at(rows, "bus", position),
        p_min_mw=low,
        p_max_mw=high,
        carrier=_column(rows, "carrier"),
        no_load=np.array(_column(rows, "least_per_h"), dtype=float),
        segment_mw=(high - low)[:, None],
        segment_cost=cost[:, None],
        no_load_kg_per_h=kg * low,
        segment_kg_per_mwh=kg[:, None],
        ramp_mw_per_h=_column(rows, "ramp_mw_per_h"),
        feed=_column(rows, "feed"),
        **{key: _column(rows, key) for key in ("start_cost", "start_kg", "min_up_h", "min_down_h")},
    )


def _storage(rows: Rows, position: Mapping[str, int]) -> StorageUnits:
    power, energy = (
        np.array(_column(rows, key), dtype=float) for key in ("power_mw", "energy_mwh")
    )
    # the round trip is split evenly over both ways
    one_way = np.sqrt(np.array(_column(rows, "efficiency"), dtype=float))
    return table(
        StorageUnits,
        len(rows),
        id=_column(rows, "id"),
        node=_at(rows, "bus", position),
        charge_mw=power,
        carrier=_column(rows, "carrier"),
        discharge_mw=power,
        energy_mwh=energy,
        charge_efficiency=one_way,
        discharge_efficiency=one_way,
        initial_mwh=np.array(_column(rows, "initial"), dtype=float) * energy,
        wear_per_mwh=_column(rows, "wear_per_mwh"),
    )


# `[grid]` itself has no keys for this plug-in: its tables stand beside it in the scenario
GRID = GridKind(load)
