"""The electricity side as columns: buses, lines, links, generators, storage units (names as in
PyPSA/CIM).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Names = NDArray[np.str_]


class ColumnTable:
    """A table whose columns cannot be changed: `grid.lines.rating_mw[0] = 1` raises ValueError.

    Who wants another system makes another table, with `dataclasses.replace`. The arrays that it was
    made of stay their owner's, and as they are.
    """

    def __post_init__(self) -> None:
        for name, values in vars(self).items():
            # a view: whoever made the array may still write to it, but not through the table
            column = np.asarray(values).view()
            column.flags.writeable = False
            object.__setattr__(self, name, column)


@dataclass(frozen=True, eq=False)
class Buses(ColumnTable):
    """Buses: id, load [MW], shunt conductance as load [MW], area, position [degrees].

    The load of bus b in step t is `load_mw[b]`, plus `load_share[b]` × column `load_feed[b]` of the
    feed `load` where `load_feed[b]` ≥ 0. For AC power flow only: nominal voltage [kV] (0 unknown),
    reactive load [Mvar] that goes with `load_mw`, `tan_phi` [Mvar/MW] that goes with the fed load,
    shunt susceptance [Mvar], voltage limits [pu].
    """

    id: Names
    load_mw: Floats
    shunt_mw: Floats
    area: Names
    lat: Floats
    lon: Floats
    load_feed: Ints
    load_share: Floats
    base_kv: Floats
    load_mvar: Floats
    tan_phi: Floats
    shunt_mvar: Floats
    v_min_pu: Floats
    v_max_pu: Floats

    def __len__(self) -> int:
        return len(self.id)

    def total_mw(self, feed_values: Floats) -> Floats:
        """Return load by step and bus [MW], shape (steps, buses), from values (steps, columns) of
        the feed `load`; shunt conductance counts as load.
        """
        # shunt conductance draws all the time, like a constant load
        load = np.tile(self.load_mw + self.shunt_mw, (len(feed_values), 1))
        fed = self.load_feed >= 0
        load[:, fed] += feed_values[:, self.load_feed[fed]] * self.load_share[fed]
        return load


@dataclass(frozen=True, eq=False)
class Lines(ColumnTable):
    """AC branches: end buses (positions), susceptance [MW/rad], rating [MW], angle-difference
    limits [rad].

    For AC power flow only: impedance and charging [pu], tap ratio at the from end [1] and phase
    shift [rad].
    """

    id: Names
    from_bus: Ints
    to_bus: Ints
    r_pu: Floats
    x_pu: Floats
    susceptance_mw: Floats
    rating_mw: Floats
    emergency_mw: Floats
    angle_min: Floats
    angle_max: Floats
    charging_pu: Floats
    tap: Floats
    shift: Floats

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class Links(ColumnTable):
    """Controllable links (DC lines): end buses (positions) and capacity in both directions [MW]."""

    id: Names
    from_bus: Ints
    to_bus: Ints
    capacity_mw: Floats

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class Generators(ColumnTable):
    """Generators with a piecewise linear (plus optional quadratic) cost of output p [MW].

    While on, cost(p) = no_load + Σ_s segment_cost·segment + quadratic·p² [currency/h], segments
    filled in order above `p_min_mw`; `segment_mw`, `segment_cost` [currency/MWh] and
    `segment_kg_per_mwh` are (generators, segments), zero width where unused; `no_load` is the whole
    cost at `p_min_mw` and `no_load_kg_per_h` the CO2 there. `node` is a bus position, or len(buses)
    + site position for supply behind a site's meter. `feed` ≥ 0 is the column of the feed
    `available` [MW] that replaces `p_max_mw` (such a unit has one segment and p_min 0). Of unit
    commitment (used where a scenario asks for it): `start_cost` [currency] and `start_kg` [kg CO2]
    of each start, least time on `min_up_h` and off `min_down_h` [h]. For AC power flow only: the
    voltage it holds at its bus [pu], and its reactive power [Mvar].
    """

    id: Names
    node: Ints
    carrier: Names
    p_min_mw: Floats
    p_max_mw: Floats
    no_load: Floats
    segment_mw: Floats
    segment_cost: Floats
    quadratic: Floats
    no_load_kg_per_h: Floats
    segment_kg_per_mwh: Floats
    ramp_mw_per_h: Floats
    feed: Ints
    start_cost: Floats
    start_kg: Floats
    min_up_h: Floats
    min_down_h: Floats
    voltage_pu: Floats
    q_min_mvar: Floats
    q_max_mvar: Floats

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class StorageUnits(ColumnTable):
    """Storage units: power limits [MW], energy [MWh], one-way efficiencies, wear [currency/MWh
    discharged].

    `node` as in Generators. `inflow_feed` ≥ 0 is the column of the feed `inflow` [MW] (hydro, CSP);
    surplus spills.
    """

    id: Names
    node: Ints
    carrier: Names
    charge_mw: Floats
    discharge_mw: Floats
    energy_mwh: Floats
    charge_efficiency: Floats
    discharge_efficiency: Floats
    initial_mwh: Floats
    wear_per_mwh: Floats
    inflow_feed: Ints

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class Grid:
    """A grid: what stands where, and what may flow. `notes` are warnings for the reader of the
    results.
    """

    name: str
    base_mva: float
    buses: Buses
    lines: Lines
    links: Links
    generators: Generators
    storage: StorageUnits
    notes: tuple[str, ...] = field(default=())


def emergency_mw(grid: Grid, factor: float) -> Floats:
    """Return what each line may carry after a loss [MW]: its emergency rating, else its rating ×
    `factor`.
    """
    lines = grid.lines
    # the source's own short-time rating, where it has one
    return np.where(np.isfinite(lines.emergency_mw), lines.emergency_mw, lines.rating_mw * factor)


def balancing_mw(grid: Grid) -> Floats:
    """Return the capacity of each unit that takes part in balancing a loss [MW]: firm units at
    buses.
    """
    units = grid.generators
    # wind and sun give what they have already, and what is behind a meter serves its site
    return np.where((units.feed < 0) & (units.node < len(grid.buses)), units.p_max_mw, 0.0)


Table = TypeVar("Table", Buses, Lines, Links, Generators, StorageUnits)

_NEUTRAL: Mapping[str, float] = {
    "feed": -1,
    "inflow_feed": -1,
    "load_feed": -1,
    "ramp_mw_per_h": np.inf,
    "emergency_mw": np.inf,
    "angle_min": -np.inf,
    "angle_max": np.inf,
    "charge_efficiency": 1.0,
    "discharge_efficiency": 1.0,
    "lat": np.nan,
    "lon": np.nan,
    "v_min_pu": 0.95,
    "v_max_pu": 1.05,
    "tap": 1.0,
    "voltage_pu": 1.0,
    "q_min_mvar": -np.inf,
    "q_max_mvar": np.inf,
}
_BY_SEGMENT = ("segment_mw", "segment_cost", "segment_kg_per_mwh")


def table(kind: type[Table], n: int, /, **columns: object) -> Table:
    """Return a table of `n` rows; columns broadcast, and those left out take a neutral value.

    A column has the type that the table's class declares for it. Neutral: -1 for feeds, infinite
    for ramps, emergency ratings and angle limits, 1 for efficiencies, taps and voltages (limits
    0.95 and 1.05), infinite reactive power, else zero/empty.

    Examples
    --------
    >>> table(Buses, 2, id=["a", "b"], load_mw=[10, 20]).load_feed.tolist()
    [-1, -1]
    """
    types = column_types(kind)
    # a misspelt column would be filled with its neutral value
    unknown = set(columns) - set(types)
    if unknown:
        raise TypeError(f"{kind.__name__} has no column {', '.join(sorted(unknown))}")
    filled = {}
    for name, dtype in types.items():
        empty = "" if dtype is np.str_ else 0
        array = np.asarray(columns.get(name, _NEUTRAL.get(name, empty)), dtype=dtype)
        # a cost curve has one column a segment; all others have one number a member
        if name in _BY_SEGMENT:
            filled[name] = np.array(array if array.ndim == 2 else np.zeros((n, 1)) + array)
        else:
            filled[name] = np.array(np.broadcast_to(array, (n,)))
    return kind(**filled)


def column_types(kind: type[Table]) -> dict[str, type[np.generic]]:
    """Return the type of each column of a table's class, as its annotation says.

    Examples
    --------
    >>> column_types(Links)["from_bus"].__name__
    'int64'
    """
    hints = get_type_hints(kind)
    # a column is an NDArray[scalar], which stands for ndarray[shape, dtype[scalar]]
    return {spec.name: get_args(get_args(hints[spec.name])[1])[0] for spec in fields(kind)}


def joined(first: Table, second: Table) -> Table:
    """Return two tables of one kind, one below the other (segments padded with zero width)."""

    def stack(a: NDArray[np.generic], b: NDArray[np.generic]) -> NDArray[np.generic]:
        if a.ndim == 2:
            # cost curves of the two may have different numbers of segments
            wide = max(a.shape[1], b.shape[1])
            a, b = (np.pad(v, ((0, 0), (0, wide - v.shape[1]))) for v in (a, b))
        return np.concatenate([a, b])

    columns: dict[str, Any] = {
        f.name: stack(getattr(first, f.name), getattr(second, f.name)) for f in fields(first)
    }
    return replace(first, **columns)
