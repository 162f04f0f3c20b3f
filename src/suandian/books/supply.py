"""What units burnt in a step: the fuel cost and CO2 that cash and carbon are booked from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.maths.supply import SupplyCurves
from suandian.model.grid import Floats, Generators
from suandian.model.readings import Readings
from suandian.model.state import State
from suandian.model.units import WH_PER_MWH
from suandian.record.details import EnergyDetail


@dataclass(frozen=True, eq=False)
class Burnt:
    """By unit (units,): `fuel_cost` [currency] and `kg` CO2 of the step's output and starts,
    `start_cost` [currency] of starts.
    """

    fuel_cost: Floats
    kg: Floats
    start_cost: Floats

    @classmethod
    def of(
        cls,
        units: Generators,
        curves: SupplyCurves,
        readings: Readings,
        state: State,
        energy: EnergyDetail,
        hours: float,
    ) -> Burnt:
        """Return what the booked output burnt; what nobody took was burnt as well."""
        # from the booked energy, not the measured power: what is paid is what is in the books
        gross_mw = energy.gross_wh() / WH_PER_MWH / hours
        cost_per_h, kg_per_h = curves.at(gross_mw, readings.on)
        # under relaxed commitment nothing is said of starts, so nothing is paid for them
        started = np.zeros(len(units), dtype=np.bool_)
        if energy.on_s is not None:
            started = state.started(energy.on_s)
        return cls(
            fuel_cost=cost_per_h * hours,
            kg=kg_per_h * hours + np.where(started, units.start_kg, 0.0),
            start_cost=np.where(started, units.start_cost, 0.0),
        )
