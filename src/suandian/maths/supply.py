"""Supply curves: what each unit's next MW costs and emits, convex, as flat arrays of segments.

Relaxed commitment u ∈ [0, 1] with p = p_min·u + Σ s, 0 ≤ s_k ≤ width_k·u and cost no_load·u + Σ c_k
s_k has no term that ties steps together, so it can be projected out: the least cost of p is the
lower convex hull of the points (0, 0) and (p_k, cost_k) of the unit's curve. The hull is exact for
the relaxation, repairs increments that fall, and needs one column per segment and no row. Emissions
follow the vertices of the same hull.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from suandian.model.grid import Bools, Floats, Generators, Ints

QUADRATIC_PIECES = 200


@dataclass(frozen=True, eq=False)
class SupplyCurves:
    """Segments in merit order within each unit.

    `unit` position of the generator; `width_mw`; `cost` fuel and O&M [currency/MWh], without
    carbon; `kg` CO2 [kg/MWh]; `repaired` units whose published increments fall (their hull was
    used); `base_mw`, `base_cost` output and cost [currency/h] below the first segment (zero under
    relaxed commitment), `base_kg` CO2 there [kg/h].
    """

    unit: Ints
    width_mw: Floats
    cost: Floats
    kg: Floats
    repaired: Bools
    base_mw: Floats
    base_cost: Floats
    base_kg: Floats

    def at(self, output_mw: Floats, on: Floats | float = 1.0) -> tuple[Floats, Floats]:
        """Return cost [currency/h] and emissions [kg/h] by unit at `output_mw` (units,), segments
        filled in order.

        A unit that is not `on` (units,) has no base output, cost or emissions.
        """
        # segments of a unit follow each other: each begins where those before it are full
        before = np.cumsum(self.width_mw) - self.width_mw
        first = np.searchsorted(self.unit, self.unit)
        fill = np.clip(
            (output_mw - self.base_mw * on)[self.unit] - (before - before[first]), 0.0, None
        )
        # output above the last segment is priced like it: a meter may read a watt more than the
        # plate
        last = np.append(self.unit[1:] != self.unit[:-1], True)
        fill = np.where(last, fill, np.minimum(fill, self.width_mw))
        units = len(self.base_mw)
        return (
            self.base_cost * on + np.bincount(self.unit, fill * self.cost, units),
            self.base_kg * on + np.bincount(self.unit, fill * self.kg, units),
        )


def supply_curves(
    units: Generators, carbon_price: float = 0.0, relaxed: bool | Bools = True
) -> SupplyCurves:
    """Return the convex supply curves of `units` at `carbon_price` [currency/t].

    `relaxed` (of all units or by unit) projects out a relaxed commitment (the unit may be off);
    otherwise the curve is that of a unit that is on, at p_min or above, its increments repaired by
    their convex hull.

    Examples
    --------
    >>> from suandian.model.grid import Generators, table
    >>> g = table(Generators, 1, id=["a"], p_min_mw=50, p_max_mw=100, no_load=2000,
    ...           segment_mw=[[50]], segment_cost=[[20]])
    >>> supply_curves(g).cost.tolist(), supply_curves(g, relaxed=False).cost.tolist()
    ([30.0], [20.0])
    """
    # one unit after the other: hulls have no common shape, and this runs once a study
    off = np.broadcast_to(relaxed, len(units))
    rows = [_curve(units, g, carbon_price, bool(off[g])) for g in range(len(units))]
    return SupplyCurves(
        unit=np.repeat(np.arange(len(units)), [len(r[0]) for r in rows]),
        width_mw=_chain(r[0] for r in rows),
        cost=_chain(r[1] for r in rows),
        kg=_chain(r[2] for r in rows),
        repaired=np.array([r[3] for r in rows], dtype=bool),
        base_mw=np.where(off, 0.0, units.p_min_mw),
        base_cost=np.array([r[4] for r in rows]),
        base_kg=np.array([r[5] for r in rows]),
    )


def _chain(parts: Iterable[Floats]) -> Floats:
    joined = list(parts)
    return np.concatenate(joined) if joined else np.zeros(0)


def _curve(
    units: Generators, g: int, carbon_price: float, relaxed: bool
) -> tuple[Floats, Floats, Floats, bool, float, float]:
    p, cost, kg = _points(units, g)
    # increments that fall would be filled from the cheap end first: not what the unit can do
    falls = bool(np.any(np.diff(np.diff(cost) / np.diff(p)) < -1e-9)) if len(p) > 2 else False
    # a unit that may be off in part: the hull from the origin prices its no-load cost in
    if relaxed:
        p, cost, kg = (np.concatenate([[0.0], v]) for v in (p, cost, kg))
    # what is minimised is fuel and carbon together, so that is what must be convex
    keep = _lower_hull(p, cost + carbon_price / 1000.0 * kg)
    p, cost, kg = p[keep], cost[keep], kg[keep]
    width = np.diff(p)
    if not len(
        width
    ):  # nothing to dispatch above the base: keep one empty segment so that every unit has a column
        return np.zeros(1), np.zeros(1), np.zeros(1), falls, float(cost[0]), float(kg[0])
    return width, np.diff(cost) / width, np.diff(kg) / width, falls, float(cost[0]), float(kg[0])


def _points(units: Generators, g: int) -> tuple[Floats, Floats, Floats]:
    # tables are as wide as the unit with the most segments
    used = units.segment_mw[g] > 0
    width = units.segment_mw[g][used]
    price = units.segment_cost[g][used]
    rate = units.segment_kg_per_mwh[g][used]
    p = units.p_min_mw[g] + np.concatenate([[0.0], np.cumsum(width)])
    cost = units.no_load[g] + np.concatenate([[0.0], np.cumsum(width * price)])
    kg = units.no_load_kg_per_h[g] + np.concatenate([[0.0], np.cumsum(width * rate)])
    # a linear program knows no squares: short straight pieces (decision 0008)
    if units.quadratic[g]:
        fine = np.union1d(p, np.linspace(p[0], p[-1], QUADRATIC_PIECES + 1))
        cost, kg = np.interp(fine, p, cost) + units.quadratic[g] * fine**2, np.interp(fine, p, kg)
        p = fine
    return p, cost, kg


def _lower_hull(x: Floats, y: Floats) -> Ints:
    """Positions of the lower convex hull of points with rising x (monotone chain); of equal x the
    lowest counts.
    """
    kept: list[int] = []
    for i in range(len(x)):
        # a vertical piece: only its lower end counts
        if kept and x[i] <= x[kept[-1]]:
            if y[i] >= y[kept[-1]]:
                continue
            kept.pop()
        # monotone chain (Andrew 1979): points above the line of their neighbours go
        while len(kept) > 1:
            a = kept[-2]
            b = kept[-1]
            if (y[b] - y[a]) * (x[i] - x[a]) < (y[i] - y[a]) * (x[b] - x[a]) - 1e-12:
                break
            kept.pop()
        kept.append(i)
    return np.array(kept, dtype=np.int64)
