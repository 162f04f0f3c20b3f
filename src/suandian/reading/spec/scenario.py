"""The scenario file as a whole: the one description that checking, the JSON schema and
the docs share.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from suandian.reading.spec.commitment import CommitmentSpec
from suandian.reading.spec.fields import (
    CarbonMass,
    CarbonPrice,
    Name,
    PositiveDuration,
    PositivePrice,
    Power,
    Table,
    _currency,
)
from suandian.reading.spec.grid import (
    BusSpec,
    GeneratorSpec,
    GridSpec,
    LineSpec,
    LinkSpec,
    LoadSpec,
    StorageSpec,
)
from suandian.reading.spec.site import OriginSpec, SiteSpec, TariffSpec
from suandian.reading.spec.solver import SolverTable
from suandian.reading.spec.time import TimeSpec
from suandian.reading.spec.work import RoutesSpec, Workload


class UnservedSpec(Table):
    """Prices of what is not served; they count in the system cost."""

    load: PositivePrice = Field(default=10_000.0, description="electric load")
    service: PositivePrice = Field(default=5_000.0, description="service load (IT energy)")
    jobs: PositivePrice = Field(
        default=1_000.0, description="work of jobs not done by their deadline (IT energy)"
    )


class GoalSpec(Table):
    """What is minimised."""

    view: Literal["system"] = Field(
        default="system", description="whose cost: that of the whole system"
    )
    carbon_price: CarbonPrice = Field(
        default=0.0, description="price of direct CO2 of all modelled supply"
    )
    unserved_price: UnservedSpec = Field(
        default_factory=UnservedSpec, description="prices of what is not served"
    )
    reserve: Power = Field(
        default=0.0, description="margin of dispatchable supply held in each step"
    )
    carbon_cap: CarbonMass | None = Field(
        default=None,
        description="most direct CO2 of all modelled supply over the study, kept by `plan --whole`",
    )


Pair = Annotated[tuple[PositiveDuration, PositiveDuration], Field(strict=False)]
LookAhead = Annotated[tuple[Pair, ...], Field(strict=False, min_length=1)]


class PolicyTable(Table):
    """Who decides, how often and how far ahead."""

    name: str = Field(
        default="joint",
        description="asap, carbon-aware, separate, joint, oracle (see docs/concepts.md), or one "
        "that is installed",
    )
    replan: PositiveDuration = Field(default=6.0, description="time between two plans")
    horizon: PositiveDuration = Field(default=48.0, description="how far a plan looks")
    storage_band: Power = Field(
        default=0.0, description="how far dispatch may deviate from planned storage power"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="the policy's own parameters (below)"
    )
    look_ahead: LookAhead | None = Field(
        default=None,
        description="longer steps later in a plan, as pairs of lead time and step: "
        '`[["2 h", "5 min"], ["6 h", "15 min"], ["48 h", "1 h"]]`; none: steps of the study',
    )


class ForecastTable(Table):
    """Who says what is expected."""

    name: str = Field(
        default="intraday",
        description="intraday, persistence, or one that is installed",
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="the forecaster's own parameters (below)"
    )


class ScenarioSpec(Table):
    """One study. Quantities are texts with their unit; names are table keys; unknown keys are
    errors.
    """

    version: Literal[1] = Field(description="version of this format: 1")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] = Field(
        description="name of the study: letters, digits, point, hyphen, underscore"
    )
    currency: Annotated[str, AfterValidator(_currency)] = Field(
        description="ISO 4217 code of all prices"
    )
    seed: int = Field(default=1, ge=0, le=2**31 - 1, description="seed of everything that is drawn")
    time: TimeSpec = Field(description="when")
    grid: GridSpec = Field(description="where the grid comes from")
    buses: dict[Name, BusSpec] = Field(default_factory=dict, description="inline grid: buses")
    lines: dict[Name, LineSpec] = Field(default_factory=dict, description="inline grid: AC lines")
    links: dict[Name, LinkSpec] = Field(default_factory=dict, description="inline grid: DC links")
    generators: dict[Name, GeneratorSpec] = Field(
        default_factory=dict, description="inline grid: generators"
    )
    storage: dict[Name, StorageSpec] = Field(
        default_factory=dict, description="inline grid: storage units"
    )
    loads: dict[Name, LoadSpec] = Field(default_factory=dict, description="inline grid: loads")
    tariffs: dict[Name, TariffSpec] = Field(default_factory=dict, description="tariffs by name")
    sites: dict[Name, SiteSpec] = Field(default_factory=dict, description="data centres by name")
    origins: dict[Name, OriginSpec] = Field(
        default_factory=dict, description="places of demand that are not sites"
    )
    routes: RoutesSpec = Field(
        default_factory=RoutesSpec, description="routes from origins to sites"
    )
    workloads: dict[Name, Workload] = Field(
        default_factory=dict, description="services and classes of jobs"
    )
    goal: GoalSpec = Field(default_factory=GoalSpec, description="what is minimised")
    commitment: CommitmentSpec = Field(
        default_factory=CommitmentSpec, description="how thermal units are committed"
    )
    policy: PolicyTable = Field(default_factory=PolicyTable, description="who decides")
    forecast: ForecastTable = Field(
        default_factory=ForecastTable, description="who says what is expected"
    )
    solver: SolverTable = Field(default_factory=SolverTable, description="how plans are solved")
    vary: dict[str, Any] = Field(
        default_factory=dict,
        description="experiment: dotted key = list of values; [[vary.cases]] ties values",
    )


INLINE = ("buses", "lines", "links", "generators", "storage", "loads")
