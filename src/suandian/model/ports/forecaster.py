"""The port of forecasters: what is expected of a feed, from what is known of it. Another package
offers one by the entry point `suandian.forecasters`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from suandian.model.feed import Feed
from suandian.model.grid import Floats
from suandian.model.known import Known
from suandian.model.ports.options import PluginOptions
from suandian.model.time import TimeAxis


class Forecaster(Protocol):
    """Says what is expected."""

    def forecast(self, feed: Feed, axis: TimeAxis, as_of_s: int) -> Floats:
        """Return expected values (axis.n, columns) on `axis`, whose steps are those of the feed.

        The feed holds what is known now, and `as_of_s` [UTC s] is now; or it is earlier, where a
        policy asks what would have been expected then (to learn from the errors): no value known
        after `as_of_s` may then go into the values, though parameters may be fitted on all there
        is.
        """


@dataclass(frozen=True)
class ForecasterKind:
    """A forecaster as a plug-in: `make(known, options)` is called for each decision, `summary` says
    in a few words how it forecasts.
    """

    name: str
    summary: str
    make: Callable[[Known, Any], Forecaster]
    Options: type[PluginOptions] = PluginOptions
