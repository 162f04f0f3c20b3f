"""`separate`: computing and power planned apart, by prices."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import Field

from suandian.maths.prepared import Prepared
from suandian.model.grid import Floats
from suandian.model.known import Known
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports.options import PluginOptions, Whole
from suandian.model.ports.policy import PolicyKind
from suandian.model.view import View
from suandian.policy.computing import asap_computing, computing_of
from suandian.policy.desk import Desk
from suandian.policy.values import site_price
from suandian.tariffs.site_tariffs import SiteTariffs


class SeparateOptions(PluginOptions):
    """How far and how often computing answers to prices."""

    share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="how far computing goes from asap to its answer to the prices",
    )
    iterations: Whole = Field(
        default=1, ge=1, le=100, description="rounds of price and answer, damped"
    )


@dataclass(frozen=True, eq=False)
class Separate:
    """Computing and power planned apart, by prices.

    (a) a dispatch with asap load gives prices; (b) computing minimises its bill, by the sites'
    tariffs at those prices, with all its own constraints; (c) power is dispatched for that load.
    `share` of the way from asap to (b) is gone; `iterations` > 1 repeats (a)-(b) with damped
    prices.
    """

    prepared: Prepared
    tariffs: SiteTariffs
    horizon_h: float
    replan_h: float
    share: float
    iterations: int

    @classmethod
    def of(cls, known: Known, options: SeparateOptions) -> Separate:
        """Return the policy for a study."""
        spec = known.policy
        return cls(
            prepared=Prepared.of(known),
            tariffs=SiteTariffs.of(known.sites, known.tariffs, known.currency),
            horizon_h=spec.horizon_h,
            replan_h=spec.replan_h,
            share=options.share,
            iterations=options.iterations,
        )

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan after `iterations` rounds of price and answer."""
        desk = Desk.opened(view, notebook, self.prepared, self.horizon_h)
        asap = asap_computing(view.known, desk.outlook)
        computing = asap
        dispatch = desk.solve("dispatch", asap.fixed(desk.window))
        price: Floats | None = None
        decided = desk.decided()
        for i in range(self.iterations):
            seen = site_price(self.prepared, dispatch)
            price = seen if price is None else price + (seen - price) / (i + 1)
            terms = self.tariffs.terms(desk.outlook.axis, price, view.state.lasting)
            window = replace(decided, power=terms)
            answer = computing_of(desk.solve("computing", window))
            wanted = asap.blended(answer, self.share)
            # the running mean of the answers: damping by 1/(i+1)
            computing = wanted if i == 0 else computing.blended(wanted, 1.0 / (i + 1))
            dispatch = desk.solve("dispatch", computing.fixed(desk.window))
        return desk.plan(KIND.name, computing, dispatch), desk.noted(dispatch)


KIND = PolicyKind(
    name="separate",
    summary="planning computing and power apart",
    make=Separate.of,
    Options=SeparateOptions,
    role="baseline",
    measures="synergy",
)
