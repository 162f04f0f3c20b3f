"""Decisions of a window for several futures at once: what is decided until the next plan, for all
of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from suandian.forecast.chosen import forecaster
from suandian.forecast.futures import Future, applied, drawn, future
from suandian.maths.prepared import Prepared
from suandian.maths.risk import Hedged, solve_futures
from suandian.maths.window import Groups, Window
from suandian.model.grid import Floats
from suandian.model.time import TimeAxis
from suandian.model.view import View
from suandian.policy.desk import Desk, moved
from suandian.policy.outlook import BINS, Outlook, means, steps_under
from suandian.policy.solved import record_of_solution
from suandian.solve.futures import Risk

NAME = "futures"
# decisions are handed on within this, so that no rounding of a solver makes them infeasible
BAND_MW = 1e-6


@dataclass(frozen=True)
class Hedge:
    """How many futures a plan is made for, the forecast being the first, and how risk counts."""

    count: int = 1
    risk: Risk = field(default_factory=Risk)


def hedged(desk: Desk, hedge: Hedge, window: Window, replan_h: float) -> Window:
    """Solve `window` for all futures; return it with its first decisions fixed to what they share.

    Under commitment the futures are solved in the linear relaxation.
    """
    view = desk.view
    outlook = desk.outlook
    steps = first_steps(outlook.axis, replan_h)
    # the forecast is the first future; the others add errors of past days
    others = futures(view, outlook, hedge.count)
    windows = [window, *(_window(view, outlook, window, other, steps) for other in others)]
    answer = solve_futures(
        desk.prepared.relaxation(),
        windows,
        steps,
        hedge.risk,
        desk.notebook.memories.get(NAME),
        moved(desk.notebook, view.state.step, outlook),
    )
    if answer.memory is not None:
        desk.memories[NAME] = answer.memory
    record = record_of_solution(NAME, view.state.step, answer.solution, answer.problem.shape)
    desk.solves.append(record)
    return fixed(desk.prepared, window, answer, steps)


def first_steps(axis: TimeAxis, replan_h: float) -> int:
    """Return how many steps of a window begin before the next plan, at least one."""
    return max(1, int((axis.edges_s[:-1] < axis.start_s + round(replan_h * 3600)).sum()))


def futures(view: View, outlook: Outlook, count: int) -> list[Future]:
    """Return `count` - 1 futures beside the forecast, drawn by the scenario's seed and the step."""
    known = view.known
    as_of_s = view.as_of_s
    fine, _ = steps_under(view, outlook.axis)
    # drawn by seed and step: a resumed run meets the same futures
    days = drawn(
        known.feeds,
        fine,
        as_of_s,
        count - 1,
        (known.seed, view.state.step),
    )
    jobs = (known.past_jobs, known.jobs)
    classes = len(known.classes)
    expects = forecaster(known)
    return [
        future(known.feeds, jobs, classes, fine, as_of_s, expects, day) for day in days.tolist()
    ]


def fixed(prepared: Prepared, window: Window, answer: Hedged, steps: int) -> Window:
    """Return the window with bounds on work and stores that repeat the first `steps` decisions of
    `answer`.
    """
    # decisions of the first steps are alike in all futures
    result = answer.results[0]
    stores = prepared.stores
    if isinstance(window.computing, Groups):
        run = result.run_mw()
        window = replace(window, run_mw=bounds(run, np.full(run.shape, np.inf), steps))
    if len(stores):
        shape = (window.n, len(stores))
        power = [
            bounds(result.column(name), np.broadcast_to(most, shape), steps)
            for name, most in (("charge", stores.charge_mw), ("discharge", stores.discharge_mw))
        ]
        window = replace(window, storage_mw=np.stack(power))
    return window


def bounds(values: Floats, most: Floats, steps: int) -> Floats:
    """Return (2, T, …) bounds: near the value in the first steps (what is zero stays zero), free
    after them.
    """
    # after the shared steps nothing is held
    low = np.zeros_like(values)
    high = np.array(most, dtype=float)
    near = values[:steps]
    low[:steps] = np.clip(near - BAND_MW, 0.0, most[:steps])
    high[:steps] = np.clip(np.where(near > BAND_MW, near + BAND_MW, near), 0.0, most[:steps])
    return np.stack([low, high])


def _window(view: View, outlook: Outlook, base: Window, other: Future, steps: int) -> Window:
    """Return the window of a future: its values, and other arrivals after the first steps."""
    known = view.known
    joint = steps_under(view, outlook.axis)[1]
    values = {
        name: means(
            applied(
                feed,
                outlook.values[name],
                other.errors[name],
                view.as_of_s,
            ),
            joint,
        )
        for name, feed in known.feeds.items()
    }
    return replace(
        base,
        load_mw=known.grid.buses.total_mw(values["load"]),
        available_mw=values["available"],
        inflow_mw=values["inflow"],
        service_mw=values["service"],
        computing=_groups(outlook, other.arrivals, steps),
    )


def _groups(outlook: Outlook, arrivals: Floats, steps: int) -> Groups:
    """Return the groups with `arrivals` (classes,) times the work that is expected after the first
    steps.

    What is expected in them stays as it is: their decisions are the same in all futures, and must
    be possible in all.
    """
    groups = outlook.groups
    # errors of arrivals are by class: all of its length bins take the same
    more = np.zeros(groups.arrived_mwh.shape[1])
    more[: len(arrivals) * BINS] = np.repeat(arrivals - 1.0, BINS)
    arrived, due = (
        values + more * np.maximum(coming - coming[steps - 1], 0.0)
        for values, coming in zip((groups.arrived_mwh, groups.due_mwh), outlook.coming, strict=True)
    )
    return replace(groups, arrived_mwh=arrived, due_mwh=np.clip(due, 0.0, arrived))
