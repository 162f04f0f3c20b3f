"""`[grid]` and the inline tables `[buses]`, `[lines]`, `[links]`, `[generators]`, `[storage]`,
`[loads]`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from suandian.reading.spec.fields import (
    Capacity,
    Duration,
    Emission,
    Energy,
    EnergyPrice,
    HourlyCost,
    Mass,
    Money,
    PositivePrice,
    Power,
    Ramp,
    Table,
)

Share = Annotated[float, Field(gt=0, le=1)]


class SeriesFile(Table):
    """A CSV file with the columns `time` (start of each interval) and `value`, inside the scenario
    folder.
    """

    file: str = Field(description="CSV file, path relative to the scenario")
    column: str = Field(default="value", description="column that holds the values")
    unit: Literal["MW", "1"] = Field(
        default="MW", description="unit of the values: MW, or 1 for a share of the nameplate"
    )
    ahead: str | None = Field(
        default=None,
        description="column with the day-ahead forecast, known at 12:00 of the day before",
    )
    zone: str | None = Field(
        default=None, description="zone of times without offset; default: the scenario's zone"
    )
    resample: Literal["none", "mean", "repeat"] = Field(
        default="none",
        description="how another resolution is brought to the step: mean (finer) or repeat "
        "(coarser)",
    )


Series = Annotated[str | SeriesFile, Field(union_mode="left_to_right")]


class OutagesSpec(Table):
    """What `security = "n-1"` looks at, and what an overload after a loss that cannot be avoided
    costs.
    """

    kinds: tuple[Literal["line", "link", "generator", "site-loss", "site-return"], ...] = Field(
        default=("line", "link", "generator", "site-loss", "site-return"),
        strict=False,
        description="losses: each line, link, generator, a site's load, and the return of a "
        "site's whole load at once",
    )
    emergency_factor: float = Field(
        default=1.0,
        gt=0,
        le=10,
        description="emergency limit of lines without an emergency rating, per rating [1]",
    )
    violation_price: PositivePrice = Field(
        default=2_000.0,
        description="price of an overload after a loss; below that of unserved load: it is "
        "accepted",
    )


class GridSpec(Table):
    """Where the grid comes from. Further keys are the plug-in's own options."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")

    plugin: str = Field(
        description="grid plug-in: inline, matpower, rts-gmlc, or one that is installed"
    )
    network: Literal["copper", "transport", "dc", "ptdf"] = Field(
        default="dc",
        description="copper plate, transport, DC by angles, DC by PTDF (same results as dc)",
    )
    security: Literal["none", "n-1"] = Field(
        default="none",
        description="n-1: flows stay within emergency limits after any one loss (needs dc or ptdf)",
    )
    outages: OutagesSpec = Field(
        default_factory=OutagesSpec, description="losses that `security` looks at"
    )
    ac_check: bool = Field(
        default=False,
        description="AC power flow of plans and executed steps by pandapower (extra `grid`)",
    )

    def options(self) -> dict[str, Any]:
        """Return the plug-in's own options."""
        return dict(self.__pydantic_extra__ or {})


class BusSpec(Table):
    """A bus of an inline grid."""

    load: Power = Field(default=0.0, description="constant load")
    lat: float | None = Field(default=None, ge=-90, le=90, description="latitude [degrees north]")
    lon: float | None = Field(default=None, ge=-180, le=180, description="longitude [degrees east]")
    area: str = Field(default="1", description="area that reports are grouped by")


class LoadSpec(Table):
    """A further load at a bus of an inline grid: constant or following a series."""

    bus: str = Field(description="bus it is connected to")
    power: Power | None = Field(default=None, description="constant power; give this or `series`")
    series: Series | None = Field(default=None, description="series in MW; give this or `power`")
    share: Share = Field(default=1.0, description="part of the series that is this load [1]")


class LineSpec(Table):
    """An AC line of an inline grid, per unit of 100 MVA."""

    from_: str = Field(alias="from", description="bus it starts at")
    to: str = Field(description="bus it ends at")
    x: float = Field(ge=1e-9, le=1e6, description="reactance [per unit of 100 MVA]")
    r: float = Field(default=0.0, ge=0, le=1e6, description="resistance [per unit of 100 MVA]")
    rating: Capacity = Field(description="limit in both directions")


class LinkSpec(Table):
    """A controllable link (DC line) of an inline grid."""

    from_: str = Field(alias="from", description="bus it starts at")
    to: str = Field(description="bus it ends at")
    capacity: Capacity = Field(description="limit in both directions")


class GeneratorSpec(Table):
    """A generator of an inline grid; with `series` it gives what the series offers, scaled to
    `power`.
    """

    bus: str = Field(description="bus it is connected to")
    power: Capacity = Field(description="largest output")
    min: Power = Field(default=0.0, description="smallest output while on")
    cost: EnergyPrice = Field(default=0.0, description="cost of energy")
    no_load: HourlyCost | None = Field(
        default=None,
        description="cost per hour while on, at the smallest output; left out: `cost` × `min`",
    )
    emission: Emission = Field(default=0.0, description="direct CO2 per energy")
    start_cost: Money = Field(
        default=0.0, description="cost of each start (used with commitment.mode = mip)"
    )
    start_emission: Mass = Field(
        default=0.0, description="direct CO2 of each start (with commitment.mode = mip)"
    )
    min_up: Duration = Field(
        default=0.0, description="least time on after a start (with commitment.mode = mip)"
    )
    min_down: Duration = Field(
        default=0.0, description="least time off after a stop (with commitment.mode = mip)"
    )
    ramp: Ramp | None = Field(
        default=None, description="largest change of output per hour; none: not limited"
    )
    carrier: str = Field(
        default="other", description="what it burns or catches, e.g. gas, wind, solar"
    )
    series: Series | None = Field(
        default=None, description="availability; scaled so that its nameplate is `power`"
    )
    nameplate: Capacity | None = Field(
        default=None,
        description="series value that means full output; default: the plug-in's own, else its "
        "maximum",
    )


class StorageSpec(Table):
    """A storage unit of an inline grid."""

    bus: str = Field(description="bus it is connected to")
    power: Capacity = Field(description="largest charging and discharging power")
    energy: Energy = Field(description="energy when full")
    efficiency: float = Field(default=0.9, gt=0, le=1, description="round trip [1]")
    initial: float = Field(default=0.5, ge=0, le=1, description="filling at start and end [1]")
    wear: PositivePrice = Field(default=0.0, description="wear per energy discharged")
    carrier: str = Field(default="battery", description="kind of storage")
