"""Persistence: the same hour of the last day known. The forecast that any other has to beat.

    forecast[t] = actual[t - k],   k the least number of whole days such that the value is known

Where no such day is known, the last value that is; zero where nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from suandian.model.feed import Feed
from suandian.model.grid import Floats
from suandian.model.known import Known
from suandian.model.ports.forecaster import ForecasterKind
from suandian.model.ports.options import PluginOptions, Whole
from suandian.model.time import TimeAxis

DAY_S = 86_400


class PersistenceOptions(PluginOptions):
    """What is taken to repeat."""

    days: Whole = Field(default=1, ge=1, le=7, description="length of the rhythm [days]")


@dataclass(frozen=True)
class Persistence:
    """The forecaster: values repeat every `days` days."""

    days: int = 1

    @classmethod
    def of(cls, known: Known, options: PersistenceOptions) -> Persistence:  # noqa: ARG003
        """Return the forecaster of a study."""
        return cls(options.days)

    def forecast(self, feed: Feed, axis: TimeAxis, as_of_s: int) -> Floats:
        """Return expected values (axis.n, columns).

        Examples
        --------
        Hours of two days, the second one just over: tomorrow is as it was.

        >>> axis = TimeAxis.regular(0, 3600, 72)
        >>> values = np.arange(48.0)[:, None]
        >>> feed = Feed("load", "MW", np.array(["a"]), axis, values, axis.edges_s[1:49])
        >>> Persistence().forecast(feed, axis.window(48, 51), 48 * 3600)[:, 0].tolist()
        [24.0, 25.0, 26.0]
        """
        known = feed.known_actual(as_of_s)
        if known == 0:
            return np.zeros((axis.n, feed.actual.shape[1]))
        step_s = int(feed.axis.edges_s[1] - feed.axis.edges_s[0])
        lag = self.days * DAY_S // step_s
        rows = feed.position(axis.start_s) + np.arange(axis.n)
        # whole rhythms back to the latest value known, at least one
        back = np.maximum((rows - known) // lag + 1, 1)
        source = rows - back * lag
        return np.asarray(feed.actual[np.where(source >= 0, source, known - 1)])


KIND = ForecasterKind(
    "persistence", "the same hour of the last day known", Persistence.of, PersistenceOptions
)
