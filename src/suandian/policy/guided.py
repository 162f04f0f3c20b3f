"""Jobs guided by a fluid plan that is made anew every so often, from what is known by then.

Known are the jobs that were submitted, prices as forecast, and past jobs: work to come is expected
as the mean of the same time of day in up to a week before. The plan says how much of each site's
capacity to use in each step; the event kernel starts, stops and places the real jobs within it
(`jobs.events`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.jobs.curves import curves
from suandian.jobs.events.batch import Batch, Facilities, Kinds, Wish
from suandian.jobs.events.machine import FIT, FUTURE, NEVER, SUBMITTED
from suandian.jobs.events.reject import reasons
from suandian.jobs.events.simulation import PlannedCapacity, Queue, Simulation
from suandian.jobs.prefix import Prefix, prefix
from suandian.model.grid import Bools, Floats, Ints
from suandian.policy.fluid import fluid

SLACKS_H = (
    0.0,
    2.0,
    4.0,
    8.0,
    12.0,
    18.0,
    24.0,
    48.0,
)  # groups of work by the time it has left beyond its length
LOOK_H = 48
PAST_DAYS = 7
LEFTOVER = (
    0.3  # quantile of the cheapest site's price: what work left at the end of a plan will cost
)
LATE = 100.0  # times the highest price
SCALE = 1e6  # curves count in millionths of a unit of capacity and hour


@dataclass(frozen=True, eq=False)
class Guide:
    """Prices (steps, sites) [per capacity and hour] in steps of `step` ticks from `start` on, of
    `tick_s` seconds.
    """

    price: Floats
    start: int
    step: int
    tick_s: int = 1
    look: int = LOOK_H


def guided(batch: Batch, places: Facilities, kinds: Kinds, guide: Guide) -> Simulation:
    """Return the simulation of all jobs, planned anew at the begin of each step of `guide.price`.

    Work is taken where the plan has room, cheapest first; least slack first where it waits. That
    submissions have ended is known.
    """
    count, sites = guide.price.shape
    key = batch.due - batch.length
    signal: Prefix = prefix(guide.price / guide.step, guide.start, guide.step)
    # queue by least slack: where work waits, who has least time left goes first
    made = Simulation.of(
        batch,
        Wish.whole(batch, np.full(len(batch.submit), -1), key=key),
        places,
        kinds,
        signal,
        plan=PlannedCapacity(np.zeros((sites, count)), guide.start, guide.step),
        queue=Queue(FIT),
    )
    # what can never run is rejected, and no plan is made for it
    fine = reasons(batch, places) == 0
    for k in range(count):
        now = guide.start + k * guide.step
        made.advance(now)
        # all is done: later steps have nothing to plan
        if (made.world.jobs["end"][fine] >= 0).all():
            break
        made.world.quota[:, k] = _quota(made, batch, guide, fine, k, now)
    made.advance(NEVER)
    return made


def _quota(made: Simulation, batch: Batch, guide: Guide, fine: Bools, k: int, now: int) -> Floats:
    """Return the capacity to use in the step that begins (sites,), and from then on until the next
    plan.
    """
    steps = min(guide.look, len(guide.price) - k)
    hours = np.full(steps, guide.step * guide.tick_s / 3600.0)
    edges = (now + guide.step * np.arange(steps + 1)) * guide.tick_s
    arrived, due = known(made, batch, guide, edges)
    if made.world.clock[SUBMITTED] < len(batch.submit):
        more, more_due = expected(batch, fine, guide, now, edges)
        arrived, due = arrived + more, due + more_due
    # prices are those that are published: no look-ahead beyond the file
    price = guide.price[k : k + steps]
    most = np.broadcast_to(made.world.sites["capacity"], price.shape)
    leftover = float(np.quantile(price.min(axis=1), LEFTOVER))
    power = fluid(
        arrived, due, price, most, hours, LATE * float(np.abs(price).max()), leftover
    ).power
    return np.asarray(power[0])


def known(made: Simulation, batch: Batch, guide: Guide, edges_s: Ints) -> tuple[Floats, Floats]:
    """Return what the jobs that are there bring and need by the end of each step, cumulative
    (steps, groups).
    """
    left = made.left()
    rows = np.flatnonzero((left > 0) & (made.world.jobs["phase"] != FUTURE))
    left_h = left[rows] * guide.tick_s / 3600.0
    # time that is left beyond what the job still needs
    slack = batch.due[rows] * guide.tick_s / 3600.0 - edges_s[0] / 3600.0 - left_h
    return curves(
        np.maximum(np.rint(left_h * batch.width[rows] * SCALE), 1).astype(np.int64),
        batch.width[rows],
        np.full(len(rows), edges_s[0]),
        batch.due[rows] * guide.tick_s,
        groups(slack),
        len(SLACKS_H),
        edges_s,
    )


def expected(
    batch: Batch, fine: Bools, guide: Guide, now: int, edges_s: Ints
) -> tuple[Floats, Floats]:
    """Return what jobs to come are expected to bring and need, as `known`."""
    day = 86400 // guide.tick_s
    # what comes is expected as on the same hours of past days
    days = min(PAST_DAYS, (now - int(batch.submit[0])) // day)
    if days < 1:
        return np.zeros((2, len(edges_s) - 1, len(SLACKS_H)))  # type: ignore[return-value]
    low, high = np.searchsorted(batch.submit, (now - days * day, now))
    rows = low + np.flatnonzero(fine[low:high])
    total_a, total_d = np.zeros((2, len(edges_s) - 1, len(SLACKS_H)))
    for ahead in range(-(-(int(edges_s[-1]) // guide.tick_s - now) // day)):
        # each past job comes again at its hour of each day ahead
        move = now + ahead * day + (batch.submit[rows] - now) % day - batch.submit[rows]
        work = batch.length[rows] * guide.tick_s / 3600.0 * batch.width[rows] * SCALE
        slack = (batch.due - batch.submit - batch.length)[rows] * guide.tick_s / 3600.0
        arrived, due = curves(
            np.maximum(np.rint(work), 1).astype(np.int64),
            batch.width[rows],
            (batch.submit[rows] + move) * guide.tick_s,
            (batch.due[rows] + move) * guide.tick_s,
            groups(slack),
            len(SLACKS_H),
            edges_s,
            np.full(len(rows), 1.0 / days),
        )
        total_a, total_d = total_a + arrived, total_d + due
    return total_a, total_d


def groups(slack_h: Floats) -> Ints:
    """Return the group of each slack."""
    found: Ints = np.clip(
        np.searchsorted(SLACKS_H, slack_h, side="right") - 1, 0, len(SLACKS_H) - 1
    )
    return found
