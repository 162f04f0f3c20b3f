"""Block `network` and `balance`: copper plate, transport, DC by angles, DC by PTDF."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_power
from suandian.maths.limits import split
from suandian.maths.ordered_sums import product
from suandian.maths.prepared import Prepared
from suandian.maths.topology import limits_mw
from suandian.model.grid import Ints
from suandian.model.issues import SolveError

NETWORKS = ("copper", "transport", "dc", "ptdf")


def add_balance(draft: Draft) -> None:
    """Add columns `shed` (T, buses) and `link` (T, links), and rows `balance`.

    The rows are those of the network's areas: buses, AC islands under PTDF, one on a copper plate.
    """
    window = draft.window
    prepared = draft.prepared
    builder = draft.builder
    load = window.load_mw
    price = prepared.goal.unserved_load * window.hours[:, None]
    # a negative load is supply that must be taken: there is nothing of it to shed
    shed = builder.add_columns("shed", load.shape, 0.0, np.maximum(load, 0.0), price)
    buses = np.arange(prepared.buses)
    draft.injections.append((shed, buses, np.ones(len(buses))))
    if len(prepared.grid.links):
        _links(draft)
    area, count = _areas(prepared)
    demand = np.zeros((window.n, count))
    np.add.at(demand.T, area, load.T)
    rows = builder.add_rows("balance", demand.shape, demand, demand)
    for columns, node, coefficient in draft.injections:
        mine = np.flatnonzero(prepared.places.at_bus(node))
        builder.add_entries(rows[:, area[node[mine]]], columns[:, mine], coefficient[mine])


def _links(draft: Draft) -> None:
    links = draft.prepared.grid.links
    capacity = draft.capacity("link.capacity")
    most = capacity.upper(draft.window.n)
    flow = draft.builder.add_columns("link", most.shape, -most, most)
    # what leaves one end arrives at the other: links have no losses here
    one = np.ones(len(links))
    draft.injections += [(flow, links.from_bus, -one), (flow, links.to_bus, one)]
    capacity.bound(draft.builder, flow)
    capacity.bound(draft.builder, flow, sign=-1.0)


def _areas(prepared: Prepared) -> tuple[Ints, int]:
    """Return the balance that each bus belongs to (buses,), and how many there are.

    Under PTDF the flows are a function of the injections, which need only add up by island.
    """
    if prepared.network == "copper":
        return np.zeros(prepared.buses, dtype=np.int64), 1
    if prepared.network == "ptdf":
        return prepared.topology.island, prepared.topology.islands
    return np.arange(prepared.buses), prepared.buses


def add(draft: Draft) -> None:
    """Add the law of the network: columns `flow`, `angle` and their rows, or rows `flow_limit`."""
    law = {"copper": None, "transport": _flows, "dc": _flows, "ptdf": _flow_limits}
    add_law = law[draft.prepared.network]
    if add_law is not None:
        add_law(draft)


def _flows(draft: Draft) -> None:
    prepared = draft.prepared
    builder = draft.builder
    lines = prepared.grid.lines
    capacity = draft.capacity("line.rating")
    most = capacity.upper(draft.window.n)
    flow = builder.add_columns("flow", most.shape, -most, most)
    rows = draft.rows("balance")
    builder.add_entries(rows[:, lines.from_bus], flow, -1.0)
    builder.add_entries(rows[:, lines.to_bus], flow, 1.0)
    capacity.bound(builder, flow)
    capacity.bound(builder, flow, sign=-1.0)
    if prepared.network == "dc":
        _angles(draft, flow)


def _angles(draft: Draft, flow: Ints) -> None:
    prepared = draft.prepared
    builder = draft.builder
    lines = prepared.grid.lines
    steps = draft.window.n
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
        low = lines.angle_min[limited]
        high = lines.angle_max[limited]
        span = builder.add_rows("angle_limit", (steps, len(limited)), low, high, "rad")
        builder.add_entries(span, angle[:, lines.from_bus[limited]], 1.0)
        builder.add_entries(span, angle[:, lines.to_bus[limited]], -1.0)


def _flow_limits(draft: Draft) -> None:
    """A ranged row for each monitored line; others are added when they overload."""
    prepared = draft.prepared
    window = draft.window
    if len(draft.capacity("line.rating").decided):
        raise SolveError("lines to be sized need network = dc or transport: PTDF knows no new line")
    if draft.monitored is None:
        return
    lines, _, _ = split(prepared, draft.monitored)
    if not len(lines):
        return
    factors = prepared.topology.ptdf[lines]
    limit = limits_mw(prepared.grid)[lines]
    # injections less load cross the line: the load's part is a constant and goes to the limits
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
    add_balance,
    needs=("generation", "commitment", "storage", "site"),
    when=with_power,
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
    needs=("balance",),
    when=with_power,
)
