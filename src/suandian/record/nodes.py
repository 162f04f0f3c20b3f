"""nodes.parquet and network.parquet: what stands where, and how the lines tie it together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from suandian.model.grid import Floats, Ints, Names, balancing_mw
from suandian.model.places import Places
from suandian.model.scenario import Scenario
from suandian.model.units import WH_PER_KWH, WH_PER_MWH
from suandian.record.history import History
from suandian.record.schemas import CURTAILMENT, PLATE, ROUNDING, TABLES, UNSERVED, frame, node

GRID = "grid"
SUPPLY = "supply"


@dataclass(frozen=True, eq=False)
class Place:
    """Where nodes stand, by position: buses, then sites (as in `Generators.node`)."""

    bus: Names
    site: pl.Series
    zone: Names
    party: Names
    lat: Floats
    lon: Floats

    @classmethod
    def of(cls, scenario: Scenario) -> Place:
        """Return the places of `scenario`; the party is that of supply there (a site's own behind
        its meter).
        """
        buses = scenario.grid.buses
        sites = scenario.sites
        return cls(
            np.concatenate([buses.id, buses.id[sites.bus]]),
            pl.Series([None] * len(buses) + sites.id.tolist(), dtype=pl.String),
            np.concatenate([buses.area, sites.zone]),
            np.concatenate([np.full(len(buses), SUPPLY), sites.party]),
            np.concatenate([buses.lat, buses.lat[sites.bus]]),
            np.concatenate([buses.lon, buses.lon[sites.bus]]),
        )

    def at(self, position: Ints) -> dict[str, Any]:
        """Return the columns of nodes that stand at `position`."""
        columns = ("bus", "site", "zone", "party", "lat", "lon")
        return {name: getattr(self, name)[position] for name in columns}


def nodes(history: History) -> pl.DataFrame:
    """Return the table of all nodes."""
    place = Place.of(history.scenario)
    parts = [
        *_grid(history, place),
        *_supply(history, place),
        *_stores(history, place),
        *_sites(history.scenario, place),
        *_single(history.scenario),
    ]
    return pl.concat(parts)


def network(scenario: Scenario) -> pl.DataFrame:
    """Return the table of lines."""
    lines = scenario.grid.lines
    bus = node("bus", scenario.grid.buses.id)
    columns = {
        "line": lines.id,
        "from_node": bus[lines.from_bus],
        "to_node": bus[lines.to_bus],
        "r_pu": lines.r_pu,
        "x_pu": lines.x_pu,
        "susceptance_mw": lines.susceptance_mw,
        "rating_mw": _limit(lines.rating_mw),
        "emergency_mw": _limit(lines.emergency_mw),
    }
    return frame("network", columns)


def _limit(values: Floats) -> Floats:
    """Infinite means no limit: NaN here, null in the file."""
    # "no limit" is a gap in the file: infinities trip other programs
    # parquet could hold an infinity, JSON and most readers of it cannot
    return np.where(np.isfinite(values), values, np.nan)


def _part(kind: str, role: str, ids: Names, columns: dict[str, Any]) -> pl.DataFrame:
    # a table without rows keeps its columns
    if not len(ids):
        return pl.DataFrame(schema=TABLES["nodes"])
    fixed = {
        "node": node(kind, ids),
        "kind": np.full(len(ids), kind),
        "role": np.full(len(ids), role),
    }
    return frame("nodes", fixed | columns)


def _grid(history: History, place: Place) -> Iterator[pl.DataFrame]:
    grid = history.scenario.grid
    buses = grid.buses
    lines = grid.lines
    links = grid.links
    # buses and lines belong to the grid, whoever feeds them
    every = np.arange(len(buses))
    yield _part("bus", "junction", buses.id, place.at(every) | {"party": np.full(len(buses), GRID)})
    for kind, table, limit in (
        ("line", lines, lines.rating_mw),
        ("link", links, links.capacity_mw),
    ):
        columns = place.at(table.from_bus) | {
            "party": np.full(len(table), GRID),
            "capacity_mw": _limit(limit),
        }
        yield _part(kind, "junction", table.id, columns)
    # a bus where nothing is ever drawn has no load, and no node for it
    loaded = np.flatnonzero(history.energy.load_wh.any(axis=0))
    columns = place.at(loaded) | {"party": np.char.add("load:", buses.area[loaded].astype(np.str_))}
    yield _part("load", "sink", buses.id[loaded], columns)


def _supply(history: History, place: Place) -> Iterator[pl.DataFrame]:
    units = history.scenario.grid.generators
    output = history.energy.output_wh
    kwh = output.sum(axis=0) / WH_PER_KWH
    most = history.mw(output + history.energy.potential_wh).max(axis=0)
    # a feed may exceed the name plate: the file says what was there
    capacity = np.where(units.feed >= 0, np.maximum(units.p_max_mw, most), units.p_max_mw)
    emission = np.divide(
        history.carbon.emission_g.sum(axis=0), kwh, out=np.full(len(kwh), np.nan), where=kwh > 0
    )
    columns = {
        "carrier": units.carrier,
        "capacity_mw": _limit(capacity),
        "emission_g_per_kwh": emission,
    }
    # only where they bind: verify counts minimum times of the units that have them
    committed = history.scenario.commitment.of(units)
    least = {"min_mw": units.p_min_mw, "min_up_h": units.min_up_h, "min_down_h": units.min_down_h}
    columns |= {name: np.where(committed, values, np.nan) for name, values in least.items()}
    columns["balancing_mw"] = balancing_mw(history.scenario.grid)
    yield _part("generator", "source", units.id, place.at(units.node) | columns)


def _stores(history: History, place: Place) -> Iterator[pl.DataFrame]:
    stores = history.scenario.grid.storage
    level = history.energy.level_wh
    here = place.at(stores.node)
    columns = {
        "carrier": stores.carrier,
        "capacity_mw": _limit(np.maximum(stores.charge_mw, stores.discharge_mw)),
        "energy_mwh": _limit(stores.energy_mwh),
        "charge_efficiency": stores.charge_efficiency,
        "discharge_efficiency": stores.discharge_efficiency,
        "standing_loss_per_h": np.zeros(len(stores)),
        "initial_mwh": stores.initial_mwh,
        "final_mwh": level[-1] / WH_PER_MWH,
    }
    yield _part("storage", "store", stores.id, here | columns)
    # a sink for each store, so that what is lost is told apart from what is spilt
    yield _part("loss", "sink", stores.id, here)
    yield _part("spill", "sink", stores.id, here)
    fed = np.flatnonzero(stores.inflow_feed >= 0)
    yield _part(
        "inflow",
        "source",
        stores.id[fed],
        place.at(stores.node[fed]),
    )


def _sites(scenario: Scenario, place: Place) -> Iterator[pl.DataFrame]:
    sites = scenario.sites
    places = Places(len(scenario.grid.buses), len(sites))
    here = place.at(np.asarray(places.behind(np.arange(len(sites)))))
    limits = {"capacity_mw": _limit(sites.limit_mw), "export_mw": _limit(sites.export_mw)}
    limits["full_load_mw"] = _limit(sites.full_mw)
    yield _part("site", "junction", sites.id, here | limits)
    yield _part("cluster", "junction", sites.id, here | {"capacity_mw": _limit(sites.cluster_mw)})
    yield _part("cooling", "sink", sites.id, here)
    yield _part("idle", "sink", sites.id, here)
    # work has no place of its own: it runs at many sites, and its flows say where
    yield _part(
        "work",
        "sink",
        np.concatenate([scenario.services.id, scenario.classes.id]),
        {},
    )


def _single(scenario: Scenario) -> Iterator[pl.DataFrame]:
    # one of each for the whole system: what goes there is told apart by who sends it
    roles = {CURTAILMENT: "sink", UNSERVED: "source", ROUNDING: "sink"}
    if scenario.network == "copper":
        roles[PLATE] = "junction"
    names = np.array(list(roles))
    columns = {
        "node": names,
        "kind": names,
        "role": np.array(list(roles.values())),
        "party": np.full(len(names), GRID),
    }
    yield frame("nodes", columns)
