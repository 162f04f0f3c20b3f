"""The Twin: what really happens in a step, given a plan, on actual load, wind, sun and service
demand.

The realised computing is fixed first (services by the plan's shares, jobs by the placer); a
least-cost DC dispatch on actuals follows, with ramps from the last realised output, stores at plan
± the declared band, hard line limits, and unserved load at its price. Committed units are on as
planned (see `_dispatch`). Forecast errors show up as redispatch, curtailment and unserved energy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from suandian.jobs.step.asap import run_asap
from suandian.jobs.step.placement import Active
from suandian.jobs.step.placer import Placement, goals, place
from suandian.maths.blocks.commitment import obliged
from suandian.maths.commit import dispatched, solve_committed
from suandian.maths.ordered_sums import product
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.maths.solving import solve_window
from suandian.maths.topology import limits_mw
from suandian.maths.window import Window
from suandian.model.grid import Floats, Ints
from suandian.model.issues import InfeasibleError
from suandian.model.plan import Plan
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.time import TimeAxis
from suandian.model.units import WH_PER_MWH

# any small value: a single step sees no later use of stored energy: without a value it would be
# spilt at will
KEEP_PER_MWH = 1e-3
LACK_MW = 1e-6


@dataclass(frozen=True, eq=False)
class Readings:
    """What was measured in one step; powers in MW, energies in Wh where named so.

    `serve_wh` (services, sites), `unserved_service_wh` (services,); `placement` of jobs; `result`
    the dispatch, `unsecured` the same step dispatched without N-1 (None where N-1 is off);
    `available_mw` (feed columns,); `planned_overloads` lines above rating had the plan met the
    actuals without redispatch, `redispatch_mw` dispatchable power that had to move.
    """

    serve_wh: Ints
    unserved_service_wh: Ints
    placement: Placement
    result: Result
    unsecured: Result | None
    planned_overloads: int
    redispatch_mw: float


@dataclass(frozen=True, eq=False)
class Twin:
    """A World on actual inputs (implements the port World)."""

    scenario: Scenario
    prepared: Prepared

    def advance(self, state: State, plan: Plan) -> Readings:
        """Execute step `state.step` of `plan`."""
        row = plan.row(state.step)
        actual = {
            name: feed.actual[feed.rows(self._axis(state))]
            for name, feed in self.scenario.feeds.items()
        }
        hours = float(self.scenario.axis.hours[state.step])
        room = np.floor(self.room_mw() * hours * WH_PER_MWH)
        urgent = np.minimum(self._urgent_wh(state, hours), room)
        serve, unserved = self._services(
            plan.serve_mw[row], actual["service"][0], hours, [room - urgent, urgent]
        )
        placement = self._jobs(state, plan, row, hours, serve.sum(axis=0))
        job_wh = by_site(placement, len(self.scenario.sites))
        work_mw, job_mw = (
            (v / WH_PER_MWH / hours)[None, :] for v in (serve.sum(axis=0) + job_wh, job_wh)
        )
        window = replace(
            self._window(state, plan, row, hours, actual), work_mw=work_mw, job_mw=job_mw
        )
        on = plan.on[row] if len(self.prepared.committed) else plan.on
        try:
            result, unsecured = self._dispatch(window, on)
        except (
            InfeasibleError
        ):  # there is nobody to take the planned discharge: stores may do less than planned
            assert window.storage_mw is not None
            less = np.stack(
                [np.zeros_like(window.storage_mw[:, 1]), window.storage_mw[:, 1]], axis=1
            )
            result, unsecured = self._dispatch(replace(window, storage_mw=less), on)
        placement = without(placement, job_wh, result.column("cut_jobs")[0] * hours * WH_PER_MWH)
        lost = _cut_services(serve, result.column("cut_service")[0] * hours * WH_PER_MWH)
        serve, unserved = serve - lost, unserved + lost.sum(axis=1)
        overloads, moved = self._against_plan(plan.output_mw[row], result)
        return Readings(serve, unserved, placement, result, unsecured, overloads, moved)

    @cached_property
    def _insecure(self) -> Prepared:
        return replace(self.prepared, security=None)

    def _dispatch(self, window: Window, planned_on: Floats) -> tuple[Result, Result | None]:
        """Return the dispatch of the step and, where it keeps N-1, what it would be without (for
        the same units on).
        """
        if self.prepared.security is None:
            return self._on_as_planned(window, planned_on), None
        before = self._on_as_planned(window, planned_on, self._insecure)
        if len(self.prepared.committed):
            return dispatched(self.prepared, window, np.rint(before.on()), before.memory), before
        return solve_window(self.prepared, window, before.memory, method="simplex"), before

    def _on_as_planned(
        self, window: Window, planned_on: Floats, prepared: Prepared | None = None
    ) -> Result:
        """Dispatch with units on as planned, as far as their past allows.

        Where load or work would be unserved, quick-start units that are off may start; where output
        would be dumped, those that are on may stop. Nobody else leaves the plan.
        """
        prepared = prepared or self.prepared
        if not len(prepared.committed):
            return solve_window(prepared, window, method="simplex")
        must, may = obliged(prepared, window)
        on = np.clip(planned_on, must, may)
        result = dispatched(prepared, window, on)
        short = (
            sum(result.column(name).sum() for name in ("shed", "cut_jobs", "cut_service")) > LACK_MW
        )
        units, mine = prepared.units, prepared.committed
        quick = (
            np.maximum(units.min_up_h, units.min_down_h)[mine] <= prepared.commitment.quick_start_h
        )
        low = np.where(quick & (result.dump_mw().sum() > LACK_MW), must, on)
        high = np.where(quick & short, may, on)
        if (low == high).all():
            return result
        return solve_committed(prepared, replace(window, on_bounds=np.stack([low, high])))

    def _axis(self, state: State) -> TimeAxis:
        return self.scenario.axis.window(state.step, state.step + 1)

    def room_mw(self) -> Floats:
        """Return the IT power that work may draw at each site: the cluster's, or what the
        connection carries.
        """
        sites = self.scenario.sites
        return np.maximum(
            np.minimum(sites.cluster_mw, sites.limit_mw / sites.pue) - sites.idle_mw, 0.0
        )

    def _urgent_wh(self, state: State, hours: float) -> Floats:
        """Return the energy by site that jobs running there need in this step to keep their
        deadlines [Wh].
        """
        now = int(self.scenario.axis.edges_s[state.step])
        active = Active.of(now, hours, self.scenario.jobs, state, None, running=True)
        need = goals(active, self.scenario.classes, hours).max(axis=0)
        return np.bincount(
            state.site[active.rows], weights=need, minlength=len(self.scenario.sites)
        ).astype(float)

    def _services(
        self, planned: Floats, demand: Floats, hours: float, rooms: list[Floats]
    ) -> tuple[Ints, Ints]:
        """Serve actual demand by the plan's shares within `rooms` [Wh], one after the other.

        The first room leaves space for jobs that cannot wait (services can move, they cannot); what
        does not fit goes to other allowed sites, then into that space, then is unserved.
        """
        services = self.scenario.services
        serve = np.zeros(planned.shape, dtype=np.int64)
        left = np.rint(demand * hours * WH_PER_MWH).astype(np.int64)
        total = planned.sum(axis=1, keepdims=True)
        home = np.eye(len(rooms[0]))[services.home]
        share = np.where(total > 0, planned / np.where(total > 0, total, 1.0), home)
        for room in rooms:
            free = room.astype(np.int64)
            for k in range(len(services)):
                first = np.minimum(np.floor(share[k] * left[k]).astype(np.int64), free)
                order = np.argsort(-share[k], kind="stable")
                for d in order[services.allowed[k, order]]:
                    more = min(int(left[k] - first.sum()), int(free[d] - first[d]))
                    first[d] += max(more, 0)
                serve[k] += first
                free -= first
                left[k] -= first.sum()
        return serve, left

    def _jobs(self, state: State, plan: Plan, row: int, hours: float, served_wh: Ints) -> Placement:
        jobs, classes = self.scenario.jobs, self.scenario.classes
        room = np.maximum(self.room_mw() - served_wh / WH_PER_MWH / hours, 0.0)
        now = int(self.scenario.axis.edges_s[state.step])
        if plan.immediate:
            return run_asap(now, hours, jobs, classes, state, room)
        return place(
            now,
            hours,
            jobs,
            classes,
            state,
            plan.started_mw[row],
            plan.waiting_mw[row],
            room,
            plan.price[row],
        )

    def _window(
        self, state: State, plan: Plan, row: int, hours: float, actual: dict[str, Floats]
    ) -> Window:
        stores = self.scenario.grid.storage
        level = np.minimum(state.level_wh / WH_PER_MWH, stores.energy_mwh)
        before = float(self.scenario.axis.hours[state.step - 1]) if state.step else 1.0
        inflow, fed = np.zeros(len(stores)), stores.inflow_feed >= 0
        inflow[fed] = actual["inflow"][0][stores.inflow_feed[fed]]
        band = self.scenario.policy.storage_band_mw
        most_out = np.minimum(
            stores.discharge_mw, (level + inflow * hours) * stores.discharge_efficiency / hours
        )
        most_in = np.minimum(
            stores.charge_mw, (stores.energy_mwh - level) / stores.charge_efficiency / hours
        )
        planned = (
            plan.charge_mw[row] - plan.discharge_mw[row]
        )  # one direction, where both are planned too
        bounds = [
            (np.clip(power - band, 0.0, most), np.clip(power + band, 0.0, most))
            for power, most in ((planned, most_in), (-planned, most_out))
        ]
        return Window(
            hours=np.array([hours]),
            load_mw=self.scenario.bus_load_mw(actual["load"]),
            available_mw=actual["available"],
            inflow_mw=actual["inflow"],
            service_mw=actual["service"],
            groups=None,
            level_mwh=level,
            final_mwh=np.zeros(len(stores)),
            last_mw=np.where(state.output_wh < 0, np.nan, state.output_wh / WH_PER_MWH / before),
            storage_mw=np.array(bounds)[:, :, None, :],
            level_value=KEEP_PER_MWH,
            on_s=state.on_s,
        )

    def _against_plan(self, planned_mw: Floats, result: Result) -> tuple[int, float]:
        """Return lines that the planned output would overload on actuals, and the dispatchable
        power moved [MW].

        Planned output is cut to what is available; the imbalance falls on firm units in proportion
        to capacity.
        """
        prepared, units = self.prepared, self.prepared.units
        available = result.compiled.window.available_mw[0]
        fed = units.feed >= 0
        real = result.output_mw()[0]
        planned = planned_mw.copy()
        planned[fed] = np.minimum(planned[fed], available[units.feed[fed]])
        firm = np.where(fed, 0.0, units.p_max_mw)
        change = planned - real
        gap = -change.sum()
        first = planned + gap * firm / max(firm.sum(), 1e-9)
        moved = 0.5 * float(np.abs((first - real)[~fed]).sum())
        if prepared.network not in ("dc", "ptdf"):
            return 0, moved
        on_grid = np.flatnonzero(units.node < prepared.buses)
        shift = np.zeros(prepared.buses)
        np.add.at(shift, units.node[on_grid], (first - real)[on_grid])
        flow = result.flow_mw()[0] + product(prepared.topology.ptdf, shift)
        return int((np.abs(flow) > limits_mw(prepared.grid) + 1e-3).sum()), moved


def by_site(placement: Placement, sites: int) -> Ints:
    """Return the energy of jobs by site [Wh]."""
    made = np.zeros(sites, dtype=np.int64)
    ran = placement.energy_wh > 0
    np.add.at(made, placement.site[ran], placement.energy_wh[ran])
    return made


def without(placement: Placement, job_wh: Ints, cut_wh: Floats) -> Placement:
    """Return the placement less what the grid could not deliver, in equal parts of each site's
    jobs.
    """
    if not (cut_wh > 0.5).any():
        return placement
    kept = 1.0 - cut_wh / np.maximum(job_wh, 1)
    energy = np.floor(
        placement.energy_wh * np.where(placement.site >= 0, kept[placement.site], 1.0)
    ).astype(np.int64)
    energy = np.where(cut_wh[placement.site] > 0.5, energy, placement.energy_wh)
    return replace(
        placement,
        energy_wh=energy,
        remaining_wh=placement.remaining_wh + placement.energy_wh - energy,
    )


def _cut_services(serve_wh: Ints, cut_wh: Floats) -> Ints:
    """Return what each service loses at each site (services, sites), in equal parts."""
    if not (cut_wh > 0.5).any():
        return np.zeros_like(serve_wh)
    part = cut_wh / np.maximum(serve_wh.sum(axis=0), 1)
    return np.asarray(np.minimum(np.ceil(serve_wh * part), serve_wh), dtype=np.int64)
