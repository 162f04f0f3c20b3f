"""What jobs, wishes and sites must be for a simulation: checked once, before the kernels."""

from __future__ import annotations

import numpy as np

from suandian.jobs.events.batch import Batch, Facilities, Kinds, Wish
from suandian.model.grid import Bools


def check_jobs(batch: Batch, wish: Wish, kinds: Kinds, places: Facilities) -> None:
    """Refuse columns that do not belong together.

    Raises
    ------
    ValueError
        Says what does not fit.
    """
    n = len(batch.submit)
    sites = len(places.capacity)
    if (
        any(len(column) != n for column in batch)
        or len(wish.site) != n
        or len(wish.rank) != n
        or len(wish.first) != n + 1
    ):
        raise ValueError(
            f"columns of jobs differ in length: {[len(c) for c in batch]}, wishes {len(wish.site)}"
        )
    if np.any(np.diff(batch.submit) < 0):
        raise ValueError("jobs must be in order of submission")
    # data that move on from a site leave by the way of the origin of its number
    if len(places.gb_per_tick) < sites:
        raise ValueError(
            "the first origins are the sites themselves: there must be at least as many"
        )
    if n and (batch.origin.min() < 0 or batch.origin.max() >= len(places.gb_per_tick)):
        raise ValueError("an origin is not among the places")
    if n and (batch.kind.min() < 0 or batch.kind.max() >= len(kinds.suspendable)):
        raise ValueError("a class of jobs is not among the classes")
    if n and wish.site.max() >= sites:
        raise ValueError("a wished site does not exist")
    if n and (
        wish.rank.min() < 0 or wish.rank.max() >= n or np.bincount(wish.rank, minlength=n).max() > 1
    ):
        raise ValueError("ranks must be the numbers from 0 on, each once")
    if np.any(np.diff(wish.first) < 1):
        raise ValueError("each job needs a piece")


def check_allowed(batch: Batch, wish: Wish, places: Facilities, fine: Bools) -> None:
    """Refuse wishes that the rules or the sites rule out for jobs that could be done.

    Raises
    ------
    ValueError
        A piece is too wide for the wished site, or the site is not allowed.
    """
    if not len(batch.submit):
        return
    widest = np.maximum.reduceat(wish.width, wish.first[:-1])
    chosen = wish.site >= 0
    site = np.maximum(wish.site, 0)
    if np.any(fine & (widest > np.where(chosen, places.capacity[site], places.capacity.max()))):
        raise ValueError("a piece is wider than the site that its job wishes")
    if np.any(fine & chosen & ~places.rules.may[batch.kind, batch.origin, site]):
        raise ValueError("a wished site is not allowed for its job")
