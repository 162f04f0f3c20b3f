"""What sites draw for the jobs that ran: capacity in use over time, and nodes that idle or are
switched off.

A site's nodes are alike and jobs are packed onto as few as can hold them: needed(t) = ⌈used(t) /
node width⌉, a lower bound where jobs do not fit together so well. A node that is not needed stays
on for `hold` ticks, then it goes off:

    on(t) = max of needed over (t - hold, t]
    energy = Σ (used · power per width + on · idle power) · time + switched on · wake energy
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.jobs.events.batch import Runs
from suandian.model.grid import Floats, Ints

SMALL = 1e-6


class Level(NamedTuple):
    """A step function: `value[i]` from `edge[i]` [tick] to `edge[i + 1]`; it is zero before and
    after.
    """

    edge: Ints
    value: Floats

    def over(self, start: int, step: int, steps: int) -> Floats:
        """Return its mean in each of `steps` steps of `step` ticks from `start` on (steps,)."""
        total = np.concatenate([[0.0], np.cumsum(self.value * np.diff(self.edge))])
        edges = start + step * np.arange(steps + 1)
        reached = np.interp(edges, self.edge, total) if len(self.edge) else np.zeros(len(edges))
        made: Floats = np.diff(reached) / step
        return made

    @property
    def total(self) -> float:
        """∫ value dt [value · tick]."""
        return float((self.value * np.diff(self.edge)).sum())


class Nodes(NamedTuple):
    """Nodes of a site: `width` of one, `idle_kw` of one that is on, `kw_per_width` of work on top.

    `hold` ticks that a node stays on when it is no longer needed; `wake_kwh` to switch one on.
    """

    width: float
    idle_kw: float
    kw_per_width: float
    hold: int = 0
    wake_kwh: float = 0.0


class Drawn(NamedTuple):
    """Energy of a site [kWh]: of work, of nodes that are on, of switching them on (`wakes` times);
    nodes `on`.
    """

    work_kwh: float
    idle_kwh: float
    wake_kwh: float
    wakes: int
    on: Level

    @property
    def kwh(self) -> float:
        """All of it [kWh]."""
        return self.work_kwh + self.idle_kwh + self.wake_kwh


def used(runs: Runs, site: int) -> Level:
    """Return the capacity in use at a site.

    Examples
    --------
    >>> whole = lambda *values: np.array(values)
    >>> width, speed = np.array([2.0, 3.0]), np.ones(2)
    >>> two = Runs(whole(0, 1), whole(0, 0), whole(0, 5), whole(10, 20), width, speed, whole(0, 0))
    >>> level = used(two, 0)
    >>> level.edge.tolist(), level.value.tolist()
    ([0, 5, 10, 20], [2.0, 5.0, 3.0])
    """
    mine = runs.site == site
    at = np.concatenate([runs.begin[mine], runs.end[mine]])
    # a level is the running sum of what begins and ends
    change = np.concatenate([runs.width[mine], -runs.width[mine]])
    edge, which = np.unique(at, return_inverse=True)
    value = np.cumsum(np.bincount(which, change, minlength=len(edge)))[:-1]
    return Level(edge, np.where(value < SMALL, 0.0, value))


def drawn(level: Level, nodes: Nodes, tick_s: float = 1.0) -> Drawn:
    """Return what the nodes of a site draw for the capacity in use.

    Examples
    --------
    Two nodes for ten ticks of an hour, one for ten more; held on for five.

    >>> load = Level(np.array([0, 10, 20]), np.array([2.0, 1.0]))
    >>> nodes = Nodes(width=1.0, idle_kw=0.1, kw_per_width=0.2, hold=5, wake_kwh=0.05)
    >>> made = drawn(load, nodes, 3600)
    >>> round(made.work_kwh, 9), round(made.idle_kwh, 9), made.wakes
    (6.0, 4.0, 2)
    """
    hours = tick_s / 3600.0
    # whole nodes; SMALL keeps 3.0000001 from being four
    needed = np.ceil(level.value / nodes.width - SMALL)
    on = Level(*_held(level.edge, needed, nodes.hold))
    # each node that comes on wakes once
    wakes = int(np.maximum(np.diff(on.value, prepend=0.0), 0.0).sum())
    return Drawn(
        level.total * nodes.kw_per_width * hours,
        on.total * nodes.idle_kw * hours,
        wakes * nodes.wake_kwh,
        wakes,
        on,
    )


@kernel
def _held(edge, value, hold):  # type: ignore[no-untyped-def]
    """Return the step function max of `value` over (t - hold, t]: each value stays for `hold` ticks
    after its end.
    """
    n = len(value)
    if n == 0:
        return edge, value
    edges = np.empty(2 * n + 2, np.int64)
    values = np.empty(2 * n + 2)
    queue = np.empty(n, np.int64)  # stretches of falling value that still count
    head = 0
    tail = 0
    m = 0
    i = 0
    now = edge[0]
    last = edge[n] + hold
    while now < last:
        while i < n and edge[i] <= now:
            # a sliding maximum in one pass: what is lower and older can never be the highest again
            while tail > head and value[queue[tail - 1]] <= value[i]:
                tail -= 1
            queue[tail] = i
            tail += 1
            i += 1
        while tail > head and edge[queue[head] + 1] + hold <= now:
            head += 1
        most = value[queue[head]] if tail > head else 0.0
        if m == 0 or values[m - 1] != most:
            edges[m], values[m] = now, most
            m += 1
        ahead = edge[queue[head] + 1] + hold if tail > head else last
        now = min(ahead, edge[i]) if i < n else ahead
    edges[m] = last
    return edges[: m + 1].copy(), values[:m].copy()
