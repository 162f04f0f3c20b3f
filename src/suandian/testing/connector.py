"""The contract of connector plug-ins."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from suandian.model.ports.connector import (
    UNITS,
    Connector,
    ConnectorKind,
    DevicePoint,
    Measurements,
    SetPoints,
)
from suandian.testing.contract import Contract

SKEW_S = 5  # that two clocks may differ


def check_connector(
    plugin: ConnectorKind, options: Mapping[str, Any] | None = None, write: bool = False
) -> list[str]:
    """Check a connector plug-in with `options` (its own example unless given); returns the rules
    kept.

    Set-points are handed over only where `write` is set: use a simulator, not a machine that does
    something.

    Raises
    ------
    ContractError
        With every rule that it breaks.
    InputError
        The options do not fit, or the device does not answer.
    """
    contract = Contract("connector")
    chosen = contract.options(plugin.Options, plugin.example if options is None else options)
    connector = plugin.connect(chosen)
    try:
        points = connector.points()
        _points(contract, points)
        contract.rule("its points stay the same", connector.points() == points)
        first = connector.read()
        _measurements(contract, first, points)
        second = connector.read()
        contract.rule("the meter's time does not run backwards", _in_order(first, second))
        _refusals(contract, connector, points)
        if write:
            _settable(contract, connector, points)
    finally:
        connector.close()
    return contract.result()


def _points(contract: Contract, points: tuple[DevicePoint, ...]) -> None:
    contract.rule("it offers a point", bool(points))
    names = [point.name for point in points]
    distinct = {*names, ""}
    unique = len(distinct) == len(names) + 1
    contract.rule("names of points are unique and not empty", unique)
    unknown = {point.unit for point in points} - set(UNITS)
    contract.rule("units are known", not unknown, ", ".join(sorted(unknown)))
    placed = all(":" in point.place for point in points)
    contract.rule("each place is a node, kind:id", placed)
    ranges = all(point.low <= point.high for point in points if point.settable)
    contract.rule("what can be set has a range", ranges)


def _measurements(contract: Contract, read: Measurements, points: tuple[DevicePoint, ...]) -> None:
    readable = {point.name for point in points if point.readable}
    shapes = read.point.shape == read.value.shape == read.measured_s.shape
    contract.rule("measurements have one value and one time per row", shapes)
    names = read.point.tolist()
    contract.rule("one row per point", len(set(names)) == len(names))
    contract.rule("only what is readable is read", set(names) <= readable)
    # a meter without a value has no row; nan would travel on into a plan
    finite = np.isfinite(read.value)
    contract.rule("values are finite", bool(finite.all()))
    whole = np.issubdtype(read.measured_s.dtype, np.integer)
    contract.rule("times are whole UTC seconds", bool(whole))
    # the meter's own stamp: it was measured before it was read
    past = bool(np.all(read.measured_s <= time.time() + SKEW_S))
    contract.rule("nothing was measured in the future", past)


def _in_order(first: Measurements, second: Measurements) -> bool:
    before = _stamps(first)
    after = _stamps(second)
    both = before.keys() & after.keys()
    return all(after[name] >= before[name] for name in both)


def _stamps(read: Measurements) -> dict[str, int]:
    pairs = zip(read.point.tolist(), read.measured_s.tolist(), strict=True)
    return dict(pairs)


def _told(name: str, value: float, length_s: int = 900) -> SetPoints:
    now_s = int(time.time())
    return SetPoints(
        point=np.array([name]),
        value=np.array([value]),
        start_s=np.array([now_s], np.int64),
        end_s=np.array([now_s + length_s], np.int64),
    )


def _refusals(contract: Contract, connector: Connector, points: tuple[DevicePoint, ...]) -> None:
    """What can never be applied must be refused with a reason: harmless on any device."""
    answer = connector.write(_told("no-such-point", 1.0))
    contract.rule("an unknown point is refused with a reason", len(answer) == 1 and answer[0] != "")
    for point in points:
        if not point.settable:
            told = connector.write(_told(point.name, 0.0))
            text = f"{point.name} cannot be set and says so"
            contract.rule(text, told != ("",))
        elif np.isfinite(point.high):
            told = connector.write(_told(point.name, point.high + 1.0))
            contract.rule(f"{point.name} above its range is refused", told != ("",))


def _settable(contract: Contract, connector: Connector, points: tuple[DevicePoint, ...]) -> None:
    for point in points:
        if point.settable:
            within = point.low if np.isfinite(point.low) else 0.0
            answer = connector.write(_told(point.name, within))
            contract.rule(f"{point.name} within its range is taken", answer == ("",), answer)
            reverse = connector.write(_told(point.name, within, length_s=-900))
            contract.rule(f"{point.name} that ends before it starts is refused", reverse != ("",))
