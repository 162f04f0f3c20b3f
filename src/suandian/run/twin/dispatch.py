"""The grid in a step of the Twin: a least-cost DC dispatch on actual values, with the computing
fixed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from suandian.maths.blocks.commitment import obliged
from suandian.maths.commit import dispatched, solve_committed
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.maths.solving import solve_window
from suandian.maths.window import FixedWork, Window
from suandian.model.grid import Floats
from suandian.model.issues import InfeasibleError
from suandian.model.plan import Plan
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.units import WH_PER_MWH
from suandian.run.twin.prospect import powers_mw, prospect, rise_mw, within_band

# any small value: a single step sees no later use of stored energy: without a value it would be
# spilt at will
KEEP_PER_MWH = 1e-3
LACK_MW = 1e-6


@dataclass(frozen=True, eq=False)
class Actual:
    """What really happens in a step [MW], the columns of each feed (1, columns), and the sites'
    `pue` (1, sites) [1].
    """

    load_mw: Floats
    available_mw: Floats
    inflow_mw: Floats
    service_mw: Floats
    pue: Floats

    @classmethod
    def of(cls, scenario: Scenario, step: int) -> Actual:
        """Return the actual values of `step`."""
        axis = scenario.axis.window(step, step + 1)

        def row(name: str) -> Floats:
            feed = scenario.feeds[name]
            return feed.actual[feed.rows(axis)]

        return cls(
            row("load"),
            row("available"),
            row("inflow"),
            row("service"),
            scenario.pue(axis),
        )


@dataclass(frozen=True, eq=False)
class GridStep:
    """A dispatch, and what it would be without N-1 (None where N-1 is off)."""

    secure: Result
    unsecured: Result | None


@dataclass(frozen=True, eq=False)
class StepDispatch:
    """Dispatches single steps of a scenario."""

    scenario: Scenario
    prepared: Prepared

    @cached_property
    def _insecure(self) -> Prepared:
        return replace(self.prepared, security=None)

    def dispatch(
        self, state: State, plan: Plan, actual: Actual, work_mw: Floats, job_mw: Floats
    ) -> GridStep:
        """Return the dispatch of step `state.step` with `work_mw` (sites,) of IT power [MW], of
        which `job_mw` (sites,) are jobs.
        """
        row = plan.row(state.step)
        window = self._window(state, plan, actual, FixedWork(work_mw[None, :], job_mw[None, :]))
        on = plan.on[row] if len(self.prepared.committed) else plan.on
        try:
            return self._both(window, on)
        except InfeasibleError:
            # there is nobody to take the planned discharge: stores may do less than planned
            return self._both(replace(window, storage_mw=_down_to_zero(window)), on)

    def own_mw(self, state: State, actual: Actual) -> Floats:
        """Return what stands behind the meter of each site can give in the step (sites,) [MW]."""
        grid = self.scenario.grid
        stores = grid.storage
        units = grid.generators
        hours = float(self.scenario.axis.hours[state.step])
        output = units.p_max_mw.copy()
        fed = units.feed >= 0
        output[fed] = actual.available_mw[0, units.feed[fed]]
        held = np.minimum(state.level_wh / WH_PER_MWH, stores.energy_mwh)
        discharge = np.minimum(stores.discharge_mw, held * stores.discharge_efficiency / hours)
        return self.prepared.places.behind_mw(grid, output, discharge)

    def _both(self, window: Window, planned_on: Floats) -> GridStep:
        """Dispatch without and with N-1, for the same units on; once where N-1 is off."""
        if self.prepared.security is None:
            return GridStep(self._on_as_planned(window, planned_on, self.prepared), None)
        before = self._on_as_planned(window, planned_on, self._insecure)
        if len(self.prepared.committed):
            on = np.rint(before.on())
            return GridStep(dispatched(self.prepared, window, on, before.memory), before)
        secure = solve_window(self.prepared, window, before.memory, method="simplex")
        return GridStep(secure, before)

    def _on_as_planned(self, window: Window, planned_on: Floats, prepared: Prepared) -> Result:
        """Dispatch with units on as planned, as far as their past allows.

        Where load or work would be unserved, quick-start units that are off may start; where output
        would be dumped, those that are on may stop. Nobody else leaves the plan.
        """
        if not len(prepared.committed):
            return solve_window(prepared, window, method="simplex")
        must, may = obliged(prepared, window)
        on = np.clip(planned_on, must, may)
        result = dispatched(prepared, window, on)
        unserved_mw = sum(result.column(name).sum() for name in ("shed", "cut_jobs", "cut_service"))
        quick = _quick_start(prepared)
        low = np.where(quick & (result.dump_mw().sum() > LACK_MW), must, on)
        high = np.where(quick & (unserved_mw > LACK_MW), may, on)
        if (low == high).all():
            return result
        return solve_committed(prepared, replace(window, on_bounds=np.stack([low, high])))

    def _window(self, state: State, plan: Plan, actual: Actual, work: FixedWork) -> Window:
        """Return the step as a window of one, for the work of its computing."""
        axis = self.scenario.axis
        stores = self.scenario.grid.storage
        hours = float(axis.hours[state.step])
        # the hours of the step that the last output is the mean of: energies are booked, not powers
        before_h = float(axis.hours[state.step - 1]) if state.step else 1.0
        last_mw = np.where(state.output_wh < 0, np.nan, state.output_wh / WH_PER_MWH / before_h)
        level = np.minimum(state.level_wh / WH_PER_MWH, stores.energy_mwh)
        return Window(
            hours=np.array([hours]),
            load_mw=self.scenario.bus_load_mw(actual.load_mw),
            available_mw=actual.available_mw,
            inflow_mw=actual.inflow_mw,
            service_mw=actual.service_mw,
            computing=work,
            level_mwh=level,
            final_mwh=stores.initial_mwh if state.step == axis.n - 1 else None,
            last_mw=last_mw,
            storage_mw=self._storage_bounds(plan, state.step, level, actual),
            level_value=KEEP_PER_MWH,
            on_s=state.on_s,
            pue=actual.pue,
            prospect=prospect(self.scenario, self.prepared, plan, state.step, level),
        )

    def _storage_bounds(self, plan: Plan, step: int, level_mwh: Floats, actual: Actual) -> Floats:
        """Return (2, 2, 1, stores): charge or discharge, least or most [MW]: the plan ± the band,
        within what the store can do.
        """
        stores = self.scenario.grid.storage
        row = plan.row(step)
        hours = float(self.scenario.axis.hours[step])
        band = self.scenario.policy.storage_band_mw
        inflow = store_inflow_mw(self.scenario, actual)
        # what is in store at most gives this much, what has room at most takes this much
        held_mwh = level_mwh + inflow * hours
        most_out = np.minimum(stores.discharge_mw, held_mwh * stores.discharge_efficiency / hours)
        room_mwh = stores.energy_mwh - level_mwh
        most_in = np.minimum(stores.charge_mw, room_mwh / stores.charge_efficiency / hours)
        if step == self.scenario.axis.n - 1:
            # whatever brings it to the level that it has to end at, in one direction
            none = np.zeros(len(stores))
            fills = stores.initial_mwh > held_mwh
            most_in = np.where(fills, most_in, 0.0)
            most_out = np.where(fills, 0.0, most_out)
            return np.array([(none, most_in), (none, most_out)])[:, :, None, :]
        # the level is what was planned: in one direction, where both are planned too
        rise = rise_mw(stores, plan.charge_mw[row], plan.discharge_mw[row])
        charge, discharge = powers_mw(stores, rise)
        bounds = within_band(band, (charge, most_in), (discharge, most_out))
        return bounds[:, :, None, :]


def store_inflow_mw(scenario: Scenario, actual: Actual) -> Floats:
    """Return the actual inflow of each store [MW], shape (stores,)."""
    stores = scenario.grid.storage
    inflow = np.zeros(len(stores))
    fed = stores.inflow_feed >= 0
    inflow[fed] = actual.inflow_mw[0, stores.inflow_feed[fed]]
    return inflow


def _quick_start(prepared: Prepared) -> Floats:
    """Return which committed units may change within the step, whatever the plan says."""
    units = prepared.units
    mine = prepared.committed
    longest_h = np.maximum(units.min_up_h, units.min_down_h)[mine]
    return np.asarray(longest_h <= prepared.commitment.quick_start_h)


def _down_to_zero(window: Window) -> Floats:
    """Return the window's bounds of storage power with all lower ones at zero."""
    if window.storage_mw is None:
        raise InfeasibleError("the step has no dispatch, and no store to relieve it")
    most = window.storage_mw[:, 1]
    return np.stack([np.zeros_like(most), most], axis=1)
