"""The electricity side as columns: buses, lines, generators, storage units (names as in PyPSA/CIM)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Names = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Buses:
    """Buses: id, constant load [MW], shunt conductance as load [MW], area and position [degrees]."""

    id: Names
    load_mw: Floats
    shunt_mw: Floats
    area: Names
    lat: Floats
    lon: Floats

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class Lines:
    """AC branches: end buses (positions), susceptance [MW/rad], rating [MW], angle-difference limits [rad]."""

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

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class Links:
    """Controllable links (DC lines): end buses (positions) and capacity in both directions [MW]."""

    id: Names
    from_bus: Ints
    to_bus: Ints
    capacity_mw: Floats

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class Generators:
    """Generators with a piecewise linear or quadratic cost of output p [MW].

    cost(p) = no_load·u + Σ segment_cost·segment + quadratic·p² [currency/h], segments filled above `p_min_mw`;
    `segment_mw` and `segment_cost` are (generators, segments), zero width where unused. Emissions follow the same
    segments (`segment_kg_per_mwh`, `no_load_kg_per_h`).
    """

    id: Names
    bus: Ints
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

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class Grid:
    """A grid: what stands where, and what may flow."""

    name: str
    base_mva: float
    buses: Buses
    lines: Lines
    links: Links
    generators: Generators
    notes: tuple[str, ...] = field(default=())
