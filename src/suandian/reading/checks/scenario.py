"""Rules over a valid (or partly saved) spec: one function per rule, each returns all its issues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from suandian.model.issues import InputError, Issue
from suandian.model.places import Places
from suandian.model.scenario import Scenario
from suandian.reading.checks import inline as checks_inline
from suandian.reading.checks.checked import Checked, Raw
from suandian.reading.checks.deciding import options, policy
from suandian.reading.checks.names import names, unknown
from suandian.reading.checks.sites import pue_models, ratios, site_sizes, tariffs
from suandian.reading.registry import plugins
from suandian.reading.spec.grid import SeriesFile
from suandian.reading.spec.scenario import INLINE, ScenarioSpec
from suandian.reading.spec.work import JobsSpec, ServiceSpec
from suandian.reading.text.local_time import zone_of
from suandian.reading.text.vary import expand


def rules(spec: ScenarioSpec, raw: Raw, file: str) -> list[Issue]:
    """Return the issues of every rule on the spec alone."""
    every: tuple[Callable[[Checked], list[Issue]], ...] = (
        tariffs,
        origins,
        residency,
        plugin_names,
        zones,
        one_of_each,
        latencies,
        site_sizes,
        ratios,
        pue_models,
        policy,
        options,
        vary,
        clashing_names,
        latency_without_routes,
    )
    issues = [issue for rule in every for issue in rule(Checked(spec, raw, file))]
    return issues + checks_inline.rules(spec, raw, file)


def blocks_grid(issues: list[Issue], spec: ScenarioSpec) -> bool:
    """Return whether issues make reading the grid pointless: about the plug-in, or in the tables
    that it reads.
    """
    tables = (*INLINE, "grid") if spec.grid.plugin == "inline" else ("grid",)
    return any(issue.place.split(".")[0] in tables for issue in issues)


def blocks_routes(issues: list[Issue]) -> bool:
    """Return whether issues stand in the way of building sites and routes."""
    ends = (".bus", ".origin")
    return any(issue.place.endswith(ends) or issue.place.startswith("routes") for issue in issues)


def origins(checked: Checked) -> list[Issue]:
    """A workload's origin is a site or one of `[origins]`."""
    known = [*names(checked.raw, "sites"), *names(checked.raw, "origins")]
    return [
        issue
        for name, work in checked.spec.workloads.items()
        for issue in unknown(
            work.origin, known, checked.file, f"workloads.{name}.origin", "site or origin"
        )
    ]


def residency(checked: Checked) -> list[Issue]:
    """A residency names jurisdictions that some site has."""
    known = sorted({site.jurisdiction for site in checked.spec.sites.values() if site.jurisdiction})
    return [
        issue
        for name, work in checked.spec.workloads.items()
        for law in work.residency
        for issue in unknown(
            law, known, checked.file, f"workloads.{name}.residency", "jurisdiction of a site"
        )
    ]


def plugin_names(checked: Checked) -> list[Issue]:
    """Every plug-in that is named exists."""
    asked = [
        ("grid", checked.spec.grid.plugin, "grid.plugin"),
        ("solver", checked.spec.solver.method, "solver.method"),
        ("policy", checked.spec.policy.name, "policy.name"),
        ("forecaster", checked.spec.forecast.name, "forecast.name"),
    ]
    for name, work in checked.spec.workloads.items():
        if isinstance(work, JobsSpec):
            asked.append(("trace", work.trace, f"workloads.{name}.trace"))
    for place, ref in series(checked.spec):
        if isinstance(ref, str) and ref != "constant":
            asked.append(("series", ref.partition(":")[0], place))
    issues = []
    for kind, name, place in asked:
        known = sorted(plugins(kind)) + (["constant"] if kind == "series" else [])
        found = unknown(name, known, checked.file, place, f"{kind} plug-in")
        # `series = "wind.csv"` is the commonest slip: say how a file is written, not which
        # plug-ins there are
        if found and name.lower().endswith(".csv"):
            found = [
                Issue(
                    checked.file,
                    place,
                    name,
                    "a file is written as a table",
                    f'{{ file = "{name}" }}',
                )
            ]
        issues += found
    return issues


def series(spec: ScenarioSpec) -> list[tuple[str, str | SeriesFile]]:
    """Return place and reference of every series in the scenario."""
    found: list[tuple[str, str | SeriesFile]] = []
    for name, site in spec.sites.items():
        if site.cluster.pue.series is not None:
            found.append((f"sites.{name}.cluster.pue.series", site.cluster.pue.series))
        found += [
            (f"sites.{name}.direct.{key}.series", direct.series)
            for key, direct in site.direct.items()
        ]
    for name, work in spec.workloads.items():
        if isinstance(work, ServiceSpec):
            found.append((f"workloads.{name}.power.shape", work.power.shape))
    for name, load in spec.loads.items():
        if load.series is not None:
            found.append((f"loads.{name}.series", load.series))
    for name, unit in spec.generators.items():
        if unit.series is not None:
            found.append((f"generators.{name}.series", unit.series))
    return found


def zones(checked: Checked) -> list[Issue]:
    """Site and series zones exist (the scenario's own is checked with the time axis)."""
    asked = [
        (f"sites.{name}.zone", site.zone)
        for name, site in checked.spec.sites.items()
        if site.zone != checked.spec.time.zone
    ]
    asked += [
        (f"{place}.zone", r.zone)
        for place, r in series(checked.spec)
        if isinstance(r, SeriesFile) and r.zone
    ]
    return [
        issue for place, zone in asked if zone for issue in zone_of(zone, checked.file, place)[1]
    ]


def one_of_each(checked: Checked) -> list[Issue]:
    """Alternatives are given exactly once: job energy, routes, loads."""
    issues = []

    def exactly(place: str, given: dict[str, bool], least: int = 1) -> None:
        count = sum(given.values())
        if not least <= count <= 1:
            what = "none is given" if not count else "more than one is given"
            issues.append(
                Issue(
                    checked.file,
                    place,
                    None,
                    what,
                    f"exactly one of {', '.join(given)}" if least else "one of them",
                )
            )

    tables = checked.raw.get("workloads")
    written: Mapping[str, Any] = tables if isinstance(tables, Mapping) else {}
    for name, work in checked.spec.workloads.items():
        if isinstance(work, JobsSpec):
            given = {k: getattr(work, k) is not None for k in ("mean", "energy", "power_per_core")}
            # one that was written and is unusable is reported as that
            unusable = any(key in written.get(name, {}) for key in given)
            if any(given.values()) or not unusable:
                exactly(f"workloads.{name}", given)
    routes = checked.spec.routes
    ways = {
        "file": routes.file is not None,
        "list": bool(routes.list),
        "distance": routes.distance is not None,
    }
    exactly("routes", ways, least=0)
    return issues


def latencies(checked: Checked) -> list[Issue]:
    """A latency limit says `rtt` or `one_way`."""
    return [
        Issue(
            checked.file,
            f"workloads.{name}.latency",
            None,
            "says neither or both of rtt and one_way",
            'rtt = "20 ms"',
        )
        for name, work in checked.spec.workloads.items()
        if isinstance(work, ServiceSpec)
        and work.latency is not None
        and (work.latency.rtt is None) == (work.latency.one_way is None)
    ]


def vary(checked: Checked) -> list[Issue]:
    """The experiment's keys and lists can be expanded."""
    try:
        expand(checked.spec.vary, checked.file)
    except InputError as error:
        return list(error.issues)
    return []


def clashing_names(checked: Checked) -> list[Issue]:
    """An origin has not the name of a site (an origin at a site is the site itself)."""
    message = "a site has this name: the site is an origin already"
    both = set(names(checked.raw, "sites")) & set(checked.spec.origins)
    return [
        Issue(checked.file, f"origins.{name}", None, message, remedy="remove or rename it")
        for name in sorted(both)
    ]


def latency_without_routes(checked: Checked) -> list[Issue]:
    """A workload whose origin is not a site needs routes."""
    routes = checked.spec.routes
    if routes.file or routes.list or routes.distance or "routes" in checked.raw:
        return []
    return [
        Issue(
            checked.file,
            f"workloads.{name}.origin",
            work.origin,
            "is not a site, and no routes are given",
            remedy="add [routes]",
        )
        for name, work in checked.spec.workloads.items()
        if work.origin in checked.spec.origins
    ]


def result_rules(scenario: Scenario, file: str) -> tuple[list[Issue], list[str]]:
    """Return issues and remarks that need the resolved arrays: jobs too wide, services too large,
    connections.
    """
    issues = []
    remarks = []
    sites = scenario.sites
    jobs = scenario.jobs
    classes = scenario.classes
    if len(jobs):
        # a single job, not its bundle: bundles are divisible, a job is not wider than its site
        widest = np.where(classes.allowed, sites.cluster_mw[None, :], 0.0).max(axis=1)
        # a width is rounded up by a Wh over the length, so that the last Wh is done in time
        least = jobs.width_mw * (1.0 - 1.0 / np.maximum(jobs.work_wh, 1)) / jobs.count
        wide = least > widest[jobs.kind] * (1 + 1e-9)
        for kind in np.unique(jobs.kind[wide]).tolist():
            rows = wide & (jobs.kind == kind)
            most = float((jobs.width_mw / jobs.count)[rows].max())
            message = f"{int(rows.sum())} bundles have jobs wider than any site they may run at"
            place = f"workloads.{classes.id[kind]}"
            issues.append(
                Issue(
                    file,
                    place,
                    f"{most:.6g} MW",
                    message,
                    f"{widest[kind]:.6g} MW or less",
                    "check mean and trace",
                )
            )
    own_mw = Places(len(scenario.grid.buses), len(sites)).installed_mw(scenario.grid)
    room = sites.room_mw(sites.pue, own_mw)
    feed = scenario.feeds["service"]
    if len(scenario.services):
        main = feed.rows(scenario.axis.window(0, scenario.n_main))
        # only sites that some service may use: room elsewhere is of no help
        reach = scenario.services.allowed.any(axis=0)
        most = float(feed.actual[main].sum(axis=1).max())
        # a necessary condition only: which service may go where is for the plan to find out
        space = float(room[reach].sum())
        if most > space * (1 + 1e-9):
            message = "all services together need more than their sites have"
            issues.append(
                Issue(
                    file,
                    "workloads",
                    f"{most:.6g} MW",
                    message,
                    f"{space:.6g} MW or less",
                    "check power.mean",
                )
            )
    for i in np.flatnonzero(sites.cluster_mw * sites.pue > sites.limit_mw * (1 + 1e-9)).tolist():
        need = sites.cluster_mw[i] * sites.pue[i]
        remarks.append(
            f"site {sites.id[i]}: full use needs {need:.6g} MW, the connection gives "
            f"{sites.limit_mw[i]:g} MW"
        )
    return issues, remarks
