"""How many flows would exceed their emergency limit after a loss: recounted from flows, network and
nodes alone.

Sensitivities come from the pseudo-inverse of the nodal matrix, another way than the planner's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suandian.model.units import WH_PER_MWH
from suandian.verify.law import line_flows_mw
from suandian.verify.tables import START, Tables

# a kW, as security.parquet counts: far above the rounding of flows to whole Wh
VIOLATION_MW = 1e-3
# what a pseudo-inverse leaves of a zero is far below this, and no real share is as small
RADIAL = 1e-8
Floats = NDArray[np.float64]
# numbers held at once: 80 MB
CHUNK = 10_000_000


def count_violations(tables: Tables) -> int | None:
    """Return how many (interval, line, loss) exceed a limit; None where the scenario asks for no
    N-1.
    """
    grid = tables.settings.get("grid", {})
    if grid.get("security") != "n-1":
        return None
    outages = grid["outages"]
    lines = tables.run.network
    # What a line may carry for a short time: its own figure, else its rating times the factor.
    limit = (
        lines["emergency_mw"]
        .fill_null(lines["rating_mw"] * outages["emergency_factor"])
        .fill_null(np.inf)
        .to_numpy()
    )
    flow = line_flows_mw(tables)
    factor, size = _losses(tables, flow, outages["kinds"])
    # Steps × lines × losses does not fit into memory for a year: count some steps at a time.
    chunk = max(1, CHUNK // max(factor.size, 1))
    total = 0
    for first in range(0, len(flow), chunk):
        part = slice(first, first + chunk)
        after = flow[part, :, None] + factor[None] * size[part, None, :]
        total += int((np.abs(after) > limit[None, :, None] + VIOLATION_MW).sum())
    return total


@dataclass(frozen=True, eq=False)
class _Response:
    """How flows answer to changed injections. `bus` numbers the buses, `ptdf` is (lines, buses),
    `transfer` (lines, lines) the flow on each line per MW sent between the ends of another,
    `alike` (buses, buses) is true within an island, `capacity_mw` (buses,) is what balances.
    """

    bus: dict[str, int]
    ptdf: Floats
    transfer: Floats
    alike: NDArray[np.bool_]
    capacity_mw: Floats

    def shift(self, at: int, without_mw: float = 0.0) -> Floats | None:
        """Return the change of injections (buses,) per MW lost at bus `at` when the units of its
        island make it up, less `without_mw` at that bus; None where nothing could.
        """
        share = np.where(self.alike[at], self.capacity_mw, 0.0)
        share[at] -= without_mw
        total = share.sum()
        if total <= 1e-9:
            return None
        change: Floats = share / total
        change[at] -= 1.0
        return change


# The change of flows (lines,) per MW lost, and the MW lost by step.
_Loss = tuple[Floats, Floats]


def _losses(tables: Tables, flow: Floats, kinds: list[str]) -> tuple[Floats, Floats]:
    """Return factors (lines, losses) and sizes (steps, losses) of every loss that leaves the
    islands whole.
    """
    units = tables.run.nodes.filter(pl.col("kind") == "generator")
    response = _response(tables, units)
    losses: list[_Loss] = []
    if "line" in kinds:
        losses += _line_losses(response, flow)
    if "generator" in kinds:
        losses += _generator_losses(tables, response, units)
    if "site-loss" in kinds:
        losses += _site_losses(tables, response)
    if "site-return" in kinds:
        losses += _site_returns(tables, response)
    if "link" in kinds:
        losses += _link_losses(tables, response)
    if not losses:
        return np.zeros((flow.shape[1], 0)), np.zeros((len(flow), 0))
    factors, sizes = zip(*losses, strict=True)
    return np.column_stack(factors), np.column_stack(sizes)


def _response(tables: Tables, units: pl.DataFrame) -> _Response:
    lines = tables.run.network
    nodes = tables.run.nodes
    names = nodes.filter(pl.col("kind") == "bus")["bus"].to_list()
    bus = {name: i for i, name in enumerate(names)}
    incidence = np.zeros((len(lines), len(bus)))
    for end, sign in (("from_node", 1.0), ("to_node", -1.0)):
        at = [bus[node.partition(":")[2]] for node in lines[end].to_list()]
        incidence[np.arange(len(lines)), at] += sign
    branch = lines["susceptance_mw"].to_numpy()[:, None] * incidence
    nodal = incidence.T @ branch
    inverse = np.linalg.pinv(nodal, hermitian=True)
    ptdf = branch @ inverse
    # B·B⁺ projects on changes that balance: it differs from 1 just where buses share an island.
    alike = np.abs(np.eye(len(bus)) - nodal @ inverse) > RADIAL
    place = _places(units, bus)
    capacity = np.zeros(len(bus))
    np.add.at(capacity, place, _balancing_mw(units))
    return _Response(bus, ptdf, ptdf @ incidence.T, alike, capacity)


def _places(nodes: pl.DataFrame, bus: dict[str, int]) -> NDArray[np.int64]:
    return np.array([bus[name] for name in nodes["bus"].to_list()], dtype=np.int64)


def _balancing_mw(units: pl.DataFrame) -> Floats:
    return units["balancing_mw"].fill_null(0.0).to_numpy()


def _line_losses(response: _Response, flow: Floats) -> Iterator[_Loss]:
    transfer = response.transfer
    for line in range(len(transfer)):
        stays = 1.0 - transfer[line, line]
        # Nothing flows round a line that alone joins two parts: its loss would split an island.
        if abs(stays) <= RADIAL:
            continue
        # The line-outage distribution factor: sending 1 / (1 - H) MW between the ends of the line
        # has the effect on the others that its opening has.
        factor = transfer[:, line] / stays
        factor[line] = -1.0
        yield factor, flow[:, line]


def _generator_losses(tables: Tables, response: _Response, units: pl.DataFrame) -> Iterator[_Loss]:
    output = _by_step(tables, "generator")
    places = _places(units, response.bus).tolist()
    own = _balancing_mw(units).tolist()
    for name, at, own_mw in zip(units["node"].to_list(), places, own, strict=True):
        # A lost unit does not help to balance its own loss.
        change = response.shift(at, own_mw)
        if change is not None:
            yield response.ptdf @ change, output.get(name, _nothing(tables))


def _site_losses(tables: Tables, response: _Response) -> Iterator[_Loss]:
    for change, drawn, _ in _sites(tables, response):
        # A site that drops out leaves power over: units go down by their shares.
        yield response.ptdf @ -change, drawn


def _site_returns(tables: Tables, response: _Response) -> Iterator[_Loss]:
    for change, drawn, full_mw in _sites(tables, response):
        # A site that comes back at once draws up to its full load.
        yield response.ptdf @ change, np.maximum(full_mw - drawn, 0.0)


def _sites(tables: Tables, response: _Response) -> Iterator[tuple[Floats, Floats, float]]:
    """Yield (change of injections per MW, MW drawn by step, full load [MW]) of each site."""
    sites = tables.run.nodes.filter(pl.col("kind") == "site")
    drawn = _by_step(tables, "site")
    for name, place, full_mw in sites.select("node", "bus", "full_load_mw").iter_rows():
        change = response.shift(response.bus[place])
        if change is not None:
            yield change, drawn.get(name, _nothing(tables)), full_mw


def _link_losses(tables: Tables, response: _Response) -> Iterator[_Loss]:
    for here, there, size in _links(tables, response.bus):
        missing = response.shift(there)
        over = response.shift(here)
        if missing is not None and over is not None:
            yield response.ptdf @ (missing - over), size


def _nothing(tables: Tables) -> Floats:
    return np.zeros(len(tables.intervals))


def _by_step(tables: Tables, kind: str) -> dict[str, Floats]:
    """Return by node the output of generators, or the net import of sites at their connection [MW],
    by step.
    """
    flows = tables.physical
    if kind == "generator":
        output = flows.filter(pl.col("from_kind") == "generator")
        return _series(tables, output.select(START, node="from_node", wh="energy_wh"))
    into = flows.filter((pl.col("to_kind") == "site") & (pl.col("from_kind") == "bus"))
    out = flows.filter((pl.col("from_kind") == "site") & (pl.col("to_kind") == "bus"))
    drawn = into.select(START, node="to_node", wh="energy_wh")
    fed_in = out.select(START, node="from_node", wh=-pl.col("energy_wh"))
    return _series(tables, pl.concat([drawn, fed_in]))


def _series(tables: Tables, rows: pl.DataFrame) -> dict[str, Floats]:
    """Return by node the power [MW] by step of `rows` (start, node, wh)."""
    steps = tables.intervals.with_row_index("step")
    power = pl.col("wh") / WH_PER_MWH / pl.col("hours")
    joined = rows.join(steps, on=START).select("step", "node", mw=power)
    series: dict[str, Floats] = {}
    for (name,), part in joined.partition_by("node", as_dict=True).items():
        values = np.zeros(len(steps))
        np.add.at(values, part["step"].to_numpy(), part["mw"].to_numpy())
        series[str(name)] = values
    return series


def _links(tables: Tables, bus: dict[str, int]) -> Iterator[tuple[int, int, Floats]]:
    """Yield (from, to, flow [MW] by step) of links that ever carry something; a link's other end
    is in its flows.
    """
    flows = tables.physical
    links = tables.run.nodes.filter(pl.col("kind") == "link")
    for link, home in links.select("node", "bus").iter_rows():
        into = flows.filter(pl.col("to_node") == link)
        out = flows.filter(pl.col("from_node") == link)
        both = pl.concat(
            [
                into.select(START, node="from_node", wh="energy_wh"),
                out.select(START, node="to_node", wh=-pl.col("energy_wh")),
            ]
        )
        here = f"bus:{home}"
        others = [node for node in both["node"].unique().to_list() if node != here]
        if others:
            size = _series(tables, both.filter(pl.col("node") == here))
            yield bus[home], bus[others[0].partition(":")[2]], size[here]
