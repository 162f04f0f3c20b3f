"""What the loop knows between two steps, in integers, so that a replayed state is the
same state.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from suandian.model.grid import Bools, Ints
from suandian.model.scenario import Scenario
from suandian.model.units import WH_PER_MWH

LONG_S = 366 * 86400  # longer than any minimum time


@dataclass(frozen=True, eq=False)
class State:
    """The system before step `step`; record.states folds it from what was booked.

    By job: `remaining_wh`, `site` (-1 not started), `last_wh` energy of the previous step. By
    store: `level_wh`, `level_g` CO2 of the energy in store. By unit: `output_wh` of the previous
    step (-1 unknown), and `on_s`, how long it has been on (positive) or off (negative) [s], 0
    unknown (always so under relaxed commitment). `lasting` is what tariffs remember: peaks so far,
    sums of the year (laid out by tariffs.site_tariffs; empty at the beginning).
    """

    step: int
    remaining_wh: Ints
    site: Ints
    last_wh: Ints
    level_wh: Ints
    level_g: Ints
    output_wh: Ints
    on_s: Ints
    lasting: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @classmethod
    def initial(cls, scenario: Scenario) -> State:
        """Return the state before the first step."""
        # in whole Wh and g: what is booked is what the next step begins with
        jobs = len(scenario.jobs)
        stores = scenario.grid.storage
        return cls(
            step=0,
            remaining_wh=scenario.jobs.work_wh.copy(),
            site=np.full(jobs, -1, dtype=np.int64),
            last_wh=np.zeros(jobs, dtype=np.int64),
            level_wh=np.rint(stores.initial_mwh * WH_PER_MWH).astype(np.int64),
            level_g=np.zeros(len(stores), dtype=np.int64),
            output_wh=np.full(len(scenario.grid.generators), -1, dtype=np.int64),
            on_s=np.zeros(len(scenario.grid.generators), dtype=np.int64),
        )

    def of_jobs(self, rows: Ints) -> State:
        """Return the state of some of the jobs, in arrays of their own."""
        return replace(
            self,
            remaining_wh=self.remaining_wh[rows],
            site=self.site[rows],
            last_wh=self.last_wh[rows],
        )

    def on_after(self, on: Bools, seconds: int) -> Ints:
        """Return `on_s` after a step of `seconds` in which units were `on` or off (units,).

        What was so from the first step on counts as having been so for long.
        """
        # a change starts the count anew; who is as before goes on counting
        same = np.where(on, self.on_s > 0, self.on_s < 0)
        before = np.where(self.on_s == 0, LONG_S, np.where(same, np.abs(self.on_s), 0))
        return np.asarray(np.where(on, 1, -1) * (before + seconds), dtype=np.int64)

    def started(self, on_s: Ints) -> Bools:
        """Return which units started in the step after which they stand at `on_s` (units,)."""
        # from off to on; a unit whose past is not known has not started
        return np.asarray((on_s > 0) & (self.on_s < 0))
