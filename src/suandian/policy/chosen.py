"""The policy that a scenario names, among those installed, and what it is given to decide from."""

from __future__ import annotations

from typing import Any

from suandian.model.hindsight import Hindsight
from suandian.model.known import Known
from suandian.model.ports.policy import Policy, PolicyKind
from suandian.model.scenario import PolicySpec, Scenario
from suandian.model.state import State
from suandian.model.view import View
from suandian.reading.checks.options import kinds
from suandian.reading.registry import find


def kind_of(spec: PolicySpec) -> PolicyKind:
    """Return the kind that `spec` names.

    Raises
    ------
    InputError
        None of that name is installed.
    """
    kind: PolicyKind = find("policy", spec.name, "scenario", "policy.name").load()
    return kind


def standing_of(name: str) -> dict[str, Any] | None:
    """Return what run.json records of the kind of a policy, None where none of that name is
    installed: role, what is measured from it, its place among those of its role, and its summary.
    """
    # a plug-in that cannot be loaded has no role; whoever names it is told why
    loaded, _ = kinds("policy")
    if name not in loaded:
        return None
    kind = loaded[name]
    alike = [other for other, each in loaded.items() if each.role == kind.role]
    return {
        "role": kind.role,
        "measures": kind.measures or "",
        "place": alike.index(name),
        "summary": kind.summary,
    }


def make(scenario: Scenario) -> Policy:
    """Return the policy that `scenario` names, made from what is known at its start."""
    kind = kind_of(scenario.policy)
    options = kind.Options.among(scenario.policy.options)
    return kind.make(Known.at(scenario, 0), options)


def view_for_policy(scenario: Scenario, state: State) -> View:
    """Return what the scenario's policy is given: a View, or Hindsight where its kind is declared
    to know the future.
    """
    kind = kind_of(scenario.policy)
    foresees = kind.hindsight(kind.Options.among(scenario.policy.options))
    return Hindsight.at(scenario, state) if foresees else View.at(scenario, state)
