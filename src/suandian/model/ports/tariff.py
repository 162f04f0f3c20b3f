"""The port of tariffs: what is owed for the energy that meters read. Another package offers one by
the entry point `suandian.tariffs`.

A tariff describes what it charges once, as `Terms`. A problem takes its columns, rows and costs
from them; a bill takes its lines from them. So what a plan counts on is what the bill says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from suandian.model.grid import Floats, Ints, Names
from suandian.model.ports.options import PluginOptions
from suandian.model.time import TimeAxis

ChargeKind = Literal["energy", "export", "demand", "other"]
CHARGE_KINDS: tuple[ChargeKind, ...] = ("energy", "export", "demand", "other")
"""What a line of a bill is for: energy drawn, energy given (owed to the site), the power of the
worst moments, anything else.
"""


@dataclass(frozen=True, eq=False)
class Meters:
    """Meters that one tariff bills: their sites' names and IANA time zones, shape (meters,)."""

    site: Names
    zone: Names
    currency: str

    def __len__(self) -> int:
        return len(self.site)


@dataclass(frozen=True, eq=False)
class Peak:
    """Quantities that are each the greatest of several sums of energy, and charged as they grow.

    With the net energy e[t, m] that meter m draws in step t [MWh], quantity p of meter m is

        y[p, m] = max(least[p, m],  max over rows w of p of
                                    scale[w] · Σ_{t in w} e[t, m] + offset[w, m])

    and costs price[p, m] · (y[p, m] - billed[p, m]), at a price of 0 or more: a problem may then
    take y as a column above each row, and the optimum puts it on the greatest.

    Shapes: `price` [currency/unit], `least`, `billed` (P, meters); `row` (T,) the row that a step
    is in, -1 none; `scale` (W,) [unit/MWh]; `quantity` (W,) which p a row belongs to; `offset` (W,
    meters); `first`, `last` (P,) the steps [first, last) that a line of the bill covers. `kind`,
    `item`, `unit` and `rule` name the lines.
    """

    kind: ChargeKind
    item: str
    unit: str
    rule: str
    price: Floats
    least: Floats
    billed: Floats
    row: Ints
    scale: Floats
    quantity: Ints
    offset: Floats
    first: Ints
    last: Ints

    def reached(self, energy_mwh: Floats) -> Floats:
        """Return y (P, meters) for the net energy drawn (T, meters) [MWh]."""
        inside = self.row >= 0
        sums = np.zeros(self.offset.shape)
        np.add.at(sums, self.row[inside], energy_mwh[inside])
        reached = np.array(self.least, dtype=float)
        np.maximum.at(reached, self.quantity, self.scale[:, None] * sums + self.offset)
        return reached


@dataclass(frozen=True, eq=False)
class Terms:
    """What a tariff charges its meters over the steps of an axis.

        cost = Σ_t (buy[t, m]·drawn[t, m] - sell[t, m]·given[t, m]) + Σ of each peak

    `buy`, `sell` (T, meters) [currency/MWh] of energy drawn and of energy given back; a meter nets
    what flows within a step. `sell` is `buy` or less, else selling and buying at once would pay.
    `rule` says on the bill how energy is charged; it is empty where energy has no lines.
    """

    buy: Floats
    sell: Floats
    peaks: tuple[Peak, ...] = ()
    rule: str = ""

    def cost(self, energy_mwh: Floats) -> Floats:
        """Return what each meter owes (meters,) [currency] for net energy (T, meters) [MWh]."""
        drawn = np.maximum(energy_mwh, 0.0)
        given = np.maximum(-energy_mwh, 0.0)
        cost = (self.buy * drawn - self.sell * given).sum(axis=0)
        for peak in self.peaks:
            cost = cost + (peak.price * (peak.reached(energy_mwh) - peak.billed)).sum(axis=0)
        return np.asarray(cost)


class Tariff(Protocol):
    """What is owed for energy at some meters."""

    def terms(self, axis: TimeAxis, price: Floats, lasting: Ints) -> Terms:
        """Return what is charged over the steps of `axis`.

        `price` (T, meters) [currency/MWh] is the market's at each meter, expected or settled.
        `lasting` (meters, k) is what lasts from the time before, as `after` returned it; of zero
        columns at the beginning of a study.
        """

    def after(self, axis: TimeAxis, energy_mwh: Floats, lasting: Ints) -> Ints:
        """Return what lasts (meters, k) after the steps of `axis`, in which the meters drew
        `energy_mwh` net (T, meters) [MWh]: peaks so far, sums of the year. Integers, because they
        are booked; of zero columns where nothing lasts.
        """


@dataclass(frozen=True)
class TariffKind:
    """A tariff as a plug-in: `make(meters, options)` is called once for a study, `summary` says in
    a few words what it charges, `example` are options that the contract suite tries it with.
    """

    name: str
    summary: str
    make: Callable[[Meters, Any], Tariff]
    Options: type[PluginOptions] = PluginOptions
    example: Mapping[str, Any] = field(default_factory=dict)
