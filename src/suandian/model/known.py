"""What is known at a moment: the system as it stands, past values, work that was submitted.

A Known holds nothing of the future, by any path: its feeds end where knowledge ends, its jobs are
those submitted, and every array that varies in time is a copy (a slice would lead to the rest by
its `base`). What the scenario fixes for good stays: the system, the goal, the settings, the times
of the study, and the scale of series that are given by their mean (see docs/decisions/0022).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from suandian.model.feed import Feed
from suandian.model.grid import Grid
from suandian.model.scenario import (
    Commitment,
    ForecastSpec,
    Goal,
    PolicySpec,
    Scenario,
    Security,
    SolverSpec,
    Tariffs,
)
from suandian.model.system import JobClasses, Jobs, Routes, Services, Sites
from suandian.model.time import TimeAxis
from suandian.model.totals import Totals


@dataclass(frozen=True, eq=False)
class Known:
    """What may be known before step `step` of a study.

    `axis` are the steps of the study (`n_main` of them before the drain). `feeds` by name (load,
    available, inflow, service) hold the rows known by then: `actual` of steps that are over,
    `ahead` of what was published. `jobs` are those submitted by then, `past_jobs` those of the
    weeks before the study. The rest is the scenario's (see there).
    """

    step: int
    currency: str
    zone: str
    seed: int
    axis: TimeAxis
    n_main: int
    grid: Grid
    network: str
    sites: Sites
    routes: Routes
    services: Services
    classes: JobClasses
    jobs: Jobs
    past_jobs: Jobs
    feeds: Mapping[str, Feed]
    goal: Goal
    policy: PolicySpec
    forecast: ForecastSpec
    commitment: Commitment
    security: Security | None
    totals: Totals | None
    solver: SolverSpec
    tariffs: Tariffs

    @classmethod
    def at(cls, scenario: Scenario, step: int) -> Known:
        """Return what is known of `scenario` before its step `step`."""
        # knowledge ends where the step begins: what happens in it is not known yet
        now_s = int(scenario.axis.edges_s[step])
        feeds = {name: feed.until(now_s) for name, feed in scenario.feeds.items()}
        return cls(
            step=step,
            currency=scenario.currency,
            zone=scenario.zone,
            seed=scenario.seed,
            axis=scenario.axis,
            n_main=scenario.n_main,
            # notes tell readers of a report what the data are, also those of the future
            grid=replace(scenario.grid, notes=()),
            network=scenario.network,
            sites=scenario.sites,
            routes=scenario.routes,
            services=scenario.services,
            classes=scenario.classes,
            # taken as rows and not as a slice: a slice leads to the jobs that nobody has submitted
            # yet
            jobs=scenario.jobs.rows(scenario.jobs.submitted(now_s)),
            past_jobs=scenario.past_jobs,
            feeds=feeds,
            goal=scenario.goal,
            policy=scenario.policy,
            forecast=scenario.forecast,
            commitment=scenario.commitment,
            security=scenario.security,
            totals=scenario.totals,
            solver=scenario.solver,
            tariffs=scenario.tariffs,
        )

    @property
    def as_of_s(self) -> int:
        """The moment [UTC s]: the start of the step."""
        return int(self.axis.edges_s[self.step])
