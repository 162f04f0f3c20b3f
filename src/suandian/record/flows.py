"""flows.parquet: every booked Wh as a flow from node to node.

A family is a set of members with fixed ends. Signed values run backwards where they are negative,
so that energy is never negative and a line, link or connection has one direction per interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from suandian.model.grid import Grid, Ints, Names
from suandian.record.history import History
from suandian.record.schemas import (
    CURTAILMENT,
    ELECTRICITY,
    PLATE,
    POTENTIAL,
    ROUNDING,
    UNSERVED,
    VIRTUAL,
    chosen,
    frame,
    node,
    utc,
)


@dataclass(frozen=True, eq=False)
class Family:
    """Flows `source[i]` → `sink[i]` of `values_wh` (steps, members), backwards where negative."""

    source: Names
    sink: Names
    values_wh: Ints
    carrier: str = ELECTRICITY


def flows(history: History) -> pl.DataFrame:
    """Return the table of all flows, by start, source and sink."""
    # one family after the other: a year of flows is built from columns, not from rows
    parts = [_rows(family) for family in families(history)]
    edges = history.axis.edges_s
    # sorted, so that the same bookings give the same file whatever the order of families
    table = pl.concat(parts)
    step = table["step"].to_numpy()
    columns = {
        "phase": pl.repeat("realised", len(table), eager=True),
        "start": utc(edges[step]),
        "end": utc(edges[step + 1]),
        **{name: table[name] for name in ("from_node", "to_node", "carrier", "energy_wh")},
    }
    return frame("flows", columns).sort("start", "from_node", "to_node", "carrier")


def families(history: History) -> Iterator[Family]:
    """Yield every family of flows."""
    yield from _supply_and_load(history)
    yield from _branches(history)
    yield from _sites(history)
    yield from _stores(history)
    yield from _rounding(history)


def root_buses(grid: Grid) -> Ints:
    """Return the first bus of each AC island, where the rounding residual is left (see
    books.rounding).
    """
    lines = grid.lines
    n = len(grid.buses)
    links = coo_array((np.ones(len(lines)), (lines.from_bus, lines.to_bus)), shape=(n, n))
    # what rounding leaves over in an island is booked at its first bus
    _, island = connected_components(links, directed=False)
    return np.sort(np.unique(island, return_index=True)[1]).astype(np.int64)


def _rows(family: Family) -> pl.DataFrame:
    # what did not flow has no row: most pairs of members carry nothing in most steps
    step, member = np.nonzero(family.values_wh)
    value = family.values_wh[step, member]
    source, sink = (chosen(names, member) for names in (family.source, family.sink))
    table = pl.DataFrame(
        {
            "step": step,
            "value": value,
            "source": source,
            "sink": sink,
        }
    )
    # energy has no sign in the file: what ran backwards has its ends swapped
    forward = pl.col("value") > 0
    return table.select(
        "step",
        pl.when(forward).then("source").otherwise("sink").alias("from_node"),
        pl.when(forward).then("sink").otherwise("source").alias("to_node"),
        pl.lit(family.carrier).alias("carrier"),
        pl.col("value").abs().alias("energy_wh"),
    )


def _one(name: str, members: int) -> Names:
    return np.full(members, name)


def _supply_and_load(history: History) -> Iterator[Family]:
    units = history.scenario.grid.generators
    buses = history.scenario.grid.buses
    generator = node("generator", units.id)
    load = node("load", buses.id)
    yield Family(generator, history.places[units.node], history.energy.output_wh)
    # what could have been made is no energy: it stays out of physical totals
    yield Family(generator, _one(CURTAILMENT, len(units)), history.energy.potential_wh, POTENTIAL)
    # made, but nobody could take it
    spilled = history.energy.spilled_wh
    yield Family(generator, _one(CURTAILMENT, len(units)), spilled, VIRTUAL)
    yield Family(node("bus", buses.id), load, history.energy.load_wh - history.energy.shed_wh)
    # energy that nobody made: it is told, and kept out of the balance
    yield Family(_one(UNSERVED, len(buses)), load, history.energy.shed_wh, VIRTUAL)


def _branches(history: History) -> Iterator[Family]:
    grid = history.scenario.grid
    bus = node("bus", grid.buses.id)
    for kind, table, values in (
        ("line", grid.lines, history.energy.line_wh),
        ("link", grid.links, history.energy.link_wh),
    ):
        # a line is a junction of its own, so that its losses can be told when there are any
        middle = node(kind, table.id)
        yield Family(bus[table.from_bus], middle, values)
        yield Family(middle, bus[table.to_bus], values)


def _sites(history: History) -> Iterator[Family]:
    scenario = history.scenario
    sites = scenario.sites
    services = scenario.services
    classes = scenario.classes
    site = node("site", sites.id)
    cluster = node("cluster", sites.id)
    serve = history.energy.serve_wh
    idle = history.energy.idle_wh
    unserved = history.energy.unserved_service_wh
    yield Family(node("bus", scenario.grid.buses.id)[sites.bus], site, history.energy.import_wh)
    yield Family(site, cluster, serve.sum(axis=1) + history.job_wh.sum(axis=2) + idle)
    yield Family(site, node("cooling", sites.id), history.energy.cooling_wh)
    yield Family(cluster, node("idle", sites.id), idle)
    unserved_idle = history.energy.unserved_idle_wh
    yield Family(_one(UNSERVED, len(sites)), node("idle", sites.id), unserved_idle, VIRTUAL)
    work = node("work", services.id)
    # pairs of members in the order of the arrays
    pairs = (history.n, len(services) * len(sites))
    yield Family(np.tile(cluster, len(services)), np.repeat(work, len(sites)), serve.reshape(pairs))
    yield Family(_one(UNSERVED, len(services)), work, unserved, VIRTUAL)
    pairs = (history.n, len(sites) * len(classes))
    work = node("work", classes.id)
    yield Family(
        np.repeat(cluster, len(classes)), np.tile(work, len(sites)), history.job_wh.reshape(pairs)
    )


def _stores(history: History) -> Iterator[Family]:
    stores = history.scenario.grid.storage
    store = node("storage", stores.id)
    place = history.places[stores.node]
    yield Family(place, store, history.energy.charge_wh)
    yield Family(store, place, history.energy.discharge_wh)
    yield Family(node("inflow", stores.id), store, history.energy.inflow_wh)
    yield Family(
        store,
        node("loss", stores.id),
        history.energy.charge_loss_wh + history.energy.discharge_loss_wh,
    )
    yield Family(store, node("spill", stores.id), history.energy.spill_wh)


def _rounding(history: History) -> Iterator[Family]:
    grid = history.scenario.grid
    residual = history.energy.rounding_wh
    bus = node("bus", grid.buses.id)
    # a copper plate is a node that all buses exchange with
    if history.scenario.network == "copper":
        yield Family(bus, _one(PLATE, len(bus)), history.energy.plate_wh)
        yield Family(_one(PLATE, 1), _one(ROUNDING, 1), residual)
        return
    roots = bus[root_buses(grid)]
    yield Family(roots, _one(ROUNDING, len(roots)), residual)
