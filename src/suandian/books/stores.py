"""Stores in whole Wh: what goes in, comes out and is lost, so that each level follows exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.books.whole import whole
from suandian.model.grid import Ints, StorageUnits
from suandian.model.readings import Readings
from suandian.model.units import WH_PER_MWH


@dataclass(frozen=True, eq=False)
class StoreWh:
    """A step of each store (stores,) [Wh]:

    level after = level + charge - charge_loss + inflow - discharge - discharge_loss - spill
    """

    charge: Ints
    charge_loss: Ints
    discharge: Ints
    discharge_loss: Ints
    inflow: Ints
    spill: Ints
    level: Ints

    @classmethod
    def of(cls, stores: StorageUnits, readings: Readings, level_wh: Ints, wh: float) -> StoreWh:
        """Return the step in integers; `level_wh` (stores,) before it, `wh` [Wh] of 1 MW in it."""
        charge = whole(readings.charge_mw * wh)
        inflow = whole(readings.inflow_mw * wh)
        charge_loss = whole(charge * (1.0 - stores.charge_efficiency))
        # a rounded discharge must not take more than there is: efficiency counts on the way out
        held = level_wh + charge - charge_loss + inflow
        most = np.floor(held * stores.discharge_efficiency).astype(np.int64)
        discharge = np.minimum(whole(readings.discharge_mw * wh), most)
        discharge_loss = whole(discharge * (1.0 / stores.discharge_efficiency - 1.0))
        level = held - discharge - discharge_loss
        # spill what was spilled, as far as it is there, and whatever rounding left above the brim
        full = whole(stores.energy_mwh * WH_PER_MWH)
        spill = np.maximum(np.minimum(whole(readings.spill_mw * wh), level), level - full)
        return cls(charge, charge_loss, discharge, discharge_loss, inflow, spill, level - spill)

    @property
    def net(self) -> Ints:
        """Energy given to the place each store stands at, less energy taken there [Wh]."""
        return self.discharge - self.charge
