"""What one more MWh costs and emits in a solved window: at every bus and site, for every kind of
work.

Each question is a direction in which the compiled problem is asked for more (see `marginal`), per
MWh:

    at a bus        the bus's load, and how much of it may be shed            (rows balance and
    flow_limit) at a site       what stands behind its meter must feed besides computing  (rows
    site_balance) for a service   its demand                                                (rows
    service) run at a site   work there, wherever the rest goes                        (rows work)
    for work        an arrival that is due some steps later: the queue's arrivals, and its limit
    until then
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from suandian.maths.blocks.deferrable import live_groups
from suandian.maths.compile import compile_window
from suandian.maths.exceeded import violated
from suandian.maths.limits import sensitivities, split
from suandian.maths.marginal import AT_LIMIT, Derivatives, Directions, Vertex, derivatives, vertices
from suandian.maths.result import Compiled, Result
from suandian.maths.topology import limits_mw
from suandian.maths.window import FromGrid, per_step
from suandian.model.grid import Floats, Ints
from suandian.model.issues import SolveError
from suandian.solve.basis import Layout, carried
from suandian.solve.port import Solver, solve

ROUNDS = 50


def at_buses(compiled: Compiled) -> Directions:
    """Return one more MWh of load at each (step, bus)."""
    prepared = compiled.prepared
    rows = compiled.problem.rows
    steps = compiled.window.n
    buses = prepared.buses
    k = np.arange(steps * buses).reshape(steps, buses)
    mw = np.broadcast_to(1.0 / compiled.window.hours[:, None], k.shape)
    # which balance a bus is in: one for all, one for each, or one an island
    area = np.zeros(buses, dtype=np.int64)
    if prepared.network in ("dc", "transport"):
        area = np.arange(buses)
    elif prepared.network == "ptdf":
        area = prepared.topology.island
    parts = [(rows["balance"].ids()[:, area], k, mw)]
    if prepared.network == "ptdf":
        lines, after, loss = split(prepared, compiled.monitored)
        for name, factors in (
            ("flow_limit", prepared.topology.ptdf[lines]),
            ("security", sensitivities(prepared, after, loss)),
        ):
            if name in rows:
                line, bus = np.nonzero(factors)
                parts.append(
                    (rows[name].ids()[:, line], k[:, bus], mw[:, bus] * factors[line, bus])
                )
    # a MW more of load is a MW more that may be shed
    shed = compiled.problem.columns["shed"].ids()
    served = np.where(compiled.window.load_mw >= 0.0, mw, 0.0)  # what is no load cannot be shed
    return _directions(compiled, k.size, parts, [(shed, k, served)])


def at_sites(compiled: Compiled) -> Directions:
    """Return one more MWh behind the meter of each (step, site)."""
    return _per_mwh(compiled, "site_balance", 1.0)


def for_services(compiled: Compiled) -> Directions:
    """Return one more MWh of each (step, service)."""
    return _per_mwh(compiled, "service", 1.0)


def run_at_sites(compiled: Compiled) -> Directions:
    """Return one more MWh of IT work that runs at each (step, site)."""
    return _per_mwh(compiled, "work", -1.0)


def for_arrivals(compiled: Compiled, group: Ints, steps: Ints) -> Directions:
    """Return one more MWh of work that arrives in each step in each `group` (kinds,).

    It is small (its width does not matter) and has `steps` (T, kinds) ≥ 1 steps to run in, its own
    among them.
    """
    problem = compiled.problem
    n = compiled.window.n
    groups = compiled.window.groups
    if "queue" not in problem.rows:
        return _directions(compiled, 0, [], [])
    k = np.arange(n * len(group)).reshape(n, len(group))
    at = np.searchsorted(live_groups(groups), group)
    queue = problem.columns["queue"].ids()[:, at]
    rows = problem.rows["queue"].ids()[:, at]
    first, later, kind = np.meshgrid(
        np.arange(n), np.arange(n), np.arange(len(group)), indexing="ij"
    )
    # a small piece of work may wait in the queue as long as it has steps to run in
    held = (later >= first) & (later < first + steps[first, kind] - 1)
    return _directions(
        compiled,
        k.size,
        [(rows, k, np.ones(k.shape))],
        [(queue[later[held], kind[held]], k[first[held], kind[held]], np.ones(held.sum()))],
    )


def work_prices(result: Result, group: Ints, steps: Ints) -> tuple[Floats, Floats]:
    """Return the price of computing by the duals of a window: (T, services + kinds) and (T, sites)
    [currency/MWh].

    The second is what one more MWh costs that runs at a site: energy × PUE, and a rent where the
    cluster is full. The first is what one more MWh costs of each service, and of work that comes in
    a step as that of `group` (kinds,) and has `steps` (T, kinds) ≥ 1 steps to run in: the cheapest
    site and step that are open to it, data transfer included. Not a number where the window has its
    computing given.

    Where nothing runs, many duals are optimal; the highest is taken: what one MWh more, not less,
    would cost.
    """
    problem = result.compiled.problem
    window = result.compiled.window
    n = window.n
    prepared = result.compiled.prepared
    services = np.full((n, len(prepared.services)), np.nan)
    sites = np.full((n, len(prepared.sites)), np.nan)
    if "work" not in problem.rows:
        return np.hstack([services, np.full((n, len(group)), np.nan)]), sites
    y = result.solution.row_dual.copy()
    work = problem.rows["work"]
    # a degenerate dual may stand anywhere between two slopes: the reduced cost says how much higher
    reduced = problem.cost - problem.matrix.T @ y
    higher = np.maximum(problem.columns["work"].of(reduced), 0.0)
    work.of(y)[:] -= higher
    # per MWh: rows of work are in MW over the step
    sites = -work.of(y) / window.hours[:, None]
    if "service" in problem.rows:
        reduced = problem.cost - problem.matrix.T @ y
        room = problem.columns["unserved_service"].of(reduced).copy()
        np.minimum.at(room.T, prepared.service_pairs[0], problem.columns["serve"].of(reduced).T)
        services = (problem.rows["service"].of(y) + np.maximum(room, 0.0)) / window.hours[:, None]
    return np.hstack([services, _work_that_may_wait(result.compiled, sites, group, steps)]), sites


def _work_that_may_wait(compiled: Compiled, sites: Floats, group: Ints, steps: Ints) -> Floats:
    """Return the least price (T, kinds) of running from each step on for `steps`, late or after the
    window.
    """
    groups = compiled.window.groups
    n = compiled.window.n
    # the cheapest site that is open to it, with the transfer of its data
    open_to = np.where(groups.allowed[group], groups.move[group], np.inf)
    least = (sites[:, None, :] + open_to[None]).min(axis=2)
    # what lies beyond the window is worth what leftover work is
    after = np.vstack([least, np.full((n, len(group)), groups.leftover)])
    t = np.arange(n)[:, None]
    kind = np.arange(len(group))[None, :]
    # it may also stay undone, at the price of that
    made = np.full((n, len(group)), compiled.prepared.goal.unserved_jobs)
    for wait in range(int(steps.max(initial=0))):
        made = np.minimum(
            made, np.where(wait < steps, after[np.minimum(t + wait, n), kind], np.inf)
        )
    return made


@dataclass(frozen=True, eq=False)
class Footing:
    """A solved window to ask from: the problem with a row for every line that may bind, and its
    optima.
    """

    compiled: Compiled
    sides: tuple[Vertex, Vertex]


def footing(result: Result, solver: Solver = solve) -> Footing:
    """Return the footing of a solved window.

    With PTDF, a line without a row could not bind, nor with security one after a loss: those at
    their limit, or above it in the other optima of a tie, get one.

    Raises
    ------
    SolveError
        The solver gives no basis, or lines keep overloading.
    """
    compiled = result.compiled
    solution = result.solution
    if solution.basis is None:  # an interior point: only a vertex has a basis to derive from
        solution = solver(compiled.problem, "simplex", None)
    basis = solution.basis
    for _ in range(ROUNDS):
        if basis is None:
            raise SolveError(f"{solution.solver} returned no basis: there is nothing to derive")
        sides = vertices(
            compiled.problem,
            solution.x,
            basis,
            emitted_kg(compiled),
            solver,
        )
        tight = _tight(
            compiled, [Result(compiled, replace(solution, x=side.x), None) for side in sides]
        )
        if not len(tight):
            return Footing(compiled, sides)
        before = Layout.of(compiled.problem)
        compiled = compile_window(
            compiled.prepared, compiled.window, np.concatenate([compiled.monitored, tight])
        )
        solution = solver(compiled.problem, "simplex", carried(basis, before, compiled.problem))
        basis = solution.basis
    raise SolveError(f"lines kept overloading after {ROUNDS} rounds of added limits")


def _tight(compiled: Compiled, optima: Sequence[Result]) -> Ints:
    """Return the limits without a row, of lines as they are and after a loss, that an optimum meets
    or exceeds.
    """
    prepared = compiled.prepared
    found = [np.zeros(0, dtype=np.int64)]
    if prepared.network == "ptdf":
        # in every optimum of a tie: the signal says what happens in each of them
        flow = np.concatenate([optimum.flow_mw() for optimum in optima])
        room = limits_mw(prepared.grid) - np.abs(flow).max(axis=0, initial=0.0)
        room[split(prepared, compiled.monitored)[0]] = np.inf
        found.append(np.flatnonzero(room <= AT_LIMIT))
    if prepared.security is not None and isinstance(compiled.window.power, FromGrid):
        found += [violated(prepared, optimum, compiled.monitored, -AT_LIMIT) for optimum in optima]
    return np.unique(np.concatenate(found))


def response(
    stand: Footing, families: Sequence[Directions], solver: Solver = solve
) -> list[Derivatives]:
    """Return the derivatives of cost [currency/MWh] and emissions [kg/MWh] along each family of
    directions.

    The directions are those of `stand.compiled`.
    """
    # all families in one go: they share the factorisation
    ends = np.cumsum([d.count for d in families])
    whole = Directions(
        sp.hstack([d.rows for d in families], format="csc"),
        sp.hstack([d.upper for d in families], format="csc"),
    )
    found = derivatives(
        stand.compiled.problem, stand.sides, whole, emitted_kg(stand.compiled), solver
    )
    return [
        Derivatives(
            found.cost[b - d.count : b],
            found.measure[b - d.count : b],
            found.reason[b - d.count : b],
        )
        for d, b in zip(families, ends.tolist(), strict=True)
    ]


def emitted_kg(compiled: Compiled) -> Floats:
    """Return the direct CO2 of each column over its step [kg per MW] (columns,)."""
    made = np.zeros(compiled.problem.shape[1])
    span = compiled.problem.columns["segment"]
    prepared = compiled.prepared
    # power becomes energy, and energy mass
    span.of(made)[:] = per_step(prepared.curves.kg, compiled.window.hours)
    # under commitment being on and starting emit as well
    if "on" in compiled.problem.columns:
        mine = prepared.committed
        compiled.problem.columns["on"].of(made)[:] = per_step(
            prepared.curves.base_kg[mine], compiled.window.hours
        )
        compiled.problem.columns["start"].of(made)[:] = prepared.units.start_kg[mine]
    return made


def _per_mwh(compiled: Compiled, family: str, sign: float) -> Directions:
    span = compiled.problem.rows.get(family)
    if span is None:
        return _directions(compiled, 0, [], [])
    rows = span.ids()
    k = np.arange(rows.size).reshape(rows.shape)
    return _directions(
        compiled,
        rows.size,
        [(rows, k, np.broadcast_to(sign / compiled.window.hours[:, None], k.shape))],
    )


Entries = Sequence[tuple[Ints, Ints, Floats]]


def _directions(compiled: Compiled, count: int, rows: Entries, upper: Entries = ()) -> Directions:
    m, n = compiled.problem.shape
    return Directions(_sparse(rows, (m, count)), _sparse(upper, (n, count)))


def _sparse(entries: Entries, shape: tuple[int, int]) -> Any:
    if not entries:
        return sp.csc_array(shape)
    place, k, value = (np.concatenate([part[i].ravel() for part in entries]) for i in range(3))
    return sp.csc_array((value, (place, k)), shape=shape)
