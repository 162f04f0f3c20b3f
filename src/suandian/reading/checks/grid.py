"""Rules over the grid that was read: buses of sites, islands, numbers that no solver can hold
together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from suandian.model.grid import Grid, Ints, emergency_mw
from suandian.model.issues import Issue
from suandian.reading.spec.scenario import ScenarioSpec
from suandian.reading.text.suggest import suggest

Raw = Mapping[str, Any]
LARGEST_SPAN = 1e12


def rules(grid: Grid, spec: ScenarioSpec, raw: Raw, file: str) -> list[Issue]:
    """Return the issues of every rule on the grid."""
    return [
        *site_buses(grid, spec, file),
        *islands(grid, spec, file),
        *spans(grid, raw, file),
        *doubled(grid, file),
        *secure_sites(grid, spec, file),
    ]


def site_buses(grid: Grid, spec: ScenarioSpec, file: str) -> list[Issue]:
    """Sites and origins stand at buses of the grid."""
    known = grid.buses.id.tolist()
    asked = [(f"sites.{n}.bus", s.bus) for n, s in spec.sites.items()]
    asked += [(f"origins.{n}.bus", o.bus) for n, o in spec.origins.items()]
    allowed = ", ".join(known[:8]) + (f", … ({len(known)} buses)" if len(known) > 8 else "")
    names = set(known)
    return [
        Issue(file, place, bus, "no such bus", allowed, suggest(bus, known))
        for place, bus in asked
        if bus not in names
    ]


def secure_sites(grid: Grid, spec: ScenarioSpec, file: str) -> list[Issue]:
    """With N-1, a site's connection is no more than its bus's lines and links carry after the loss
    of the largest one.

    Supply at the bus does not count: it may be what is lost, or not run.
    """
    if spec.grid.security == "none":
        return []
    if spec.grid.network not in ("dc", "ptdf"):
        return [
            Issue(
                file,
                "grid.security",
                "n-1",
                f"does not go with network = {spec.grid.network!r}",
                "dc or ptdf",
            )
        ]
    bus = {name: i for i, name in enumerate(grid.buses.id.tolist())}
    lines = grid.lines
    links = grid.links
    carried = np.concatenate(
        [emergency_mw(grid, spec.grid.outages.emergency_factor), links.capacity_mw]
    )
    ends = np.concatenate([[lines.from_bus, lines.to_bus], [links.from_bus, links.to_bus]], axis=1)
    issues = []
    for name, site in spec.sites.items():
        # sorted, the largest is last: it is the one whose loss leaves least
        mine = np.sort(carried[(ends == bus.get(site.bus, -1)).any(axis=0)])
        left = float(mine[:-1].sum())
        if site.bus in bus and site.connection.limit > left * (1 + 1e-9):
            message = (
                f"bus {site.bus} has {len(mine)} line(s) of {mine.sum():.6g} MW in an emergency; "
                "after the loss of the "
                f"largest, {left:.6g} MW are left: N-1 is not feasible at this connection"
            )
            remedy = f'a limit of "{left:.6g} MW" or less, another bus, or security = "none"'
            place = f"sites.{name}.connection.limit"
            issues.append(
                Issue(
                    file, place, f"{site.connection.limit:g} MW", message, f"{left:.6g} MW", remedy
                )
            )
    return issues


def component(grid: Grid) -> Ints:
    """Return for each bus the smallest position of a bus that it is connected to by lines and
    links.
    """
    label = np.arange(len(grid.buses), dtype=np.int64)
    start = np.concatenate([grid.lines.from_bus, grid.links.from_bus])
    end = np.concatenate([grid.lines.to_bus, grid.links.to_bus])
    while len(start):
        low = np.minimum(label[start], label[end])
        fresh = label.copy()
        np.minimum.at(fresh, start, low)
        np.minimum.at(fresh, end, low)
        # pointer jumping: a label is itself a bus with a label, so distances halve each round
        fresh = fresh[fresh]
        if np.array_equal(fresh, label):
            break
        label = fresh
    return label


def islands(grid: Grid, spec: ScenarioSpec, file: str) -> list[Issue]:
    """What consumes is connected to some supply (copper plate connects everything)."""
    n = len(grid.buses)
    label = np.zeros(n, dtype=np.int64) if spec.grid.network == "copper" else component(grid)
    supply = np.concatenate([grid.generators.node, grid.storage.node])
    fed = np.zeros(n, dtype=bool)
    # supply behind a site's meter feeds its site, not the island
    fed[label[supply[supply < n]]] = True
    bus = {name: i for i, name in enumerate(grid.buses.id.tolist())}
    thirsty = np.flatnonzero((grid.buses.load_mw > 0) | (grid.buses.load_feed >= 0)).tolist()
    needy = {(i, f"buses.{grid.buses.id[i]}") for i in thirsty}
    # a site with supply of its own can live on an island: whether it suffices is a question for the
    # plan
    needy |= {
        (bus[s.bus], f"sites.{name}.bus")
        for name, s in spec.sites.items()
        if s.bus in bus and not s.direct
    }
    return [
        Issue(
            file,
            place,
            str(grid.buses.id[i]),
            "lies on an island without any supply",
            "a line to some generator",
        )
        for i, place in sorted(needy, key=lambda item: item[1])
        if not fed[label[i]]
    ]


def spans(grid: Grid, raw: Raw, file: str) -> list[Issue]:
    """Coefficients of one kind do not span 1e12 or more."""
    issues = []
    inline = "lines" in raw
    columns = {
        "lines: susceptance": grid.lines.susceptance_mw,
        "lines: rating": grid.lines.rating_mw,
        "generators: cost": grid.generators.segment_cost[grid.generators.segment_mw > 0],
        "generators: power": grid.generators.p_max_mw,
        "storage: energy": grid.storage.energy_mwh,
    }
    for name, values in columns.items():
        # zero means absent and infinity "no limit": neither reaches the solver as a coefficient
        sizes = np.abs(values[np.isfinite(values) & (values != 0)])
        if len(sizes) and sizes.max() / sizes.min() >= LARGEST_SPAN:
            shown = f"{sizes.min():g} to {sizes.max():g}"
            place = name if inline else f"grid, {name}"
            issues.append(
                Issue(
                    file, place, shown, "values span 1e12 or more", "below 1e12", "check the units"
                )
            )
    return issues


def doubled(grid: Grid, file: str) -> list[Issue]:
    """Ids are used once per kind."""
    issues = []
    for kind in ("buses", "lines", "links", "generators", "storage"):
        names, counts = np.unique(getattr(grid, kind).id, return_counts=True)
        issues += [
            Issue(file, f"grid {kind}", str(name), "the id is used twice", "each id once")
            for name in names[counts > 1]
        ]
    return issues
