"""A synthetic, seeded scenario of any size: regions with load, firm supply, wind, sun, storage, and
data centres.

Buses stand in a ring with chords; each has five firm units of rising cost with ramps, wind, sun and
a battery. Sites stand at random buses; three services and six classes of jobs may move between some
of them. Load, wind and sun have day-ahead values and actual ones that differ by a persistent error,
so forecasts are revised at each step.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.signal import lfilter

from suandian.model.feed import Feed
from suandian.model.grid import (
    Buses,
    Floats,
    Generators,
    Grid,
    Ints,
    Lines,
    Links,
    StorageUnits,
    joined,
    table,
)
from suandian.model.scenario import SPOT, Goal, PolicySpec, Scenario
from suandian.model.system import JobClasses, Jobs, Routes, Services, Sites
from suandian.model.time import TimeAxis

START_S = 1_577_836_800  # 2020-01-01
HISTORY_DAYS = 14
DRAIN_H = 36
CLASSES = 6
SERVICES = 3
# other load and IT power for each site
PEAK_MW = 100.0
CLUSTER_MW = 60.0
FUELS = (
    (20.0, 900.0),
    (35.0, 500.0),
    (45.0, 400.0),
    (60.0, 450.0),
    (80.0, 600.0),
)  # cost, kg per MWh
JOBS_PER_HOUR = 4
LENGTH_H = (0.3, 8.0)
SLACK_H = (2.0, 12.0, 24.0)


def regions(
    buses: int,
    sites: int,
    hours: int,
    step_s: int = 3600,
    seed: int = 0,
    classes: int = CLASSES,
    services: int = SERVICES,
) -> Scenario:
    """Return a scenario of `buses` regions and `sites` data centres over `hours` in steps of
    `step_s` seconds.

    Each of the `classes` of jobs and of the `services` has a home: with fewer classes, or more
    services, than sites, not all work fits where it is submitted.

    Examples
    --------
    >>> made = regions(3, 4, 24)
    >>> made.n_main, len(made.grid.lines), len(made.sites), len(made.classes), made.hash
    (24, 4, 4, 6, 'regions-3-4-24-3600-0')
    """
    rng = np.random.default_rng(seed)
    n = hours * 3600 // step_s
    past_s = HISTORY_DAYS * 86400
    axis = TimeAxis.regular(START_S, step_s, n + DRAIN_H * 3600 // step_s)
    longer = TimeAxis.regular(START_S - past_s, step_s, past_s // step_s + axis.n)
    peak = PEAK_MW * sites
    sun = np.arange(2 * buses) % 2 == 1
    # a wind and a solar unit at each bus: curtailment happens, but not all the time
    renewable_mw = peak * rng.uniform(0.1, 0.3, 2 * buses)
    grid = _grid(rng, buses, peak, renewable_mw)
    feeds = _feeds(
        rng, longer, rng.dirichlet(np.full(buses, 5.0)) * peak, renewable_mw, sun, services
    )
    names = np.array([f"d{i}" for i in range(sites)], dtype=np.str_)
    work = classes, JOBS_PER_HOUR, 0.5 * sites * CLUSTER_MW
    return Scenario(
        name="regions",
        currency="USD",
        zone="UTC",
        seed=seed,
        axis=axis,
        n_main=n,
        grid=grid,
        network="ptdf",
        sites=_sites(rng, names, buses),
        routes=_routes(names),
        services=_services(rng, services, sites),
        classes=_classes(rng, classes, sites),
        jobs=_jobs(rng, START_S, START_S + n * step_s, step_s, *work),
        past_jobs=_jobs(rng, START_S - past_s, START_S, step_s, *work),
        feeds=feeds,
        goal=Goal(carbon_price=40.0),
        policy=PolicySpec("joint"),
        hash=f"regions-{buses}-{sites}-{hours}-{step_s}-{seed}",
    )


def direct(scenario: Scenario, seed: int = 0) -> Scenario:
    """Return the scenario with supply of its own at each site: sun and wind, a battery, half its IT
    power of export.

    Examples
    --------
    >>> made = direct(regions(3, 4, 24))
    >>> made.sites.export_mw.tolist(), made.grid.storage.id.tolist()[-1]
    ([30.0, 30.0, 30.0, 30.0], 'd3.battery')
    """
    rng = np.random.default_rng((seed, 1))
    sites = len(scenario.sites)
    available = scenario.feeds["available"]
    size = rng.uniform(0.8, 1.6, (2, sites)) * 0.5 * CLUSTER_MW
    drawn = _feeds(
        rng, available.axis, np.zeros(0), size.ravel(), np.repeat([True, False], sites), 0
    )["available"]
    assert available.ahead is not None and drawn.ahead is not None
    feed = _feed(
        "available",
        available.axis,
        np.hstack([available.actual, drawn.actual]),
        np.hstack([available.ahead, drawn.ahead]),
    )
    grid = scenario.grid
    node = len(scenario.grid.buses) + np.arange(sites)
    own = table(
        Generators,
        2 * sites,
        id=[f"{d}.{kind}" for kind in ("sun", "wind") for d in scenario.sites.id],
        node=np.tile(node, 2),
        p_max_mw=size.ravel(),
        segment_mw=size.reshape(-1, 1),
        segment_cost=np.zeros((2 * sites, 1)),
        feed=available.actual.shape[1] + np.arange(2 * sites),
    )
    stores = table(
        StorageUnits,
        sites,
        id=[f"{d}.battery" for d in scenario.sites.id],
        node=node,
        charge_mw=0.2 * CLUSTER_MW,
        discharge_mw=0.2 * CLUSTER_MW,
        energy_mwh=0.4 * CLUSTER_MW,
        charge_efficiency=0.95,
        discharge_efficiency=0.95,
        initial_mwh=0.2 * CLUSTER_MW,
        wear_per_mwh=1.0,
    )
    return replace(
        scenario,
        sites=replace(scenario.sites, export_mw=np.full(sites, 0.5 * CLUSTER_MW)),
        grid=replace(
            grid, generators=joined(grid.generators, own), storage=joined(grid.storage, stores)
        ),
        feeds={**scenario.feeds, "available": feed},
        hash=f"{scenario.hash}-direct-{seed}",
    )


def _grid(rng: np.random.Generator, buses: int, peak: float, renewable_mw: Floats) -> Grid:
    # a ring with chords: several ways, so that angles matter
    ring = [(i, (i + 1) % buses) for i in range(buses if buses > 2 else buses - 1)]
    ends = np.array(ring + [(i, i + buses // 2) for i in range(buses // 2) if buses > 2]).reshape(
        -1, 2
    )
    firm = len(FUELS) * buses
    cost = np.tile([c for c, _ in FUELS], buses)
    # half as much again as the peak: load is served on windless evenings
    size = np.concatenate([1.5 * peak / firm * rng.uniform(0.6, 1.4, firm), renewable_mw])
    none = np.zeros(len(renewable_mw))
    return Grid(
        "regions",
        100.0,
        table(
            Buses,
            buses,
            id=[f"b{i}" for i in range(buses)],
            load_feed=np.arange(buses),
            load_share=1.0,
        ),
        table(
            Lines,
            len(ends),
            id=[f"l{i}" for i in range(len(ends))],
            from_bus=ends[:, 0],
            to_bus=ends[:, 1],
            rating_mw=peak * rng.uniform(0.1, 0.2, len(ends)),
            susceptance_mw=rng.uniform(500, 2000, len(ends)),
            x_pu=0.1,
        ),
        table(Links, 0),
        table(
            Generators,
            len(size),
            id=[f"g{i}" for i in range(len(size))],
            node=[*np.repeat(np.arange(buses), len(FUELS)), *np.repeat(np.arange(buses), 2)],
            p_max_mw=size,
            segment_mw=size[:, None],
            segment_cost=np.append(cost + rng.uniform(-4, 4, firm), none)[:, None],
            segment_kg_per_mwh=np.append(np.tile([k for _, k in FUELS], buses), none)[:, None],
            ramp_mw_per_h=np.append(0.5 * size[:firm], none + np.inf),
            feed=[*np.full(firm, -1), *range(len(renewable_mw))],
        ),
        table(
            StorageUnits,
            buses,
            id=[f"s{i}" for i in range(buses)],
            node=np.arange(buses),
            charge_mw=0.05 * peak,
            discharge_mw=0.05 * peak,
            energy_mwh=0.2 * peak,
            charge_efficiency=0.92,
            discharge_efficiency=0.92,
            initial_mwh=0.1 * peak,
            wear_per_mwh=1.0,
        ),
    )


def _feeds(
    rng: np.random.Generator,
    axis: TimeAxis,
    load_mw: Floats,
    supply_mw: Floats,
    sun: Ints,
    services: int,
) -> dict[str, Feed]:
    hour = (axis.edges_s[:-1] % 86400 / 3600.0)[:, None]

    def error(columns: int, size: float) -> Floats:
        """A persistent error of standard deviation `size` that halves in about three hours."""
        # errors persist for about four hours, whatever the step
        keep = 0.98 ** (float(axis.hours[0]) * 12)
        drawn = rng.standard_normal((axis.n, columns)) * np.sqrt(1 - keep**2)
        return size * np.asarray(
            lfilter(
                [1.0],
                [1.0, -keep],
                drawn,
                axis=0,
            )
        )

    load = (0.8 + 0.2 * np.sin((hour - 8) / 24 * 2 * np.pi)) * load_mw
    wind = np.clip(0.4 + error(len(supply_mw), 0.25), 0.0, 1.0)
    day = np.clip(np.sin((hour - 6) / 12 * np.pi), 0.0, 1.0) * (0.6 + 0.4 * wind)
    supply = np.where(sun, day, wind) * supply_mw
    service = 20.0 * (0.8 + 0.3 * np.sin((hour - 10 + np.arange(services)) / 24 * 2 * np.pi))
    return {
        "load": _feed("load", axis, load * (1 + error(len(load_mw), 0.03)), load),
        "available": _feed(
            "available",
            axis,
            np.clip(supply * (1 + error(len(supply_mw), 0.15)), 0.0, supply_mw),
            supply,
        ),
        "inflow": _feed("inflow", axis, np.zeros((axis.n, 0)), None),
        "service": _feed("service", axis, service, None),
    }


def _feed(name: str, axis: TimeAxis, actual: Floats, ahead: Floats | None) -> Feed:
    columns = np.array([f"{name}{i}" for i in range(actual.shape[1])], dtype=np.str_)
    # known times matter: a plan at 11:00 must not see what comes at noon
    published = axis.edges_s[:-1] // 86400 * 86400 - 43200  # at noon of the day before
    return Feed(
        name,
        "MW",
        columns,
        axis,
        actual,
        axis.edges_s[1:],
        ahead,
        None if ahead is None else published,
    )


def _sites(rng: np.random.Generator, names: np.ndarray, buses: int) -> Sites:
    n = len(names)
    one = np.ones(len(names))
    limit = 1.4 * CLUSTER_MW * one
    pue = 1.1 + 0.3 * rng.random(n)
    bus = rng.integers(0, buses, n)
    return Sites(
        id=names,
        bus=bus,
        party=names,
        jurisdiction=names,
        zone=names,
        currency=names,
        tariff=np.full(len(names), SPOT),
        limit_mw=limit,
        export_mw=0 * one,
        cluster_mw=CLUSTER_MW * one,
        idle_mw=one,
        pue=pue,
    )


def _routes(names: np.ndarray) -> Routes:
    shape = (len(names), len(names))
    return Routes(
        names,
        np.full(shape, 5.0),
        np.full(shape, 0.02),
        np.full(shape, np.inf),
    )


def _services(rng: np.random.Generator, services: int, sites: int) -> Services:
    home = np.arange(services) % sites
    # home is always allowed: every service can be served somewhere
    allowed = (rng.random((services, sites)) < 0.6) | (np.arange(sites) == home[:, None])
    names = np.array([f"k{i}" for i in range(services)], dtype=np.str_)
    move = np.where(np.arange(sites) == home[:, None], 0.0, 1.0)
    return Services(
        names,
        home,
        home,
        np.arange(services),
        allowed,
        move,
        np.full(services, 20.0),
    )


def _classes(rng: np.random.Generator, classes: int, sites: int) -> JobClasses:
    home = np.arange(classes) % sites
    allowed = (rng.random((classes, sites)) < 0.7) | (np.arange(sites) == home[:, None])
    names = np.array([f"c{i}" for i in range(classes)], dtype=np.str_)
    one = np.ones(classes)
    move = np.where(np.arange(sites) == home[:, None], 0.0, 2.0)
    return JobClasses(
        names,
        home,
        home,
        allowed,
        100.0 * one,
        move,
        one / 12.0,
        one > 0,
        one < 0,
    )


def _jobs(
    rng: np.random.Generator,
    start_s: int,
    end_s: int,
    step_s: int,
    classes: int,
    per_hour: int,
    mean_mw: float,
) -> Jobs:
    """Jobs submitted evenly in [start, end) that need `mean_mw` of IT power on average."""
    count = (end_s - start_s) // 3600 * per_hour
    submit = np.sort(rng.integers(start_s, end_s, count))
    kind = rng.integers(0, classes, count)
    length_h = rng.uniform(*LENGTH_H, count)
    # the mean power of all jobs together is what was asked for
    width = rng.uniform(0.5, 1.5, count) * mean_mw / per_hour / np.mean(LENGTH_H)
    release = -(-submit // step_s) * step_s
    due = submit + np.rint((length_h + rng.choice(SLACK_H, count)) * 3600).astype(np.int64)
    # every job can be in time if it starts at once
    soonest = release + np.ceil(length_h * 3600 / step_s).astype(np.int64) * step_s
    return Jobs(
        np.array([f"j{i}" for i in range(count)], dtype=np.str_),
        kind,
        np.ones(count, np.int64),
        submit,
        due,
        release,
        np.maximum(due // step_s * step_s, soonest),
        np.rint(length_h * width * 1e6).astype(np.int64),
        width,
    )
