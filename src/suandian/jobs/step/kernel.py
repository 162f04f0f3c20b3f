"""The kernel that all ways of running jobs share: grants of energy, job by job in a given order,
from shared pools.

A grant always fits into the room of its site. Everything is integer Wh within one step.
"""

from __future__ import annotations

from typing import NamedTuple

from suandian.jobs.compiled import kernel
from suandian.model.grid import Bools, Floats, Ints

# a job is not started for less than 1/100 of what it could run: from then on it is bound to that
# site
USEFUL = 100


class Work(NamedTuple):
    """Active jobs in order of precedence; `energy_wh` and `site` are written.

    `want_wh` most energy the job can take in the step: by its width and its remaining work;
    `goals_wh` (goals, jobs) energy to be reached whatever the plan says, first goal first;
    `energy_wh` granted so far; `site` (-1 not placed); `started` whether it is bound to that site;
    `kind` class of jobs; `last_site` where a free job ran in the last step (-1 not running): going
    on there spares a restart.
    """

    want_wh: Ints
    goals_wh: Ints
    energy_wh: Ints
    site: Ints
    started: Bools
    kind: Ints
    last_site: Ints


class Pools(NamedTuple):
    """What can still be granted in the step [Wh]; all but `price` and `allowed` are drawn down.

    By site: `room_wh` physical, `total_wh` planned for all jobs, `started_wh` planned for jobs that
    are at the site. By class and site: `waiting_wh` planned for jobs not yet started, `allowed`
    residency. `price` breaks ties.
    """

    room_wh: Ints
    total_wh: Ints
    started_wh: Ints
    waiting_wh: Ints
    allowed: Bools
    price: Floats


@kernel
def assign(work, pools):  # type: ignore[no-untyped-def]
    """Grant energy: forced goals, then the plan's quotas, then what is left of the plan at each
    site.
    """
    for goal in range(len(work.goals_wh)):
        _force(work, pools, work.goals_wh[goal])
    _go_on(work, pools)
    _follow_plan(work, pools)
    _top_up_started(work, pools)
    _top_up_waiting(work, pools)


@kernel
def _force(work, pools, goal_wh):  # type: ignore[no-untyped-def]
    """Raise each job to its goal, limited by room only; quotas are charged as far as they go."""
    for j in range(len(goal_wh)):
        need = goal_wh[j] - work.energy_wh[j]
        if need <= 0:
            continue
        site = work.site[j]
        if site < 0:
            site = work.last_site[j]
            if site < 0 or pools.room_wh[site] < need:
                site = _forced_site(work, pools, j, need)
        if site >= 0:
            _grant(work, pools, j, site, need, pools.room_wh[site])


@kernel
def _go_on(work, pools):  # type: ignore[no-untyped-def]
    """Let free jobs that ran in the last step go on where they are, as far as the plan has power
    for their class.
    """
    for j in range(len(work.want_wh)):
        left = work.want_wh[j] - work.energy_wh[j]
        site = work.last_site[j]
        if (
            left > 0
            and site >= 0
            and (work.site[j] < 0 or work.site[j] == site)
            and not work.started[j]
        ):
            quota = min(pools.waiting_wh[work.kind[j], site], pools.total_wh[site])
            if quota >= max(1, left // USEFUL):
                _grant(work, pools, j, site, left, quota)


@kernel
def _follow_plan(work, pools):  # type: ignore[no-untyped-def]
    """Grant from the quotas: of the site to jobs that are there, of class and site to jobs that
    wait.
    """
    for j in range(len(work.want_wh)):
        left = work.want_wh[j] - work.energy_wh[j]
        if left <= 0:
            continue
        kind = work.kind[j]
        site = work.site[j]
        if site < 0:
            site = _largest(pools, kind, pools.waiting_wh[kind], left, 1)
            if site < 0:
                continue
        quota = pools.started_wh[site] if work.started[j] else pools.waiting_wh[kind, site]
        _grant(work, pools, j, site, left, min(quota, pools.total_wh[site]))


@kernel
def _top_up_started(work, pools):  # type: ignore[no-untyped-def]
    """Grant what is left of each site's planned total to the jobs that are there."""
    for j in range(len(work.want_wh)):
        left = work.want_wh[j] - work.energy_wh[j]
        site = work.site[j]
        if left > 0 and site >= 0:
            _grant(work, pools, j, site, left, pools.total_wh[site])


@kernel
def _top_up_waiting(work, pools):  # type: ignore[no-untyped-def]
    """Grant what is left of each site's planned total to jobs that may start there."""
    for j in range(len(work.want_wh)):
        left = work.want_wh[j] - work.energy_wh[j]
        if left > 0 and work.site[j] < 0:
            site = _largest(pools, work.kind[j], pools.total_wh, left, 1)
            if site >= 0:
                _grant(work, pools, j, site, left, pools.total_wh[site])


@kernel
def _grant(work, pools, j, site, left_wh, quota_wh):  # type: ignore[no-untyped-def]
    """Give job `j` up to `left_wh`, limited by quota and room, and charge it."""
    room = pools.room_wh[site]
    give = min(left_wh, quota_wh, room)
    if give <= 0:
        return
    if give == left_wh - 1 and room > give:
        # the last Wh is given wholly: a rounded quota must not cost a job a further step
        give = left_wh
    work.energy_wh[j] += give
    work.site[j] = site
    pools.room_wh[site] = room - give
    pools.total_wh[site] = max(0, pools.total_wh[site] - give)
    if work.started[j]:
        pools.started_wh[site] = max(0, pools.started_wh[site] - give)
    else:
        kind = work.kind[j]
        pools.waiting_wh[kind, site] = max(0, pools.waiting_wh[kind, site] - give)


@kernel
def _largest(pools, kind, quota_wh, left_wh, enough_wh):  # type: ignore[no-untyped-def]
    """Return the allowed site with the most usable quota among those with room for `enough_wh`, -1
    for none.
    """
    best = -1
    most = max(1, left_wh // USEFUL) - 1
    for site in range(len(quota_wh)):
        if pools.allowed[kind, site] and pools.room_wh[site] >= enough_wh:
            usable = min(quota_wh[site], pools.total_wh[site], pools.room_wh[site])
            if usable > most or (
                best >= 0 and usable == most and pools.price[site] < pools.price[best]
            ):
                best = site
                most = usable
    return best


@kernel
def _forced_site(work, pools, j, need_wh):  # type: ignore[no-untyped-def]
    """Return where a waiting job is started that cannot wait; -1 where no allowed site has room.

    Sites with room for its full width come first (it will need it in the next steps), then those
    with room for its need: among them the most quota of its class, else the cheapest. At last the
    site with the most room.
    """
    kind = work.kind[j]
    for enough in (work.want_wh[j], need_wh):
        site = _largest(pools, kind, pools.waiting_wh[kind], need_wh, enough)
        if site < 0:
            site = _cheapest(pools, kind, enough)
        if site >= 0:
            return site
    best = -1
    for site in range(len(pools.room_wh)):
        if pools.allowed[kind, site] and pools.room_wh[site] > (
            pools.room_wh[best] if best >= 0 else 0
        ):
            best = site
    return best


@kernel
def _cheapest(pools, kind, enough_wh):  # type: ignore[no-untyped-def]
    """Return the allowed site of lowest price with room for `enough_wh`, -1 where there is none."""
    best = -1
    for site in range(len(pools.room_wh)):
        fits = pools.allowed[kind, site] and pools.room_wh[site] >= enough_wh
        if fits and (best < 0 or pools.price[site] < pools.price[best]):
            best = site
    return best
