"""Units of what is booked, and how many of each make the unit of a calculation.

The ledger counts in integers (Wh, g of CO2, 1/10000 of the currency unit); calculations are in MWh,
t or kg of CO2, and the currency unit. Every conversion between the two names its factor from here.

Examples
--------
>>> 2_500_000 / WH_PER_MWH  # [MWh]
2.5
"""

from __future__ import annotations

WH_PER_MWH = 1e6
WH_PER_KWH = 1e3
KWH_PER_MWH = 1e3
W_PER_MW = 1e6
G_PER_T = 1e6
G_PER_KG = 1e3
KG_PER_T = 1e3
LEDGER_PER_CURRENCY = 10_000
"""Cash is booked in whole 1/10000 of the currency unit."""
