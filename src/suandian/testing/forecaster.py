"""The contract of forecaster plug-ins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from suandian.model.feed import Feed
from suandian.model.known import Known
from suandian.model.ports import ForecasterKind
from suandian.testing.contract import Contract
from suandian.testing.decisions import study

AHEAD = 24  # steps that are asked for
EARLIER = 48  # steps by which the second question lies further back


def check_forecaster(plugin: ForecasterKind, options: Mapping[str, Any] | None = None) -> list[str]:
    """Check a forecaster plug-in with `options` (its defaults unless given) on the feeds of the
    template `two-sites`; returns the rules kept.

    Raises
    ------
    ContractError
        With every rule that it breaks.
    InputError
        The options do not fit.
    """
    contract = Contract("forecaster")
    named = bool(plugin.name.strip()) and bool(plugin.summary.strip())
    contract.rule("it has a name and says in a few words how it forecasts", named)
    chosen = contract.options(plugin.Options, {} if options is None else options)
    known = Known.at(study(), 0)
    for name, feed in known.feeds.items():
        if len(feed.columns):
            with contract.trying(f"it forecasts {name}"):
                _feed(contract, plugin, chosen, known, feed)
    return contract.result()


def _feed(
    contract: Contract, plugin: ForecasterKind, chosen: Any, known: Known, feed: Feed
) -> None:
    axis = known.axis.window(0, AHEAD)
    forecaster = plugin.make(known, chosen)
    values = forecaster.forecast(feed, axis, known.as_of_s)
    what = f"the forecast of {feed.name}"
    shape = (axis.n, len(feed.columns))
    contract.rule(f"{what} has shape (steps, columns)", values.shape == shape, values.shape)
    finite = np.isfinite(values)
    contract.rule(f"{what} is finite", bool(finite.all()))
    contract.rule(f"{what} is not negative", bool(np.min(values, initial=0.0) >= 0.0))
    again = forecaster.forecast(feed, axis, known.as_of_s)
    contract.rule(f"{what} is the same when asked twice", np.array_equal(values, again))
    _no_look_ahead(contract, plugin, chosen, known, feed)


def _no_look_ahead(
    contract: Contract, plugin: ForecasterKind, chosen: Any, known: Known, feed: Feed
) -> None:
    """What it would have said two days ago does not change when what came after is forgotten."""
    first = feed.position(known.axis.start_s) - EARLIER
    axis = feed.axis.window(first, first + AHEAD)
    text = f"an earlier forecast of {feed.name} uses no later value"
    then_s = axis.start_s
    full = plugin.make(known, chosen).forecast(feed, axis, then_s)
    # parameters may be fitted on all there is: values, not parameters, are what is held to it, so
    # the later ones are changed by what a fit hardly sees and a copy plainly does
    later = feed.actual_known_s[: len(feed.actual)] > then_s
    changed = feed.actual.copy()
    changed[later] = changed[later] * (1 + 1e-6)
    other = plugin.make(known, chosen).forecast(replace(feed, actual=changed), axis, then_s)
    # a value that was copied moves by 1e-6 of itself, a fitted parameter by much less
    moved = np.abs(other - full)
    contract.rule(text, bool(np.all(moved <= 5e-7 * np.abs(full) + 1e-12)))
