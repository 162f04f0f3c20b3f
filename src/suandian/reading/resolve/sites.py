"""`[sites]` → Sites, and what stands behind their meters as generators and storage units of the
grid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Floats, Generators, Grid, StorageUnits, joined, table
from suandian.model.issues import InputError, Issue
from suandian.model.system import Sites
from suandian.model.time import TimeAxis
from suandian.model.totals import Totals
from suandian.reading.series.series import Sources, scaled
from suandian.reading.spec.scenario import ScenarioSpec
from suandian.reading.spec.site import HIGHEST_PUE, RatiosSpec, SiteSpec


def sites(spec: ScenarioSpec, bus: Mapping[str, int]) -> Sites:
    """Return the sites as columns; `bus` gives the position of each bus."""
    rows = list(spec.sites.items())

    def floats(values: list[float]) -> np.ndarray:
        return np.array(values, dtype=float)

    def names(values: list[str]) -> np.ndarray:
        return np.array(values, dtype=np.str_)

    cluster = floats([s.cluster.power for _, s in rows])
    return Sites(
        id=names([name for name, _ in rows]),
        bus=np.array([bus[s.bus] for _, s in rows], dtype=np.int64),
        party=names([s.party for _, s in rows]),
        jurisdiction=names([s.jurisdiction for _, s in rows]),
        zone=names([s.zone for _, s in rows]),
        currency=names([spec.currency] * len(rows)),
        tariff=names([s.connection.tariff for _, s in rows]),
        limit_mw=floats([s.connection.limit for _, s in rows]),
        export_mw=floats([s.connection.export for _, s in rows]),
        cluster_mw=cluster,
        idle_mw=cluster * floats([s.cluster.idle for _, s in rows]),
        pue=floats([s.cluster.pue.value for _, s in rows]),
    )


def totals(spec: ScenarioSpec) -> Totals | None:
    """Return the limits on sums over the study, None where there are none."""
    ratios = [site.ratios or RatiosSpec() for site in spec.sites.values()]

    def column(values: list[float | None]) -> Floats:
        return np.array([np.nan if value is None else value for value in values])

    made = Totals(
        column([r.self_use for r in ratios]),
        column([r.green_share for r in ratios]),
        column([r.export for r in ratios]),
        np.inf if spec.goal.carbon_cap is None else spec.goal.carbon_cap,
    )
    return made if len(made.sites) or np.isfinite(made.carbon_cap_t) else None


def with_direct(grid: Grid, spec: ScenarioSpec, first_feed: int) -> Grid:
    """Return the grid with the sites' own supply and batteries; their feed columns count from
    `first_feed`.
    """
    generators = grid.generators
    storage = grid.storage
    node = len(grid.buses)
    column = first_feed
    for position, (name, site) in enumerate(spec.sites.items()):
        for key, direct in site.direct.items():
            one = table(
                Generators,
                1,
                id=[f"{name}.{key}"],
                node=node + position,
                carrier=direct.carrier,
                p_max_mw=direct.capacity,
                segment_mw=[[direct.capacity]],
                segment_cost=[[direct.cost]],
                feed=column,
            )
            generators, column = joined(generators, one), column + 1
        if site.battery is not None:
            storage = joined(storage, _battery(name, site, node + position))
    return replace(grid, generators=generators, storage=storage)


def _battery(name: str, site: SiteSpec, node: int) -> StorageUnits:
    battery = site.battery
    assert battery is not None
    one_way = battery.efficiency**0.5
    return table(
        StorageUnits,
        1,
        id=[f"{name}.battery"],
        node=node,
        carrier="battery",
        charge_mw=battery.power,
        discharge_mw=battery.power,
        energy_mwh=battery.energy,
        charge_efficiency=one_way,
        discharge_efficiency=one_way,
        initial_mwh=battery.initial * battery.energy,
        wear_per_mwh=battery.wear,
    )


def pue_feeds(spec: ScenarioSpec, sources: Sources, axis: TimeAxis) -> list[Feed]:
    """Return the PUE [1] of each site that follows a series, a column named by the site.

    Raises
    ------
    InputError
        A series holds a value below 1 (a site never uses less than its computers) or above 10.
    """
    feeds, issues = [], []
    for name, site in spec.sites.items():
        asked = site.cluster.pue.series
        if asked is None:
            continue
        place = f"sites.{name}.cluster.pue.series"
        feed = scaled(sources.feed(asked, axis, place), 1.0, name, "1")
        known = np.concatenate([v for v in (feed.actual, feed.ahead) if v is not None])
        # the first of each: a column of percents would fill the screen
        for off, what in ((known < 1.0, "falls below 1"), (known > HIGHEST_PUE, "is no PUE")):
            if off.any():
                allowed = f"site power / IT power, 1 to {HIGHEST_PUE:g}"
                issues.append(
                    Issue(
                        sources.file,
                        place,
                        f"{known[off][0]:g}",
                        what,
                        allowed,
                    )
                )
        feeds.append(feed)
    if issues:
        raise InputError(issues)
    return feeds


def direct_feeds(spec: ScenarioSpec, sources: Sources, axis: TimeAxis) -> list[Feed]:
    """Return the availability [MW] of each supply behind a meter: its series / nameplate ×
    capacity.
    """
    feeds = []
    for name, site in spec.sites.items():
        for key, direct in site.direct.items():
            feed = sources.feed(direct.series, axis, f"sites.{name}.direct.{key}.series")
            nameplate = direct.nameplate or sources.nameplate(direct.series, feed)
            factor = direct.capacity / nameplate if nameplate > 0 else 0.0
            feeds.append(scaled(feed, factor, f"{name}.{key}", "MW"))
    return feeds
