"""What a system needs once, before any window: supply curves, sensitivities, pairs of (work, site)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from suandian.maths.contingency import Contingencies, contingencies
from suandian.maths.supply import SupplyCurves, supply_curves
from suandian.maths.topology import Topology
from suandian.model.grid import Floats, Generators, Grid, Ints, StorageUnits
from suandian.model.scenario import Goal, Scenario, Security, SolverSpec
from suandian.model.system import Services, Sites


@dataclass(frozen=True, eq=False)
class Prepared:
    """The static side of every problem of a scenario."""

    grid: Grid
    network: str
    sites: Sites
    services: Services
    goal: Goal
    relaxed: bool = True
    security: Security | None = None
    solver: SolverSpec = field(default_factory=SolverSpec)

    @classmethod
    def of(cls, scenario: Scenario) -> Prepared:
        """Return the static side of `scenario`."""
        return cls(
            scenario.grid, scenario.network, scenario.sites, scenario.services, scenario.goal,
            security=scenario.security, solver=scenario.solver,
        )  # fmt: skip

    @cached_property
    def curves(self) -> SupplyCurves:
        """Convex supply curves at the goal's carbon price."""
        return supply_curves(self.grid.generators, self.goal.carbon_price, self.relaxed)

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

    @property
    def buses(self) -> int:
        """Number of buses."""
        return len(self.grid.buses)

    def output_mw(self, segments: Floats) -> Floats:
        """Return unit output (T, units) from segment output (T, segments)."""
        total = np.zeros((len(segments), len(self.units)))
        np.add.at(total.T, self.curves.unit, segments.T)
        return total
