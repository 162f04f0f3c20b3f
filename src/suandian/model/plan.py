"""A plan: what a policy decided for a window, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from suandian.model.grid import Floats


@dataclass(frozen=True, eq=False)
class Plan:
    """One decision, issued before step `issued`, covering the T steps from there.

    `serve_mw` (T, services, sites) and `waiting_mw` (T, classes, sites), `started_mw` (T, sites): IT power for
    services, for jobs not yet started and for jobs already at a site; `immediate` runs jobs where and when submitted
    instead. `charge_mw`, `discharge_mw` (T, stores); `output_mw` (T, units); `price` (T, sites) [currency/MWh]
    of energy; `on` (T, committed units) 0 or 1, with no columns under relaxed commitment;
    `work_price` (T, services + classes) and `computing_price` (T, sites) [currency/MWh of IT energy] what
    one more MWh of each workload costs, and one that runs at each site: duals, not a number where the policy has no
    problem with both sides. `solves` is a plain record per solve for `run.json`.
    """

    issued: int
    policy: str
    immediate: bool
    serve_mw: Floats
    waiting_mw: Floats
    started_mw: Floats
    charge_mw: Floats
    discharge_mw: Floats
    output_mw: Floats
    price: Floats
    on: Floats
    solves: tuple[Mapping[str, object], ...] = field(default=())
    work_price: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    computing_price: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def n(self) -> int:
        """Number of steps."""
        return len(self.price)
