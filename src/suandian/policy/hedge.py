"""Decisions of a window for several futures at once: what is decided until the next plan, for all
of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from suandian.forecast.futures import Future, applied, drawn, future
from suandian.maths.prepared import Prepared
from suandian.maths.risk import Hedged, solve_futures
from suandian.maths.window import Groups, Window
from suandian.model.grid import Floats
from suandian.model.time import TimeAxis
from suandian.model.view import View
from suandian.policy.base import Desk, record_of_solution
from suandian.policy.outlook import BINS, Outlook, means, steps_under
from suandian.solve.futures import Risk

NAME = "futures"
# decisions are handed on within this, so that no rounding of a solver makes them infeasible
BAND_MW = 1e-6


@dataclass(frozen=True)
class Hedge:
    """How many futures a plan is made for, the forecast being the first, and how risk counts."""

    count: int = 1
    risk: Risk = field(default_factory=Risk)


def hedged(
    desk: Desk, hedge: Hedge, changes: Mapping[str, object], replan_h: float
) -> dict[str, object]:
    """Solve the window for all futures; return the changes that fix its first decisions in the
    ordinary window.

    Under commitment the futures are solved in the linear relaxation.
    """
    view, outlook = desk.view, desk.outlook
    steps = first_steps(outlook.axis, replan_h)
    base = replace(outlook.window, **changes)  # type: ignore[arg-type]
    windows = [
        base,
        *(
            _window(view, outlook, base, other, steps)
            for other in futures(view, outlook, hedge.count)
        ),
    ]
    shift = desk.notebook.moved(view.state.step, outlook)
    found = solve_futures(
        desk.prepared.relaxation(),
        windows,
        steps,
        hedge.risk,
        desk.notebook.memories.get(NAME),
        shift,
    )
    if found.memory is not None:
        desk.memories[NAME] = found.memory
    desk.solves.append(
        record_of_solution(NAME, view.state.step, found.solution, found.problem.shape)
    )
    return fixed(desk.prepared, base, found, steps)


def first_steps(axis: TimeAxis, replan_h: float) -> int:
    """Return how many steps of a window begin before the next plan, at least one."""
    return max(1, int((axis.edges_s[:-1] < axis.start_s + round(replan_h * 3600)).sum()))


def futures(view: View, outlook: Outlook, count: int) -> list[Future]:
    """Return `count` - 1 futures beside the forecast, drawn by the scenario's seed and the step."""
    scenario, as_of_s = view.scenario, view.as_of_s
    fine, _ = steps_under(view, outlook.axis)
    days = drawn(scenario.feeds, fine, as_of_s, count - 1, (scenario.seed, view.state.step))
    jobs = (scenario.past_jobs, scenario.jobs.rows(view.submitted))
    return [
        future(
            scenario.feeds,
            jobs,
            len(scenario.classes),
            fine,
            as_of_s,
            scenario.axis.start_s,
            int(k),
        )
        for k in days
    ]


def fixed(prepared: Prepared, window: Window, found: Hedged, steps: int) -> dict[str, object]:
    """Return bounds on work and stores that repeat the first `steps` decisions of `found`."""
    result, stores = found.results[0], prepared.stores
    made: dict[str, object] = {}
    if window.groups is not None:
        run = result.run_mw()
        made["run_mw"] = bounds(run, np.full(run.shape, np.inf), steps)
    if len(stores):
        most = np.broadcast_to(
            np.stack([stores.charge_mw, stores.discharge_mw])[:, None], (2, window.n, len(stores))
        )
        power = [
            bounds(result.column(name), limit, steps)
            for name, limit in zip(("charge", "discharge"), most, strict=True)
        ]
        made["storage_mw"] = np.stack(power)
    return made


def bounds(values: Floats, most: Floats, steps: int) -> Floats:
    """Return (2, T, …) bounds: near the value in the first steps (what is zero stays zero), free
    after them.
    """
    low, high = np.zeros_like(values), np.array(most, dtype=float)
    near = values[:steps]
    low[:steps] = np.clip(near - BAND_MW, 0.0, most[:steps])
    high[:steps] = np.clip(np.where(near > BAND_MW, near + BAND_MW, near), 0.0, most[:steps])
    return np.stack([low, high])


def _window(view: View, outlook: Outlook, base: Window, other: Future, steps: int) -> Window:
    """Return the window of a future: its values, and other arrivals after the first steps."""
    scenario, joint = view.scenario, steps_under(view, outlook.axis)[1]
    values = {
        name: means(applied(feed, outlook.values[name], other.errors[name], view.as_of_s), joint)
        for name, feed in scenario.feeds.items()
    }
    return replace(
        base,
        load_mw=scenario.bus_load_mw(values["load"]),
        available_mw=values["available"],
        inflow_mw=values["inflow"],
        service_mw=values["service"],
        groups=_groups(outlook, other.arrivals, steps),
    )


def _groups(outlook: Outlook, arrivals: Floats, steps: int) -> Groups:
    """Return the groups with `arrivals` (classes,) times the work that is expected after the first
    steps.

    What is expected in them stays as it is: their decisions are the same in all futures, and must
    be possible in all.
    """
    groups = outlook.groups
    more = np.zeros(groups.arrived_mwh.shape[1])
    more[: len(arrivals) * BINS] = np.repeat(arrivals - 1.0, BINS)
    arrived, due = (
        values + more * np.maximum(coming - coming[steps - 1], 0.0)
        for values, coming in zip((groups.arrived_mwh, groups.due_mwh), outlook.coming, strict=True)
    )
    return replace(groups, arrived_mwh=arrived, due_mwh=np.clip(due, 0.0, arrived))
