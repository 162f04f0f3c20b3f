"""Block `network` and `balance`: copper plate, transport, DC by angles, DC by PTDF."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft
from suandian.maths.limits import split
from suandian.maths.ordered_sums import product
from suandian.maths.topology import limits_mw
from suandian.model.grid import Ints

NETWORKS = ("copper", "transport", "dc", "ptdf")


def add(draft: Draft) -> None:
    """Add `shed` (T, buses), `link` and `flow` columns, rows `balance` and the network's law."""
    window, prepared, builder = draft.window, draft.prepared, draft.builder
    load = window.load_mw
    price = prepared.goal.unserved_load * window.hours[:, None]
    shed = builder.add_columns("shed", load.shape, 0.0, np.maximum(load, 0.0), price)
    buses = np.arange(prepared.buses)
    draft.injections.append((shed, buses, np.ones(len(buses))))
    links = prepared.grid.links
    if len(links):
        flow = builder.add_columns(
            "link", (window.n, len(links)), -links.capacity_mw, links.capacity_mw
        )
        draft.columns["link"] = flow
        one = np.ones(len(links))
        draft.injections += [(flow, links.from_bus, -one), (flow, links.to_bus, one)]
    {"copper": _copper, "transport": _flows, "dc": _flows, "ptdf": _ptdf}[prepared.network](draft)


def _balance(draft: Draft, area: Ints, count: int) -> Ints:
    """Rows `balance`: what is put into each area equals its load. `area` (buses,) positions of the
    rows.
    """
    load = np.zeros((draft.window.n, count))
    np.add.at(load.T, area, draft.window.load_mw.T)
    rows = draft.builder.add_rows("balance", load.shape, load, load)
    for columns, node, coefficient in draft.injections:
        mine = np.flatnonzero(node < draft.prepared.buses)
        draft.builder.add_entries(rows[:, area[node[mine]]], columns[:, mine], coefficient[mine])
    return rows


def _copper(draft: Draft) -> None:
    _balance(draft, np.zeros(draft.prepared.buses, dtype=np.int64), 1)


def _flows(draft: Draft) -> None:
    prepared, builder = draft.prepared, draft.builder
    lines = prepared.grid.lines
    shape = (draft.window.n, len(lines))
    flow = builder.add_columns("flow", shape, -lines.rating_mw, lines.rating_mw)
    draft.columns["flow"] = flow
    rows = _balance(draft, np.arange(prepared.buses), prepared.buses)
    builder.add_entries(rows[:, lines.from_bus], flow, -1.0)
    builder.add_entries(rows[:, lines.to_bus], flow, 1.0)
    if prepared.network == "dc":
        _angles(draft, flow)


def _angles(draft: Draft, flow: Ints) -> None:
    prepared, builder = draft.prepared, draft.builder
    lines, steps = prepared.grid.lines, draft.window.n
    bound = np.full((steps, prepared.buses), np.inf)
    first = [
        int(np.flatnonzero(prepared.topology.island == i)[0])
        for i in range(prepared.topology.islands)
    ]
    bound[:, first] = 0.0
    angle = builder.add_columns("angle", bound.shape, -bound, bound, unit="rad")
    law = builder.add_rows("kirchhoff", flow.shape, 0.0, 0.0)
    builder.add_entries(law, flow, 1.0)
    builder.add_entries(law, angle[:, lines.from_bus], -lines.susceptance_mw)
    builder.add_entries(law, angle[:, lines.to_bus], lines.susceptance_mw)
    limited = np.flatnonzero(np.isfinite(lines.angle_min) | np.isfinite(lines.angle_max))
    if len(limited):
        low, high = lines.angle_min[limited], lines.angle_max[limited]
        span = builder.add_rows("angle_limit", (steps, len(limited)), low, high, "rad")
        builder.add_entries(span, angle[:, lines.from_bus[limited]], 1.0)
        builder.add_entries(span, angle[:, lines.to_bus[limited]], -1.0)


def _ptdf(draft: Draft) -> None:
    """One balance per island, and a ranged row for each monitored line; others are added when they
    overload.
    """
    prepared, window = draft.prepared, draft.window
    topology = prepared.topology
    _balance(draft, topology.island, topology.islands)
    monitored = (
        np.zeros(0, dtype=np.int64)
        if draft.monitored is None
        else split(prepared, draft.monitored)[0]
    )
    if not len(monitored):
        return
    factors = topology.ptdf[monitored]
    limit = limits_mw(prepared.grid)[monitored]
    outflow = product(window.load_mw, factors.T)
    rows = draft.builder.add_rows("flow_limit", outflow.shape, outflow - limit, outflow + limit)
    draft.add_sensitivities(rows, factors)


BALANCE = Block(
    "balance",
    "At every bus and step, what is put in equals what is taken out; load that cannot be served "
    "is shed at its price.",
    (
        "Σ_g p[g,t] + Σ_s (discharge - charge) - Σ_d import[d,t] + shed[b,t] + Σ_in flow - Σ_out "
        "flow = load[b,t]",
        "0 ≤ shed[b,t] ≤ load[b,t];   cost: Σ_t h[t]·unserved_price·shed[b,t]",
    ),
    add,
)
BLOCK = Block(
    "network",
    "Copper plate: one balance. Transport: flows within ratings. DC: flows follow angles. PTDF: "
    "the same law by "
    "sensitivities, with rows only for lines that would overload; dc and ptdf give equal results.",
    (
        "dc:    flow[l,t] = B[l]·(θ[from,t] - θ[to,t]),  |flow[l,t]| ≤ rating[l]",
        "ptdf:  |Σ_b PTDF[l,b]·(injection[b,t] - load[b,t])| ≤ rating[l]",
    ),
    add,
)
