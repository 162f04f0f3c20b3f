"""The numbers of one planning window: what the blocks need besides the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from suandian.model.grid import Bools, Floats, Ints
from suandian.model.ports.tariff import Terms


@dataclass(frozen=True, eq=False)
class Groups:
    """Deferrable work in groups that share allowed sites.

    `allowed` and `move` (groups, sites): where it may run and what moving the data of 1 MWh costs
    [currency/MWh]; `arrived_mwh` and `due_mwh` (steps, groups) cumulative at the end of each step,
    arrived ≥ due; `leftover` value of work left at the end of the window [currency/MWh] (what
    serving it later will cost), `waiting` [currency/MWh/h] what work costs that waits; `length_h`
    (groups,) how long a job of the group runs at full width, empty: for ever.
    """

    allowed: Bools
    move: Floats
    arrived_mwh: Floats
    due_mwh: Floats
    leftover: float = 0.0
    waiting: float = 0.0
    length_h: Floats = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def none(cls, steps: int, sites: int) -> Groups:
        """Return no group at all: there is no work that could wait.

        Examples
        --------
        >>> Groups.none(steps=2, sites=3).allowed.shape
        (0, 3)
        """
        nowhere = np.zeros((0, sites))
        nothing = np.zeros((steps, 0))
        return cls(nowhere.astype(np.bool_), nowhere, nothing, nothing)


@dataclass(frozen=True, eq=False)
class FixedWork:
    """Computing that is given, not decided: IT power by step and site (T, sites) [MW].

    `work_mw` is all of it, of which `job_mw` are jobs. What the grid cannot deliver is cut, jobs
    first. `late_cost` [currency] is what is charged for work that this leaves late.
    """

    work_mw: Floats
    job_mw: Floats
    late_cost: float = 0.0

    @classmethod
    def services(cls, work_mw: Floats) -> FixedWork:
        """Return work that is no job at all."""
        return cls(work_mw, np.zeros_like(work_mw))


@dataclass(frozen=True)
class FromGrid:
    """The power side is decided with the window: units, stores, lines, at their costs."""


@dataclass(frozen=True, eq=False)
class Prospect:
    """The steps that a plan has after the one that is executed.

    `hours` (K,), `apart_h` (K,) time between the middle of each and the one before; `demand_mw`
    (K,) what units above their minimum are planned to give, `segment_mw` (K, segments) what they
    can; `ramped` positions of the units whose ramp counts. Where stores may leave their plan,
    `storage_mw` (2, 2, K, stores) bounds their power as in Window (then `demand_mw` has it in), and
    `level_mwh` (stores,) is their planned level at the end but for inflow.
    """

    hours: Floats
    apart_h: Floats
    demand_mw: Floats
    segment_mw: Floats
    ramped: Ints
    storage_mw: Floats | None = None
    level_mwh: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, eq=False)
class Window:
    """One window of T steps.

    `hours` (T,); `load_mw` (T, buses); `available_mw` (T, columns of the feed `available`);
    `inflow_mw` (T, columns of `inflow`); `service_mw` (T, services); `level_mwh` (stores,) at the
    start, `final_mwh` level at the end, None where the window ends before the study, `level_value`
    value of a MWh left there [currency/MWh]; `last_mw` (units,) output before the window, NaN
    unknown; `computing` is deferrable work to be decided together with services, or work that is
    given (then both are left out); `power` comes from the grid, which is decided too, or is priced
    by the terms of the sites' tariffs, which leave the grid out; `restart_cost` [currency/MW] is
    paid where the power of jobs at a site falls, from `last_job_mw` (sites,) before the window;
    `storage_mw` (2, 2, T, stores) bounds power: charge or discharge first, then lower or upper;
    `run_mw` (2, T, groups, sites) bounds the power of work, lower and upper. Under commitment:
    `on_s` (units,) how long a unit has been on (positive) or off (negative) before the window [s],
    0 unknown, and `on_bounds` (2, T, committed units) bounds of on, None 0 and 1. `whole`: the
    window is a whole study, so limits on its sums bind. `repeated_mwh` (T, 1) is given where the
    optimum must bound every run: what restarts can repeat at most, and late work may still run.
    `pue` (T, sites) site power / IT power, None: that of the sites in every step. `prospect` is
    what a plan has after a step that is executed.
    """

    hours: Floats
    load_mw: Floats
    available_mw: Floats
    inflow_mw: Floats
    service_mw: Floats
    computing: Groups | FixedWork
    level_mwh: Floats
    final_mwh: Floats | None
    last_mw: Floats
    level_value: float = 0.0
    power: FromGrid | Terms = FromGrid()
    storage_mw: Floats | None = None
    run_mw: Floats | None = None
    reserve_mw: float = 0.0
    restart_cost: float = 0.0
    last_job_mw: Floats | None = None
    on_s: Ints | None = None
    on_bounds: Floats | None = None
    whole: bool = False
    repeated_mwh: Floats | None = None
    pue: Floats | None = None
    prospect: Prospect | None = None

    @property
    def n(self) -> int:
        """Number of steps."""
        return len(self.hours)

    @property
    def groups(self) -> Groups:
        """Deferrable work that is decided here: no group where computing is given."""
        if isinstance(self.computing, Groups):
            return self.computing
        return Groups.none(self.n, self.computing.work_mw.shape[1])

    def apart_h(self) -> Floats:
        """Return the time between the middles of each step and the one before [h], shape (T,).

        The first step counts as if one of its own length came before.
        """
        return np.asarray((np.append(self.hours[:1], self.hours[:-1]) + self.hours) / 2.0)


def per_step(values: Floats, hours: Floats) -> Floats:
    """Return members' values [currency/MWh] times the step lengths [h], shape (T, members)."""
    return np.multiply.outer(hours, values)
