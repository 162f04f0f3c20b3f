"""The one loop: look, decide, book the plan, execute a step, book what happened, read the state
back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from suandian.ledger.ledger import Ledger
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.model.issues import SolveLimitError
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports import Policy, World
from suandian.model.scenario import Scenario
from suandian.model.state import Detail, State
from suandian.model.view import View
from suandian.policy.chosen import make, view_for_policy
from suandian.policy.fallback import KEPT, asap_instead
from suandian.policy.solved import record_of_limit
from suandian.run.booking import Booker
from suandian.run.planbook import plan_of, posting_of
from suandian.run.twin import Twin

Watcher = Callable[["Turn"], None]


@dataclass(frozen=True, eq=False)
class Turn:
    """What the loop tells a watcher: how far it is after a step; and of a new plan, before it is
    booked, its solves.
    """

    step: int
    of: int
    solves: tuple[Mapping[str, object], ...]
    last: Result | None


def simulate(
    scenario: Scenario, ledger: Ledger, watch: Watcher | None = None, world: World | None = None
) -> State:
    """Run `scenario` to the end against `world` (the Twin), from wherever `ledger` stands; returns
    the final state.

    Every plan is booked before its first step is executed, every step is booked in one transaction,
    and the state is folded from booked details only: killing the process anywhere and calling again
    continues to the same ledger head. Where a time limit leaves no plan, the one in force goes on
    (and the next step decides again) or, where it has run out, all work runs as soon as possible;
    the solves that the watcher is told say so.
    """
    prepared = Prepared.of(scenario)
    policy, booker = make(scenario), Booker(scenario, prepared)
    world = world or Twin(scenario, prepared)
    state, plan, notebook = _restore(scenario, ledger)
    while state.step < scenario.axis.n:
        if plan is None or _due(scenario, policy, plan, state.step):
            view = view_for_policy(scenario, state)
            made, notebook, solves = _decided(view, policy, plan, notebook)
            if (
                watch is not None
            ):  # evidence first: a run killed before the booking decides again and tells it again
                watch(
                    Turn(
                        state.step, scenario.axis.n, solves, None if made is plan else notebook.last
                    )
                )
            if made is not plan:
                ledger.append([posting_of(made, notebook)])
            plan = made
        ledger.append(booker.postings(state, world.advance(state, plan)))
        state = state.after(_booked(ledger))
        if watch is not None:
            watch(Turn(state.step, scenario.axis.n, (), None))
    return state


def states(scenario: Scenario, ledger: Ledger) -> Iterator[State]:
    """Return the states that the ledger's energy entries lead through, the initial one first."""
    state = State.initial(scenario)
    yield state
    for entry in ledger.entries("energy"):
        state = state.after(ledger.detail(entry.detail))
        yield state


def _restore(scenario: Scenario, ledger: Ledger) -> tuple[State, Plan | None, Notebook]:
    *_, state = states(scenario, ledger)
    entry = ledger.last("plan")
    if entry is None:
        return state, None, Notebook()
    plan, notebook = plan_of(entry, ledger.detail(entry.detail))
    return state, plan, notebook


def _booked(ledger: Ledger) -> Detail:
    entry = ledger.last("energy")
    assert entry is not None
    return ledger.detail(entry.detail)


def _decided(
    view: View, policy: Policy, plan: Plan | None, notebook: Notebook
) -> tuple[Plan, Notebook, tuple[Mapping[str, object], ...]]:
    try:
        made, noted = policy.decide(view, notebook)
    except SolveLimitError as error:
        if plan is not None and not _run_out(plan, view.state.step):
            record = record_of_limit(view.known.policy.name, view.state.step, error, KEPT)
            return plan, notebook, (record,)
        made, noted = asap_instead(view, notebook, error)
    return made, noted, made.solves


def _run_out(plan: Plan, step: int) -> bool:
    return step - plan.issued >= plan.covers


def _due(scenario: Scenario, policy: Policy, plan: Plan, step: int) -> bool:
    """A plan is renewed after the policy's interval, or when it has run out."""
    edges = scenario.axis.edges_s
    old = (int(edges[step]) - int(edges[plan.issued])) / 3600.0 >= policy.replan_h
    return step > plan.issued and (old or _run_out(plan, step))
