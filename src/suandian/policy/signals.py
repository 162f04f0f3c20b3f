"""The signals of a plan: at every bus and site and for all work, what one more MWh costs and emits
over its horizon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.maths import signals
from suandian.maths.marginal import Derivatives
from suandian.maths.result import Result
from suandian.maths.tracing import window_average
from suandian.model.grid import Floats, Ints
from suandian.model.time import TimeAxis
from suandian.model.view import View
from suandian.policy.outlook import small_groups, steps_to_run


@dataclass(frozen=True, eq=False)
class Slope:
    """d cost [currency/MWh] and d CO2 [kg/MWh = g/kWh] per MWh more, to the right, (T, members);
    NaN where undefined.

    `reason` (T, members) says why, as in model.signals.
    """

    cost: Floats
    kg: Floats
    reason: Ints

    @classmethod
    def of(cls, found: Derivatives, steps: int) -> Slope:
        """Return derivatives of (step, member) directions as matrices."""
        shape = (steps, len(found.cost) // steps)
        return cls(
            found.cost.reshape(shape), found.measure.reshape(shape), found.reason.reshape(shape)
        )


@dataclass(frozen=True, eq=False)
class PlanSignals:
    """Signals of a window of T steps.

    `price` (T, buses) [currency/MWh], the dual of the balance; `average` (T, buses + sites)
    [kg/MWh] by flow tracing. Slopes: `places` of electricity at buses, then sites; `services` and
    `classes` of IT energy of each workload, for a class of work that comes in the step and has its
    slack; `run` of IT energy that runs at each site. Where the plan's last problem has its
    computing given (asap, carbon-aware, separate), the last three have no members.
    """

    axis: TimeAxis
    price: Floats
    average: Floats
    places: Slope
    services: Slope
    classes: Slope
    run: Slope


def plan_signals(view: View, result: Result) -> PlanSignals:
    """Return the signals of `result`, the last solve of a decision made from `view`.

    Raises
    ------
    SolveError
        The solver gives no basis to derive from.
    """
    known = view.known
    ends = np.rint(np.cumsum(result.compiled.window.hours) * 3600.0).astype(np.int64)
    axis = TimeAxis(view.as_of_s + np.append(0, ends))
    stand = signals.footing(result)
    compiled = stand.compiled
    families = [
        signals.at_buses(compiled),
        signals.at_sites(compiled),
        signals.for_services(compiled),
        signals.for_arrivals(compiled, small_groups(known), steps_to_run(known, axis)),
        signals.run_at_sites(compiled),
    ]
    buses, sites, services, classes, run = (
        Slope.of(d, axis.n) for d in signals.response(stand, families)
    )
    places = Slope(
        np.hstack([buses.cost, sites.cost]),
        np.hstack([buses.kg, sites.kg]),
        np.hstack([buses.reason, sites.reason]),
    )
    average = window_average(result, view.state.level_g / 1000.0)
    return PlanSignals(axis, result.price(), average, places, services, classes, run)
