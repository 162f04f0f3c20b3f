"""From what a tariff charges to the lines of its bills, in the ledger's integers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from suandian.model.grid import Bools, Floats, Ints
from suandian.model.ports.tariff import ChargeKind, Peak, Terms
from suandian.model.units import LEDGER_PER_CURRENCY, WH_PER_MWH


@dataclass(frozen=True, eq=False)
class BillLines:
    """BillLines of one item on the bills of several meters, as columns of shape (lines,).

    `meter`; the steps [`first`, `last`) that a line covers; `quantity` [unit], `price`
    [currency/unit], `amount` [1/10000 currency unit] owed by the site.
    """

    kind: ChargeKind
    item: str
    unit: str
    rule: str
    meter: Ints
    first: Ints
    last: Ints
    quantity: Floats
    price: Floats
    amount: Ints


def amounts(energy_wh: Ints, price_per_mwh: Floats) -> Ints:
    """Return what is owed for energy at a price [1/10000 currency unit].

    Examples
    --------
    >>> amounts(np.array([2_000_000]), np.array([31.25])).tolist()
    [625000]
    """
    return np.rint(energy_wh / WH_PER_MWH * price_per_mwh * LEDGER_PER_CURRENCY).astype(np.int64)


def lines_of(terms: Terms, energy_wh: Ints) -> Iterator[BillLines]:
    """Yield the lines of a bill for the net energy that meters drew, (T, meters) [Wh]."""
    if terms.rule:
        drawn = np.maximum(energy_wh, 0)
        yield _energy("energy", "energy", terms.rule, drawn, terms.buy, energy_wh >= 0)
        given = np.minimum(energy_wh, 0)
        yield _energy("export", "export", terms.rule, given, terms.sell, given < 0)
    for peak in terms.peaks:
        yield _of_peak(peak, energy_wh / WH_PER_MWH)


def _energy(
    kind: ChargeKind, item: str, rule: str, energy_wh: Ints, price: Floats, shown: Ints | Bools
) -> BillLines:
    """Return a line by step and meter, where it is to be shown."""
    step, meter = np.nonzero(shown)
    quantity_wh = energy_wh[step, meter]
    return BillLines(
        kind=kind,
        item=item,
        unit="MWh",
        rule=rule,
        meter=meter,
        first=step,
        last=step + 1,
        quantity=quantity_wh / WH_PER_MWH,
        price=price[step, meter],
        amount=amounts(quantity_wh, price[step, meter]),
    )


def _of_peak(peak: Peak, energy_mwh: Floats) -> BillLines:
    """Return a line by period and meter where the quantity rose above what was billed."""
    reached = peak.reached(energy_mwh)
    # each end is rounded for itself: bills of the parts of a period then add up to its bill
    owed = _money(peak.price * reached) - _money(peak.price * peak.billed)
    period, meter = np.nonzero(owed)
    return BillLines(
        kind=peak.kind,
        item=peak.item,
        unit=peak.unit,
        rule=peak.rule,
        meter=meter,
        first=peak.first[period],
        last=peak.last[period],
        quantity=(reached - peak.billed)[period, meter],
        price=peak.price[period, meter],
        amount=owed[period, meter],
    )


def _money(currency: Floats) -> Ints:
    return np.rint(currency * LEDGER_PER_CURRENCY).astype(np.int64)
