"""Compile a window into one Problem, solve it, read it out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from suandian.maths import (
    carbon,
    commitment,
    deferrable,
    direct_supply,
    generation,
    network,
    reserve,
    restart,
    security,
    service,
    site,
    storage,
    transfer,
)
from suandian.maths.blocks import Draft, Injection
from suandian.maths.prepared import Prepared
from suandian.maths.topology import limits_mw
from suandian.maths.window import Window
from suandian.model.grid import Floats, Ints
from suandian.model.issues import SolveError
from suandian.model.scenario import SolverSpec
from suandian.solve.basis import Basis, Layout, carried
from suandian.solve.highs import Solution
from suandian.solve.port import Solver, solve
from suandian.solve.problem import Problem

BLOCKS = (
    network.BALANCE, network.BLOCK, security.BLOCK, generation.BLOCK, commitment.BLOCK, storage.BLOCK, site.BLOCK,
    service.BLOCK, deferrable.BLOCK, transfer.BLOCK, restart.BLOCK, carbon.BLOCK, reserve.BLOCK,
    direct_supply.BLOCK,
)  # fmt: skip
OVERLOAD_MW = 1e-6
ROUNDS = 50


@dataclass(frozen=True, eq=False)
class Compiled:
    """A problem with what is needed to read its answer. `monitored` limits have rows (see `security.split`)."""

    prepared: Prepared
    window: Window
    problem: Problem
    injections: tuple[Injection, ...]
    monitored: Ints


@dataclass(frozen=True, eq=False)
class Memory:
    """What one solve leaves for the next: layout, basis and monitored limits. Saved beside the booked plan."""

    layout: Layout
    basis: Basis
    monitored: Ints


@dataclass(frozen=True)
class Evidence:
    """What is known of the quality of a commitment.

    `objective` of the plan; `bound` the best proven lower bound of any commitment, `gap` = (objective - bound) /
    |objective|; `relaxation` the bound of the linear relaxation that our certificate proves, `rounded` the objective
    of the rounded start; `status` rounded (within the gap without branching), optimal (to the gap) or time limit;
    `integrality` largest distance of the solver's `on` from 0 or 1; `nodes` branched, `seconds` of all solves (CPU).
    """

    objective: float
    bound: float
    gap: float
    relaxation: float
    rounded: float
    status: str
    integrality: float
    nodes: int
    seconds: float


@dataclass(frozen=True, eq=False)
class Result:
    """The read-out of a solved window; arrays are (T, members), MW unless said.

    `price` [currency/MWh] by bus is d cost / d load there. `serve` (T, services, sites), `run` (T, groups, sites).
    """

    compiled: Compiled
    solution: Solution
    memory: Memory | None
    commitment: Evidence | None = None

    def column(self, name: str) -> Floats:
        """Return the values of a family of columns, (T, 0) where the problem has none of that name."""
        span = self.compiled.problem.columns.get(name)
        return np.zeros((self.compiled.window.n, 0)) if span is None else span.of(self.solution.x)

    def output_mw(self) -> Floats:
        """Return unit output (T, units)."""
        return self.compiled.prepared.output_mw(self.column("segment"), self.on())

    def delivered_mw(self) -> Floats:
        """Return unit output that was taken (T, units), with that of units that are always on."""
        return self.output_mw() - self.dump_mw() + self.compiled.prepared.always_mw

    def on(self) -> Floats:
        """Return the commitment (T, committed units)."""
        return self.column("on")

    def dump_mw(self) -> Floats:
        """Return the part of unit output that nobody could take (T, units)."""
        made = np.zeros((self.compiled.window.n, len(self.compiled.prepared.units)))
        made[:, self.compiled.prepared.dumping] = self.column("dump")
        return made

    def _spread(self, name: str, pairs: tuple[Any, ...], count: int) -> Floats:
        made = np.zeros((self.compiled.window.n, count, len(self.compiled.prepared.sites)))
        values = self.column(name)
        if values.shape[1]:
            made[:, pairs[0], pairs[1]] = values
        return made

    def serve_mw(self) -> Floats:
        """Return served IT power (T, services, sites)."""
        prepared = self.compiled.prepared
        return self._spread("serve", prepared.service_pairs, len(prepared.services))

    def run_mw(self) -> Floats:
        """Return deferrable IT power (T, groups, sites)."""
        groups = self.compiled.window.groups
        if groups is None:
            return np.zeros((self.compiled.window.n, 0, len(self.compiled.prepared.sites)))
        return self._spread("run", np.nonzero(groups.allowed), groups.allowed.shape[0])

    def injection_mw(self) -> Floats:
        """Return net injection less load at each bus (T, buses)."""
        made = -self.compiled.window.load_mw
        for columns, node, coefficient in self.compiled.injections:
            mine = np.flatnonzero(node < self.compiled.prepared.buses)
            fed = self.solution.x[columns[:, mine]] * coefficient[mine]
            np.add.at(made.T, node[mine], fed.T)
        return made

    def flow_mw(self) -> Floats:
        """Return line flows (T, lines); zero on a copper plate."""
        prepared = self.compiled.prepared
        if prepared.network == "copper":
            return np.zeros((self.compiled.window.n, len(prepared.grid.lines)))
        if prepared.network == "ptdf":
            return prepared.topology.flows_mw(self.injection_mw())
        return self.column("flow")

    def price(self) -> Floats:
        """Return nodal prices (T, buses) [currency/MWh]."""
        prepared, rows = self.compiled.prepared, self.compiled.problem.rows
        dual = rows["balance"].of(self.solution.row_dual)
        if prepared.network == "ptdf":
            price = dual[:, prepared.topology.island]
            lines, after, loss = security.split(prepared, self.compiled.monitored)
            for name, factors in (
                ("flow_limit", prepared.topology.ptdf[lines]),
                ("security", security.factors(prepared, after, loss)),
            ):
                if name in rows:
                    price = price + rows[name].of(self.solution.row_dual) @ factors
        elif prepared.network == "copper":
            price = np.broadcast_to(dual, (len(dual), prepared.buses))
        else:
            price = dual
        return np.asarray(price / self.compiled.window.hours[:, None])


def compile_window(prepared: Prepared, window: Window, monitored: Ints | None = None) -> Compiled:
    """Compile: all blocks, or the computing side alone where the window carries prices."""
    draft = Draft(prepared, window, monitored=monitored)
    if window.price is None:
        generation.add(draft)
        commitment.add(draft)
    storage.add(draft) if window.price is None else None
    site.add(draft)
    if window.work_mw is None:
        service.add(draft)
        deferrable.add(draft)
        transfer.add(draft)
        restart.add(draft)
    if window.price is None:
        network.add(draft)
        security.add(draft)
        carbon.add(draft)
        reserve.add(draft)
        direct_supply.add(draft)
    chosen = np.zeros(0, np.int64) if monitored is None else monitored
    return Compiled(prepared, window, draft.builder.build(), tuple(draft.injections), chosen)


def solve_window(
    prepared: Prepared,
    window: Window,
    memory: Memory | None = None,
    shift: int | Ints = 0,
    method: str | SolverSpec | None = None,
    solver: Solver | None = None,
) -> Result:
    """Compile and solve a window; limits that would be exceeded are added and the problem is solved again.

    With PTDF these are lines that overload; with security, lines that would after a loss.

    Solved as the scenario's `[solver]` or a `method` of that form says; by the name of a `method`, or by another
    `solver` (simplex unless said), without a time limit. The answer is a function of (window, memory) unless a limit
    ends it. `shift` is how many steps the window moved since `memory`, or the old step of each new one (see
    solve.basis.carried).
    """
    monitored = np.zeros(0, np.int64) if memory is None else memory.monitored
    asked = prepared.solver if method is None and solver is None else method or "simplex"
    asked = asked if isinstance(asked, SolverSpec) else SolverSpec(asked)
    run = solver or partial(solve, crossover=asked.crossover)
    limited = prepared.network in ("dc", "ptdf") and window.price is None
    for _ in range(ROUNDS):
        compiled = compile_window(prepared, window, monitored)
        basis = None if memory is None else carried(memory.basis, memory.layout, compiled.problem, shift)
        solution = run(compiled.problem, asked.method, basis, asked.time_limit_s)
        memory = None if solution.basis is None else Memory(Layout.of(compiled.problem), solution.basis, monitored)
        result = Result(compiled, solution, memory)
        shift = 0
        over = exceeded(prepared, result, monitored) if limited else monitored[:0]
        if not len(over):
            return result
        monitored = np.concatenate([monitored, over])
    raise SolveError(f"lines kept overloading after {ROUNDS} rounds of added limits")


def exceeded(prepared: Prepared, result: Result, monitored: Ints, near: float = 1.0) -> Ints:
    """Return limits without a row that the answer exceeds: of lines as they are, else after a loss.

    Where one is exceeded, lines that come as `near` their limit as this share are returned with it.
    """
    found = np.zeros(0, np.int64)
    if prepared.network == "ptdf":
        most, limit = np.abs(result.flow_mw()).max(axis=0, initial=0.0), limits_mw(prepared.grid)
        most[security.split(prepared, monitored)[0]] = 0.0
        if (most > limit + OVERLOAD_MW).any():
            found = np.flatnonzero(most > np.minimum(near * limit, limit + OVERLOAD_MW))
    if not len(found) and prepared.security is not None:
        found = security.violated(prepared, result, monitored)
    return found
