"""Two policies as another package would offer them: with the toolkit, and with the model alone."""

from dataclasses import replace

import numpy as np
from pydantic import Field

from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports import PluginOptions, PolicyKind, Whole
from suandian.model.view import View
from suandian.policy.toolkit import PlacingPolicy, asap_computing


class NightOptions(PluginOptions):
    """When the night is."""

    begins: Whole = Field(default=22, ge=0, le=23, description="hour at which jobs may start [UTC]")


def night(known, options: NightOptions) -> PlacingPolicy:
    def place(view, outlook):
        hour = outlook.axis.edges_s[:-1] // 3600 % 24
        return asap_computing(view.known, outlook, (hour >= options.begins) | (hour < 6))

    return PlacingPolicy("night", known, place)


class Even:
    """As much of every site for jobs as there is, with no thought of power."""

    replan_h = 6.0

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        plan = Plan.blank("even", view, view.ahead(24.0))
        room = np.broadcast_to(view.known.sites.cluster_mw, plan.started_mw.shape)
        classes = len(view.known.classes)
        waiting = np.repeat(room[:, None, :] / max(classes, 1), classes, axis=1)
        return replace(plan, waiting_mw=waiting, started_mw=room), notebook


NIGHT = PolicyKind("night", "running jobs at home at night", night, NightOptions)
EVEN = PolicyKind("even", "filling every site", lambda known, options: Even())
