"""The five policies. Each sees a View and returns a Plan; only the oracle sees the
future.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.model.grid import Floats
from suandian.model.plan import Plan
from suandian.model.scenario import Scenario
from suandian.model.view import View
from suandian.policy.base import (
    Computing,
    Desk,
    Notebook,
    Policy,
    asap_computing,
    computing_of,
    notebook_of,
    plan_of,
    site_carbon,
    site_price,
    terminal_values,
)
from suandian.policy.hedge import Hedge, hedged
from suandian.policy.outlook import Outlook, expected, foreseen
from suandian.solve.futures import Risk

ORACLE_REPLAN_H = (
    6.0  # it only has to follow what the placer made of its plan: nothing new becomes known
)


def _desk(
    view: View, notebook: Notebook, prepared: Prepared, hours: float, foresight: bool = False
) -> Desk:
    """Open a decision: the outlook, with terminal values where the window ends before the study."""
    outlook = foreseen(view, hours) if foresight else expected(view, hours)
    if outlook.axis.end_s < view.scenario.axis.end_s:
        leftover, level = notebook.leftover, notebook.level_value
        if not np.isfinite(leftover):
            leftover, level = _first_values(view, notebook, prepared, outlook)
        groups = replace(outlook.groups, leftover=leftover)
        outlook = replace(outlook, window=replace(outlook.window, groups=groups, level_value=level))
    return Desk(view, prepared, outlook, notebook)


def _first_values(
    view: View, notebook: Notebook, prepared: Prepared, outlook: Outlook
) -> tuple[float, float]:
    desk = Desk(view, prepared, outlook, notebook)
    result = desk.solve(
        "first", asap_computing(view.scenario, outlook).fixed(), prepared.relaxation()
    )
    return terminal_values(outlook.each(site_price(prepared, result)), prepared.sites.pue)


@dataclass(frozen=True, eq=False)
class Asap:
    """Jobs run where and when submitted, capacity permitting; services at home; power is dispatched
    for that load.
    """

    prepared: Prepared
    horizon_h: float
    replan_h: float

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan: the expected asap load and the dispatch for it."""
        desk = _desk(view, notebook, self.prepared, self.horizon_h)
        computing = asap_computing(view.scenario, desk.outlook)
        dispatch = desk.solve("dispatch", computing.fixed())
        return plan_of(desk, "asap", computing, dispatch, immediate=True), notebook_of(
            desk, dispatch
        )


@dataclass(frozen=True, eq=False)
class CarbonAware:
    """Jobs follow the forecast average carbon signal of a dispatch with asap load; services stay at
    home.
    """

    prepared: Prepared
    horizon_h: float
    replan_h: float

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan: least average carbon for jobs within capacity, then the dispatch for
        that load.
        """
        desk = _desk(view, notebook, self.prepared, self.horizon_h)
        state = view.state
        before = asap_computing(view.scenario, desk.outlook)
        reference = desk.solve("reference", before.fixed(), self.prepared.relaxation())
        signal = site_carbon(self.prepared, reference, state.level_g / 1000.0)
        # money-less carbon would compete with the price of lateness in its own units: weigh it as
        # the goal does
        signal = signal / 1000.0 * max(view.scenario.goal.carbon_price, 1.0)
        leftover = terminal_values(desk.outlook.each(signal), self.prepared.sites.pue)[0]
        groups = replace(
            desk.outlook.groups, move=0.0 * desk.outlook.groups.move, leftover=leftover
        )
        at_end = desk.outlook.axis.end_s >= view.scenario.axis.end_s
        groups = replace(groups, leftover=0.0) if at_end else groups
        result = desk.solve(
            "computing", {"price": signal, "groups": groups}, _services_at_home(self.prepared)
        )
        computing = computing_of(result)
        dispatch = desk.solve("dispatch", computing.fixed())
        return plan_of(desk, "carbon-aware", computing, dispatch), notebook_of(desk, dispatch)


def restart_cost(view: View, notebook: Notebook, outlook: Outlook) -> float:
    """Return the expected cost of stopping 1 MW of jobs [currency/MW]: its overhead at the price of
    work.

    That price is the window's value of leftover work; where the window has none, the last one
    known.
    """
    classes = view.scenario.classes
    if not len(classes):
        return 0.0
    price = outlook.groups.leftover or (
        notebook.leftover if np.isfinite(notebook.leftover) else 0.0
    )
    return float(classes.overhead_h.mean()) * max(price, 0.0)


def _services_at_home(prepared: Prepared) -> Prepared:
    services = prepared.services
    home = np.zeros_like(services.allowed)
    home[np.arange(len(services)), services.home] = True
    return replace(prepared, services=replace(services, allowed=home))


@dataclass(frozen=True, eq=False)
class Separate:
    """Computing and power planned apart, by prices.

    (a) a dispatch with asap load gives prices; (b) computing minimises its bill at those prices
    with all its own constraints; (c) power is dispatched for that load. `share` of the way from
    asap to (b) is gone; `iterations` > 1 repeats (a)-(b) with damped prices.
    """

    prepared: Prepared
    horizon_h: float
    replan_h: float
    share: float
    iterations: int

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan after `iterations` rounds of price and answer."""
        desk = _desk(view, notebook, self.prepared, self.horizon_h)
        asap = computing = asap_computing(view.scenario, desk.outlook)
        dispatch = desk.solve("dispatch", asap.fixed())
        price: Floats | None = None
        restart = restart_cost(view, notebook, desk.outlook)
        for i in range(self.iterations):
            seen = site_price(self.prepared, dispatch)
            price = seen if price is None else price + (seen - price) / (i + 1)
            answer = computing_of(
                desk.solve("computing", {"price": price, "restart_cost": restart})
            )
            wanted = asap.blended(answer, self.share)
            computing = wanted if i == 0 else _averaged(computing, wanted, i)
            dispatch = desk.solve("dispatch", computing.fixed())
        return plan_of(desk, "separate", computing, dispatch), notebook_of(desk, dispatch)


def _averaged(before: Computing, answer: Computing, i: int) -> Computing:
    """The running mean of the answers: damping by 1/(i+1)."""
    return before.blended(answer, 1.0 / (i + 1))


@dataclass(frozen=True, eq=False)
class Joint:
    """Computing and power in one problem, re-planned as forecasts are renewed.

    `foresight` replaces the forecasts by actual values within the same horizon: a device of
    benchmarks, which splits the loss against the oracle into forecast and horizon. With a `hedge`
    of more than one future, what is decided until the next plan is decided for all of them at once.
    """

    prepared: Prepared
    horizon_h: float
    replan_h: float
    foresight: bool
    hedge: Hedge = field(default_factory=Hedge)

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan of the joint problem."""
        desk = _desk(view, notebook, self.prepared, self.horizon_h, self.foresight)
        changes: dict[str, object] = {"restart_cost": restart_cost(view, notebook, desk.outlook)}
        if self.hedge.count > 1:
            changes |= hedged(desk, self.hedge, changes, self.replan_h)
        result = desk.solve("joint", changes)
        return plan_of(desk, "joint", computing_of(result), result), notebook_of(desk, result)


@dataclass(frozen=True, eq=False)
class Oracle:
    """The joint problem with perfect foresight over the whole study, solved once; its optimum is
    the bound.
    """

    prepared: Prepared
    horizon_h: float
    replan_h: float

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan of the joint problem on actual values."""
        outlook = foreseen(view, self.horizon_h)
        desk = Desk(view, self.prepared, outlook, notebook)
        if view.state.step == 0:
            desk.solve("bound", {}, self.prepared.relaxation())
        result = desk.solve("oracle", {"restart_cost": restart_cost(view, desk.notebook, outlook)})
        return plan_of(desk, "oracle", computing_of(result), result), notebook_of(desk, result)


def _hedge(options: Mapping[str, float]) -> Hedge:
    risk = Risk()
    asked = Risk(options.get("cvar_weight", risk.weight), options.get("cvar_level", risk.level))
    return Hedge(int(options.get("futures", 1)), asked)


_MAKERS: dict[str, Callable[[Prepared, Scenario], Policy]] = {
    "asap": lambda p, s: Asap(p, s.policy.horizon_h, s.policy.replan_h),
    "carbon-aware": lambda p, s: CarbonAware(p, s.policy.horizon_h, s.policy.replan_h),
    "separate": lambda p, s: Separate(
        p,
        s.policy.horizon_h,
        s.policy.replan_h,
        s.policy.options.get("share", 1.0),
        int(s.policy.options.get("iterations", 1)),
    ),
    "joint": lambda p, s: Joint(
        p,
        s.policy.horizon_h,
        s.policy.replan_h,
        bool(s.policy.options.get("foresight", 0.0)),
        _hedge(s.policy.options),
    ),
    "oracle": lambda p, s: Oracle(p, float("inf"), max(s.policy.replan_h, ORACLE_REPLAN_H)),
}
NAMES = tuple(_MAKERS)


def make(scenario: Scenario, prepared: Prepared | None = None) -> Policy:
    """Return the policy that `scenario` names."""
    return _MAKERS[scenario.policy.name](prepared or Prepared.of(scenario), scenario)
