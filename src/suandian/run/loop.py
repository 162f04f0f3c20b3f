"""The one loop: look, decide, book the plan, execute a step, book what happened, read the state
back.

The loop knows no solver and no grid: a policy decides, a world executes, a clock says when, and
books say what is kept. A study and live operation differ in the world and the clock alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from suandian.books.book import Book, post_all
from suandian.books.house import house_books
from suandian.ledger.ledger import Ledger
from suandian.maths.prepared import Prepared
from suandian.model.issues import SolveLimitError
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports import Clock, Policy, World
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.chosen import make, view_for_policy
from suandian.policy.fallback import KEPT, asap_instead
from suandian.policy.solved import record_of_limit
from suandian.record.details import PlanDetail
from suandian.record.states import after, last_details, states
from suandian.run.clock import VirtualClock
from suandian.run.planbook import plan_of, posting_of
from suandian.run.twin.twin import Twin

Watcher = Callable[["Turn"], None]


@dataclass(frozen=True, eq=False)
class Turn:
    """What the loop tells a watcher: how far it is after a step; and of a new plan, before it is
    booked, its solves.

    `notebook` is the policy's of a plan that it decided, with the evidence that it keeps there;
    None after a step, and where the plan in force goes on.
    """

    step: int
    of: int
    solves: tuple[Mapping[str, object], ...] = ()
    notebook: Notebook | None = None


@dataclass(frozen=True, eq=False)
class Decision:
    """A plan with the notebook to hand in next time, and the records of the solves behind it."""

    plan: Plan
    notebook: Notebook
    solves: tuple[Mapping[str, object], ...]


def simulate(
    scenario: Scenario,
    ledger: Ledger,
    watch: Watcher | None = None,
    world: World | None = None,
    clock: Clock | None = None,
    more_books: Sequence[Book] = (),
) -> State:
    """Run `scenario` to the end, from wherever `ledger` stands; returns the final state.

    Left out, `world` is the Twin and `clock` a virtual one: a study. `more_books` are posted after
    those of the house.

    Every plan is booked before its first step is executed, every step is booked in one transaction,
    and the state is folded from booked details only: killing the process anywhere and calling again
    continues to the same ledger head. Where a time limit leaves no plan, the one in force goes on
    (and the next step decides again) or, where it has run out, all work runs as soon as possible;
    the solves that the watcher is told say so.
    """
    prepared = Prepared.of(scenario)
    policy = make(scenario)
    world = world or Twin(scenario, prepared)
    clock = clock or VirtualClock()
    tell = watch or _nobody
    books = (*house_books(scenario, prepared.curves), *more_books)
    # a run that was stopped goes on from its last booked step, as if it had not been
    state, plan, notebook = _restore(scenario, ledger)
    while state.step < scenario.axis.n:
        # the past is known and the step has not begun: now is the time to decide
        clock.wait_until(int(scenario.axis.edges_s[state.step]))
        if plan is None or _due(scenario, policy, plan, state.step):
            view = view_for_policy(scenario, state)
            decision = _decide(view, policy, plan, notebook)
            notebook = decision.notebook
            renewed = decision.plan is not plan
            # evidence first: a run killed before the booking decides again and tells it again
            evidence = notebook if renewed else None
            tell(Turn(state.step, scenario.axis.n, decision.solves, evidence))
            # a plan is booked before its first step: what it said cannot be changed afterwards
            if renewed:
                ledger.append([posting_of(decision.plan, notebook)])
            plan = decision.plan
        readings = world.advance(state, plan)
        ledger.append(post_all(books, state.step, readings, state))
        # read back, not remembered: a resumed run has the very same state
        state = after(state, last_details(ledger))
        tell(Turn(state.step, scenario.axis.n))
    return state


def _nobody(turn: Turn) -> None:
    """Watch nothing."""


def _restore(scenario: Scenario, ledger: Ledger) -> tuple[State, Plan | None, Notebook]:
    *_, state = states(scenario, ledger)
    entry = ledger.last(PlanDetail.BOOK)
    if entry is None:
        return state, None, Notebook()
    plan, notebook = plan_of(entry, ledger.detail(entry.detail))
    return state, plan, notebook


def _decide(view: View, policy: Policy, plan: Plan | None, notebook: Notebook) -> Decision:
    """Ask the policy; where a limit leaves it without a plan, keep the one in force, or asap."""
    try:
        decided, noted = policy.decide(view, notebook)
    except SolveLimitError as error:
        if plan is not None and not _run_out(plan, view.state.step):
            record = record_of_limit(view.known.policy.name, view.state.step, error, KEPT)
            return Decision(plan, notebook, (record,))
        decided, noted = asap_instead(view, notebook, error)
    return Decision(decided, noted, decided.solves)


def _run_out(plan: Plan, step: int) -> bool:
    return step - plan.issued >= plan.covers


def _due(scenario: Scenario, policy: Policy, plan: Plan, step: int) -> bool:
    """A plan is renewed after the policy's interval, or when it has run out."""
    edges = scenario.axis.edges_s
    # by elapsed time, not by steps: steps may differ in length
    old = (int(edges[step]) - int(edges[plan.issued])) / 3600.0 >= policy.replan_h
    return step > plan.issued and (old or _run_out(plan, step))
