"""`carbon-aware`: work follows the average carbon signal, as schedulers of today do."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.model.known import Known
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports.options import PluginOptions
from suandian.model.ports.policy import PolicyKind
from suandian.model.ports.tariff import Terms
from suandian.model.units import KG_PER_T
from suandian.model.view import View
from suandian.policy.computing import asap_computing, computing_of
from suandian.policy.desk import Desk
from suandian.policy.values import site_carbon, terminal_values


@dataclass(frozen=True, eq=False)
class CarbonAware:
    """Jobs follow the forecast average carbon signal of a dispatch with asap load; services stay at
    home.
    """

    prepared: Prepared
    horizon_h: float
    replan_h: float

    @classmethod
    def of(cls, known: Known, options: PluginOptions) -> CarbonAware:  # noqa: ARG003 - it has none
        """Return the policy for a study."""
        return cls(Prepared.of(known), known.policy.horizon_h, known.policy.replan_h)

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan: least average carbon for jobs within capacity, then the dispatch for
        that load.
        """
        desk = Desk.opened(view, notebook, self.prepared, self.horizon_h)
        before = asap_computing(view.known, desk.outlook)
        reference = desk.solve("reference", before.fixed(desk.window), self.prepared.relaxation())
        carbon = site_carbon(self.prepared, reference, view.state.level_g / 1000.0)
        # money-less carbon would compete with the price of lateness in its own units: weigh it as
        # the goal does
        signal = carbon / KG_PER_T * max(view.known.goal.carbon_price, 1.0)
        at_end = desk.outlook.axis.end_s >= view.known.axis.end_s
        leftover = terminal_values(desk.outlook.each(signal), desk.pue)[0]
        groups = replace(
            desk.outlook.groups,
            move=0.0 * desk.outlook.groups.move,
            leftover=0.0 if at_end else leftover,
        )
        # one price for what is drawn and what is given: carbon knows no tariff
        terms = Terms(buy=signal, sell=signal)
        window = replace(desk.window, power=terms, computing=groups)
        computing = computing_of(desk.solve("computing", window, _services_at_home(self.prepared)))
        dispatch = desk.solve("dispatch", computing.fixed(desk.window))
        return desk.plan(KIND.name, computing, dispatch), desk.noted(dispatch)


def _services_at_home(prepared: Prepared) -> Prepared:
    services = prepared.services
    home = np.zeros_like(services.allowed)
    home[np.arange(len(services)), services.home] = True
    return replace(prepared, services=replace(services, allowed=home))


KIND = PolicyKind(
    name="carbon-aware",
    summary="letting jobs follow the average carbon signal",
    make=CarbonAware.of,
    role="baseline",
)
