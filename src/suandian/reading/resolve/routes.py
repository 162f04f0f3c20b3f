"""`[routes]` → Routes: matrices over origins and sites, from a file, from rows or from distance."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from suandian.model.grid import Floats, Grid
from suandian.model.issues import InputError, Issue
from suandian.model.system import Routes, Sites
from suandian.reading.series.series import Sources
from suandian.reading.series.series_file import numbers, rows_of
from suandian.reading.spec.scenario import ScenarioSpec
from suandian.reading.spec.work import DistanceSpec
from suandian.reading.text.suggest import suggest

EARTH_KM = 6371.0088
_COLUMNS = ("origin", "site", "rtt_ms", "gbit_per_s", "price_per_gb")


def routes(spec: ScenarioSpec, grid: Grid, sites: Sites, sources: Sources) -> Routes:
    """Return routes from every origin (each site, then `[origins]`) to every site; no route has
    infinite RTT.

    Raises
    ------
    InputError
        A bad file, unknown or doubled places, buses without position.
    """
    origins = [*spec.sites, *(name for name in spec.origins if name not in spec.sites)]
    shape = (len(origins), len(sites))
    rtt = np.full(shape, np.inf)
    price = np.zeros(shape)
    speed = np.full(shape, np.inf)
    if spec.routes.distance is not None:
        rtt, price = _from_distance(spec.routes.distance, spec, grid, sites, sources.file)
    else:
        rows, issues = _rows(spec, sources)
        issues += _fill(rows, origins, list(spec.sites), (rtt, price, speed))
        if issues:
            raise InputError(issues)
        if len(sites) > 1 and not rows:
            sources.note("no routes are given: all work stays at its origin")
    for i in range(len(sites)):
        # what stays at its site crosses no network and pays nothing for it
        if not np.isfinite(rtt[i, i]):
            rtt[i, i] = 0.0
        price[i, i] = 0.0
    return Routes(np.array(origins, dtype=np.str_), rtt, price, speed)


def great_circle_km(lat1: Floats, lon1: Floats, lat2: Floats, lon2: Floats) -> Floats:
    """Return great-circle distances [km] between points in degrees (haversine formula, mean Earth
    radius).

    Examples
    --------
    >>> round(float(great_circle_km(52.5, 13.4, 48.9, 2.35)))
    874
    """
    p1 = np.radians(lat1)
    p2 = np.radians(lat2)
    dl = np.radians(np.subtract(lon2, lon1))
    # haversine: well-conditioned for the short distances where the law of cosines loses its digits
    h = np.sin((p2 - p1) / 2) ** 2 + np.cos(p1) * np.cos(p2) * np.sin(dl / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0))))


def _from_distance(
    distance: DistanceSpec, spec: ScenarioSpec, grid: Grid, sites: Sites, file: str
) -> tuple[Floats, Floats]:
    position = {bus: i for i, bus in enumerate(grid.buses.id.tolist())}
    # an origin named like a site is that site (clashing names are an issue elsewhere)
    extra = [name for name in spec.origins if name not in spec.sites]
    bus = np.array(
        [*sites.bus.tolist(), *(position[spec.origins[name].bus] for name in extra)], dtype=np.int64
    )
    lat = grid.buses.lat[bus]
    lon = grid.buses.lon[bus]
    bad = ~(np.isfinite(lat) & np.isfinite(lon))
    if bad.any():
        names = grid.buses.id[bus[bad]].tolist()
        remedy = "give lat and lon, or list the routes"
        raise InputError(
            [
                Issue(file, "routes.distance", n, "this bus has no position", remedy=remedy)
                for n in names
            ]
        )
    to = slice(0, len(sites))
    km = great_circle_km(
        lat[:, None],
        lon[:, None],
        lat[None, to],
        lon[None, to],
    )
    price = np.full(km.shape, distance.price_per_gb)
    return distance.base_ms + distance.ms_per_1000km * km / 1000.0, price


class _Row(NamedTuple):
    """A route and where it was written; `cell` makes the place of one of its values."""

    file: str
    place: str
    cell: str
    origin: str
    site: str
    rtt_ms: float
    mbit_per_s: float
    price_per_gb: float


def _rows(spec: ScenarioSpec, sources: Sources) -> tuple[list[_Row], list[Issue]]:
    if spec.routes.file is not None:
        return _from_file(sources.path(spec.routes.file, "routes.file"))
    rows = []
    for i, row in enumerate(spec.routes.list):
        place = f"routes.list[{i + 1}]"
        # no bandwidth written: not limited
        speed = np.inf if row.gbit_per_s is None else 1000 * row.gbit_per_s
        rows.append(
            _Row(
                sources.file,
                place,
                f"{place}.{{}}",
                row.origin,
                row.site,
                row.rtt_ms,
                speed,
                row.price_per_gb,
            )
        )
    return rows, []


def _from_file(path: Path) -> tuple[list[_Row], list[Issue]]:
    header, *body = rows_of(path)
    issues: list[Issue] = []

    def add(place: str, value: object, message: str, allowed: str = "", remedy: str = "") -> None:
        issues.append(Issue(path.name, place, value, message, allowed, remedy))

    for name in header:
        if name not in _COLUMNS:
            add(
                "row 1",
                name,
                "unknown column",
                ", ".join(_COLUMNS),
                suggest(name, _COLUMNS),
            )
    for name in ("origin", "site", "rtt_ms"):
        if name not in header:
            add(
                "row 1",
                name,
                "the column is missing",
                ", ".join(_COLUMNS),
                suggest(name, header),
            )
    if issues:
        raise InputError(issues)
    column = {name: [row[header.index(name)].strip() for row in body] for name in header}
    rtt = numbers(column["rtt_ms"], "rtt_ms", add)
    price = numbers(column.get("price_per_gb", ["0"] * len(body)), "price_per_gb", add)
    cells = column.get("gbit_per_s", [""] * len(body))
    speed = np.where(
        [not cell for cell in cells],
        np.inf,
        # an empty cell means "not limited": any number stands in until np.where replaces it
        numbers([cell or "1" for cell in cells], "gbit_per_s", add),
    )
    for name, values in (("rtt_ms", rtt), ("price_per_gb", price), ("gbit_per_s", speed)):
        for i in np.flatnonzero(values < 0).tolist():
            add(f"row {i + 2}, column {name}", float(values[i]), "is negative", "0 or more")
    ends = zip(
        column["origin"],
        column["site"],
        rtt,
        1000 * speed,
        price,
        strict=True,
    )
    rows = [
        _Row(path.name, f"row {i}", f"row {i}, column {{}}", *row)
        for i, row in enumerate(ends, start=2)
    ]
    return rows, issues


def _fill(
    rows: list[_Row], origins: list[str], sites: list[str], into: tuple[Floats, Floats, Floats]
) -> list[Issue]:
    """Write rows into the matrices RTT, price and speed; return unknown places and
    doubled routes.
    """
    issues: list[Issue] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        for name, known, key in ((row.origin, origins, "origin"), (row.site, sites, "site")):
            if name not in known:
                allowed = ", ".join(known[:20])
                place = row.cell.format(key)
                issues.append(
                    Issue(row.file, place, name, f"no such {key}", allowed, suggest(name, known))
                )
        ends = (row.origin, row.site)
        if ends in seen:
            shown = f"{row.origin} → {row.site}"
            issues.append(
                Issue(row.file, row.place, shown, "the route is given twice", "each route once")
            )
        elif row.origin in origins and row.site in sites:
            at = origins.index(row.origin), sites.index(row.site)
            for matrix, value in zip(
                into, (row.rtt_ms, row.price_per_gb, row.mbit_per_s), strict=True
            ):
                matrix[at] = value
        seen.add(ends)
    return issues
