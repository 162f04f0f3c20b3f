"""The nodal spot tariff: every MWh is settled at the price of its bus and interval.

    bill = Σ_t price[bus, t] · energy[t]

The same product is the tariff's term in an optimisation (`cost_rate`), so the LP cost on realised
flows is the bill.
"""

from __future__ import annotations

import numpy as np

from suandian.model.grid import Floats, Ints
from suandian.model.units import LEDGER_PER_CURRENCY, WH_PER_MWH


def cost_rate(price_per_mwh: Floats, hours: Floats) -> Floats:
    """Return the objective coefficient of 1 MW in each step [currency/MW], shape of `price_per_mwh`
    (T, members).
    """
    return price_per_mwh * hours[:, None]


def amounts(energy_wh: Ints, price_per_mwh: Floats) -> Ints:
    """Return the amount owed in each interval [1/10000 currency unit].

    Examples
    --------
    >>> amounts(np.array([2_000_000]), np.array([31.25])).tolist()
    [625000]
    """
    return np.rint(energy_wh / WH_PER_MWH * price_per_mwh * LEDGER_PER_CURRENCY).astype(np.int64)
