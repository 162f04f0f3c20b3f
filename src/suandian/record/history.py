"""A ledger's steps as arrays: the booked details stacked over time, book by book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from suandian.ledger.ledger import Ledger
from suandian.model.grid import Floats, Ints, Names
from suandian.model.issues import RecordError
from suandian.model.scenario import Scenario
from suandian.model.time import TimeAxis
from suandian.model.units import WH_PER_MWH
from suandian.record.details import (
    TOUCHED,
    BookedDetail,
    CarbonDetail,
    CashDetail,
    Columns,
    EnergyDetail,
    declared,
)
from suandian.record.schemas import node

Kind = TypeVar("Kind", bound=BookedDetail)


@dataclass(frozen=True, eq=False)
class History:
    """What was booked in steps 0 … n-1 of `scenario`.

    `energy`, `carbon` and `cash` hold the columns that `record.details` declares, with the steps
    in front (n, members); those of jobs touched stand below each other (rows,), and `job_step`
    (rows,) says in which step. Columns of any other book: `booked_columns`.
    """

    scenario: Scenario
    n: int
    energy: EnergyDetail
    carbon: CarbonDetail
    cash: CashDetail
    job_step: Ints

    @classmethod
    def of(cls, scenario: Scenario, ledger: Ledger) -> History:
        """Return the history that `ledger` holds of `scenario`.

        Raises
        ------
        RecordError
            No step is booked, or the books have different steps.
        """
        energy, carbon, cash = (
            booked_columns(ledger, kind.BOOK) for kind in (EnergyDetail, CarbonDetail, CashDetail)
        )
        # books are appended together: a ledger where they differ was cut or forged
        if not energy or not len(energy) == len(carbon) == len(cash):
            raise RecordError(
                f"the ledger holds {len(energy)} energy, {len(carbon)} carbon and {len(cash)} "
                "cash entries"
            )
        return cls(
            scenario=scenario,
            n=len(energy),
            energy=stacked(EnergyDetail, energy),
            carbon=stacked(CarbonDetail, carbon),
            cash=stacked(CashDetail, cash),
            job_step=np.repeat(np.arange(len(energy)), [len(step["job"]) for step in energy]),
        )

    @property
    def axis(self) -> TimeAxis:
        """The booked steps."""
        return self.scenario.axis.window(0, self.n)

    @cached_property
    def places(self) -> Names:
        """Node names by place: buses, then sites (as in `Generators.node`)."""
        return np.concatenate(
            [node("bus", self.scenario.grid.buses.id), node("site", self.scenario.sites.id)]
        )

    def mw(self, wh: Ints) -> Floats:
        """Return energies (n, members) [Wh] as mean powers [MW]."""
        return np.asarray(wh / WH_PER_MWH / self.axis.hours[:, None])

    @cached_property
    def job_wh(self) -> Ints:
        """Energy of jobs (n, sites, classes) [Wh]."""
        sites = len(self.scenario.sites)
        classes = len(self.scenario.classes)
        # job by job would be millions of rows: reports ask by class
        energy = np.zeros((self.n, sites, classes), dtype=np.int64)
        ran = self.energy.job_energy_wh > 0
        step = self.job_step[ran]
        site = self.energy.job_site[ran]
        kind = self.scenario.jobs.kind[self.energy.job[ran]]
        np.add.at(energy, (step, site, kind), self.energy.job_energy_wh[ran])
        return energy


def booked_columns(ledger: Ledger, book: str) -> list[Columns]:
    """Return the booked columns of any book, step by step."""
    return [ledger.detail(entry.detail) for entry in ledger.entries(book)]


def stacked(kind: type[Kind], steps: Sequence[Columns]) -> Kind:
    """Return the columns of several steps as one detail, the steps in front (n, members).

    Columns over jobs touched have other members in each step: they stand below each other.

    Raises
    ------
    RecordError
        A step lacks a column that another has, or that is always booked.
    """
    # checked step by step, so that the error is of the first that lacks a column
    details = [kind.of(columns) for columns in steps]
    whole: dict[str, Any] = {}
    for name, column in declared(kind).items():
        values: list[NDArray[Any]] = [getattr(detail, name) for detail in details]
        lacking = sum(value is None for value in values)
        # a column that no step has does not apply to this run
        if lacking == len(values):
            continue
        if lacking:
            raise RecordError(f"book {kind.BOOK}: {lacking} steps lack the column {name}")
        # each step touches other jobs, so that these columns have no common length
        join = np.concatenate if column.over == TOUCHED else np.stack
        whole[name] = join(values)
    return kind(**whole)
