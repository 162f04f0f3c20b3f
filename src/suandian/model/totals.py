"""Limits on sums over a whole study: the yearly ratios of direct green supply and a cap on carbon.

Direct green supply is 绿电直连: supply behind the meter of who uses it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.model.grid import Floats, Ints


@dataclass(frozen=True, eq=False)
class Totals:
    """Limits by site (sites,), NaN where there is none, and one of the whole system.

    With avail what a site's own supply could give, self what of it reached the site's load (also
    through its battery), load the site's load and x what it exported, all summed over the study
    (No. 650 of 2025):

        self_use ≤ self / avail,   green_share ≤ self / load,   x / avail ≤ export

    `carbon_cap_t` direct CO2 of all modelled supply [t], infinite where not capped.
    """

    self_use: Floats
    green_share: Floats
    export: Floats
    carbon_cap_t: float = np.inf

    @property
    def sites(self) -> Ints:
        """Positions of the sites with a ratio."""
        # NaN where nothing is asked
        any_limit = (
            np.isfinite(self.self_use) | np.isfinite(self.green_share) | np.isfinite(self.export)
        )
        return np.flatnonzero(any_limit)
