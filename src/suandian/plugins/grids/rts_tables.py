"""RTS-GMLC's tables of buses, branches and units as a Grid: read, checked, converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suandian.model.grid import (
    Buses,
    Generators,
    Grid,
    Ints,
    Lines,
    Links,
    StorageUnits,
    joined,
    table,
)
from suandian.model.issues import InputError, Issue

NAME = "rts-gmlc"
BASE_MVA = 100.0
KG_PER_LB = 0.45359237
MAX_SHOWN = 20

_FUELLED = {
    "Coal": "coal",
    "Gas CC": "gas cc",
    "Gas CT": "gas ct",
    "Oil CT": "oil ct",
    "Oil ST": "oil st",
    "Nuclear": "nuclear",
}
_VARIABLE = {"Hydro": "hydro", "Wind": "wind", "Solar PV": "pv", "Solar RTPV": "rooftop pv"}
_STORES = {"Storage": "battery", "CSP": "csp"}
_DROPPED = {"Sync_Cond"}

# where each table names buses
_BUSES = {
    "branch": ("From Bus", "To Bus"),
    "dc_branch": ("From Bus", "To Bus"),
    "gen": ("Bus ID",),
}

NOTES = (
    "RTS-GMLC: hydro and roof-top PV are must-run in the source; here they may be curtailed at "
    "zero cost, and that "
    "counts as curtailment",
    "RTS-GMLC: 212_CSP_1 is a store with solar inflow (200 MW, 1200 MWh, empty at first); its "
    "minimum output, start "
    "energy and inflow limit are ignored, and heat counts as electricity 1:1",
    "RTS-GMLC: 313_STORAGE_1 is one store of 50 MW and 150 MWh; the tail reservoir of the source "
    "is left out",
    "RTS-GMLC: real-time load is day-ahead load times a constant per area (0.920, 0.998, 0.994 "
    "as hourly means): a "
    "bias, not a forecast error as wind and sun have it",
    "RTS-GMLC: synchronous condensers and outage rates are left out; start costs (of cold "
    "starts: start heat at "
    "fuel price + non-fuel cost) and minimum up and down times count where commitment.mode is mip",
    "RTS-GMLC: increments of the nuclear unit above its minimum have no heat rate in the source; "
    "the average is used",
)

Columns = dict[str, NDArray[Any]]
_OUTPUT = tuple(f"Output_pct_{i}" for i in range(5))
_HEAT = ("HR_avg_0", *(f"HR_incr_{i}" for i in range(1, 5)))
_TEXT = {
    "bus": ("Bus ID", "Area"),
    "branch": ("UID", "From Bus", "To Bus"),
    "dc_branch": ("UID", "From Bus", "To Bus"),
    "gen": ("GEN UID", "Bus ID", "Category"),
    "storage": ("GEN UID", "position"),
}
_NUMBERS = {
    "bus": ("MW Load", "MW Shunt G", "lat", "lng", "MVAR Load", "MVAR Shunt B", "BaseKV"),
    "branch": ("R", "X", "Cont Rating", "STE Rating", "B", "Tr Ratio"),
    "dc_branch": ("MW Load",),
    "gen": (
        "PMax MW",
        "Ramp Rate MW/Min",
        "Fuel Price $/MMBTU",
        "VOM",
        "Emissions CO2 Lbs/MMBTU",
        "Pump Load MW",
        "Storage Roundtrip Efficiency",
        "V Setpoint p.u.",
        "QMax MVAR",
        "QMin MVAR",
        "Start Heat Cold MBTU",
        "Non Fuel Start Cost $",
        "Min Up Time Hr",
        "Min Down Time Hr",
    ),
    "storage": ("Max Volume GWh", "Initial Volume GWh"),
}


def _within(tables: dict[str, Columns], areas: Sequence[str]) -> dict[str, Columns]:
    """Return the rows of what stands in `areas` only."""
    bus = _rows(tables["bus"], np.isin(tables["bus"]["Area"], areas))
    kept = {"bus": bus, "storage": tables["storage"]}
    for name, ends in _BUSES.items():
        # a line that leaves the areas ends nowhere in them
        inside = np.all([np.isin(tables[name][end], bus["Bus ID"]) for end in ends], axis=0)
        kept[name] = _rows(tables[name], inside)
    return kept


def static_grid(folder: Path, areas: Sequence[str]) -> Grid:
    """Return the grid of some areas from the tables in `folder`.

    Raises
    ------
    InputError
        With every finding in the tables.
    """
    issues: list[Issue] = []
    tables = {name: _read(folder / f"{name}.csv", name, issues) for name in _TEXT}
    if not issues:
        _check(tables, issues)
    if issues:
        raise InputError(issues)
    tables = _within(tables, areas)
    position = {bus: i for i, bus in enumerate(tables["bus"]["Bus ID"].tolist())}
    gen = tables["gen"]
    kind = gen["Category"]
    fuelled = np.isin(kind, list(_FUELLED))
    variable = np.isin(kind, list(_VARIABLE))
    return Grid(
        name=NAME,
        base_mva=BASE_MVA,
        buses=_buses(tables["bus"]),
        lines=_lines(tables["branch"], position),
        links=_links(tables["dc_branch"], position),
        generators=joined(
            _fuelled(_rows(gen, fuelled), position), _variable(_rows(gen, variable), position)
        ),
        storage=_stores(_rows(gen, np.isin(kind, list(_STORES))), tables["storage"], position),
        notes=NOTES,
    )


def _read(path: Path, name: str, issues: list[Issue]) -> Columns:
    """Return the needed columns of a table; NA (allowed on heat-rate curves only) becomes NaN."""
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        issues.append(Issue(path.name, "file", None, f"cannot be read ({first_line(error)})"))
        return {}
    gaps = (*_OUTPUT, *_HEAT) if name == "gen" else ()
    wanted = (*_TEXT[name], *_NUMBERS[name], *gaps)
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        issues.extend(
            Issue(path.name, f"column {column}", None, "is missing") for column in missing
        )
        return {}
    found: Columns = {
        c: np.array(frame[c].fill_null("").to_list(), dtype=np.str_) for c in _TEXT[name]
    }
    for column in (*_NUMBERS[name], *gaps):
        text = frame[column].fill_null("").str.strip_chars()
        values = text.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
        bad = ~np.isfinite(values) & ~((text == "NA").to_numpy() & (column in gaps))
        issues += [
            Issue(
                path.name,
                f"row {i + 2}, column {column}",
                text[i],
                "is not a finite number",
                "a number",
            )
            for i in np.flatnonzero(bad)[:MAX_SHOWN].tolist()
        ]
        found[column] = values
    return found


def _check(tables: Mapping[str, Columns], issues: list[Issue]) -> None:
    """Add what is wrong inside and between tables."""
    add = _Adder(tables, issues)
    _check_references(tables, add)
    _check_branches(tables, add)
    _check_units(tables, add)


@dataclass(frozen=True)
class _Adder:
    """Adds an issue for each bad row of a column, up to a number that a person reads."""

    tables: Mapping[str, Columns]
    issues: list[Issue]

    def __call__(
        self, name: str, column: str, bad: NDArray[np.bool_], message: str, allowed: str = ""
    ) -> None:
        values = self.tables[name][column]
        for i in np.flatnonzero(bad)[:MAX_SHOWN].tolist():
            # row 1 of the file is the header
            place = f"row {i + 2}, column {column}"
            self.issues.append(Issue(f"{name}.csv", place, values[i], message, allowed))


def _check_references(tables: Mapping[str, Columns], add: _Adder) -> None:
    known = tables["bus"]["Bus ID"]
    for name, columns in _BUSES.items():
        for column in columns:
            lost = ~np.isin(tables[name][column], known)
            add(name, column, lost, "no such bus", "a Bus ID of bus.csv")
    for name, column in (("bus", "Bus ID"), ("gen", "GEN UID"), ("branch", "UID")):
        values = tables[name][column]
        first = np.unique(values, return_index=True)[1]
        again = ~np.isin(np.arange(len(values)), first)
        add(name, column, again, "occurs twice", "each id once")


def _check_branches(tables: Mapping[str, Columns], add: _Adder) -> None:
    branch = tables["branch"]
    add("branch", "X", branch["X"] <= 0, "reactance is not positive", "above 0")
    rating = branch["Cont Rating"]
    add("branch", "Cont Rating", rating <= 0, "rating is not positive", "above 0")


def _check_units(tables: Mapping[str, Columns], add: _Adder) -> None:
    gen = tables["gen"]
    category = gen["Category"]
    kinds = [*_FUELLED, *_VARIABLE, *_STORES, *_DROPPED]
    add("gen", "Category", ~np.isin(category, kinds), "unknown category", ", ".join(kinds))
    # fuel and cost are read off the curve: it must begin somewhere and never go back
    output = np.column_stack([gen[c] for c in _OUTPUT])
    falls = np.any(np.diff(output, axis=1) < 0, axis=1)
    unknown = np.isnan(output[:, 0]) | np.isnan(gen["HR_avg_0"])
    bad = np.isin(category, list(_FUELLED)) & (falls | unknown)
    add("gen", "Output_pct_0", bad, "heat-rate curve has no first point or falling outputs")
    # only head reservoirs have an energy of their own in the source
    heads = tables["storage"]["GEN UID"][tables["storage"]["position"] == "head"]
    headless = np.isin(category, list(_STORES)) & ~np.isin(gen["GEN UID"], heads)
    add("gen", "GEN UID", headless, "has no head reservoir", "a row of storage.csv")


def _rows(columns: Columns, mask: NDArray[np.bool_]) -> Columns:
    return {name: values[mask] for name, values in columns.items()}


def _at(buses: NDArray[np.str_], position: Mapping[str, int]) -> Ints:
    return np.array([position[bus] for bus in buses.tolist()], dtype=np.int64)


def _buses(bus: Columns) -> Buses:
    areas, feed = np.unique(bus["Area"], return_inverse=True)
    total = np.bincount(feed, weights=bus["MW Load"], minlength=len(areas))
    return table(
        Buses,
        len(feed),
        id=bus["Bus ID"],
        shunt_mw=bus["MW Shunt G"],
        area=bus["Area"],
        lat=bus["lat"],
        lon=bus["lng"],
        load_feed=feed,
        load_share=bus["MW Load"] / np.where(total > 0, total, 1.0)[feed],
        base_kv=bus["BaseKV"],
        shunt_mvar=bus["MVAR Shunt B"],
        tan_phi=bus["MVAR Load"] / np.where(bus["MW Load"] > 0, bus["MW Load"], 1.0),
    )


def _lines(branch: Columns, position: Mapping[str, int]) -> Lines:
    r = branch["R"]
    x = branch["X"]
    return table(
        Lines,
        len(r),
        id=branch["UID"],
        from_bus=_at(branch["From Bus"], position),
        to_bus=_at(branch["To Bus"], position),
        r_pu=r,
        x_pu=x,
        susceptance_mw=BASE_MVA * x / (r**2 + x**2),
        rating_mw=branch["Cont Rating"],
        emergency_mw=branch["STE Rating"],
        charging_pu=branch["B"],
        tap=np.where(branch["Tr Ratio"] > 0, branch["Tr Ratio"], 1.0),
    )


def _links(branch: Columns, position: Mapping[str, int]) -> Links:
    return table(
        Links,
        len(branch["UID"]),
        id=branch["UID"],
        from_bus=_at(branch["From Bus"], position),
        to_bus=_at(branch["To Bus"], position),
        capacity_mw=branch["MW Load"],
    )


def _fuelled(gen: Columns, position: Mapping[str, int]) -> Generators:
    """Return fuelled units with cost [USD] and CO2 [kg] from their heat-rate curves [BTU/kWh],
    convex or not.
    """
    # to the watt: 0.394736842 × 76 MW is meant to be 30 MW
    output = np.round(np.column_stack([gen[c] for c in _OUTPUT]) * gen["PMax MW"][:, None], 6)
    p_min = output[:, 0]
    width = np.nan_to_num(np.diff(output, axis=1))
    used = max(1, int(np.max(np.flatnonzero(width.any(axis=0)), initial=0)) + 1)
    rate = np.nan_to_num(np.column_stack([gen[c] for c in _HEAT[1:]]))
    # the nuclear unit has no increments in the source: its average stands in (see NOTES)
    flat = ~rate.any(axis=1)
    rate[flat] = gen["HR_avg_0"][flat, None]
    # BTU/kWh / 1000 = MMBTU/MWh; a segment without width has no heat
    heat = (rate * (width > 0))[:, :used] / 1000
    # segments that no unit has are cut off the common table
    width = width[:, :used]
    # what the unit burns at its minimum [MMBTU/h] is paid while it is on, whatever it makes
    heat_min = gen["HR_avg_0"] / 1000 * p_min
    price = gen["Fuel Price $/MMBTU"]
    vom = gen["VOM"]
    kg = gen["Emissions CO2 Lbs/MMBTU"] * KG_PER_LB
    return table(
        Generators,
        len(p_min),
        id=gen["GEN UID"],
        node=_at(gen["Bus ID"], position),
        carrier=[_FUELLED[kind] for kind in gen["Category"].tolist()],
        p_min_mw=p_min,
        p_max_mw=p_min + width.sum(axis=1),
        no_load=heat_min * price + vom * p_min,
        no_load_kg_per_h=heat_min * kg,
        segment_mw=width,
        segment_cost=heat * price[:, None] + vom[:, None] * (width > 0),
        segment_kg_per_mwh=heat * kg[:, None],
        ramp_mw_per_h=gen["Ramp Rate MW/Min"] * 60,
        start_cost=gen["Start Heat Cold MBTU"] * price + gen["Non Fuel Start Cost $"],
        start_kg=gen["Start Heat Cold MBTU"] * kg,
        min_up_h=gen["Min Up Time Hr"],
        min_down_h=gen["Min Down Time Hr"],
        voltage_pu=gen["V Setpoint p.u."],
        q_min_mvar=gen["QMin MVAR"],
        q_max_mvar=gen["QMax MVAR"],
    )


def _variable(gen: Columns, position: Mapping[str, int]) -> Generators:
    n = len(gen["GEN UID"])
    p_max = gen["PMax MW"]
    return table(
        Generators,
        n,
        id=gen["GEN UID"],
        node=_at(gen["Bus ID"], position),
        carrier=[_VARIABLE[kind] for kind in gen["Category"].tolist()],
        p_max_mw=p_max,
        segment_mw=p_max[:, None],
        segment_cost=gen["VOM"][:, None],
        segment_kg_per_mwh=np.zeros((n, 1)),
        feed=np.arange(n),
        voltage_pu=gen["V Setpoint p.u."],
        q_min_mvar=gen["QMin MVAR"],
        q_max_mvar=gen["QMax MVAR"],
    )


def _stores(gen: Columns, storage: Columns, position: Mapping[str, int]) -> StorageUnits:
    """Return stores; O&M per MWh out counts as wear, the round trip is split evenly
    over both ways.
    """
    # the battery's tail row would double its energy
    head = _rows(storage, storage["position"] == "head")
    row = [head["GEN UID"].tolist().index(uid) for uid in gen["GEN UID"].tolist()]
    trip = gen["Storage Roundtrip Efficiency"] / 100
    one_way = np.sqrt(np.where(trip > 0, trip, 1.0))
    fed = gen["Category"] == "CSP"
    return table(
        StorageUnits,
        len(row),
        id=gen["GEN UID"],
        node=_at(gen["Bus ID"], position),
        carrier=[_STORES[kind] for kind in gen["Category"].tolist()],
        charge_mw=gen["Pump Load MW"],
        discharge_mw=gen["PMax MW"],
        energy_mwh=head["Max Volume GWh"][row] * 1000,
        charge_efficiency=one_way,
        discharge_efficiency=one_way,
        initial_mwh=head["Initial Volume GWh"][row] * 1000,
        wear_per_mwh=gen["VOM"],
        inflow_feed=np.where(fed, np.cumsum(fed) - 1, -1),
    )


def first_line(error: Exception) -> str:
    """Return the first line of an error's text: libraries add pages."""
    return str(error).strip().split("\n")[0]
