"""`[sites]`, `[tariffs]`, `[origins]`: data centres, what stands behind their meters, where demand
comes from.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from suandian.reading.spec.fields import Capacity, Energy, Name, PositivePrice, Power, Table
from suandian.reading.spec.grid import Series

Ratio = Annotated[float, Field(ge=0, le=1)]


class TariffSpec(Table):
    """How energy is paid for. Further keys are the options of its kind; without a kind they are the
    parts of the tariff, tables with a `kind` each, which add up.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")

    kind: str | None = Field(
        default=None,
        description="nodal, fixed, demand, or a tariff plug-in that is installed; left out where "
        "parts are written",
    )

    def further(self) -> dict[str, Any]:
        """Return the options beside the kind, or the parts."""
        return dict(self.__pydantic_extra__ or {})


class ConnectionSpec(Table):
    """The connection of a site to its bus."""

    limit: Capacity = Field(description="largest import")
    export: Power = Field(default=0.0, description="largest export")
    tariff: str = Field(
        default="spot", description="one of `[tariffs]`; `spot` is nodal where nothing is written"
    )


HIGHEST_PUE = 10.0
"""Beyond it a number is no PUE [1] but, say, a percentage."""


class PueSpec(Table):
    """Site power over IT power."""

    model: Literal["constant", "series"] = Field(
        default="constant",
        description="constant: `value` in all steps; series: that of `series`, step by step",
    )
    value: float = Field(
        ge=1,
        le=HIGHEST_PUE,
        description="site power / IT power [1]; 1 or more. With a series: what the site is built "
        "for, which sizes are checked with",
    )
    series: Series | None = Field(
        default=None,
        description="PUE by time [1], 1 or more, with a forecast where one is published; only with "
        '`model = "series"`',
    )


class ClusterSpec(Table):
    """The computing capacity of a site."""

    power: Capacity = Field(description="IT power at full use")
    idle: float = Field(
        default=0.0, ge=0, le=1, description="IT power without work, as a fraction of `power` [1]"
    )
    pue: PueSpec = Field(description="power usage effectiveness")


class DirectSpec(Table):
    """Supply behind the meter (绿电直连)."""

    capacity: Capacity = Field(description="nameplate of what is built here")
    series: Series = Field(
        description="availability: `plugin:key` or a CSV file; scaled to `capacity`"
    )
    nameplate: Capacity | None = Field(
        default=None,
        description="series value that means full output; default: the plug-in's own, else its "
        "maximum",
    )
    cost: PositivePrice = Field(default=0.0, description="cost of energy")
    carrier: str = Field(default="direct", description="wind, solar, …")


class BatterySpec(Table):
    """A battery behind the meter."""

    power: Capacity = Field(description="largest charging and discharging power")
    energy: Energy = Field(description="energy when full")
    efficiency: float = Field(default=0.9, gt=0, le=1, description="round trip [1]")
    initial: float = Field(default=0.5, ge=0, le=1, description="filling at start and end [1]")
    wear: PositivePrice = Field(default=0.0, description="wear per energy discharged")


class RatiosSpec(Table):
    """Ratios of direct supply (绿电直连) over the study: kept by `plan --whole`, reported
    by every run.
    """

    self_use: Ratio | None = Field(
        default=None,
        description="least share of what the site's own supply could give that reaches its load "
        "[1]",
    )
    green_share: Ratio | None = Field(
        default=None, description="least share of the site's load from its own supply [1]"
    )
    export: Ratio | None = Field(
        default=None,
        description="largest share of what its own supply could give that is exported [1]",
    )


class SiteSpec(Table):
    """A data centre behind one grid connection, with one cluster."""

    bus: str = Field(description="bus of the grid")
    party: str = Field(default="", description="who owns it; default: the site's name")
    jurisdiction: str = Field(default="", description="whose law holds there, e.g. US, CN-GZ")
    zone: str = Field(default="", description="IANA time zone; default: the scenario's zone")
    connection: ConnectionSpec = Field(description="connection to the bus")
    cluster: ClusterSpec = Field(description="computing capacity")
    direct: dict[Name, DirectSpec] = Field(
        default_factory=dict, description="supply behind the meter, by name"
    )
    battery: BatterySpec | None = Field(default=None, description="battery behind the meter")
    ratios: RatiosSpec | None = Field(default=None, description="yearly ratios of its own supply")


class OriginSpec(Table):
    """A place that demand comes from and that is not a site."""

    bus: str = Field(description="bus of the grid (gives its position)")
