"""How many flows would exceed their emergency limit after a loss: recounted from flows, network and
nodes alone.

Sensitivities come from the pseudo-inverse of the nodal matrix, another way than the planner's.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suandian.model.units import WH_PER_MWH
from suandian.verify.law import line_flows_mw
from suandian.verify.tables import START, Tables

VIOLATION_MW = 1e-3
RADIAL = 1e-8
Floats = NDArray[np.float64]
CHUNK = 10_000_000


def count_violations(tables: Tables) -> int | None:
    """Return how many (interval, line, loss) exceed a limit; None where the scenario asks for no
    N-1.
    """
    grid = tables.settings.get("grid", {})
    if grid.get("security") != "n-1":
        return None
    outages, lines = grid["outages"], tables.run.network
    limit = (
        lines["emergency_mw"]
        .fill_null(lines["rating_mw"] * outages["emergency_factor"])
        .fill_null(np.inf)
    )
    flow = line_flows_mw(tables)
    factor, size = _losses(tables, flow, outages["kinds"])
    total, chunk = 0, max(1, CHUNK // max(factor.size, 1))
    for first in range(0, len(flow), chunk):
        part = slice(first, first + chunk)
        after = flow[part, :, None] + factor[None] * size[part, None, :]
        total += int((np.abs(after) > limit.to_numpy()[None, :, None] + VIOLATION_MW).sum())
    return total


def _losses(tables: Tables, flow: Floats, kinds: list[str]) -> tuple[Floats, Floats]:
    """Return factors (lines, losses) and sizes (steps, losses) of every loss that leaves the
    islands whole.
    """
    lines, nodes = tables.run.network, tables.run.nodes
    names = nodes.filter(pl.col("kind") == "bus")["bus"].to_list()
    bus = {name: i for i, name in enumerate(names)}
    ends = [
        np.array([bus[n.partition(":")[2]] for n in lines[e].to_list()], dtype=np.int64)
        for e in ("from_node", "to_node")
    ]
    incidence = np.zeros((len(lines), len(bus)))
    incidence[np.arange(len(lines)), ends[0]] += 1.0
    incidence[np.arange(len(lines)), ends[1]] -= 1.0
    branch = lines["susceptance_mw"].to_numpy()[:, None] * incidence
    inverse = np.linalg.pinv(incidence.T @ branch, hermitian=True)
    ptdf = branch @ inverse
    alike = (
        np.abs(np.eye(len(bus)) - (incidence.T @ branch) @ inverse) > RADIAL
    )  # buses of one island
    units = nodes.filter(pl.col("kind") == "generator")
    unit_bus = np.array([bus[b] for b in units["bus"].to_list()], dtype=np.int64)
    balance = units["balancing_mw"].fill_null(0.0).to_numpy()
    capacity = np.bincount(unit_bus, balance, len(bus))

    def shift(at: int, without: float = 0.0) -> Floats | None:
        share = np.where(alike[at], capacity, 0.0)
        share[at] -= without
        total = share.sum()
        if total <= 1e-9:
            return None
        made: Floats = share / total
        made[at] -= 1.0
        return made

    factors: list[Floats] = []
    sizes: list[Floats] = []

    def keep(change: Floats | None, size: Floats) -> None:
        if change is not None:
            factors.append(ptdf @ change)
            sizes.append(size)

    if "line" in kinds:
        moved = ptdf @ incidence.T
        for k in range(len(lines)):
            if abs(1.0 - moved[k, k]) > RADIAL:
                column = moved[:, k] / (1.0 - moved[k, k])
                column[k] = -1.0
                factors.append(column)
                sizes.append(flow[:, k])
    if "generator" in kinds:
        made = _by_step(tables, "generator")
        for name, at, mine in zip(
            units["node"].to_list(), unit_bus.tolist(), balance.tolist(), strict=True
        ):
            keep(shift(at, mine), made.get(name, np.zeros(len(flow))))
    sites = nodes.filter(pl.col("kind") == "site")
    drawn = _by_step(tables, "site")
    for name, place, full in sites.select("node", "bus", "full_load_mw").iter_rows():
        lost = shift(bus[place])
        size = drawn.get(name, np.zeros(len(flow)))
        if "site-loss" in kinds:
            keep(None if lost is None else -lost, size)
        if "site-return" in kinds:
            keep(lost, np.maximum(full - size, 0.0))
    if "link" in kinds:
        for here, there, size in _links(tables, bus):
            lost, back = shift(there), shift(here)
            keep(None if lost is None or back is None else lost - back, size)
    many = len(lines)
    return (
        np.column_stack(factors) if factors else np.zeros((many, 0)),
        np.column_stack(sizes) if sizes else np.zeros((len(flow), 0)),
    )


def _by_step(tables: Tables, kind: str) -> dict[str, Floats]:
    """Return by node the output of generators, or the net import of sites at their connection [MW],
    by step.
    """
    flows = tables.physical
    if kind == "generator":
        rows = flows.filter(pl.col("from_kind") == "generator").select(
            START, node="from_node", mwh="energy_wh"
        )
    else:
        into = flows.filter((pl.col("to_kind") == "site") & (pl.col("from_kind") == "bus"))
        out = flows.filter((pl.col("from_kind") == "site") & (pl.col("to_kind") == "bus"))
        rows = pl.concat(
            [
                into.select(START, node="to_node", mwh="energy_wh"),
                out.select(START, node="from_node", mwh=-pl.col("energy_wh")),
            ]
        )
    return _series(tables, rows)


def _series(tables: Tables, rows: pl.DataFrame) -> dict[str, Floats]:
    steps = tables.intervals.with_row_index("step")
    found: dict[str, Floats] = {}
    joined = rows.join(steps, on=START).select(
        "step", "node", mw=pl.col("mwh") / WH_PER_MWH / pl.col("hours")
    )
    for (name,), part in joined.partition_by("node", as_dict=True).items():
        values = np.zeros(len(steps))
        np.add.at(values, part["step"].to_numpy(), part["mw"].to_numpy())
        found[str(name)] = values
    return found


def _links(tables: Tables, bus: dict[str, int]) -> list[tuple[int, int, Floats]]:
    """Return (from, to, flow [MW] by step) of links that ever carry something; a link's other end
    is in its flows.
    """
    made: list[tuple[int, int, Floats]] = []
    for link, home in (
        tables.run.nodes.filter(pl.col("kind") == "link").select("node", "bus").iter_rows()
    ):
        into = tables.physical.filter(pl.col("to_node") == link).select(
            START, end="from_node", mwh="energy_wh"
        )
        out = tables.physical.filter(pl.col("from_node") == link).select(
            START, end="to_node", mwh=-pl.col("energy_wh")
        )
        both = pl.concat([into, out])
        others = [e for e in both["end"].unique().to_list() if e != f"bus:{home}"]
        if others:
            size = _series(
                tables, both.filter(pl.col("end") == f"bus:{home}").rename({"end": "node"})
            )
            made.append((bus[home], bus[others[0].partition(":")[2]], size[f"bus:{home}"]))
    return made
