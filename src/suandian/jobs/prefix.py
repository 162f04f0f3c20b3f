"""Prefix sums of signals over time: what any run at any site and time costs or emits, in two
look-ups.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.model.grid import Floats


class Prefix(NamedTuple):
    """Running integrals of a signal that is constant in each step, by site.

    `start` is the first tick of the first step, `step` the ticks per step; a tick is any unit of
    time, the same for all arrays that meet in a kernel. `value` (sites, steps) is the signal,
    `integral` (sites, steps + 1) is ∫ signal dt from `start` to each edge, in [signal · tick].
    """

    start: int
    step: int
    value: Floats
    integral: Floats


def prefix(values: Floats, start: int, step: int) -> Prefix:
    """Return the running integrals of `values` (steps, sites), each constant over `step` ticks from
    `start` on.

    Examples
    --------
    Two hours at 100 and 40 g/kWh, in ticks of a minute: half an hour of each.

    >>> signal = prefix(np.array([[100.0], [40.0]]), start=0, step=60)
    >>> between(signal, 0, 30, 90) / 60
    70.0
    """
    total = np.zeros((values.shape[1], values.shape[0] + 1))
    np.cumsum(values.T * float(step), axis=1, out=total[:, 1:])
    return Prefix(
        int(start),
        int(step),
        np.ascontiguousarray(values.T, dtype=float),
        total,
    )


@kernel
def until(signal, site, tick):  # type: ignore[no-untyped-def]
    """Return ∫ signal dt from the start to `tick` at `site`; outside the signal it
    counts as zero.
    """
    return reached(signal.integral, signal.start, signal.step, site, tick)


@kernel
def reached(integral, start, step, site, tick):  # type: ignore[no-untyped-def]
    """Return what `until` does, of the parts of a signal."""
    last = integral.shape[1] - 1
    at = (tick - start) / step
    if at <= 0:
        return 0.0
    if at >= last:
        return integral[site, last]
    k = int(at)
    low = integral[site, k]
    return low + (at - k) * (integral[site, k + 1] - low)


@kernel
def between(signal, site, begin, end):  # type: ignore[no-untyped-def]
    """Return ∫ signal dt over [begin, end) at `site` [signal · tick]."""
    return until(signal, site, end) - until(signal, site, begin)
