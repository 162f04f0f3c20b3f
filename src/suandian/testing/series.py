"""The contract of series plug-ins."""

from __future__ import annotations

import numpy as np

from suandian.model.ports import SeriesKind
from suandian.model.time import TimeAxis
from suandian.testing.contract import Contract
from suandian.testing.feeds import feed_rules
from suandian.testing.grid import DAY

UNITS = ("MW", "1", "p.u.", "pu", "currency/MWh", "degC", "g/kWh")


def check_series(
    plugin: SeriesKind,
    key: str | None = None,
    axis: TimeAxis = DAY,
    uncovered: TimeAxis | None = None,
) -> list[str]:
    """Check a series plug-in with a `key` (its own example unless given) on an `axis` that it
    covers; returns the rules kept.

    `uncovered` is an axis that it does not cover, where there is one.

    Raises
    ------
    ContractError
        With every rule that it breaks.
    """
    contract = Contract("series")
    chosen = plugin.example if key is None else key
    with contract.trying("the series can be read"):
        feed = plugin.series(chosen, axis)
        contract.kept.append("the series can be read")
        # whoever refers to a series scales and places one column of values
        contract.rule("the series has one column", len(feed.columns) == 1)
        contract.rule("its unit is known", feed.unit in UNITS, feed.unit)
        feed_rules(contract, feed, axis, "the series")
        again = plugin.series(chosen, axis)
        contract.rule("reading twice gives the same", np.array_equal(feed.actual, again.actual))
        # history and study are read as one axis: a value must not depend on what else is asked for
        half = axis.window(0, max(axis.n // 2, 1))
        part = plugin.series(chosen, half).actual
        contract.rule("a part of the axis has its part of the values", _equal(part, feed.actual))
    contract.refuses("an unknown key is refused", lambda: plugin.series("no such key", axis))
    if uncovered is not None:
        contract.refuses(
            "a time that is not covered is refused", lambda: plugin.series(chosen, uncovered)
        )
    if plugin.nameplate is not None:
        with contract.trying("nameplate is a positive number"):
            full = plugin.nameplate(chosen)
            # availability is divided by it
            usable = full > 0 and bool(np.isfinite(full))
            contract.rule("nameplate is a positive number", usable, full)
    return contract.result()


def _equal(part: np.ndarray, whole: np.ndarray) -> bool:
    return bool(np.allclose(part, whole[: len(part)], rtol=1e-12, atol=1e-12))
