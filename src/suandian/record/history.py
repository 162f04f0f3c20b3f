"""A ledger's steps as arrays: the booked details stacked over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from suandian.ledger.ledger import Ledger
from suandian.model.grid import Floats, Ints, Names
from suandian.model.issues import RecordError
from suandian.model.scenario import Scenario
from suandian.model.time import TimeAxis
from suandian.record.schemas import node

JOB_COLUMNS = ("job", "job_site", "job_energy_wh", "job_overhead_wh", "job_suspended")
Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class History:
    """What was booked in steps 0 … n-1 of `scenario`.

    `energy` columns (n, members) as in the energy book's detail, without those of jobs; `ran` the
    job columns of all steps below each other, with `step`; `price` (n, buses); `average` (n,
    buses), `site_average` (n, sites) and `marginal` (n, buses + sites) [g/kWh], the last not a
    number where `marginal_reason` (as in model.signals) says why; `emission_g` (n, units).
    """

    scenario: Scenario
    n: int
    energy: Columns
    ran: dict[str, Ints]
    price: Floats
    average: Floats
    emission_g: Ints
    site_average: Floats
    marginal: Floats
    marginal_reason: Ints

    @classmethod
    def of(cls, scenario: Scenario, ledger: Ledger) -> History:
        """Return the history that `ledger` holds of `scenario`.

        Raises
        ------
        RecordError
            No step is booked, or the books have different steps.
        """
        energy, carbon, cash = (_details(ledger, book) for book in ("energy", "carbon", "cash"))
        if not energy or not len(energy) == len(carbon) == len(cash):
            raise RecordError(
                f"the ledger holds {len(energy)} energy, {len(carbon)} carbon and {len(cash)} "
                "cash entries"
            )
        steps = np.repeat(np.arange(len(energy)), [len(e["job"]) for e in energy])
        ran = {"step": steps} | {
            k: np.concatenate([e[k] for e in energy]).astype(np.int64) for k in JOB_COLUMNS
        }
        return cls(
            scenario=scenario,
            n=len(energy),
            energy={k: np.stack([e[k] for e in energy]) for k in energy[0] if k not in JOB_COLUMNS},
            ran=ran,
            price=np.stack([c["price"] for c in cash]).astype(np.float64),
            average=np.stack([c["average_g_per_kwh"] for c in carbon]).astype(np.float64),
            emission_g=np.stack([c["emission_g"] for c in carbon]).astype(np.int64),
            site_average=np.stack([c["site_average_g_per_kwh"] for c in carbon]).astype(np.float64),
            marginal=np.stack([c["marginal_g_per_kwh"] for c in carbon]).astype(np.float64),
            marginal_reason=np.stack([c["marginal_reason"] for c in carbon]).astype(np.int64),
        )

    @property
    def axis(self) -> TimeAxis:
        """The booked steps."""
        return self.scenario.axis.window(0, self.n)

    @cached_property
    def places(self) -> Names:
        """Node names by position: buses, then sites (as in `Generators.node`)."""
        return np.concatenate(
            [node("bus", self.scenario.grid.buses.id), node("site", self.scenario.sites.id)]
        )

    def wh(self, name: str) -> Ints:
        """Return an energy column (n, members) [Wh]."""
        return self.energy[name].astype(np.int64)

    @cached_property
    def job_wh(self) -> Ints:
        """Energy of jobs (n, sites, classes) [Wh]."""
        sites, classes = len(self.scenario.sites), len(self.scenario.classes)
        made = np.zeros((self.n, sites, classes), dtype=np.int64)
        some = self.ran["job_energy_wh"] > 0
        step, site, job, energy = (
            self.ran[k][some] for k in ("step", "job_site", "job", "job_energy_wh")
        )
        np.add.at(made, (step, site, self.scenario.jobs.kind[job]), energy)
        return made


def _details(ledger: Ledger, book: str) -> list[Mapping[str, NDArray[np.generic]]]:
    return [ledger.detail(entry.detail) for entry in ledger.entries(book)]
