"""The read-out of a solved window, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from suandian.maths.block import Injection
from suandian.maths.limits import sensitivities, split
from suandian.maths.ordered_sums import product
from suandian.maths.prepared import Prepared
from suandian.maths.window import Window
from suandian.model.grid import Floats, Ints
from suandian.solve.basis import Basis, Layout
from suandian.solve.problem import Problem
from suandian.solve.solution import Solution


@dataclass(frozen=True, eq=False)
class Compiled:
    """A problem with what is needed to read its answer. `monitored` limits have rows (see
    `limits.split`).
    """

    prepared: Prepared
    window: Window
    problem: Problem
    injections: tuple[Injection, ...]
    monitored: Ints


@dataclass(frozen=True, eq=False)
class Memory:
    """What one solve leaves for the next: layout, basis and monitored limits. Saved beside the
    booked plan.
    """

    layout: Layout
    basis: Basis
    monitored: Ints


@dataclass(frozen=True)
class Evidence:
    """What is known of the quality of a commitment.

    `objective` of the plan; `bound` the best proven lower bound of any commitment, `gap` =
    (objective - bound) /
    |objective|; `relaxation` the bound of the linear relaxation that our certificate proves,
    `rounded` the objective of the rounded start; `status` rounded (within the gap without
    branching), optimal (to the gap) or time limit; `integrality` largest distance of the solver's
    `on` from 0 or 1; `nodes` branched, `seconds` of all solves (CPU).
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

    `price` [currency/MWh] by bus is d cost / d load there. `serve` (T, services, sites), `run` (T,
    groups, sites).
    """

    compiled: Compiled
    solution: Solution
    memory: Memory | None
    commitment: Evidence | None = None

    def column(self, name: str) -> Floats:
        """Return the values of a family of columns, (T, 0) where the problem has none
        of that name.
        """
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
        # only units that cannot give less can have output that nobody takes
        dumping = self.compiled.prepared.dumping(self.compiled.window.hours)
        made[:, dumping] = self.column("dump")
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
        return self._spread("run", np.nonzero(groups.allowed), groups.allowed.shape[0])

    def injection_mw(self) -> Floats:
        """Return net injection less load at each bus (T, buses)."""
        # load shed comes back as an injection of its own
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
        prepared = self.compiled.prepared
        rows = self.compiled.problem.rows
        dual = rows["balance"].of(self.solution.row_dual)
        if prepared.network == "ptdf":
            # one balance an island: what makes prices differ inside are the limits with rows
            price = dual[:, prepared.topology.island]
            lines, after, loss = split(prepared, self.compiled.monitored)
            for name, factors in (
                ("flow_limit", prepared.topology.ptdf[lines]),
                ("security", sensitivities(prepared, after, loss)),
            ):
                if name in rows:
                    price = price + product(rows[name].of(self.solution.row_dual), factors)
        elif prepared.network == "copper":
            price = np.broadcast_to(dual, (len(dual), prepared.buses))
        else:
            price = dual
        # a dual is per MW over the step, a price per MWh
        return np.asarray(price / self.compiled.window.hours[:, None])
