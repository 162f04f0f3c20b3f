"""The outlook of a window: what a policy expects, or foresees, of load, supply,
services and work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from suandian.forecast.chosen import forecaster
from suandian.jobs.curves import curves
from suandian.maths.window import Groups, Window
from suandian.model.grid import Floats, Ints
from suandian.model.hindsight import Hindsight
from suandian.model.known import Known
from suandian.model.scenario import PUE
from suandian.model.state import State
from suandian.model.system import JobClasses, Jobs
from suandian.model.time import TimeAxis
from suandian.model.units import WH_PER_MWH
from suandian.model.view import View

LENGTH_BINS_H = (1.0, 3.0, 6.0, 12.0, 24.0)
BINS = len(LENGTH_BINS_H) + 1
LEAST_H = 0.25  # what the shortest jobs count as
FORECAST_WEEKS = 3
WEEK_S = 7 * 86400


@dataclass(frozen=True, eq=False)
class Outlook:
    """Expected inputs of a window, and its groups of work.

    Groups are numbered class × length bin for work that may (re)start anywhere it is allowed, then
    site × length bin for work that is bound to the site where it started (jobs that cannot be
    suspended). `steps` (T,): how many steps of the scenario each step of the window joins; None:
    one each. Of a forecast, `values` by feed (scenario's steps, columns) and `coming` are what is
    expected: cumulative arrived and due work of jobs not yet submitted (T, groups).
    """

    axis: TimeAxis
    window: Window
    foreseen: bool
    steps: Ints | None = None
    values: Mapping[str, Floats] = field(default_factory=dict)
    coming: tuple[Floats, Floats] = (np.zeros((0, 0)), np.zeros((0, 0)))

    def each(self, values: Floats) -> Floats:
        """Return values by step of the window (T, …) as values by step of the scenario."""
        return values if self.steps is None else np.repeat(values, self.steps, axis=0)

    @property
    def groups(self) -> Groups:
        """The window's groups of work."""
        return self.window.groups


def expected(view: View, hours: float, leftover: float = 0.0) -> Outlook:
    """Return the outlook by forecast: known values, what the scenario's forecaster expects, and
    arrivals as in earlier weeks.
    """
    known = view.known
    axis = view.ahead(hours)
    fine, steps = steps_under(view, axis)
    expects = forecaster(known)
    # forecasts are made on the scenario's steps, and joined to longer ones afterwards
    ahead = {name: expects.forecast(feed, fine, view.as_of_s) for name, feed in known.feeds.items()}
    values = {name: means(of, steps) for name, of in ahead.items()}
    arrived, due = curves_of(known, known.jobs, view.state, axis)
    # work that is not yet submitted is expected as in earlier weeks
    coming = _arrivals(known, axis, view.as_of_s)
    groups = _groups(known, arrived + coming[0], due + coming[1], leftover)
    return Outlook(
        axis,
        _window(view, axis, values, groups),
        False,
        steps,
        ahead,
        coming,
    )


def foreseen(view: Hindsight, hours: float, leftover: float = 0.0) -> Outlook:
    """Return the outlook by perfect foresight: actual values and all jobs."""
    known = view.known
    axis = view.ahead(hours)
    fine, steps = steps_under(view, axis)
    values = {
        name: means(feed.actual[feed.rows(fine)], steps) for name, feed in view.actual.items()
    }
    arrived, due = curves_of(known, view.jobs, view.jobs_state, axis)
    groups = _groups(known, arrived, due, leftover)
    return Outlook(
        axis,
        _window(view, axis, values, groups),
        foreseen=True,
        steps=steps,
    )


def steps_under(view: View, axis: TimeAxis) -> tuple[TimeAxis, Ints | None]:
    """Return the scenario's steps under `axis`, and how many each step of `axis` joins (None: one
    each).
    """
    whole = view.known.axis
    first = view.state.step
    # steps of a plan join whole steps of the scenario
    last = int(np.searchsorted(whole.edges_s, axis.end_s))
    fine = whole.window(first, last)
    return fine, None if fine.n == axis.n else axis.parts(fine)


def means(values: Floats, steps: Ints | None) -> Floats:
    """Return means of values by step of the scenario (all of one length) over the steps that are
    joined.
    """
    if steps is None:
        return values
    return np.add.reduceat(values, np.cumsum(steps) - steps, axis=0) / steps[:, None]


def curves_of(known: Known, jobs: Jobs, state: State, axis: TimeAxis) -> tuple[Floats, Floats]:
    """Return cumulative arrived and due work (T, groups) of the unfinished `jobs` [MWh]; rows of
    `state` are theirs.
    """
    rows = np.flatnonzero(state.remaining_wh > 0)
    left = jobs.rows(rows)
    bins = length_bin(left)
    # work that cannot be suspended stays where it has started, in groups by site
    site = np.where(known.classes.suspendable[left.kind], -1, state.site[rows])
    group = np.where(site < 0, left.kind * BINS + bins, (len(known.classes) + site) * BINS + bins)
    return curves(
        state.remaining_wh[rows],
        left.width_mw,
        left.release_s,
        left.deadline_s,
        group,
        _count(known),
        axis.edges_s,
    )


def length_bin(jobs: Jobs) -> Ints:
    """Return each job's length bin by its run time at full width."""
    return np.searchsorted(
        np.array(LENGTH_BINS_H), jobs.work_wh / WH_PER_MWH / jobs.width_mw, side="right"
    ).astype(np.int64)


def _count(known: Known) -> int:
    return (len(known.classes) + len(known.sites)) * BINS


def _arrivals(known: Known, axis: TimeAxis, as_of_s: int) -> tuple[Floats, Floats]:
    """Expected work of jobs not yet submitted: the mean of the same hours in earlier weeks; none
    after the end.
    """
    past = known.past_jobs
    end_s = int(known.axis.edges_s[known.n_main])
    total = np.zeros((2, axis.n, _count(known)))
    group = past.kind * BINS + length_bin(past)
    weeks = max(1, min(FORECAST_WEEKS, _weeks_before(past, known.axis.start_s)))
    ahead_weeks = int((axis.end_s - known.axis.start_s) // WEEK_S) + 1
    for lag in range(1, weeks + ahead_weeks + 1):
        moved = past.submit_s + lag * WEEK_S
        age = (
            moved - known.axis.start_s
        ) // WEEK_S  # a shift of `age` weeks beyond the latest past week
        mask = (
            (moved > as_of_s)
            & (moved < min(end_s, axis.end_s))
            & (lag > age)
            & (lag <= age + weeks)
        )
        rows = np.flatnonzero(mask)
        if len(rows):
            shift = lag * WEEK_S
            weight = np.full(len(rows), 1.0 / weeks)
            # column by column: of a whole row the name alone would take most of the time
            total += curves(
                past.work_wh[rows],
                past.width_mw[rows],
                past.release_s[rows] + shift,
                past.deadline_s[rows] + shift,
                group[rows],
                _count(known),
                axis.edges_s,
                weight,
            )
    return total[0], total[1]


def _weeks_before(past: Jobs, start_s: int) -> int:
    return 0 if not len(past) else int(-((int(past.submit_s.min()) - start_s) // WEEK_S))


def _groups(known: Known, arrived: Floats, due: Floats, leftover: float) -> Groups:
    classes = known.classes
    sites = len(known.sites)
    # where all jobs can be suspended none is ever bound to its site: those groups stay closed
    bound = np.eye(sites, dtype=np.bool_) & (~classes.suspendable).any()
    stays = np.zeros((sites, sites))
    allowed = np.vstack([classes.allowed, bound])
    move = np.vstack([classes.move_per_mwh, stays])
    # the least of each bin: of two prices for a restart, the lower
    least_h = np.array([0.0, *LENGTH_BINS_H])
    length_h = np.tile(np.maximum(least_h, LEAST_H), len(classes) + sites)
    return Groups(
        allowed=np.repeat(allowed, BINS, axis=0),
        move=np.repeat(move, BINS, axis=0),
        arrived_mwh=arrived,
        due_mwh=np.minimum(due, arrived),
        leftover=leftover,
        length_h=length_h,
    )


def steps_to_run(known: Known, axis: TimeAxis) -> Ints:
    """Return how many steps a small job of each class may wait and run in if it comes in step t (T,
    classes), ≥ 1.

    The slack of a class is the median of what its jobs have had so far (due - submit - run time at
    full width), in the weeks before the study and in it.
    """
    steps = np.ones((axis.n, len(known.classes)), dtype=np.int64)
    kind = np.concatenate([known.past_jobs.kind, known.jobs.kind])
    slack_s = np.concatenate([_slack_s(known.past_jobs), _slack_s(known.jobs)])
    for k in range(len(known.classes)):
        own_s = slack_s[kind == k]
        # a class without any job yet has nothing to go by
        if not len(own_s):
            continue
        median_s = round(float(np.median(own_s)))
        # the last step that a job which comes at the begin of t may begin in
        last = np.searchsorted(axis.edges_s, axis.edges_s[:-1] + median_s, side="right") - 1
        steps[:, k] = np.maximum(last - np.arange(axis.n), 1)
    return steps


def _slack_s(jobs: Jobs) -> Floats:
    """Return how long each job may wait [s]."""
    run_s = jobs.work_wh / WH_PER_MWH / jobs.width_mw * 3600.0
    return np.asarray(jobs.due_s - jobs.submit_s - run_s)


def small_groups(known: Known) -> Ints:
    """Return the group of each class's shortest jobs (classes,)."""
    return np.arange(len(known.classes)) * BINS


def _window(view: View, axis: TimeAxis, values: dict[str, Floats], groups: Groups) -> Window:
    known = view.known
    state = view.state
    stores = known.grid.storage
    # before the first step there is no output to ramp from, and its length does not matter
    h = float(known.axis.hours[state.step - 1]) if state.step else 1.0
    output_mw = state.output_wh / WH_PER_MWH / h
    held_mwh = state.level_wh / WH_PER_MWH
    at_end = axis.end_s >= known.axis.end_s
    return Window(
        hours=axis.hours,
        load_mw=known.grid.buses.total_mw(values["load"]),
        available_mw=values["available"],
        inflow_mw=values["inflow"],
        service_mw=values["service"],
        computing=groups,
        # a level is whole Wh, and may be half of one above the brim
        level_mwh=np.minimum(held_mwh, stores.energy_mwh),
        final_mwh=stores.initial_mwh if at_end else None,
        last_mw=np.where(state.output_wh < 0, np.nan, output_mw),
        reserve_mw=known.goal.reserve_mw,
        last_job_mw=_last_job_mw(len(known.sites), state, h),
        on_s=state.on_s,
        pue=_pue(known, values),
    )


def _pue(known: Known, values: dict[str, Floats]) -> Floats | None:
    """Return the PUE that is expected (T, sites) [1], None where it is constant."""
    if PUE not in values:
        return None
    return known.sites.pue_at(values[PUE], known.feeds[PUE].columns)


def _last_job_mw(sites: int, state: State, hours: float) -> Floats:
    """IT power by site in the previous step of jobs that go on (sites,) [MW]."""
    ran = (state.last_wh > 0) & (state.remaining_wh > 0)
    wh = np.bincount(state.site[ran], weights=state.last_wh[ran], minlength=sites)
    return np.asarray(wh / WH_PER_MWH / hours)


def waiting_and_started(run_mw: Floats, classes: JobClasses, sites: int) -> tuple[Floats, Floats]:
    """Return (T, classes, sites) power for work not started and (T, sites) for work already at a
    site.
    """
    steps = len(run_mw)
    split = len(classes) * BINS
    waiting = run_mw[:, :split].reshape(steps, len(classes), BINS, sites).sum(axis=2)
    return waiting, run_mw[:, split:].sum(axis=1)
