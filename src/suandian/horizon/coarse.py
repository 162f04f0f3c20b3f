"""A window in longer steps: means of powers, cumulative work at the same edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from suandian.maths.window import FixedWork, Window
from suandian.model.grid import Floats, Ints


def coarsened(window: Window, joined: Ints) -> Window:
    """Return `window` in steps that join `joined` (n,) of its own each.

    Powers are means weighted by the hours of a step. What may be done in the long steps can be done
    in the short ones at the same mean powers, but for ramps, peaks and troughs: a relaxation in
    most that is planned, no bound.

    Examples
    --------
    >>> from suandian.maths.window import Groups, Window
    >>> hours, none = np.ones(4), np.zeros((4, 0))
    >>> load, stores = np.array([[1.0], [3.0], [5.0], [7.0]]), 3 * (np.zeros(0),)
    >>> w = Window(hours, load, none, none, none, Groups.none(4, 0), *stores)
    >>> coarsened(w, np.array([2, 2])).load_mw.ravel().tolist()
    [2.0, 6.0]
    """
    # fine steps of each coarse one
    first = np.cumsum(joined) - joined
    last = first + joined - 1
    hours = np.add.reduceat(window.hours, first)

    def mean(values: Floats) -> Floats:
        weighted = np.add.reduceat(values * window.hours[:, None], first, axis=0)
        return np.asarray(weighted / hours[:, None])

    computing = window.computing
    if isinstance(computing, FixedWork):
        computing = FixedWork(mean(computing.work_mw), mean(computing.job_mw))
    else:
        # cumulative curves are read at the ends of steps: joining leaves ends out
        arrived = computing.arrived_mwh[last]
        computing = replace(computing, arrived_mwh=arrived, due_mwh=computing.due_mwh[last])
    return replace(
        window,
        hours=hours,
        load_mw=mean(window.load_mw),
        available_mw=mean(window.available_mw),
        inflow_mw=mean(window.inflow_mw),
        service_mw=mean(window.service_mw),
        computing=computing,
        pue=None if window.pue is None else mean(window.pue),
    )
