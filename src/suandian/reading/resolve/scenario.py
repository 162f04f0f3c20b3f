"""Spec → Scenario: axis with drain, grid, sites, routes, workloads, feeds with history, text and
hash.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Bools
from suandian.model.issues import InputError, Issue
from suandian.model.places import Places
from suandian.model.ports import GridInput, GridKind
from suandian.model.scenario import (
    PUE,
    Commitment,
    ForecastSpec,
    Goal,
    PolicySpec,
    Scenario,
    Security,
    SolverSpec,
)
from suandian.model.system import Jobs, Routes, Sites
from suandian.model.time import TimeAxis
from suandian.reading.checks import grid as checks_grid
from suandian.reading.checks import scenario as checks
from suandian.reading.checks.validate import validate
from suandian.reading.options import read_options
from suandian.reading.resolve import inline
from suandian.reading.resolve import routes as routing
from suandian.reading.resolve import sites as siting
from suandian.reading.resolve import submitted as submitting
from suandian.reading.resolve import work as working
from suandian.reading.resolve.tariffs import tariffs
from suandian.reading.series.axis import StudySpan, window
from suandian.reading.series.series import Sources, beside
from suandian.reading.spec.grid import SeriesFile
from suandian.reading.spec.scenario import ScenarioSpec
from suandian.reading.spec.work import JobsSpec, ServiceSpec
from suandian.reading.spec.written import resolved

HISTORY_DAYS = (28, 21, 14, 7, 3, 1, 0)
Result = TypeVar("Result")
Args = ParamSpec("Args")


@dataclass
class _Findings:
    """All issues so far; `attempt` runs a stage and keeps what it reports."""

    issues: list[Issue] = field(default_factory=list)

    def attempt(
        self, stage: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs
    ) -> Result | None:
        """Return the stage's result, None (and its issues kept) where the input is wrong."""
        try:
            return stage(*args, **kwargs)
        except InputError as error:
            self.issues += error.issues
            return None


def scenario(raw: dict[str, Any], folder: Path, file: str) -> Scenario:
    """Resolve the tables of a scenario file.

    Raises
    ------
    InputError
        With the issues of every stage that could still be tried.
    """
    spec, issues, cut = validate(raw, file)
    findings = _Findings(issues)
    if spec is None:
        raise InputError(issues)
    main, found = window(spec.time, file)
    main = None if "time" in cut else main
    findings.issues += found
    findings.issues += checks.rules(spec, raw, file)
    sources = Sources(folder, file, main.zone if main else _utc())
    grid = (
        None
        if "grid" in cut or checks.blocks_grid(findings.issues, spec)
        else _grid(spec, sources, findings)
    )
    if grid is not None:
        findings.issues += checks_grid.rules(grid.grid, spec, raw, file)
    result = None
    if main is not None and grid is not None and not findings.issues:
        result = _assemble(spec, main, grid, sources, findings)
    if result is None or findings.issues:
        _try_rest(spec, main, grid, sources, findings)
        raise InputError(_unique(findings.issues))
    return result


def _utc() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("UTC")


def _unique(issues: list[Issue]) -> list[Issue]:
    """Return issues without those that say again what was said about the same value at the same
    place.
    """
    first: dict[tuple[str, str, str], Issue] = {}
    for issue in issues:
        first.setdefault(
            (issue.file, issue.place, issue.message if issue.value is None else repr(issue.value)),
            issue,
        )
    return list(first.values())


def _grid(spec: ScenarioSpec, sources: Sources, findings: _Findings) -> GridInput | None:
    def read() -> GridInput:
        source: GridKind = sources.plugin("grid", spec.grid.plugin, "grid.plugin")
        given = spec.grid.options()
        file = sources.file
        options = read_options(source.Options, given, file, "grid", sources.option_path)
        if spec.grid.plugin == "inline":
            return source.load(inline.tables(spec, sources))
        return source.load(options)

    return findings.attempt(read)


def _try_rest(
    spec: ScenarioSpec,
    main: StudySpan | None,
    grid: GridInput | None,
    sources: Sources,
    findings: _Findings,
) -> None:
    """Look into what can still be looked into after findings, for their issues only."""
    for place, ref in checks.series(spec):
        if isinstance(ref, SeriesFile):
            findings.attempt(sources.file_series, ref, place)
    if main is not None:
        axis = TimeAxis.regular(main.start_s, main.step_s, main.n)
        for place, ref in checks.series(spec):
            findings.attempt(sources.feed, ref, axis, place)
        if grid is not None:
            findings.attempt(grid.feeds, axis)
        jobs = working.of_kind(spec, JobsSpec)
        # sites are not right yet: what is wrong with traces can be said all the same
        clusters = np.array([site.cluster.power for site in spec.sites.values()] or [1.0])
        widest = submitting.Widest.of(clusters, np.tile(clusters, (len(jobs), 1)))
        findings.attempt(submitting.submitted, jobs, main, spec.seed, widest, sources)
    if spec.routes.file is not None:
        findings.attempt(sources.path, spec.routes.file, "routes.file")
    if grid is not None and not checks.blocks_routes(findings.issues):
        _system(spec, grid, sources, findings)


def _system(
    spec: ScenarioSpec, grid: GridInput, sources: Sources, findings: _Findings
) -> tuple[Sites, Routes, working.Placing, working.Placing] | None:
    bus = {name: i for i, name in enumerate(grid.grid.buses.id.tolist())}
    sites = siting.sites(spec, bus)
    routes = findings.attempt(routing.routes, spec, grid.grid, sites, sources)
    if routes is None:
        return None
    services = findings.attempt(
        working.placing, working.of_kind(spec, ServiceSpec), sites, routes, sources.file
    )
    jobs = findings.attempt(
        working.placing, working.of_kind(spec, JobsSpec), sites, routes, sources.file
    )
    return None if services is None or jobs is None else (sites, routes, services, jobs)


def _axis(main: StudySpan, works: Mapping[str, JobsSpec], longest_h: float) -> TimeAxis:
    """Return the steps of the study: its window, and the drain in which the last jobs end."""
    if not works:
        return TimeAxis.regular(main.start_s, main.step_s, main.n)
    slack_h = max(work.slack for work in works.values())
    drain = math.ceil((slack_h + longest_h) * 3600 / main.step_s - 1e-9)
    return TimeAxis.regular(main.start_s, main.step_s, main.n + drain)


def _widest(spec: ScenarioSpec, grid: GridInput, sites: Sites, allowed: Bools) -> submitting.Widest:
    """Return how wide jobs may be: what a site's own supply gives needs no connection."""
    places = Places(len(grid.grid.buses), len(sites))
    own_mw = places.installed_mw(siting.with_direct(grid.grid, spec, 0))
    room_mw = sites.room_mw(sites.pue, own_mw)
    return submitting.Widest.of(sites.cluster_mw, np.where(allowed, room_mw, 0.0))


def _within(jobs: Jobs, axis: TimeAxis, sources: Sources) -> Jobs:
    """Return the jobs, all to end within the study.

    A trace may give jobs more time than their workload does: a policy that then left them undone
    would cost less than one that does them.
    """
    beyond = int((jobs.deadline_s > axis.end_s).sum())
    if not beyond:
        return jobs
    sources.note(f"{beyond} rows of jobs are due after the end of the study, and must end by it")
    return replace(jobs, deadline_s=np.minimum(jobs.deadline_s, axis.end_s))


def _assemble(
    spec: ScenarioSpec, main: StudySpan, grid: GridInput, sources: Sources, findings: _Findings
) -> Scenario | None:
    system = _system(spec, grid, sources, findings)
    job_works = working.of_kind(spec, JobsSpec)
    if system is None:
        return None
    sites, routes, service_place, job_place = system
    widest = _widest(spec, grid, sites, job_place.allowed)
    jobs = findings.attempt(submitting.submitted, job_works, main, spec.seed, widest, sources)
    if jobs is None:
        return None
    axis = _axis(main, job_works, jobs.longest_h)
    jobs = replace(jobs, main=_within(jobs.main, axis, sources))
    feeds = _feeds(spec, main, axis, grid, sources, findings)
    if feeds is None:
        return None
    whole = siting.with_direct(
        grid.grid, spec, len(feeds["available"].columns) - _direct_count(spec)
    )
    priced = findings.attempt(tariffs, spec, sources.file, sources.option_path)
    if priced is None:
        return None
    text = resolved(spec)
    inputs = dict(sorted(sources.hashes.items()))
    result = Scenario(
        name=spec.name,
        currency=spec.currency,
        zone=spec.time.zone,
        seed=spec.seed,
        axis=axis,
        n_main=main.n,
        grid=whole,
        network=spec.grid.network,
        sites=sites,
        routes=routes,
        services=working.services(working.of_kind(spec, ServiceSpec), service_place),
        classes=working.classes(job_works, job_place),
        jobs=jobs.main,
        past_jobs=jobs.past,
        feeds=feeds,
        goal=_goal(spec),
        policy=_policy(spec),
        commitment=_commitment(spec),
        security=_security(spec),
        forecast=ForecastSpec(spec.forecast.name, spec.forecast.options),
        tariffs=priced,
        ac_check=spec.grid.ac_check,
        totals=siting.totals(spec),
        solver=_solver(spec),
        text=text,
        hash=_hash(text, inputs),
        inputs=inputs,
        notes=(*whole.notes, *sources.notes),
        warnings=tuple(sources.warnings),
    )
    found, remarks = checks.result_rules(result, sources.file)
    findings.issues += found
    return replace(result, notes=(*result.notes, *remarks))


def _goal(spec: ScenarioSpec) -> Goal:
    goal = spec.goal
    return Goal(
        view=goal.view,
        carbon_price=goal.carbon_price,
        unserved_load=goal.unserved_price.load,
        unserved_service=goal.unserved_price.service,
        unserved_jobs=goal.unserved_price.jobs,
        reserve_mw=goal.reserve,
    )


def _policy(spec: ScenarioSpec) -> PolicySpec:
    policy = spec.policy
    return PolicySpec(
        name=policy.name,
        replan_h=policy.replan,
        horizon_h=policy.horizon,
        storage_band_mw=policy.storage_band,
        options=policy.options,
        look_ahead=policy.look_ahead or (),
    )


def _commitment(spec: ScenarioSpec) -> Commitment:
    commitment = spec.commitment
    return Commitment(
        mode=commitment.mode,
        gap=commitment.gap,
        time_limit_s=commitment.time_limit,
        quick_start_h=commitment.quick_start,
    )


def _solver(spec: ScenarioSpec) -> SolverSpec:
    solver = spec.solver
    limit_s = math.inf if solver.time_limit is None else solver.time_limit
    return SolverSpec(method=solver.method, time_limit_s=limit_s, crossover=solver.crossover)


def _security(spec: ScenarioSpec) -> Security | None:
    outages = spec.grid.outages
    if spec.grid.security == "none":
        return None
    return Security(outages.kinds, outages.emergency_factor, outages.violation_price)


def _direct_count(spec: ScenarioSpec) -> int:
    return sum(len(site.direct) for site in spec.sites.values())


def _hash(text: str, inputs: dict[str, str]) -> str:
    return hashlib.sha256((text + json.dumps(inputs, sort_keys=True)).encode()).hexdigest()


def _feeds(
    spec: ScenarioSpec,
    main: StudySpan,
    axis: TimeAxis,
    grid: GridInput,
    sources: Sources,
    findings: _Findings,
) -> dict[str, Feed] | None:
    """Return all feeds with as much history as the sources cover (up to 28 days)."""
    for days in HISTORY_DAYS:
        first = days * 86400 // main.step_s
        longer = TimeAxis.regular(main.start_s - days * 86400, main.step_s, first + axis.n)
        try:
            feeds = _all_feeds(spec, longer, slice(first, first + main.n), grid, sources)
        except InputError as error:
            if days == 0:
                findings.issues += error.issues
            continue
        if days < HISTORY_DAYS[0]:
            sources.note(
                f"inputs cover {days} of the {HISTORY_DAYS[0]} days of history that forecasts "
                "can use"
            )
        return feeds
    return None


def _all_feeds(
    spec: ScenarioSpec, axis: TimeAxis, main: slice, grid: GridInput, sources: Sources
) -> dict[str, Feed]:
    feeds = dict(grid.feeds(axis))
    direct = siting.direct_feeds(spec, sources, axis)
    if direct:
        parts = [feeds["available"], *direct] if "available" in feeds else direct
        feeds["available"] = beside("available", "MW", axis, parts)
    services = working.service_feeds(working.of_kind(spec, ServiceSpec), sources, axis, main)
    feeds["service"] = beside("service", "MW", axis, services)
    pue = siting.pue_feeds(spec, sources, axis)
    if pue:
        feeds[PUE] = beside(PUE, "1", axis, pue)
    for name in ("load", "available", "inflow"):
        feeds.setdefault(name, beside(name, "MW", axis, []))
    for name, feed in feeds.items():
        if not np.all(np.isfinite(feed.actual)) or (
            feed.ahead is not None and not np.all(np.isfinite(feed.ahead))
        ):
            raise InputError(
                [Issue(sources.file, f"feed {name}", None, "holds a value that is not finite")]
            )
    return feeds
