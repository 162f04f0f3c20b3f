"""`[workloads]` and `[routes]`: what must be computed, and over which routes it may move."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from suandian.reading.spec.fields import (
    CorePower,
    Data,
    DataPrice,
    Duration,
    Energy,
    Latency,
    Power,
    Table,
)
from suandian.reading.spec.grid import Series


class RouteRow(Table):
    """One route; the same columns as `routes.csv`."""

    origin: str = Field(description="site or origin it starts at")
    site: str = Field(description="site it ends at")
    rtt_ms: float = Field(ge=0, description="round-trip time [ms]")
    gbit_per_s: float | None = Field(
        default=None, gt=0, description="bandwidth [Gbit/s]; none: not limited"
    )
    price_per_gb: float = Field(default=0.0, ge=0, description="price of data [currency/GB]")


class DistanceSpec(Table):
    """Routes between all origins and sites from the great-circle distance of their buses."""

    ms_per_1000km: float = Field(ge=0, description="round-trip time per distance [ms/1000 km]")
    base_ms: float = Field(default=0.0, ge=0, description="round-trip time at distance zero [ms]")
    price_per_gb: DataPrice = Field(
        default=0.0, description="price of data between two different places"
    )


class RoutesSpec(Table):
    """Routes: from a file, listed here, or computed from distance. Where there is no route, work
    does not go.
    """

    file: str | None = Field(
        default=None, description="CSV: origin, site, rtt_ms, gbit_per_s, price_per_gb"
    )
    list: Annotated[tuple[RouteRow, ...], Field(strict=False)] = Field(
        default=(), description="the same as rows here: [[routes.list]]"
    )
    distance: DistanceSpec | None = Field(
        default=None, description="computed from bus latitude and longitude"
    )


class ServicePower(Table):
    """IT power of a service over time."""

    shape: Series = Field(
        default="constant", description="constant, a series plug-in (`google-2019`), or a CSV file"
    )
    mean: Power = Field(description="mean IT power over the main window; the shape is scaled to it")


class LatencySpec(Table):
    """Latency bound of a service: exactly one of the two."""

    rtt: Latency | None = Field(default=None, description="largest round-trip time")
    one_way: Latency | None = Field(
        default=None, description="largest one-way time (half a round trip)"
    )


class SuspendSpec(Table):
    """Whether jobs may be interrupted, and what that costs."""

    allowed: bool = Field(default=False, description="may jobs be suspended and resumed")
    overhead: Duration = Field(default=0.0, description="extra run time after each suspension")


Residency = Annotated[tuple[str, ...], Field(strict=False)]


class ServiceSpec(Table):
    """A service: power that must be served at once, somewhere within a latency bound."""

    kind: Literal["service"] = Field(description="service")
    origin: str = Field(description="site or origin where its users are")
    power: ServicePower = Field(description="IT power over time")
    latency: LatencySpec | None = Field(default=None, description="latency bound; none: anywhere")
    residency: Residency = Field(
        default=(), description="jurisdictions it may be served in; empty: any"
    )
    data: Data = Field(default=0.0, description="data moved per IT energy served elsewhere")


class JobsSpec(Table):
    """A class of jobs: work that is submitted, may wait and may move."""

    kind: Literal["jobs"] = Field(description="jobs")
    origin: str = Field(description="site or origin where they are submitted")
    trace: str = Field(
        description="trace plug-in: pai-quantiles, swf, sacct, table, … (`suandian plugins`)"
    )
    trace_options: dict[str, Any] = Field(
        default_factory=dict, description="options of the trace plug-in"
    )
    copies: int = Field(
        default=1,
        ge=1,
        le=10**9,
        description="identical jobs that each job of the trace stands for",
    )
    mean: Power | None = Field(
        default=None,
        description="mean IT power submitted; give exactly one of mean, energy, power_per_core",
    )
    energy: Energy | None = Field(default=None, description="IT energy of all submitted jobs")
    power_per_core: CorePower | None = Field(default=None, description="IT power of one core")
    slack: Duration = Field(
        default=0.0, description="time a job may end later than if it ran at once"
    )
    suspend: SuspendSpec = Field(default_factory=SuspendSpec, description="interruption")
    whole: bool = Field(
        default=False,
        description="each job has all of its width or does not run (a gang); plans see its work as "
        "divisible, the run does not",
    )
    data: Data = Field(default=0.0, description="data to move per IT energy run elsewhere")
    residency: Residency = Field(default=(), description="jurisdictions it may run in; empty: any")


Workload = Annotated[ServiceSpec | JobsSpec, Field(discriminator="kind")]
