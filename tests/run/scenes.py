"""A livelier small scenario: lines that bind, prices that change with the hour, stores that cycle, a DC link."""

from dataclasses import replace

import numpy as np

from small import make_scenario
from suandian.model.grid import Links, StorageUnits, table
from suandian.model.scenario import Scenario

POLICIES = ("asap", "carbon-aware", "separate", "joint", "oracle")
NETWORKS = ("ptdf", "dc", "transport", "copper")


def lively(policy: str = "joint", network: str = "ptdf", steps: int = 24, jobs: int = 40, seed: int = 3) -> Scenario:
    """Cheap unit exhausted by day only, so that buying at night (47/0.81 = 58) and selling by day (67) pays."""
    scenario = make_scenario(policy, network, steps, jobs, seed)
    grid, rng = scenario.grid, np.random.default_rng(seed + 1000)
    units = grid.generators
    units.p_max_mw[0] = units.segment_mw[0, 0] = 90.0
    stores = table(
        StorageUnits, 2, id=["s0", "s1"], node=[2, 4], charge_mw=[10, 2], discharge_mw=[10, 2], energy_mwh=[20, 4],
        charge_efficiency=[0.9, 0.95], discharge_efficiency=[0.9, 0.95], initial_mwh=[5.0, 1.3], wear_per_mwh=[0.5, 1.0],
    )  # fmt: skip
    lines = replace(grid.lines, rating_mw=np.array([40.0, 60.0, 45.0]))
    links = table(Links, 1, id=["k0"], from_bus=[1], to_bus=[2], capacity_mw=[7.0])
    feeds = dict(scenario.feeds)
    feed = feeds["available"]
    wave = np.clip(30 + 35 * np.sin(np.arange(feed.axis.n) / 5), 0, 60)[:, None]
    actual = np.clip(wave + rng.normal(0, 4, wave.shape), 0, 60)
    feeds["available"] = replace(feed, ahead=wave, actual=actual)
    past = replace(  # the week before: half of the same jobs
        scenario.jobs,
        **{name: getattr(scenario.jobs, name) - 7 * 86400 for name in ("submit_s", "due_s", "release_s", "deadline_s")},
    )
    return replace(
        scenario, name="lively", feeds=feeds, past_jobs=past.rows(np.arange(jobs) % 2 == 0),
        grid=replace(grid, generators=units, lines=lines, links=links, storage=stores), hash="lively-" + scenario.hash,
    )  # fmt: skip
