"""What the event kernels of jobs take and give: columns, one row per job, no object per job."""

from __future__ import annotations

from typing import NamedTuple

from suandian.model.grid import Floats, Ints


class Batch(NamedTuple):
    """Jobs sorted by submission, all columns (jobs,). Times are in ticks (any unit, the same throughout).

    `submit`; `length` run time at full width; `width` capacity that it takes while it runs, in the unit of the sites'
    capacity (cores or MW), all of it at once (a gang); `due` latest end; `kind` its class; `origin` where its data lie.
    """

    submit: Ints
    length: Ints
    width: Floats
    due: Ints
    kind: Ints
    origin: Ints


class Outcome(NamedTuple):
    """What became of each job, columns (jobs,).

    `site` where it ran (-1 rejected); `start` first tick of work and `end` tick after its last (both -1 if rejected);
    `ran` ticks in which it held capacity, overhead and repeated work included; `suspensions`; `reason` 0 for a job that
    was done, else a code of `jobs.reject`.
    """

    site: Ints
    start: Ints
    end: Ints
    ran: Ints
    suspensions: Ints
    reason: Ints
