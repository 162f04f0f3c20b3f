"""What policies share: the fixed-load dispatch, the fixed-price computing problem, and the making
of a Plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

import numpy as np

from suandian.maths.commit import solve_committed
from suandian.maths.prepared import Prepared
from suandian.maths.result import Memory, Result
from suandian.maths.signals import work_prices
from suandian.maths.tracing import window_average
from suandian.model.grid import Floats, Ints
from suandian.model.plan import Plan
from suandian.model.scenario import Scenario
from suandian.model.view import View
from suandian.policy.outlook import BINS, Outlook, small_groups, steps_to_run, waiting_and_started
from suandian.solve.highs import Solution

LEFTOVER_QUANTILE = 0.3


@dataclass(eq=False)
class Notebook:
    """What a policy carries from one decision to the next; booked with the plan, so that a resumed
    run has it too.

    `memories` by name of solve; `step` of the last decision; `leftover`, `level_value` terminal
    values [currency/MWh], NaN before the first decision; `last` the final solve, not booked;
    `steps` of its window (see Plan).
    """

    memories: dict[str, Memory] = field(default_factory=dict)
    step: int = 0
    leftover: float = float("nan")
    level_value: float = float("nan")
    last: Result | None = None
    steps: Ints | None = None

    def moved(self, step: int, outlook: Outlook) -> int | Ints:
        """Return how many steps the window of `outlook`, which starts at `step`, has moved on since
        the last decision.

        Where either window joins steps of the scenario: for each new step the old one that its end
        lies in, (T,).
        """
        if self.steps is None and outlook.steps is None:
            return step - self.step
        joined = np.ones(outlook.axis.n, np.int64) if outlook.steps is None else outlook.steps
        last = step - self.step + np.cumsum(joined) - 1
        return (
            last
            if self.steps is None
            else np.searchsorted(np.cumsum(self.steps), last, side="right")
        )


class Policy(Protocol):
    """Decides; the notebook is read and renewed. `replan_h` is how long a plan stays in
    force [h].
    """

    @property
    def replan_h(self) -> float:
        """Hours between decisions."""

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan from `view` on, and the notebook to hand in next time."""


@dataclass(eq=False)
class Desk:
    """One decision at work: the prepared system, the outlook, and a record of its solves."""

    view: View
    prepared: Prepared
    outlook: Outlook
    notebook: Notebook
    solves: list[Mapping[str, object]] = field(default_factory=list)
    memories: dict[str, Memory] = field(default_factory=dict)

    def solve(
        self, name: str, window_changes: Mapping[str, object], prepared: Prepared | None = None
    ) -> Result:
        """Solve the outlook's window with changes, warm from the last solve of this name."""
        window = replace(self.outlook.window, **window_changes)  # type: ignore[arg-type]
        memory = self.memories.get(name, self.notebook.memories.get(name))
        shift = (
            0 if name in self.memories else self.notebook.moved(self.view.state.step, self.outlook)
        )
        near = memory is not None and self.outlook.steps is not None
        asked = (prepared or self.prepared).solver
        if near and asked.method == "auto":  # measured: decision 0016
            asked = replace(asked, method="simplex-unperturbed")
        result = solve_committed(prepared or self.prepared, window, memory, shift, asked)
        if result.memory is not None:
            self.memories[name] = result.memory
        self.solves.append(record_of(name, self.view.state.step, result))
        return result


def record_of(name: str, step: int, result: Result) -> Mapping[str, object]:
    """Return the plain record of a solve that goes to run.json and certificate.json."""
    commitment = result.commitment
    record = record_of_solution(name, step, result.solution, result.compiled.problem.shape)
    if commitment is None:
        return record
    found = asdict(
        commitment
    )  # the certificate's own bound and gap are those of the dispatch for this commitment
    seconds = round(found.pop("seconds"), 4)
    return {
        **record,
        "status": f"commitment: {commitment.status}",
        "bound": commitment.bound,
        "gap": commitment.gap,
        "cpu_s": seconds,
        "certificate": {**result.solution.certificate.as_dict(), "commitment": found},
    }


def record_of_solution(
    name: str, step: int, solution: Solution, shape: tuple[int, int]
) -> Mapping[str, object]:
    """Return the plain record of a linear problem's solution; `shape` is its (rows, columns)."""
    rows, columns = shape
    return {
        "name": name,
        "step": step,
        "solver": solution.solver,
        "status": solution.status,
        "objective": solution.objective,
        "bound": solution.certificate.bound,
        "gap": solution.certificate.gap,
        "rows": rows,
        "columns": columns,
        "iterations": solution.iterations,
        "cpu_s": round(solution.seconds, 4),
        "certificate": solution.certificate.as_dict(),
    }


@dataclass(frozen=True, eq=False)
class Computing:
    """A computing plan: `serve` (T, services, sites), `run` (T, groups, sites) [MW of IT power]."""

    serve: Floats
    run: Floats

    @property
    def work(self) -> Floats:
        """IT power of work by site (T, sites)."""
        return np.asarray(self.serve.sum(axis=1) + self.run.sum(axis=1))

    def fixed(self) -> dict[str, object]:
        """Return the window changes of a dispatch for this computing."""
        return {"work_mw": self.work, "job_mw": self.run.sum(axis=1), "groups": None}

    def blended(self, other: Computing, share: float) -> Computing:
        """Return (1 - share) of this and `share` of the other: feasible if both are."""
        return Computing(
            (1 - share) * self.serve + share * other.serve,
            (1 - share) * self.run + share * other.run,
        )


def asap_computing(scenario: Scenario, outlook: Outlook) -> Computing:
    """Services at home; jobs where and when submitted (or where they have started), capacity
    permitting.
    """
    window, groups, sites = outlook.window, outlook.groups, scenario.sites
    steps, count = groups.arrived_mwh.shape
    serve = np.zeros((steps, len(scenario.services), len(sites)))
    serve[:, np.arange(len(scenario.services)), scenario.services.home] = window.service_mw
    room = np.maximum(sites.cluster_mw - sites.idle_mw, 0.0)
    over = np.maximum(serve.sum(axis=1) / np.where(room > 0, room, 1.0), 1.0)
    serve /= over[:, None, :]
    home = np.concatenate([_home(scenario), np.arange(len(sites))]).repeat(BINS)
    run = np.zeros((steps, count, len(sites)))
    left = np.zeros(count)
    arrivals = np.diff(groups.arrived_mwh, axis=0, prepend=0.0)
    for t in range(steps):
        left += arrivals[t]
        at = np.bincount(home, weights=left, minlength=len(sites)) / window.hours[t]
        part = np.minimum(1.0, (room - serve[t].sum(axis=0)) / np.where(at > 0, at, 1.0))
        ran = left * part[home]
        run[t, np.arange(count), home] = ran / window.hours[t]
        left = left - ran
    return Computing(serve, run)


def _home(scenario: Scenario) -> np.ndarray:
    first = scenario.classes.allowed.argmax(axis=1)
    return np.where(scenario.classes.home >= 0, scenario.classes.home, first)


def computing_of(result: Result) -> Computing:
    """Return the computing plan of a solved window (a solver may leave -1e-12)."""
    return Computing(np.maximum(result.serve_mw(), 0.0), np.maximum(result.run_mw(), 0.0))


def site_price(prepared: Prepared, result: Result) -> Floats:
    """Return the nodal price at each site (T, sites) [currency/MWh]."""
    return result.price()[:, prepared.sites.bus]


def site_carbon(prepared: Prepared, result: Result, held_kg: Floats) -> Floats:
    """Return the average carbon intensity at each site's bus (T, sites) [kg/MWh] by flow tracing.

    `held_kg` (stores,) is the CO2 of the energy in store before the window.
    """
    return window_average(result, held_kg)[:, prepared.sites.bus]


def terminal_values(price: Floats, pue: Floats) -> tuple[float, float]:
    """Return (value of leftover work, value of stored energy) [currency/MWh] from the window's site
    prices.

    `price` (steps, sites) is in steps of equal length (Outlook.each).

    Work left at the end will run at a good place and hour: a low quantile over the window of the
    cheapest site's price times PUE. Energy left in store will be sold at an average one.
    """
    cheapest = (price * pue).min(axis=1)
    return float(np.quantile(cheapest, LEFTOVER_QUANTILE)), float(np.median(price))


def plan_of(
    desk: Desk, policy: str, computing: Computing, dispatch: Result, immediate: bool = False
) -> Plan:
    """Return the Plan of a computing plan and the dispatch made for it."""
    scenario = desk.view.scenario
    waiting, started = waiting_and_started(computing.run, scenario.classes, len(scenario.sites))
    stores = (dispatch.compiled.window.n, len(scenario.grid.storage))
    work_price, computing_price = work_prices(
        dispatch, small_groups(scenario), steps_to_run(scenario, desk.outlook.axis)
    )
    charge = dispatch.column("charge") if stores[1] else np.zeros(stores)
    discharge = dispatch.column("discharge") if stores[1] else np.zeros(stores)
    return Plan(
        issued=desk.view.state.step,
        policy=policy,
        immediate=immediate,
        serve_mw=computing.serve,
        waiting_mw=waiting,
        started_mw=started,
        charge_mw=charge,
        discharge_mw=discharge,
        output_mw=dispatch.output_mw(),
        price=site_price(desk.prepared, dispatch),
        on=np.rint(dispatch.on()),
        work_price=work_price,
        computing_price=computing_price,
        solves=tuple(desk.solves),
        steps=desk.outlook.steps,
    )


def notebook_of(desk: Desk, dispatch: Result) -> Notebook:
    """Return the notebook for the next decision."""
    price = desk.outlook.each(site_price(desk.prepared, dispatch))
    leftover, level = terminal_values(price, desk.prepared.sites.pue)
    return Notebook(
        dict(desk.memories), desk.view.state.step, leftover, level, dispatch, desk.outlook.steps
    )
