"""Jobs in a step of the Twin: what must run, what the placer runs, and what the grid cuts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from suandian.jobs.step.asap import run_asap
from suandian.jobs.step.placement import Active
from suandian.jobs.step.placer import goals, place
from suandian.model.grid import Floats, Ints
from suandian.model.placement import Placement
from suandian.model.plan import Plan
from suandian.model.scenario import Scenario
from suandian.model.state import State


def urgent_wh(scenario: Scenario, state: State) -> Floats:
    """Return the energy by site that jobs running there need in this step to keep their deadlines
    [Wh], shape (sites,).
    """
    now = int(scenario.axis.edges_s[state.step])
    hours = float(scenario.axis.hours[state.step])
    active = Active.of(now, hours, scenario.jobs, state, None, running=True)
    # the largest of the goals: what must run, whatever it is for
    need = goals(active, scenario.classes, hours).max(axis=0)
    site = state.site[active.rows]
    return np.bincount(site, weights=need, minlength=len(scenario.sites)).astype(float)


def run_jobs(scenario: Scenario, state: State, plan: Plan, room_mw: Floats) -> Placement:
    """Return which jobs run in step `state.step`: as planned, or at once where the plan says so.

    `room_mw` (sites,) is the IT power that services leave [MW].
    """
    jobs = scenario.jobs
    classes = scenario.classes
    now = int(scenario.axis.edges_s[state.step])
    hours = float(scenario.axis.hours[state.step])
    if plan.immediate:
        return run_asap(now, hours, jobs, classes, state, room_mw)
    row = plan.row(state.step)
    started = plan.started_mw[row]
    waiting = plan.waiting_mw[row]
    price = plan.price[row]
    return place(now, hours, jobs, classes, state, started, waiting, room_mw, price)


def without(placement: Placement, job_wh: Ints, cut_wh: Floats) -> Placement:
    """Return the placement less what the grid could not deliver, in equal parts of each site's
    jobs.

    `job_wh` (sites,) is what jobs were to draw, `cut_wh` (sites,) what of it was not delivered.
    """
    if not (cut_wh > 0.5).any():  # a solver's crumbs are not a cut
        return placement
    kept = 1.0 - cut_wh / np.maximum(job_wh, 1)
    share = np.where(placement.site >= 0, kept[placement.site], 1.0)
    energy = np.floor(placement.energy_wh * share).astype(np.int64)
    energy = np.where(cut_wh[placement.site] > 0.5, energy, placement.energy_wh)
    # what was not delivered was not computed either: it is still to be done
    remaining = placement.remaining_wh + placement.energy_wh - energy
    return replace(placement, energy_wh=energy, remaining_wh=remaining)
