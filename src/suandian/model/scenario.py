"""A resolved scenario: everything a policy, a World and a reader of results may ask about, as
arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Bools, Floats, Generators, Grid
from suandian.model.system import JobClasses, Jobs, Routes, Services, Sites
from suandian.model.time import TimeAxis
from suandian.model.totals import Totals


@dataclass(frozen=True)
class Goal:
    """What is minimised: carbon price [currency/t] and the prices of what is not served
    [currency/MWh].
    """

    view: str = "system"
    carbon_price: float = 0.0
    unserved_load: float = 10_000.0
    unserved_service: float = 5_000.0
    unserved_jobs: float = 1_000.0
    reserve_mw: float = 0.0


# in the order in which a report lists them: the grid's own first
LOSSES = ("line", "link", "generator", "site-loss", "site-return")


@dataclass(frozen=True)
class Security:
    """N-1: which losses are looked at, and what an overload after one costs [currency/MWh of
    overload].

    `kinds` of LOSSES; `emergency_factor` × rating is the limit of lines without an emergency
    rating.
    """

    kinds: tuple[str, ...] = LOSSES
    emergency_factor: float = 1.0
    price: float = 2_000.0


@dataclass(frozen=True)
class Commitment:
    """How units are committed.

    `mode`: `relaxed` (a unit may be on in part; no start costs, no minimum times) or `mip` (on or
    off, with all of it). `gap` relative gap at which a MIP may stop [1], `time_limit_s` its time
    limit [s]; units whose minimum times are both within `quick_start_h` [h] may leave the plan
    where load would else be unserved.
    """

    mode: str = "relaxed"
    gap: float = 5e-3
    time_limit_s: float = 60.0
    quick_start_h: float = 3.0

    def of(self, units: Generators) -> Bools:
        """Return which units are on or off (units,): those where being on costs or obliges; none if
        relaxed.
        """
        binds = (
            (units.p_min_mw > 0)
            | (units.no_load != 0)
            | (units.start_cost > 0)
            | (units.start_kg > 0)
        )
        # a unit that nothing binds is as well dispatched without whole numbers
        binds |= (units.min_up_h > 0) | (units.min_down_h > 0)
        # weather does not start or stop, and a unit without power has nothing to decide
        return np.asarray((self.mode == "mip") & (units.feed < 0) & (units.p_max_mw > 0) & binds)


@dataclass(frozen=True)
class PolicySpec:
    """Which policy decides, how often [h] and how far it looks [h]; `options` are the policy's own
    parameters.

    `look_ahead` are pairs (lead time up to which [h], step [h]) of the plans; empty: the scenario's
    own steps.
    """

    name: str = "joint"
    replan_h: float = 6.0
    horizon_h: float = 48.0
    storage_band_mw: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)
    look_ahead: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class ForecastSpec:
    """Which forecaster says what is expected; `options` are its own parameters."""

    name: str = "intraday"
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TariffPart:
    """A part of a tariff: its `name` there (empty where it is the whole tariff), the `kind` of
    plug-in that charges it, and the `options` of that kind (None: its defaults).
    """

    name: str
    kind: str
    options: Any = None


PUE = "pue"
"""The feed of sites whose PUE follows a series, a column each; absent where none does."""

SPOT = "spot"
"""The tariff of sites that name none: the price at their bus."""

Tariffs = Mapping[str, tuple[TariffPart, ...]]


def spot_only() -> Tariffs:
    """Return the tariffs of a scenario that writes none."""
    return {SPOT: (TariffPart("", "nodal"),)}


@dataclass(frozen=True)
class SolverSpec:
    """How linear problems are solved: by which `method`, how long [s] at most, with `crossover` to
    a basis or not.
    """

    method: str = "auto"
    time_limit_s: float = float("inf")
    crossover: bool = True


@dataclass(frozen=True, eq=False)
class Scenario:
    """One study: system, inputs with known times, goal and policy.

    `axis` covers the main window (`n_main` steps, submissions happen there) and the drain after it.
    `feeds` has the keys load, available, inflow, service, and pue where a site's follows a series.
    `jobs` are those submitted in the main window; `past_jobs` those of earlier weeks (a forecaster
    may use them). `text` is the resolved
    TOML with every default written out, `hash` its sha256 together with the inputs' hashes.
    `security` None: flows are limited as they are, not after a loss; `ac_check` asks for an AC
    power flow of every step, as planned and as executed. `totals` limit sums over the whole study:
    they bind where it is planned as a whole. `tariffs` are the parts of each tariff that a site may
    name. `source` is the folder that paths in the text are
    relative to.
    """

    name: str
    currency: str
    zone: str
    seed: int
    axis: TimeAxis
    n_main: int
    grid: Grid
    network: str
    sites: Sites
    routes: Routes
    services: Services
    classes: JobClasses
    jobs: Jobs
    past_jobs: Jobs
    feeds: Mapping[str, Feed]
    goal: Goal
    policy: PolicySpec
    commitment: Commitment = field(default_factory=Commitment)
    security: Security | None = None
    ac_check: bool = False
    totals: Totals | None = None
    solver: SolverSpec = field(default_factory=SolverSpec)
    forecast: ForecastSpec = field(default_factory=ForecastSpec)
    tariffs: Tariffs = field(default_factory=spot_only)
    text: str = ""
    hash: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    source: str = ""

    def pue(self, axis: TimeAxis) -> Floats:
        """Return what PUE really was by step and site (axis.n, sites) [1]."""
        feed = self.feeds.get(PUE)
        if feed is None:
            return np.tile(self.sites.pue, (axis.n, 1))
        return self.sites.pue_at(feed.actual[feed.rows(axis)], feed.columns)

    def bus_load_mw(self, feed_values: Floats) -> Floats:
        """Return load by step and bus [MW] (see Buses.total_mw)."""
        return self.grid.buses.total_mw(feed_values)
