"""The contract of policy plug-ins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from suandian.model.hindsight import Hindsight
from suandian.model.known import Known
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports import ROLES, PolicyKind
from suandian.model.state import State
from suandian.model.view import View
from suandian.testing.contract import Contract
from suandian.testing.decisions import study

POWERS = (
    "serve_mw",
    "waiting_mw",
    "started_mw",
    "charge_mw",
    "discharge_mw",
    "output_mw",
)


def check_policy(plugin: PolicyKind, options: Mapping[str, Any] | None = None) -> list[str]:
    """Check a policy plug-in with `options` (its defaults unless given) on the template
    `two-sites`; returns the rules kept.

    Raises
    ------
    ContractError
        With every rule that it breaks.
    InputError
        The options do not fit.
    """
    contract = Contract("policy")
    contract.rule("it has a name and says in a few words what it does", _named(plugin))
    contract.rule("its role is known", plugin.role in ROLES, plugin.role)
    chosen = contract.options(plugin.Options, {} if options is None else options)
    scenario = study()
    state = State.initial(scenario)
    # only a policy that is declared to know the future is handed it
    foresees = plugin.hindsight(chosen)
    view = Hindsight.at(scenario, state) if foresees else View.at(scenario, state)
    with contract.trying("it decides"):
        policy = plugin.make(Known.at(scenario, 0), chosen)
        plan, _ = policy.decide(view, Notebook())
        contract.kept.append("it decides")
        _plan(contract, plan, view)
        _horizon(contract, plan, policy.replan_h, view)
        contract.rule("plans bear its name", plan.policy == plugin.name, plan.policy)
        # a resumed run decides again, from the same view, and must come to the same
        again = plugin.make(Known.at(scenario, 0), chosen)
        second, _ = again.decide(view, Notebook())
        contract.rule("the same view gives the same plan", _same(plan, second))
    return contract.result()


def _named(plugin: PolicyKind) -> bool:
    return bool(plugin.name.strip()) and bool(plugin.summary.strip())


def _plan(contract: Contract, plan: Plan, view: View) -> None:
    known = view.known
    n = plan.n
    sites = len(known.sites)
    stores = len(known.grid.storage)
    shapes = {
        "serve_mw": (n, len(known.services), sites),
        "waiting_mw": (n, len(known.classes), sites),
        "started_mw": (n, sites),
        "price": (n, sites),
        "charge_mw": (n, stores),
        "discharge_mw": (n, stores),
        "output_mw": (n, len(known.grid.generators)),
    }
    wrong = [name for name, shape in shapes.items() if getattr(plan, name).shape != shape]
    contract.rule("its arrays have the shapes of a plan", not wrong, ", ".join(wrong))
    infinite = [name for name in POWERS if not np.isfinite(getattr(plan, name)).all()]
    contract.rule("its powers are finite", not infinite, ", ".join(infinite))
    # a solver leaves dust below zero
    negative = [name for name in POWERS if getattr(plan, name).min(initial=0.0) < -1e-6]
    contract.rule("its powers are not negative", not negative, ", ".join(negative))


def _horizon(contract: Contract, plan: Plan, replan_h: float, view: View) -> None:
    contract.rule("it decides again after a time above 0", replan_h > 0, replan_h)
    contract.rule("it plans from now on", plan.issued == view.state.step, plan.issued)
    axis = view.known.axis
    last = view.state.step + plan.covers
    contract.rule("it plans no further than the study", last <= axis.n)
    # between two decisions somebody has to say what runs
    until_s = axis.edges_s[min(last, axis.n)]
    needed_s = min(view.as_of_s + replan_h * 3600, axis.end_s)
    contract.rule("its plan lasts until it decides again", bool(until_s >= needed_s))


def _same(one: Plan, other: Plan) -> bool:
    for column in fields(one):
        first = getattr(one, column.name)
        second = getattr(other, column.name)
        # records of solves hold CPU times, which differ
        if isinstance(first, np.ndarray) and not np.array_equal(first, second, equal_nan=True):
            return False
    return one.n == other.n
