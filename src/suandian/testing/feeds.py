"""Rules that every feed keeps, whoever makes it."""

from __future__ import annotations

import numpy as np

from suandian.model.feed import Feed
from suandian.model.time import TimeAxis
from suandian.testing.contract import Contract


def feed_rules(contract: Contract, feed: Feed, axis: TimeAxis, what: str) -> None:
    """Note which rules a feed on `axis` keeps; `what` names it in the rules."""
    shape = (axis.n, len(feed.columns))
    same_axis = np.array_equal(feed.axis.edges_s, axis.edges_s)
    contract.rule(f"{what} has the axis that was asked for", same_axis)
    contract.rule(f"{what} has shape (steps, columns)", feed.actual.shape == shape)
    contract.rule(f"{what} is finite", bool(np.isfinite(feed.actual).all()))
    contract.rule(f"{what} says when each value is known", feed.actual_known_s.shape == (axis.n,))
    # what happens in a step cannot be measured before the step is over
    after = feed.actual_known_s >= axis.edges_s[1:]
    contract.rule(f"actual values of {what} are known at the end of their step", bool(after.all()))
    pair = (feed.ahead is None) == (feed.ahead_known_s is None)
    contract.rule(f"a forecast of {what} comes with its known times", pair)
    if feed.ahead is None or feed.ahead_known_s is None:
        return
    contract.rule(f"the forecast of {what} has the shape of the values", feed.ahead.shape == shape)
    contract.rule(f"the forecast of {what} is finite", bool(np.isfinite(feed.ahead).all()))
    # a day-ahead value that is published when its step is over is no forecast
    before = feed.ahead_known_s <= axis.edges_s[:-1]
    contract.rule(f"the forecast of {what} is known before its step", bool(before.all()))
