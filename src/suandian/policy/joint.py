"""`joint`: computing and power in one problem."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import Field

from suandian.maths.prepared import Prepared
from suandian.model.hindsight import Hindsight
from suandian.model.known import Known
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports.options import PluginOptions, Switch, Whole
from suandian.model.ports.policy import PolicyKind
from suandian.model.view import View
from suandian.policy.computing import computing_of
from suandian.policy.desk import Desk
from suandian.policy.hedge import Hedge, hedged
from suandian.solve.futures import Risk


class JointOptions(PluginOptions):
    """For how many futures a plan is made, and how risk counts."""

    foresight: Switch = Field(
        default=False,
        description="actual values instead of forecasts within the horizon: for benchmarks only",
    )
    futures: Whole = Field(
        default=1, ge=1, le=50, description="futures that a plan is made for, the forecast first"
    )
    cvar_weight: float = Field(
        default=Risk().weight, ge=0, le=1, description="weight of the CVaR against the mean"
    )
    cvar_level: float = Field(
        default=Risk().level, ge=0, le=0.99, description="share of futures that the CVaR leaves out"
    )


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

    @classmethod
    def of(cls, known: Known, options: JointOptions) -> Joint:
        """Return the policy for a study."""
        hedge = Hedge(options.futures, Risk(options.cvar_weight, options.cvar_level))
        spec = known.policy
        return cls(Prepared.of(known), spec.horizon_h, spec.replan_h, options.foresight, hedge)

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan of the joint problem."""
        if self.foresight:
            if not isinstance(view, Hindsight):
                raise TypeError("foresight needs Hindsight; this is a View")
            desk = Desk.foreseeing(view, notebook, self.prepared, self.horizon_h)
        else:
            desk = Desk.opened(view, notebook, self.prepared, self.horizon_h)
        window = desk.decided()
        # what must be decided now is decided for all futures; the rest of the plan is for the
        # forecast
        if self.hedge.count > 1:
            window = hedged(desk, self.hedge, window, self.replan_h)
        result = desk.solve("joint", window)
        return desk.plan(KIND.name, computing_of(result), result), desk.noted(result)


def _foresees(options: JointOptions) -> bool:
    return options.foresight


KIND = PolicyKind(
    name="joint",
    summary="planning computing and power as one problem",
    make=Joint.of,
    Options=JointOptions,
    hindsight=_foresees,
)
