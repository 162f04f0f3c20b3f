"""`bench mpc`: re-plans with a look-ahead of 48 h in steps of 5 min, 15 min and 1 h, forecasts
revised at each.

The scenario is synthetic and seeded (`regions`). The loop runs against the Twin: each step of 5 min
a new plan, from the state and with the forecasts of that moment. Measured is the CPU time of the
whole decision: forecasts, work ahead, compile, solve from the basis of the plan before, read-out,
terminal values; and in turns the same decision from cold.

The peer's part is one such re-plan as a linear problem (without restart costs, which PyPSA cannot
hold), compile, solve and read-out on both sides. linopy changes a kept solver in place only where
both models have the same shape; so there steps are counted from the plan's own start, which gives
every plan as many of each length. (In the loop they begin at multiples of their length, which only
our warm start makes use of.)
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from suandian.bench.regions import regions
from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.replan import WITNESS, Replan, compared, require
from suandian.bench.rows import Row, Sample, paired, row
from suandian.books.book import Book, post_all
from suandian.books.house import house_books
from suandian.export.problems import JointProblem, times_of
from suandian.maths.prepared import Prepared
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports import Policy
from suandian.model.scenario import PolicySpec, Scenario
from suandian.model.state import State
from suandian.model.time import TimeAxis
from suandian.model.view import View
from suandian.policy.chosen import make
from suandian.record import states
from suandian.run.twin.twin import Twin

STEP_H = 1.0 / 12.0
LOOK_AHEAD = ((2.0, STEP_H), (6.0, 0.25), (48.0, 1.0))
HOURS = 72  # of the study: no plan sees its end
SETTLE = 3  # steps before anything is measured


@dataclass(frozen=True, eq=False)
class Counted(View):
    """A View whose plans count their steps from their own start: each has as many of
    each length.
    """

    def ahead(self, hours: float) -> TimeAxis:
        """Return the steps of a plan (see View.ahead)."""
        policy = self.known.policy
        # steps of the same length at the same lead time: only then is the next problem of the same
        # shape
        own = replace(self.known, policy=replace(policy, look_ahead=()))
        window = View(own, self.state).ahead(hours)
        return window.mixed(policy.look_ahead, window.start_s, cut=False)


@dataclass(frozen=True, eq=False)
class Moment:
    """A moment of the loop at which a plan is due: the state, and the notebook of the
    plan before.
    """

    state: State
    notebook: Notebook


def mpc_scenario(buses: int, sites: int, seed: int) -> Scenario:
    """Return the scenario of the benchmark: re-planned each 5 min, looking 48 h ahead."""
    policy = PolicySpec(
        "joint", replan_h=STEP_H, horizon_h=LOOK_AHEAD[-1][0], look_ahead=LOOK_AHEAD
    )
    return replace(
        regions(buses, sites, HOURS, step_s=round(STEP_H * 3600), seed=seed), policy=policy
    )


def moments(
    scenario: Scenario, policy: Policy, steps: int, kind: type[View] = View
) -> Iterator[Moment]:
    """Run the loop for `steps` steps; yield each moment before it is decided."""
    prepared = Prepared.of(scenario)
    books = house_books(scenario, prepared.curves)
    twin = Twin(scenario, prepared)
    state = State.initial(scenario)
    notebook = Notebook()
    # the loop as it runs, without a ledger: state and notebook from step to step
    for _ in range(steps):
        yield Moment(state, notebook)
        plan, notebook = policy.decide(kind.at(scenario, state), notebook)
        state = after(books, twin, state, plan)


def after(books: Sequence[Book], twin: Twin, state: State, plan: Plan) -> State:
    """Return the state after the Twin executed a step of `plan`."""
    postings = post_all(books, state.step, twin.advance(state, plan), state)
    return states.after(state, {posting.book: posting.detail or {} for posting in postings})


def rows(
    buses: int,
    sites: int,
    steps: int,
    repeats: int,
    seed: int,
    witness: Path,
    tick: Tick | None = None,
) -> list[Row]:
    """Measure `steps` re-plans of the loop, warm and cold in turns, and one of them against PyPSA
    `repeats` times.

    Raises
    ------
    InputError
        There is no environment with PyPSA at `witness`, or it stopped.
    """
    require(witness)
    scenario = mpc_scenario(buses, sites, seed)
    policy = make(scenario)
    warm: list[Sample] = []
    cold: list[Sample] = []
    columns = 0
    for i, moment in enumerate(moments(scenario, policy, SETTLE + steps)):
        if i >= SETTLE:
            # the same decision twice, warm and cold, in turns
            order = ((warm, moment.notebook), (cold, replace(moment.notebook, memories={})))
            for samples, notebook in order if i % 2 else order[::-1]:
                seconds, plan = _decided(policy, scenario, moment.state, notebook)
                samples.append((seconds, float(str(plan.solves[-1]["objective"]))))
                columns = int(str(plan.solves[-1]["columns"]))
        if tick is not None:
            tick(i + 1, SETTLE + steps, "loop")
    label = partial(row, "mpc", columns, unit="s CPU")
    # a controller must be in time nearly always: the mean says little
    slow = [float(np.quantile([s for s, _ in samples], 0.95)) for samples in (warm, cold)]
    return [
        paired("mpc", columns, "decision, warm", warm, "ours, cold", cold, unit="s CPU"),
        label("decision, warm, 95 % are below", values=[slow[0]], peer=("ours, cold", [slow[1]])),
        *compared("mpc", replan_of(scenario), repeats, witness, tick),
    ]


def replan_of(scenario: Scenario) -> Replan:
    """Return the problems of two plans one step apart, each with as many steps of each length."""
    prepared = Prepared.of(scenario)
    policy = make(scenario)
    found = []
    for moment in moments(scenario, policy, SETTLE + 2, Counted):
        view = Counted.at(scenario, moment.state)
        _, notebook = policy.decide(view, moment.notebook)
        assert notebook.last is not None
        # PyPSA has no restart cost: both sides solve the problem without it
        window = replace(notebook.last.compiled.window, restart_cost=0.0)
        axis = view.ahead(scenario.policy.horizon_h)
        found.append((JointProblem(prepared, window, times_of(axis)), axis))
    (earlier, before), (now, axis) = found[-2:]
    # which old step the end of each new one lies in: the basis moves by it
    ends = np.searchsorted(before.edges_s, axis.edges_s[1:], side="left") - 1
    return Replan(earlier, now, ends)


def _decided(
    policy: Policy, scenario: Scenario, state: State, notebook: Notebook
) -> tuple[float, Plan]:
    # what is known is cut out of the scenario for each decision: that is part of its time
    began = time.process_time()
    plan, _ = policy.decide(View.at(scenario, state), notebook)
    return time.process_time() - began, plan


BENCH = Bench(
    "mpc",
    "re-plans of 48 h in steps of 5 min, 15 min and 1 h, forecasts revised at each, warm against "
    "cold and PyPSA",
    rows,
    (
        Option("buses", 5, "of the synthetic scenario"),
        Option("sites", 10, "of the synthetic scenario"),
        Option("steps", 40, "re-plans of the loop that are measured"),
        Option("repeats", 5, "how often one of them is measured against PyPSA"),
        Option("seed", 0, "of the synthetic scenario"),
        WITNESS,
    ),
)
