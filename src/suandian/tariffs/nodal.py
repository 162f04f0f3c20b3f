"""The nodal spot tariff: every MWh is settled at the price of its bus and interval.

bill = Σ_t price[bus, t] · energy[t]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.model.grid import Floats, Ints
from suandian.model.ports.options import PluginOptions
from suandian.model.ports.tariff import Meters, TariffKind, Terms
from suandian.model.time import TimeAxis


@dataclass(frozen=True)
class Nodal:
    """Energy at the market's price, drawn or given."""

    meters: int

    @classmethod
    def of(cls, meters: Meters, options: PluginOptions) -> Nodal:
        """Return the tariff of some meters."""
        del options
        return cls(len(meters))

    def terms(self, axis: TimeAxis, price: Floats, lasting: Ints) -> Terms:
        """Return what is charged: nothing but the price."""
        del axis, lasting
        return Terms(price, price, rule="nodal: price × energy")

    def after(self, axis: TimeAxis, energy_mwh: Floats, lasting: Ints) -> Ints:
        """Return that nothing lasts."""
        del axis, energy_mwh, lasting
        return np.zeros((self.meters, 0), np.int64)


KIND = TariffKind(name="nodal", summary="the price at the site's bus in each step", make=Nodal.of)
