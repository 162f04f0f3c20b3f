"""What became of jobs in one step: who ran where, and what is left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.model.grid import Bools, Ints


@dataclass(frozen=True, eq=False)
class Placement:
    """Jobs in one step, shape (jobs,), whole Wh.

    `energy_wh` run, `site` after the step (-1 not started), `remaining_wh` after the step,
    `suspended` whether the job was running and had to slow down or stop, `overhead_wh` the work
    that this adds:

        remaining before + overhead = energy + remaining after

    A job whose class is not suspendable is cut only for want of room; it is marked and pays no
    overhead.
    """

    energy_wh: Ints
    site: Ints
    remaining_wh: Ints
    suspended: Bools
    overhead_wh: Ints

    @classmethod
    def idle(cls, site: Ints, remaining_wh: Ints) -> Placement:
        """Return a step in which no job runs: all stay where they are, with what is left of them.

        Examples
        --------
        >>> Placement.idle(np.array([0, -1]), np.array([5, 7])).energy_wh.tolist()
        [0, 0]
        """
        # nothing runs, nobody moves, all work is still there
        none = np.zeros_like(remaining_wh)
        return cls(
            none,
            site.copy(),
            remaining_wh.copy(),
            none.astype(np.bool_),
            none.copy(),
        )

    def by_site(self, sites: int) -> Ints:
        """Return the energy of jobs by site [Wh], shape (sites,)."""
        energy = np.zeros(sites, dtype=np.int64)
        ran = self.energy_wh > 0  # only what ran has a site
        np.add.at(energy, self.site[ran], self.energy_wh[ran])
        return energy
