"""What the event kernel of jobs takes and gives: columns, one row per job, no object per job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from suandian.model.grid import Bools, Floats, Ints


class Batch(NamedTuple):
    """Jobs in order of submission, all columns (jobs,). Times are in ticks (any unit, the same
    throughout).

    `submit`; `length` run time at full width; `width` capacity that it takes while it runs, in the
    unit of the sites' capacity (cores or MW), all of it at once (a gang); `due` latest end; `kind`
    its class; `origin` where its data lie; `data_gb` what has to be moved where it runs elsewhere.
    """

    submit: Ints
    length: Ints
    width: Floats
    due: Ints
    kind: Ints
    origin: Ints
    data_gb: Floats


class Kinds(NamedTuple):
    """Classes of jobs, columns (classes,).

    `suspendable`; `overhead` ticks that a restart takes before work goes on; `checkpoint` ticks of
    work between checkpoints, so that a failure undoes what came after the last (0: all since the
    job was last started); `retries` failures after which a job is given up; `give` the share of
    throughput, and of power with it, that a class may lose where a plan asks for less: tiers of 0,
    0.1, 0.25 and 0.5 are common.
    """

    suspendable: Bools
    overhead: Ints
    checkpoint: Ints
    retries: Ints
    give: Floats

    @classmethod
    def of(cls, count: int, *, suspendable: bool = False, overhead: int = 0) -> Kinds:
        """Return `count` equal classes without checkpoints, that retry for ever and
        give nothing.
        """
        return cls(
            np.full(count, suspendable),
            np.full(count, overhead),
            np.zeros(count, np.int64),
            np.full(count, np.iinfo(np.int64).max),
            np.zeros(count),
        )


class Rules(NamedTuple):
    """Where jobs may run, whatever a policy wishes.

    `allowed` (classes, sites) residency; `latency_ms` (origins, sites) and `limit_ms` (classes,): a
    job may run where the latency from its origin is within the limit of its class.
    """

    allowed: Bools
    latency_ms: Floats
    limit_ms: Floats

    @property
    def may(self) -> Bools:
        """Where a class from an origin may run (classes, origins, sites)."""
        near: Bools = self.latency_ms[None, :, :] <= self.limit_ms[:, None, None]
        return self.allowed[:, None, :] & near

    @classmethod
    def free(cls, kinds: int, origins: int, sites: int) -> Rules:
        """Return rules that forbid nothing."""
        return cls(
            np.ones((kinds, sites), dtype=np.bool_),
            np.zeros((origins, sites)),
            np.full(kinds, np.inf),
        )


class Failures(NamedTuple):
    """Capacity that is lost for a time, in order of `at`, columns (failures,): `at`, `until`
    [tick], `site`, `lost`.
    """

    at: Ints
    until: Ints
    site: Ints
    lost: Floats

    @classmethod
    def none(cls) -> Failures:
        """Return no failure."""
        whole = np.zeros(0, np.int64)
        return cls(whole, whole, whole, np.zeros(0))


@dataclass(frozen=True)
class Facilities:
    """The sites: `capacity` (sites,), `rules`, and how data get there.

    `gb_per_tick` (origins, sites) is the bandwidth between an origin and a site, inf where it takes
    no time; one transfer follows the other. Origin number i is at site number i where there is one:
    what moves from there to another site uses the same bandwidth. `price_per_gb` (origins, sites).
    """

    capacity: Floats
    rules: Rules
    gb_per_tick: Floats
    price_per_gb: Floats

    @classmethod
    def of(cls, capacity: Floats, kinds: int = 1) -> Facilities:
        """Return sites without rules, that data reach in no time for nothing; an origin
        for each.
        """
        n = len(capacity)
        return cls(
            np.asarray(capacity, float),
            Rules.free(kinds, n, n),
            np.full((n, n), np.inf),
            np.zeros((n, n)),
        )


class Wish(NamedTuple):
    """What a policy wants: a `site` for each job (-1: where it is cheapest of those with room), and
    its pieces.

    Job j has the pieces `first[j]` to `first[j + 1] - 1`, run one after the other, each without a
    pause: `begin` earliest start, `length` ticks, `width` (pieces,). Suspend-resume is a job of
    several pieces, an elastic one changes its width. `rank` (jobs,) is who comes first where jobs
    wait, each number from 0 on once.
    """

    site: Ints
    first: Ints
    begin: Ints
    length: Ints
    width: Floats
    rank: Ints

    @classmethod
    def whole(
        cls,
        batch: Batch,
        site: Ints | None = None,
        start: Ints | None = None,
        key: Ints | None = None,
    ) -> Wish:
        """Return jobs of one piece: at their origin and once submitted where nothing is said, in
        order of `key`.
        """
        n = len(batch.submit)
        return cls(
            batch.origin if site is None else site,
            np.arange(n + 1),
            batch.submit if start is None else start,
            batch.length,
            batch.width,
            ranks(batch.submit if key is None else key),
        )


class Outcome(NamedTuple):
    """What became of each job, columns (jobs,).

    `site` where it ran last (-1 never); `start` first tick of work and `end` tick after its last
    (both -1 if it was not done); `ran` ticks in which it held capacity; `suspensions` times that it
    was stopped before its end; `lost` ticks of work that failures undid; `moved_gb`; `reason` 0 for
    a job that can be done, else a code of `jobs.reject`.
    """

    site: Ints
    start: Ints
    end: Ints
    ran: Ints
    suspensions: Ints
    lost: Floats
    moved_gb: Floats
    reason: Ints

    @property
    def done(self) -> Bools:
        """Which jobs were done."""
        return self.end >= 0


class Runs(NamedTuple):
    """When which job held how much where, one row per stretch: its width is what it drew, throttled
    or not.

    `rate` is its throughput [1], `paid` ticks of overhead at its begin: its work is (end - begin -
    paid) · rate ticks.
    """

    job: Ints
    site: Ints
    begin: Ints
    end: Ints
    width: Floats
    rate: Floats
    paid: Ints


def ranks(key: Ints) -> Ints:
    """Return the place of each job in the order of `key`, of equals the first one first.

    Examples
    --------
    >>> ranks(np.array([30, 10, 10])).tolist()
    [2, 0, 1]
    """
    place = np.empty(len(key), np.int64)
    place[np.argsort(key, kind="stable")] = np.arange(len(key))
    return place
