"""A price of energy that is the same at all times, as most contracts of small sites have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from suandian.model.grid import Floats, Ints
from suandian.model.ports.options import EnergyPriceOption, PluginOptions
from suandian.model.ports.tariff import Meters, TariffKind, Terms
from suandian.model.time import TimeAxis


class FixedOptions(PluginOptions):
    """What energy costs."""

    buy: EnergyPriceOption = Field(description="price of energy drawn")
    sell: EnergyPriceOption = Field(
        default=0.0, description="price paid for energy given back; `buy` or less"
    )

    @model_validator(mode="after")
    def _no_money_pump(self) -> Self:
        # a plan would else draw and give back at once, without end
        if self.sell > self.buy:
            raise ValueError("sell is above buy: a plan would trade in circles")
        return self


@dataclass(frozen=True)
class Fixed:
    """Energy at two prices: drawn and given."""

    meters: int
    options: FixedOptions

    @classmethod
    def of(cls, meters: Meters, options: FixedOptions) -> Fixed:
        """Return the tariff of some meters."""
        return cls(len(meters), options)

    def terms(self, axis: TimeAxis, price: Floats, lasting: Ints) -> Terms:
        """Return what is charged; the market's price is not looked at."""
        del price, lasting
        shape = (axis.n, self.meters)
        buy = np.full(shape, self.options.buy)
        sell = np.full(shape, self.options.sell)
        return Terms(buy, sell, rule="fixed: price × energy")

    def after(self, axis: TimeAxis, energy_mwh: Floats, lasting: Ints) -> Ints:
        """Return that nothing lasts."""
        del axis, energy_mwh, lasting
        return np.zeros((self.meters, 0), np.int64)


KIND = TariffKind(
    name="fixed",
    summary="one price for energy, at all times",
    make=Fixed.of,
    Options=FixedOptions,
    example={"buy": "140 USD/MWh", "sell": "60 USD/MWh"},
)
