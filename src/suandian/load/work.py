"""`[workloads]` → services with their feed, job classes, and jobs whose energy is exact to the Wh."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from suandian.load.axis import Window
from suandian.load.series import Sources, scaled
from suandian.load.spec import ScenarioSpec
from suandian.load.spec_work import JobsSpec, ServiceSpec
from suandian.model.feed import Feed
from suandian.model.grid import Bools, Floats, Ints
from suandian.model.issues import InputError, Issue
from suandian.model.ports import Trace
from suandian.model.system import JobClasses, Jobs, Routes, Services, Sites
from suandian.model.time import TimeAxis

PAST_DAYS = 21


@dataclass(frozen=True, eq=False)
class Placing:
    """Where a list of workloads may go: origin, home, allowed sites and cost of moving, one row per workload."""

    origin: Ints
    home: Ints
    allowed: Bools
    move_per_mwh: Floats
    limit_ms: Floats


def of_kind(spec: ScenarioSpec, kind: type) -> dict[str, ServiceSpec | JobsSpec]:
    """Return the workloads of one kind by name, in the order of the file."""
    return {name: work for name, work in spec.workloads.items() if isinstance(work, kind)}


def placing(works: Mapping[str, ServiceSpec | JobsSpec], sites: Sites, routes: Routes, file: str) -> Placing:
    """Return where each workload may go.

    Home is the site at the origin where that is allowed, else the allowed site with the least RTT.

    Raises
    ------
    InputError
        A workload has no allowed site.
    """
    origins = {name: i for i, name in enumerate(routes.origin.tolist())}
    works = {name: work for name, work in works.items() if work.origin in origins}  # others are reported already
    n, issues = len(works), []
    origin = np.array([origins[w.origin] for w in works.values()], dtype=np.int64)
    limit = np.array([rtt_limit(w) for w in works.values()], dtype=float)
    rtt = routes.rtt_ms[origin] if n else np.zeros((0, len(sites)))
    lawful = np.ones((n, len(sites)), dtype=bool)
    for row, work in enumerate(works.values()):
        if work.residency:
            lawful[row] = np.isin(sites.jurisdiction, work.residency)
    near = np.isfinite(rtt) & (rtt <= limit[:, None])
    allowed = lawful & near
    for row in np.flatnonzero(~allowed.any(axis=1)).tolist():
        issues.append(_no_site(list(works.items())[row], lawful[row], rtt[row], file))
    if issues:
        raise InputError(issues)
    home = np.argmin(np.where(allowed, rtt, np.inf), axis=1) if n else np.zeros(0, dtype=np.int64)
    local = routes.local_site(sites)[origin] if n else home
    at_origin = local >= 0
    at_origin[at_origin] = allowed[np.flatnonzero(at_origin), local[at_origin]]
    home = np.where(at_origin, local, home).astype(np.int64)
    gb = np.array([w.data for w in works.values()], dtype=float)
    price = routes.price_per_gb[origin] if n else np.zeros((0, len(sites)))
    return Placing(origin, home, allowed, gb[:, None] * price, limit)


def rtt_limit(work: ServiceSpec | JobsSpec) -> float:
    """Return the bound on the round-trip time [ms]; a one-way bound counts twice."""
    latency = work.latency if isinstance(work, ServiceSpec) else None
    if latency is None:
        return float("inf")
    return latency.rtt if latency.rtt is not None else 2.0 * (latency.one_way or 0.0)


def _no_site(item: tuple[str, ServiceSpec | JobsSpec], lawful: Bools, rtt: Floats, file: str) -> Issue:
    name, work = item
    if not lawful.any():
        remedy = "add a site there, or widen residency"
        return Issue(file, f"workloads.{name}.residency", list(work.residency), "no site lies in these", remedy=remedy)
    best = float(rtt[lawful].min())
    if np.isfinite(best):
        message = f"no allowed site is near enough: the nearest has {best:.3g} ms"
        return Issue(file, f"workloads.{name}.latency", f"{rtt_limit(work):g} ms", message, f"{best:.3g} ms or more")
    message = f"no route leads from {work.origin} to an allowed site"
    return Issue(file, f"workloads.{name}.origin", work.origin, message, remedy="add a route")


def services(works: Mapping[str, ServiceSpec], place: Placing) -> Services:
    """Return the services as columns; service i is column i of the feed `service`."""
    return Services(
        id=np.array(list(works), dtype=np.str_), origin=place.origin, home=place.home,
        feed=np.arange(len(works), dtype=np.int64), allowed=place.allowed, move_per_mwh=place.move_per_mwh,
        rtt_limit_ms=place.limit_ms,
    )  # fmt: skip


def service_feeds(works: Mapping[str, ServiceSpec], sources: Sources, axis: TimeAxis, main: slice) -> list[Feed]:
    """Return IT power [MW] of each service: shape × mean / (mean of the shape over the main window)."""
    feeds, issues = [], []
    for name, work in works.items():
        place = f"workloads.{name}.power.shape"
        feed = sources.feed(work.power.shape, axis, place)
        mean = float(feed.actual[main].mean())
        if feed.actual.min() < 0 or mean <= 0:
            issues.append(Issue(sources.file, place, float(feed.actual.min()), "a service has no negative load"))
            continue
        feeds.append(scaled(feed, work.power.mean / mean, name, "MW"))
    if issues:
        raise InputError(issues)
    return feeds


def classes(works: Mapping[str, JobsSpec], place: Placing) -> JobClasses:
    """Return the classes of jobs as columns."""
    return JobClasses(
        id=np.array(list(works), dtype=np.str_), origin=place.origin, home=place.home, allowed=place.allowed,
        gb_per_mwh=np.array([w.data for w in works.values()], dtype=float), move_per_mwh=place.move_per_mwh,
        overhead_h=np.array([w.suspend.overhead for w in works.values()], dtype=float),
        suspendable=np.array([w.suspend.allowed for w in works.values()], dtype=bool),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Submitted:
    """Jobs of the main window and of the weeks before."""

    main: Jobs
    past: Jobs
    longest_h: float


def submitted(works: Mapping[str, JobsSpec], window: Window, seed: int, sources: Sources) -> Submitted:
    """Return all jobs.

    Raises
    ------
    InputError
        With every finding of every trace.
    """
    main, past, issues, longest = [], [], [], 0.0
    for kind, (name, work) in enumerate(works.items()):
        try:
            trace, before = _traces(name, work, window, seed, sources)
        except InputError as error:
            issues += error.issues
            continue
        found = _trace_issues(trace, name, sources.file)
        if found:
            issues += found
            continue
        core_h = trace.cores * trace.length_h * trace.count
        watts = _watts_per_core(work, float(core_h.sum()), window.hours)
        total_wh = round((work.energy or (work.mean or 0.0) * window.hours) * 1e6)
        if work.power_per_core is not None:
            total_wh = round(watts * float(core_h.sum()))
        main.append(_jobs(name, kind, trace, watts, _exact(core_h * watts, total_wh), work.slack, window))
        past_wh = np.maximum(np.rint(before.cores * before.length_h * before.count * watts), 1).astype(np.int64)
        past.append(_jobs(f"{name}-past", kind, before, watts, past_wh, work.slack, window))
        longest = max(longest, float(trace.length_h.max(initial=0.0)))
        for line in trace.provenance:
            sources.note(f"{name}: {line}")
        sources.note(
            f"{name}: {len(trace.count)} bundles, {int(trace.count.sum())} jobs, {core_h.sum():.6g} core-hours, "
            f"scaled to {total_wh / 1e6:.6f} MWh of IT energy ({watts:.6g} W per core), seed {_seed(seed, name)}"
        )
    if issues:
        raise InputError(issues)
    return Submitted(_sorted(main), _sorted(past), longest)


def _seed(seed: int, name: str) -> int:
    """Return the seed of one workload: it does not depend on the other workloads or their order."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:4]) // 2


def _traces(name: str, work: JobsSpec, window: Window, seed: int, sources: Sources) -> tuple[Trace, Trace]:
    place = f"workloads.{name}"
    module = sources.plugin("traces", work.trace, f"{place}.trace")
    options = dict(work.trace_options)
    for key in ("path", "file"):
        if isinstance(options.get(key), str):
            options[key] = str(sources.path(options[key], f"{place}.trace_options.{key}"))
    trace: Trace = module.jobs(options, window.start_s, window.end_s, _seed(seed, name))  # type: ignore[attr-defined]
    start_s = window.start_s - PAST_DAYS * 86400
    try:
        before = module.jobs(options, start_s, window.start_s, _seed(seed, f"{name}:past"))  # type: ignore[attr-defined]
    except InputError:
        sources.note(f"{name}: the trace has no jobs before the start, arrivals cannot be forecast from it")
        before = Trace(*(np.zeros(0, dtype=t) for t in (np.int64, float, float, np.int64)))
    return trace, before


def _trace_issues(trace: Trace, name: str, file: str) -> list[Issue]:
    place = f"workloads.{name}.trace"
    if not len(trace.submit_s):
        return [
            Issue(file, place, None, "the trace has no jobs in the main window", "one job or more", "change [time]")
        ]
    issues = []
    for column, least in (("length_h", "above 0"), ("cores", "above 0"), ("count", "1 or more")):
        values = getattr(trace, column)
        bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
        if len(bad):
            shown = f"job {int(bad[0]) + 1}: {values[bad[0]]}"
            issues.append(Issue(file, place, shown, f"{len(bad)} jobs have an unusable {column}", least))
    return issues


def _watts_per_core(work: JobsSpec, core_h: float, hours: float) -> float:
    if work.power_per_core is not None:
        return work.power_per_core
    energy_mwh = work.energy if work.energy is not None else (work.mean or 0.0) * hours
    return energy_mwh * 1e6 / core_h


def _exact(wanted: Floats, total: int) -> Ints:
    """Return whole numbers near `wanted`, 1 or more, that add up to `total`: largest remainders, ties to the last rows.

    Examples
    --------
    >>> _exact(np.array([1.4, 2.4, 5.2]), 9).tolist()
    [1, 3, 5]
    """
    whole = np.maximum(np.floor(wanted), 1).astype(np.int64)
    left = total - int(whole.sum())
    if left < 0:
        whole[np.argmax(whole)] += left
        return whole
    order = np.argsort(wanted - whole, kind="stable")[::-1]
    whole += left // len(whole)
    whole[order[: left % len(whole)]] += 1
    return whole


def _jobs(name: str, kind: int, trace: Trace, watts: float, work_wh: Ints, slack_h: float, window: Window) -> Jobs:
    n = len(trace.count)
    step, start = window.step_s, window.start_s
    length_s = np.ceil(trace.length_h * 3600 - 1e-6).astype(np.int64)
    submit = trace.submit_s.astype(np.int64)
    due = submit + length_s + round(slack_h * 3600)
    release = start - (start - submit) // step * step
    steps = -(-length_s // step)
    width = np.maximum(trace.count * trace.cores * watts / 1e6, work_wh / 1e6 / trace.length_h)
    serial = np.char.zfill(np.arange(n).astype(np.str_), 6) if n else np.array([], dtype=np.str_)
    return Jobs(
        id=np.char.add(f"{name}-", serial), kind=np.full(n, kind, dtype=np.int64),
        count=trace.count.astype(np.int64), submit_s=submit, due_s=due, release_s=release,
        deadline_s=np.maximum(start + (due - start) // step * step, release + steps * step),
        work_wh=work_wh, width_mw=width,
    )  # fmt: skip


def _sorted(parts: list[Jobs]) -> Jobs:
    dtypes = {"id": np.str_, "width_mw": float}
    columns = {}
    for name in Jobs.__dataclass_fields__:
        empty = np.zeros(0, dtype=dtypes.get(name, np.int64))
        columns[name] = np.concatenate([getattr(part, name) for part in parts]) if parts else empty
    jobs = Jobs(**columns)
    return jobs.rows(np.lexsort((jobs.id, jobs.submit_s)))
