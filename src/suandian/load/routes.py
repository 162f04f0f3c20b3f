"""`[routes]` → Routes: matrices over origins and sites, from a file, from rows or from distance."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from suandian.load.series import Sources
from suandian.load.series_file import numbers, rows_of
from suandian.load.spec import ScenarioSpec
from suandian.load.spec_work import DistanceSpec, RouteRow
from suandian.load.validate import suggest
from suandian.model.grid import Floats, Grid
from suandian.model.issues import InputError, Issue
from suandian.model.system import Routes, Sites

EARTH_KM = 6371.0088
_COLUMNS = ("origin", "site", "rtt_ms", "gbit_per_s", "price_per_gb")


def routes(spec: ScenarioSpec, grid: Grid, sites: Sites, sources: Sources) -> Routes:
    """Return routes from every origin (each site, then `[origins]`) to every site; no route has infinite RTT.

    Raises
    ------
    InputError
        A bad file, unknown or doubled places, buses without position.
    """
    origins = [*spec.sites, *(name for name in spec.origins if name not in spec.sites)]
    shape = (len(origins), len(sites))
    rtt, price, speed = np.full(shape, np.inf), np.zeros(shape), np.full(shape, np.inf)
    if spec.routes.distance is not None:
        rtt, price = _from_distance(spec.routes.distance, spec, grid, sites, sources.file)
    else:
        place, rows = "routes.list", list(spec.routes.list)
        if spec.routes.file is not None:
            place, rows = spec.routes.file, _from_file(sources.path(spec.routes.file, "routes.file"))
        issues = _fill(rows, origins, list(spec.sites), (rtt, price, speed), place)
        if issues:
            raise InputError(
                [Issue(i.file or sources.file, i.place, i.value, i.message, i.allowed, i.remedy) for i in issues]
            )
        if len(sites) > 1 and not rows:
            sources.note("no routes are given: all work stays at its origin")
    for i in range(len(sites)):
        if not np.isfinite(rtt[i, i]):
            rtt[i, i] = 0.0
        price[i, i] = 0.0
    return Routes(np.array(origins, dtype=np.str_), rtt, price, speed)


def great_circle_km(lat1: Floats, lon1: Floats, lat2: Floats, lon2: Floats) -> Floats:
    """Return great-circle distances [km] between points in degrees (haversine formula, mean Earth radius).

    Examples
    --------
    >>> round(float(great_circle_km(52.5, 13.4, 48.9, 2.35)))
    874
    """
    p1, p2, dl = np.radians(lat1), np.radians(lat2), np.radians(np.subtract(lon2, lon1))
    h = np.sin((p2 - p1) / 2) ** 2 + np.cos(p1) * np.cos(p2) * np.sin(dl / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0))))


def _from_distance(
    distance: DistanceSpec, spec: ScenarioSpec, grid: Grid, sites: Sites, file: str
) -> tuple[Floats, Floats]:
    position = {bus: i for i, bus in enumerate(grid.buses.id.tolist())}
    extra = [name for name in spec.origins if name not in spec.sites]
    bus = np.array([*sites.bus.tolist(), *(position[spec.origins[name].bus] for name in extra)], dtype=np.int64)
    lat, lon = grid.buses.lat[bus], grid.buses.lon[bus]
    bad = ~(np.isfinite(lat) & np.isfinite(lon))
    if bad.any():
        names = grid.buses.id[bus[bad]].tolist()
        remedy = "give lat and lon, or list the routes"
        raise InputError([Issue(file, "routes.distance", n, "this bus has no position", remedy=remedy) for n in names])
    to = slice(0, len(sites))
    km = great_circle_km(lat[:, None], lon[:, None], lat[None, to], lon[None, to])
    price = np.full(km.shape, distance.price_per_gb)
    return distance.base_ms + distance.ms_per_1000km * km / 1000.0, price


def _from_file(path: Path) -> list[tuple[str, RouteRow]]:
    header, *body = rows_of(path)
    issues: list[Issue] = []

    def add(place: str, value: object, message: str, allowed: str = "", remedy: str = "") -> None:
        issues.append(Issue(path.name, place, value, message, allowed, remedy))

    for name in header:
        if name not in _COLUMNS:
            add("row 1", name, "unknown column", ", ".join(_COLUMNS), suggest(name, _COLUMNS))
    for name in ("origin", "site", "rtt_ms"):
        if name not in header:
            add("row 1", name, "the column is missing", ", ".join(_COLUMNS), suggest(name, header))
    if issues:
        raise InputError(issues)
    body = [row for row in body if row]
    column = {name: [row[header.index(name)].strip() for row in body] for name in header}
    rtt = numbers(column["rtt_ms"], "rtt_ms", add)
    price = numbers(column.get("price_per_gb", ["0"] * len(body)), "price_per_gb", add)
    cells = column.get("gbit_per_s", [""] * len(body))
    speed = numbers([cell or "1e9" for cell in cells], "gbit_per_s", add)
    for name, values in (("rtt_ms", rtt), ("price_per_gb", price), ("gbit_per_s", speed)):
        for i in np.flatnonzero(values < 0).tolist():
            add(f"row {i + 2}, column {name}", float(values[i]), "is negative", "0 or more")
    rows = [
        (f"row {i + 2}", RouteRow(origin=column["origin"][i], site=column["site"][i], rtt_ms=float(rtt[i]),
                                  gbit_per_s=float(speed[i]) if cells[i] else None, price_per_gb=float(price[i])))
        for i in range(len(body))
    ]  # fmt: skip


def _fill(
    rows: list[RouteRow] | list[tuple[str, RouteRow]],
    origins: list[str],
    sites: list[str],
    into: tuple[Floats, Floats, Floats],
    where: str,
) -> list[Issue]:
    rtt, price, speed = into
    issues: list[Issue] = []
    seen: set[tuple[str, str]] = set()
    for i, item in enumerate(rows):
        listed = isinstance(item, RouteRow)
        row = item if isinstance(item, RouteRow) else item[1]
        file, place = ("", f"{where}[{i + 1}]") if listed else (where, item[0])  # type: ignore[index]
        for name, known, key in ((row.origin, origins, "origin"), (row.site, sites, "site")):
            if name not in known:
                issues.append(
                    Issue(file, f"{place}.{key}", name, f"no such {key}", ", ".join(known[:20]), suggest(name, known))
                )
        if (row.origin, row.site) in seen:
            issues.append(
                Issue(file, place, f"{row.origin} → {row.site}", "the route is given twice", "each route once")
            )
        if row.origin in origins and row.site in sites and (row.origin, row.site) not in seen:
            o, d = origins.index(row.origin), sites.index(row.site)
            rtt[o, d], price[o, d] = row.rtt_ms, row.price_per_gb
            speed[o, d] = np.inf if row.gbit_per_s is None else 1000.0 * row.gbit_per_s
        seen.add((row.origin, row.site))
    return issues
