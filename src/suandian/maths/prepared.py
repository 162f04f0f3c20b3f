"""What a system needs once, before any window: supply curves, sensitivities, pairs of
(work, site).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from suandian.maths.contingency import Contingencies, contingencies
from suandian.maths.supply import SupplyCurves, supply_curves
from suandian.maths.topology import Topology
from suandian.model.grid import Bools, Floats, Generators, Grid, Ints, StorageUnits
from suandian.model.known import Known
from suandian.model.places import Places
from suandian.model.scenario import Commitment, Goal, Scenario, Security, SolverSpec
from suandian.model.system import Services, Sites
from suandian.model.totals import Totals
from suandian.model.units import KG_PER_T


@dataclass(frozen=True, eq=False)
class Prepared:
    """The static side of every problem of a scenario; `fluid` marks the relaxation of one with
    commitment.
    """

    grid: Grid
    network: str
    sites: Sites
    services: Services
    goal: Goal
    relaxed: bool = True
    security: Security | None = None
    solver: SolverSpec = field(default_factory=SolverSpec)
    commitment: Commitment = field(default_factory=Commitment)
    fluid: bool = False
    totals: Totals | None = None

    @classmethod
    def of(cls, scenario: Scenario | Known) -> Prepared:
        """Return the static side of a scenario, which is known from the start."""
        return cls(
            scenario.grid,
            scenario.network,
            scenario.sites,
            scenario.services,
            scenario.goal,
            security=scenario.security,
            commitment=scenario.commitment,
            solver=scenario.solver,
            totals=scenario.totals,
        )

    def relaxation(self) -> Prepared:
        """Return the same system under relaxed commitment: no start costs or minimum times, units
        on in part.

        Its optimum is a lower bound of the optimum under commitment: whatever a committed unit may
        do, a relaxed one may for no more (`fluid`: ramps reach at least the minimum output, and
        what nobody takes can be dumped).
        """
        return replace(self, fluid=True) if self.commitment.mode == "mip" else self

    def ramped(self, hours: Floats) -> Ints:
        """Return the positions of the units whose ramp counts in steps of `hours` (T,) [h]: those
        that cannot go from nothing to all in the shortest one.

        Weather has no ramp.
        """
        units = self.units
        slow = units.ramp_mw_per_h * hours.min() < units.p_max_mw
        return np.flatnonzero(slow & (units.feed < 0))

    def dumping(self, hours: Floats) -> Ints:
        """Return the positions of the units that may dump what nobody takes in steps of `hours`
        (T,) [h]: those that are committed, also where relaxed, and those whose ramp counts.
        """
        committed = np.flatnonzero(self.commitment.of(self.grid.generators))
        return np.union1d(committed, self.ramped(hours)).astype(np.int64)

    @cached_property
    def committed_mask(self) -> Bools:
        """Units that are on or off (units,)."""
        return self.commitment.of(self.grid.generators) & (not self.fluid)

    @cached_property
    def always_mw(self) -> Floats:
        """Output below the first segment of units that are always on (units,), which no column
        carries [MW].
        """
        return np.where(self.committed_mask, 0.0, self.curves.base_mw)

    @cached_property
    def base_per_h(self) -> Floats:
        """Cost of each unit below its first segment, carbon included (units,) [currency/h]."""
        carbon = self.goal.carbon_price / KG_PER_T * self.curves.base_kg
        return np.asarray(self.curves.base_cost + carbon)

    @cached_property
    def committed(self) -> Ints:
        """Positions of the committed units."""
        return np.flatnonzero(self.committed_mask)

    @cached_property
    def curves(self) -> SupplyCurves:
        """Convex supply curves at the goal's carbon price."""
        return supply_curves(
            self.grid.generators, self.goal.carbon_price, self.relaxed & ~self.committed_mask
        )

    @cached_property
    def topology(self) -> Topology:
        """Sensitivities and islands of the grid."""
        return Topology.of(self.grid)

    @cached_property
    def contingencies(self) -> Contingencies:
        """What may be lost, and what its loss does to flows; of no kind where security is off."""
        return contingencies(self.topology, self.sites, self.security or Security(()))

    @cached_property
    def service_pairs(self) -> tuple[Ints, Ints]:
        """Allowed (service, site) pairs."""
        service, site = np.nonzero(self.services.allowed)
        return service, site

    @property
    def units(self) -> Generators:
        """Generators."""
        return self.grid.generators

    @property
    def stores(self) -> StorageUnits:
        """Storage units."""
        return self.grid.storage

    @cached_property
    def places(self) -> Places:
        """How places are numbered: buses, then behind the sites' meters."""
        return Places(len(self.grid.buses), len(self.sites))

    @property
    def buses(self) -> int:
        """Number of buses."""
        return len(self.grid.buses)

    def output_mw(self, segments: Floats, on: Floats) -> Floats:
        """Return unit output (T, units) from segment output (T, segments) and commitment (T,
        committed units).
        """
        total = np.zeros((len(segments), len(self.units)))
        np.add.at(total.T, self.curves.unit, segments.T)
        total[:, self.committed] += on * self.curves.base_mw[self.committed]
        return total
