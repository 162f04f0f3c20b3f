"""One decision at work: what policies that solve windows share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from suandian.maths.commit import solve_committed
from suandian.maths.prepared import Prepared
from suandian.maths.result import Memory, Result
from suandian.maths.signals import work_prices
from suandian.maths.window import Window
from suandian.model.grid import Floats, Ints
from suandian.model.hindsight import Hindsight
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.view import View
from suandian.policy.computing import Computing, asap_computing
from suandian.policy.outlook import (
    Outlook,
    expected,
    foreseen,
    small_groups,
    steps_to_run,
    waiting_and_started,
)
from suandian.policy.solved import record_of
from suandian.policy.values import site_price, terminal_values

# an hour earlier is worth this part of the price of energy: any real difference of prices is more
WAITING_PER_H = 1e-5


@dataclass(eq=False)
class Desk:
    """The prepared system, the outlook, and a record of the solves of a decision."""

    view: View
    prepared: Prepared
    outlook: Outlook
    notebook: Notebook
    solves: list[Mapping[str, object]] = field(default_factory=list)
    memories: dict[str, Memory] = field(default_factory=dict)

    @classmethod
    def opened(cls, view: View, notebook: Notebook, prepared: Prepared, hours: float) -> Desk:
        """Open a decision by forecast."""
        return cls.over(expected(view, hours), view, notebook, prepared)

    @classmethod
    def foreseeing(
        cls, view: Hindsight, notebook: Notebook, prepared: Prepared, hours: float
    ) -> Desk:
        """Open a decision by perfect foresight."""
        return cls.over(foreseen(view, hours), view, notebook, prepared)

    @classmethod
    def over(cls, outlook: Outlook, view: View, notebook: Notebook, prepared: Prepared) -> Desk:
        """Open a decision on `outlook`, with terminal values where it ends before the study."""
        if outlook.axis.end_s >= view.known.axis.end_s:
            return cls(view, prepared, outlook, notebook)
        leftover = notebook.leftover
        level = notebook.level_value
        if not np.isfinite(leftover):
            leftover, level = _first_values(cls(view, prepared, outlook, notebook))
        groups = replace(outlook.groups, leftover=leftover)
        window = replace(outlook.window, computing=groups, level_value=level)
        return cls(view, prepared, replace(outlook, window=window), notebook)

    @property
    def window(self) -> Window:
        """The window of the outlook."""
        return self.outlook.window

    @property
    def pue(self) -> Floats:
        """Expected PUE [1] by step of the scenario and site, (sites,) where it is constant."""
        expected = self.window.pue
        return self.prepared.sites.pue if expected is None else self.outlook.each(expected)

    def solve(self, name: str, window: Window, prepared: Prepared | None = None) -> Result:
        """Solve a window of the outlook's steps, warm from the last solve of this name."""
        memory = self.memories.get(name, self.notebook.memories.get(name))
        shift = (
            0 if name in self.memories else moved(self.notebook, self.view.state.step, self.outlook)
        )
        near = memory is not None and self.outlook.steps is not None
        asked = (prepared or self.prepared).solver
        if near and asked.method == "auto":
            # measured: decision 0016
            asked = replace(asked, method="simplex-unperturbed")
        result = solve_committed(prepared or self.prepared, window, memory, shift, asked)
        if result.memory is not None:
            self.memories[name] = result.memory
        self.solves.append(record_of(name, self.view.state.step, result))
        return result

    def plan(
        self, policy: str, computing: Computing, dispatch: Result, immediate: bool = False
    ) -> Plan:
        """Return the Plan of a computing plan and the dispatch made for it."""
        known = self.view.known
        waiting, started = waiting_and_started(computing.run, known.classes, len(known.sites))
        shape = (dispatch.compiled.window.n, len(known.grid.storage))
        work_price, computing_price = work_prices(
            dispatch, small_groups(known), steps_to_run(known, self.outlook.axis)
        )
        # a system without storage has no such columns
        stores = shape[1] > 0
        return Plan(
            issued=self.view.state.step,
            policy=policy,
            immediate=immediate,
            serve_mw=computing.serve,
            waiting_mw=waiting,
            started_mw=started,
            charge_mw=dispatch.column("charge") if stores else np.zeros(shape),
            discharge_mw=dispatch.column("discharge") if stores else np.zeros(shape),
            output_mw=dispatch.output_mw(),
            price=site_price(self.prepared, dispatch),
            on=np.rint(dispatch.on()),
            work_price=work_price,
            computing_price=computing_price,
            solves=tuple(self.solves),
            steps=self.outlook.steps,
        )

    def decided(self) -> Window:
        """Return the window as a plan is made for it: stopping jobs costs what it is expected to
        repeat, and of plans that cost the same, work waits less in the one that is taken.

        Both are no part of the cost of the system, and none of a bound. Overhead is priced at what
        work
        is worth: the window's value of leftover work; where the window has none, the last one
        known; before the first plan, that of a dispatch of the asap load.
        """
        groups = self.window.groups
        overhead_h = self.view.known.classes.overhead_h
        if not len(overhead_h) or not groups.allowed.size:
            return self.window
        work, energy = groups.leftover, self.window.level_value
        if not work:
            work, energy = self.notebook.leftover, self.notebook.level_value
        if not np.isfinite(work):
            work, energy = _first_values(self)
        computing = replace(groups, waiting=WAITING_PER_H * max(work, energy, 0.0))
        restart = float(overhead_h.mean()) * max(work, 0.0)
        return replace(self.window, computing=computing, restart_cost=restart)

    def noted(self, dispatch: Result) -> Notebook:
        """Return the notebook for the next decision."""
        price = self.outlook.each(site_price(self.prepared, dispatch))
        leftover, level = terminal_values(price, self.pue)
        return Notebook(
            dict(self.memories),
            self.view.state.step,
            leftover,
            level,
            dispatch,
            self.outlook.steps,
        )


def moved(notebook: Notebook, step: int, outlook: Outlook) -> int | Ints:
    """Return how many steps the window of `outlook`, which starts at `step`, has moved on since
    the last decision.

    Where either window joins steps of the scenario: for each new step the old one that its end
    lies in, (T,).
    """
    since = step - notebook.step
    if notebook.steps is None and outlook.steps is None:
        return since
    joined = np.ones(outlook.axis.n, np.int64) if outlook.steps is None else outlook.steps
    last = since + np.cumsum(joined) - 1
    if notebook.steps is None:
        return last
    return np.searchsorted(np.cumsum(notebook.steps), last, side="right")


def _first_values(desk: Desk) -> tuple[float, float]:
    """Return terminal values from a dispatch of the asap load, where no plan was made before."""
    asap = asap_computing(desk.view.known, desk.outlook)
    result = desk.solve("first", asap.fixed(desk.window), desk.prepared.relaxation())
    price = desk.outlook.each(site_price(desk.prepared, result))
    return terminal_values(price, desk.pue)
