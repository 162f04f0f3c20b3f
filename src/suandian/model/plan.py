"""A plan: what a policy decided for a window, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from suandian.model.grid import Floats, Ints
from suandian.model.time import TimeAxis
from suandian.model.view import View


@dataclass(frozen=True, eq=False)
class Plan:
    """One decision, issued before step `issued`, in T steps from there.

    `steps` (T,) says how many of the scenario's steps each covers; None: each is one of them.
    `serve_mw` (T, services, sites) and `waiting_mw` (T, classes, sites), `started_mw` (T, sites):
    IT power for services, for jobs not yet started and for jobs already at a site; `immediate` runs
    jobs where and when submitted instead. `charge_mw`, `discharge_mw` (T, stores); `output_mw` (T,
    units); `price` (T, sites) [currency/MWh] of energy; `on` (T, committed units) 0 or 1, with no
    columns under relaxed commitment; `work_price` (T, services + classes) and `computing_price` (T,
    sites) [currency/MWh of IT energy] what one more MWh of each workload costs, and one that runs
    at each site: duals, not a number where the policy has no problem with both sides. `solves` is a
    plain record per solve for `run.json`.
    """

    issued: int
    policy: str
    immediate: bool
    serve_mw: Floats
    waiting_mw: Floats
    started_mw: Floats
    charge_mw: Floats
    discharge_mw: Floats
    output_mw: Floats
    price: Floats
    solves: tuple[Mapping[str, object], ...] = field(default=())
    work_price: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    on: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    computing_price: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    steps: Ints | None = None

    @classmethod
    def blank(cls, policy: str, view: View, axis: TimeAxis) -> Plan:
        """Return a plan over `axis` (as `view.ahead` gives it) in which no job runs, services are
        served at home and stores rest: to fill in by `dataclasses.replace`.

        Power is dispatched for it all the same. As no output is planned, what redispatch says is
        the distance from an output in proportion to capacity; units that are committed are on.
        """
        known = view.known
        n = axis.n
        services = len(known.services)
        sites = len(known.sites)
        stores = len(known.grid.storage)
        units = known.grid.generators
        serve = np.zeros((n, services, sites))
        # shares are what counts: actual demand is split as these are
        serve[:, np.arange(services), known.services.home] = 1.0
        # steps of a plan may join several of the scenario
        ends = np.searchsorted(known.axis.edges_s, axis.edges_s)
        steps = np.diff(ends)
        return cls(
            issued=view.state.step,
            policy=policy,
            immediate=False,
            serve_mw=serve,
            waiting_mw=np.zeros((n, len(known.classes), sites)),
            started_mw=np.zeros((n, sites)),
            charge_mw=np.zeros((n, stores)),
            discharge_mw=np.zeros((n, stores)),
            output_mw=np.zeros((n, len(units))),
            price=np.zeros((n, sites)),
            work_price=np.full((n, services + len(known.classes)), np.nan),
            on=np.ones((n, int(known.commitment.of(units).sum()))),
            computing_price=np.full((n, sites), np.nan),
            steps=None if np.all(steps == 1) else steps.astype(np.int64),
        )

    @property
    def n(self) -> int:
        """Number of steps."""
        return len(self.price)

    @property
    def covers(self) -> int:
        """Number of the scenario's steps that it covers."""
        return self.n if self.steps is None else int(self.steps.sum())

    def starts(self) -> Ints:
        """Return the scenario's step that each of its own starts with, shape (T,)."""
        before = np.arange(self.n) if self.steps is None else np.cumsum(self.steps) - self.steps
        return np.asarray(self.issued + before, dtype=np.int64)

    def row(self, step: int) -> int:
        """Return which of its steps the scenario's step lies in.

        Raises
        ------
        ValueError
            The plan does not cover it.

        Examples
        --------
        >>> none = np.zeros((3, 0))
        >>> plan = Plan(7, "joint", False, *7 * (none,), steps=np.array([1, 1, 3]))
        >>> plan.covers, [plan.row(step) for step in range(7, 12)]
        (5, [0, 1, 2, 2, 2])
        """
        if not 0 <= step - self.issued < self.covers:
            raise ValueError(f"the plan of step {self.issued} does not cover step {step}")
        # the last row that begins at the step or before it
        return int(np.searchsorted(self.starts(), step, side="right")) - 1
