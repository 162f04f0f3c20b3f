"""`[workloads]` → services with their feed, job classes, and where each may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Bools, Floats, Ints
from suandian.model.issues import InputError, Issue
from suandian.model.system import JobClasses, Routes, Services, Sites
from suandian.model.time import TimeAxis
from suandian.reading.series.series import Sources, scaled
from suandian.reading.spec.scenario import ScenarioSpec
from suandian.reading.spec.work import JobsSpec, ServiceSpec

Work = TypeVar("Work", ServiceSpec, JobsSpec)


@dataclass(frozen=True, eq=False)
class Placing:
    """Where a list of workloads may go: origin, home, allowed sites and cost of moving, one row per
    workload.
    """

    origin: Ints
    home: Ints
    allowed: Bools
    move_per_mwh: Floats
    limit_ms: Floats


def of_kind(spec: ScenarioSpec, kind: type[Work]) -> dict[str, Work]:
    """Return the workloads of one kind by name, in the order of the file."""
    return {name: work for name, work in spec.workloads.items() if isinstance(work, kind)}


def placing(works: Mapping[str, Work], sites: Sites, routes: Routes, file: str) -> Placing:
    """Return where each workload may go.

    Home is the site at the origin where that is allowed, else the allowed site with the least RTT.

    Raises
    ------
    InputError
        A workload has no allowed site.
    """
    origins = {name: i for i, name in enumerate(routes.origin.tolist())}
    works = {
        name: work for name, work in works.items() if work.origin in origins
    }  # others are reported already
    n = len(works)
    issues = []
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
        issues.append(
            _no_site(
                list(works.items())[row],
                lawful[row],
                rtt[row],
                file,
            )
        )
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


def _no_site(
    item: tuple[str, ServiceSpec | JobsSpec], lawful: Bools, rtt: Floats, file: str
) -> Issue:
    name, work = item
    if not lawful.any():
        remedy = "add a site there, or widen residency"
        return Issue(
            file,
            f"workloads.{name}.residency",
            list(work.residency),
            "no site lies in these",
            remedy=remedy,
        )
    best = float(rtt[lawful].min())
    if np.isfinite(best):
        message = f"no allowed site is near enough: the nearest has {best:.3g} ms"
        return Issue(
            file,
            f"workloads.{name}.latency",
            f"{rtt_limit(work):g} ms",
            message,
            f"{best:.3g} ms or more",
        )
    message = f"no route leads from {work.origin} to an allowed site"
    return Issue(file, f"workloads.{name}.origin", work.origin, message, remedy="add a route")


def services(works: Mapping[str, ServiceSpec], place: Placing) -> Services:
    """Return the services as columns; service i is column i of the feed `service`."""
    return Services(
        id=np.array(list(works), dtype=np.str_),
        origin=place.origin,
        home=place.home,
        feed=np.arange(len(works), dtype=np.int64),
        allowed=place.allowed,
        move_per_mwh=place.move_per_mwh,
        rtt_limit_ms=place.limit_ms,
    )


def service_feeds(
    works: Mapping[str, ServiceSpec], sources: Sources, axis: TimeAxis, main: slice
) -> list[Feed]:
    """Return IT power [MW] of each service: shape × mean / (mean of the shape over the main
    window).
    """
    feeds = []
    issues = []
    for name, work in works.items():
        place = f"workloads.{name}.power.shape"
        feed = sources.feed(work.power.shape, axis, place)
        mean = float(feed.actual[main].mean())
        if feed.actual.min() < 0 or mean <= 0:
            issues.append(
                Issue(
                    sources.file, place, float(feed.actual.min()), "a service has no negative load"
                )
            )
            continue
        feeds.append(scaled(feed, work.power.mean / mean, name, "MW"))
        shown = work.power.shape if isinstance(work.power.shape, str) else work.power.shape.file
        sources.note(
            f"{name}: shape {shown}, scaled to a mean of {work.power.mean:g} MW of IT power"
        )
    if issues:
        raise InputError(issues)
    return feeds


def classes(works: Mapping[str, JobsSpec], place: Placing) -> JobClasses:
    """Return the classes of jobs as columns."""
    return JobClasses(
        id=np.array(list(works), dtype=np.str_),
        origin=place.origin,
        home=place.home,
        allowed=place.allowed,
        gb_per_mwh=np.array([w.data for w in works.values()], dtype=float),
        move_per_mwh=place.move_per_mwh,
        overhead_h=np.array([w.suspend.overhead for w in works.values()], dtype=float),
        suspendable=np.array([w.suspend.allowed for w in works.values()], dtype=bool),
        whole=np.array([w.whole for w in works.values()], dtype=bool),
    )
