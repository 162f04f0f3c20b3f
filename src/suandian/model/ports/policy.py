"""The port of policies: from what is known to a Plan. Another package offers one by the entry point
`suandian.policies`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from suandian.model.known import Known
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports.options import PluginOptions
from suandian.model.view import View

Role = Literal["baseline", "candidate", "bound"]
Measure = Literal["flexibility", "synergy"]
# in the order in which reports list them: what one has, what is proposed, what cannot be beaten
ROLES: tuple[Role, ...] = ("baseline", "candidate", "bound")


class Policy(Protocol):
    """Decides, each time that the plan in force is `replan_h` [h] old or has run out."""

    @property
    def replan_h(self) -> float:
        """Hours between decisions."""

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan from `view` on, and the notebook to hand in next time.

        Raises SolveLimitError where a time limit leaves no plan: the one in force goes on.
        """


def never(_: Any) -> bool:
    """Say no, whatever the options."""
    return False


@dataclass(frozen=True)
class PolicyKind:
    """A policy as a plug-in.

    `summary` says in a few words what it does, as in "12 % less than <summary>". `make(known,
    options)` is called once, before the first step; `options` are of the class `Options`.

    `role` is what reports ask for, never the name: a `baseline` is what others are measured
    against, a `candidate` what is being proposed, a `bound` knows the future and cannot be had.
    `measures` names the figure that is taken from a baseline: `flexibility` from the one that
    shifts nothing, `synergy` from the one that plans computing and power apart.
    `hindsight(options)` says whether it is handed Hindsight instead of a View; a report shows that
    it was.
    """

    name: str
    summary: str
    make: Callable[[Known, Any], Policy]
    Options: type[PluginOptions] = PluginOptions
    role: Role = "candidate"
    measures: Measure | None = None
    hindsight: Callable[[Any], bool] = never
