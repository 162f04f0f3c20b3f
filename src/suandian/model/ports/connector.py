"""The port of connectors: what a gateway needs of a meter, a device or a scheduler.

A connector reads measurements and, where the device can be told, hands it set-points. It declares
what it can do (`DevicePoint`); it holds no plan and makes no decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from suandian.model.grid import Floats, Ints, Names
from suandian.model.ports.options import PluginOptions

# those of the inside: a connector converts, so that nobody else has to know the device
UNITS = ("MW", "MWh", "1", "degC", "currency/MWh")


@dataclass(frozen=True)
class DevicePoint:
    """One quantity at one place that a device measures, or that it can be told.

    `quantity` says what it is (`power`, `energy`, `level`, `temperature`, `price`); `place` is a
    node of the run folder (`site:west`, `battery:west`); `unit` is one of `UNITS`. Set-points are
    accepted where `settable`, from `low` to `high` in that unit.
    """

    name: str
    quantity: str
    unit: str
    place: str
    readable: bool = True
    settable: bool = False
    low: float = float("-inf")
    high: float = float("inf")


@dataclass(frozen=True, eq=False)
class Measurements:
    """What was read, one row per value: name of the `point`, `value` in its unit, `measured_s`.

    `measured_s` [UTC s] is the time stamp of the meter itself, never that of the reader: a value
    that comes late must not look new. A point that has no value has no row.
    """

    point: Names
    value: Floats
    measured_s: Ints


@dataclass(frozen=True, eq=False)
class SetPoints:
    """What a device is told, one row per value; each holds in [start_s, end_s) [UTC s].

    When the last one has run out, the device goes back to its own default: a gateway that falls
    silent must not leave a site where it was.
    """

    point: Names
    value: Floats
    start_s: Ints
    end_s: Ints


class Connector(Protocol):
    """An open connection."""

    def points(self) -> tuple[DevicePoint, ...]:
        """Return what the device offers; the same as long as the connection is open."""

    def read(self) -> Measurements:
        """Return the newest value of each readable point. Raises InputError where the device does
        not answer: no value is made up.
        """

    def write(self, told: SetPoints) -> tuple[str, ...]:
        """Hand over set-points; returns for each row an empty text where the device took it, else
        why it did not. Nothing of a refused row is applied.
        """

    def close(self) -> None:
        """Give the connection back."""


@dataclass(frozen=True)
class ConnectorKind:
    """A plug-in of kind `connector`, entry point `suandian.connectors`.

    `connect(options)` opens a connection; `Options` is the model of its options; `example` are
    options that the contract suite tries it with.
    """

    connect: Callable[[Any], Connector]
    Options: type[PluginOptions] = PluginOptions
    example: Mapping[str, Any] = field(default_factory=dict)
