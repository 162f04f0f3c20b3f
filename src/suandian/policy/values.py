"""What a solved window says things are worth: prices and carbon at sites, values at its end."""

from __future__ import annotations

import numpy as np

from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.maths.tracing import window_average
from suandian.model.grid import Floats

LEFTOVER_QUANTILE = 0.3


def site_price(prepared: Prepared, result: Result) -> Floats:
    """Return the nodal price at each site (T, sites) [currency/MWh]."""
    return result.price()[:, prepared.sites.bus]


def site_carbon(prepared: Prepared, result: Result, held_kg: Floats) -> Floats:
    """Return the average carbon intensity at each site's bus (T, sites) [kg/MWh] by flow tracing.

    `held_kg` (stores,) is the CO2 of the energy in store before the window.
    """
    return window_average(result, held_kg)[:, prepared.sites.bus]


def terminal_values(price: Floats, pue: Floats) -> tuple[float, float]:
    """Return (value of leftover work, value of stored energy) [currency/MWh] from the window's site
    prices.

    `price` (steps, sites) is in steps of equal length (Outlook.each), `pue` likewise or (sites,).

    Work left at the end will run at a good place and hour: a low quantile over the window of the
    cheapest site's price times PUE. Energy left in store will be sold at an average one.
    """
    if not price.shape[1]:
        # nobody to leave work for, and no price to sell at
        return 0.0, 0.0
    cheapest = (price * pue).min(axis=1)
    return float(np.quantile(cheapest, LEFTOVER_QUANTILE)), float(np.median(price))
