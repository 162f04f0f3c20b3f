"""Services in a step of the Twin: actual demand, served by the plan's shares as far as there is
room.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suandian.model.grid import Bools, Floats, Ints
from suandian.model.system import Services
from suandian.model.units import WH_PER_MWH


def serve(
    services: Services,
    planned_mw: Floats,
    demand_mw: Floats,
    hours: float,
    rooms_wh: Sequence[Floats],
) -> tuple[Ints, Ints]:
    """Return what is served (services, sites) and what is not (services,) of the demand [Wh].

    `planned_mw` (services, sites) gives the shares, `demand_mw` (services,) what is asked for;
    `rooms_wh` are parts of the sites' room [Wh], filled one after the other. What does not fit
    into a part goes to other allowed sites, then into the next part, then is unserved.
    """
    served = np.zeros(planned_mw.shape, dtype=np.int64)
    left = np.rint(demand_mw * hours * WH_PER_MWH).astype(np.int64)
    share = _shares(services, planned_mw)
    for room in rooms_wh:
        free = room.astype(np.int64)
        for k in range(len(services)):
            # services are served in the order of the table: where room is short, the first go first
            part = _spread(
                int(left[k]),
                share[k],
                free,
                services.allowed[k],
            )
            served[k] += part
            free -= part
            left[k] -= part.sum()
    return served, left


def _shares(services: Services, planned_mw: Floats) -> Floats:
    """Return the planned share of each site (services, sites); where none is, all at home."""
    total = planned_mw.sum(axis=1, keepdims=True)
    home = np.eye(planned_mw.shape[1])[services.home]
    return np.where(total > 0, planned_mw / np.where(total > 0, total, 1.0), home)


def _spread(demand_wh: int, share: Floats, free_wh: Ints, allowed: Bools) -> Ints:
    """Return what each site takes of one service's demand (sites,) [Wh]."""
    part = np.minimum(np.floor(share * demand_wh).astype(np.int64), free_wh)
    # the rest, from rounding down or for want of room, goes where most of it was planned
    order = np.argsort(-share, kind="stable")
    for site in order[allowed[order]]:
        more = min(int(demand_wh - part.sum()), int(free_wh[site] - part[site]))
        part[site] += max(more, 0)
    return part


def cut_services(serve_wh: Ints, cut_wh: Floats) -> Ints:
    """Return what each service loses at each site (services, sites) [Wh] of `cut_wh` (sites,), in
    equal parts.
    """
    if not (cut_wh > 0.5).any():  # a solver's crumbs are not a cut
        return np.zeros_like(serve_wh)
    part = cut_wh / np.maximum(serve_wh.sum(axis=0), 1)
    return np.asarray(np.minimum(np.ceil(serve_wh * part), serve_wh), dtype=np.int64)
