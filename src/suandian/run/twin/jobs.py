"""Jobs in a step of the Twin: what must run, what the placer runs, and what the grid cuts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from suandian.jobs.step.asap import run_asap
from suandian.jobs.step.gangs import Gangs, place_whole, run_whole_asap
from suandian.jobs.step.placement import Active
from suandian.jobs.step.placer import goals, place
from suandian.model.grid import Floats, Ints
from suandian.model.placement import Placement
from suandian.model.plan import Plan
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.units import WH_PER_MWH


def urgent_wh(scenario: Scenario, state: State) -> Floats:
    """Return the energy by site that jobs running there need in this step to keep their deadlines
    [Wh], shape (sites,).
    """
    now = int(scenario.axis.edges_s[state.step])
    hours = float(scenario.axis.hours[state.step])
    active = Active.of(
        now,
        hours,
        scenario.jobs,
        state,
        None,
        running=True,
    )
    # the largest of the goals: what must run, whatever it is for
    need = goals(active, scenario.classes, hours).max(axis=0)
    # a job that runs whole may have run for a part of the last step only: its rate says nothing
    need = np.where(scenario.classes.whole[active.kind], active.want_wh, need)
    site = state.site[active.rows]
    return np.bincount(site, weights=need, minlength=len(scenario.sites)).astype(float)


def run_jobs(scenario: Scenario, state: State, plan: Plan, room_mw: Floats) -> Placement:
    """Return which jobs run in step `state.step`: as planned, or at once where the plan says so.

    `room_mw` (sites,) is the IT power that services leave [MW]. Jobs that run whole come first:
    they cannot use what others leave. What others need to be in time is kept for them, but for what
    runs and may not stop.
    """
    if not scenario.classes.whole.any():
        return _run_divisible(scenario, state, plan, room_mw)
    mwh = float(scenario.axis.hours[state.step]) * WH_PER_MWH
    whole = scenario.classes.whole[scenario.jobs.kind]
    others = replace(state, remaining_wh=np.where(whole, 0, state.remaining_wh))
    kept_mw = urgent_wh(scenario, others) / mwh
    now = int(scenario.axis.edges_s[state.step])
    running = Gangs.of(now, scenario.jobs, scenario.classes, state)
    goes_on_mw = np.minimum(running.going_on_mw(len(room_mw)), room_mw)
    gangs = _run_whole(
        scenario,
        state,
        plan,
        np.maximum(room_mw - kept_mw, goes_on_mw),
    )
    left_mw = np.maximum(room_mw - gangs.by_site(len(scenario.sites)) / mwh, 0.0)
    rest = _run_divisible(scenario, others, plan, left_mw)
    columns = {
        name: np.where(whole, getattr(gangs, name), getattr(rest, name))
        for name in Placement.__dataclass_fields__
    }
    return Placement(**columns)


def _run_divisible(scenario: Scenario, state: State, plan: Plan, room_mw: Floats) -> Placement:
    jobs = scenario.jobs
    classes = scenario.classes
    now = int(scenario.axis.edges_s[state.step])
    hours = float(scenario.axis.hours[state.step])
    if plan.immediate:
        return run_asap(now, hours, jobs, classes, state, room_mw)
    row = plan.row(state.step)
    # what runs whole is planned with the others, and takes its part of the plan
    started = np.maximum(plan.started_mw[row] - _running_mw(scenario, state, whole=True), 0.0)
    waiting = np.where(classes.whole[:, None], 0.0, plan.waiting_mw[row])
    price = plan.price[row]
    return place(
        now,
        hours,
        jobs,
        classes,
        state,
        started,
        waiting,
        room_mw,
        price,
    )


def _run_whole(scenario: Scenario, state: State, plan: Plan, room_mw: Floats) -> Placement:
    jobs = scenario.jobs
    classes = scenario.classes
    now = int(scenario.axis.edges_s[state.step])
    hours = float(scenario.axis.hours[state.step])
    if plan.immediate:
        return run_whole_asap(now, hours, jobs, classes, state, room_mw)
    row = plan.row(state.step)
    going_on = np.maximum(plan.started_mw[row] - _running_mw(scenario, state, whole=False), 0.0)
    planned = going_on + plan.waiting_mw[row][classes.whole].sum(axis=0)
    price = plan.price[row][: len(scenario.sites)]
    return place_whole(
        now,
        hours,
        jobs,
        classes,
        state,
        planned,
        room_mw,
        price,
    )


def _running_mw(scenario: Scenario, state: State, *, whole: bool) -> Floats:
    """Return by site (sites,) what jobs that run whole, or the others, drew in the last
    step [MW].
    """
    kind = scenario.jobs.kind
    ran = np.flatnonzero((scenario.classes.whole[kind] == whole) & (state.last_wh > 0))
    mw = state.last_wh[ran] / WH_PER_MWH / float(scenario.axis.hours[state.step])
    if whole:
        # it may have run for a part of the step only
        mw = scenario.jobs.width_mw[ran]
    return np.bincount(state.site[ran], mw, minlength=len(scenario.sites)).astype(float)


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
