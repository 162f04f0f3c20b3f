"""The Twin: what really happens in a step, given a plan, on actual load, wind, sun and service
demand.

The realised computing is fixed first (services by the plan's shares, jobs by the placer); a
least-cost DC dispatch on actuals follows, with ramps from the last realised output, stores at plan
± the declared band, hard line limits, and unserved load at its price. Committed units are on as
planned (see `dispatch`). Forecast errors show up as redispatch, curtailment and unserved energy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.model.grid import Floats
from suandian.model.plan import Plan
from suandian.model.readings import Readings
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.units import WH_PER_MWH
from suandian.run.twin.deviation import deviation
from suandian.run.twin.dispatch import Actual, StepDispatch, store_inflow_mw
from suandian.run.twin.jobs import run_jobs, urgent_wh, without
from suandian.run.twin.measured import measured
from suandian.run.twin.services import cut_services, serve


@dataclass(frozen=True, eq=False)
class Twin:
    """A World on actual inputs (implements the port World)."""

    scenario: Scenario
    prepared: Prepared

    @cached_property
    def _grid(self) -> StepDispatch:
        return StepDispatch(self.scenario, self.prepared)

    def advance(self, state: State, plan: Plan) -> Readings:
        """Execute step `state.step` of `plan`."""
        scenario = self.scenario
        row = plan.row(state.step)
        hours = float(scenario.axis.hours[state.step])
        actual = Actual.of(scenario, state.step)
        room = scenario.sites.room_mw(actual.pue[0], self._grid.own_mw(state, actual))
        rooms = self._rooms_wh(state, room, hours)
        planned = plan.serve_mw[row]
        demand = actual.service_mw[0]
        serve_wh, unserved = serve(scenario.services, planned, demand, hours, rooms)
        served_wh = serve_wh.sum(axis=0)
        # services are served first: they cannot wait, most jobs can
        free_mw = np.maximum(room - served_wh / WH_PER_MWH / hours, 0.0)
        placement = run_jobs(scenario, state, plan, free_mw)
        job_wh = placement.by_site(len(scenario.sites))
        work_mw = (served_wh + job_wh) / WH_PER_MWH / hours
        job_mw = job_wh / WH_PER_MWH / hours
        step = self._grid.dispatch(state, plan, actual, work_mw, job_mw)
        # what the grid cannot deliver does not run: jobs give way first, as the dispatch decided
        wh = hours * WH_PER_MWH
        placement = without(placement, job_wh, step.secure.column("cut_jobs")[0] * wh)
        lost = cut_services(serve_wh, step.secure.column("cut_service")[0] * wh)
        return measured(
            step,
            store_inflow_mw(scenario, actual),
            serve_wh - lost,
            unserved + lost.sum(axis=1),
            placement,
            deviation(self.prepared, plan.output_mw[row], step.secure),
        )

    def _rooms_wh(self, state: State, room_mw: Floats, hours: float) -> list[Floats]:
        """Return the sites' room for services in two parts [Wh].

        The first leaves space for jobs that cannot wait: services can move, they cannot.
        """
        room = np.floor(room_mw * hours * WH_PER_MWH)
        urgent = np.minimum(urgent_wh(self.scenario, state), room)
        return [room - urgent, urgent]
