"""A livelier small scenario: lines that bind, prices that change with the hour, stores that cycle,
a DC link.
"""

import hashlib
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from small import make_scenario, writable
from suandian.ledger.ledger import Entry, Ledger
from suandian.model.grid import Links, StorageUnits, table
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.run.loop import simulate, states

POLICIES = ("asap", "carbon-aware", "separate", "joint", "oracle")
NETWORKS = ("ptdf", "dc", "transport", "copper")
FUEL, KG_PER_MWH, CARBON, MOVE = (
    (20.0, 55.0, 0.0),
    (900.0, 400.0, 0.0),
    30.0,
    4.0,
)  # units' costs, goal, transfer


def lively(
    policy: str = "joint", network: str = "ptdf", steps: int = 24, jobs: int = 40, seed: int = 3
) -> Scenario:
    """Cheap unit exhausted by day only, so that buying at night (47/0.81 = 58) and selling by day
    (67) pays.

    Stores: s0 at bus 2 (the dear end), s1 behind the meter of site d1, which draws at least 1.2 ·
    1.5 = 1.8 MW.
    """
    scenario = make_scenario(policy, network, steps, jobs, seed)
    grid, rng = scenario.grid, np.random.default_rng(seed + 1000)
    units = grid.generators
    writable(units.p_max_mw)[0] = writable(units.segment_mw)[0, 0] = 90.0
    stores = table(
        StorageUnits,
        2,
        id=["s0", "s1"],
        node=[2, 4],
        charge_mw=[10, 2],
        discharge_mw=[10, 2],
        energy_mwh=[20, 4],
        charge_efficiency=[0.9, 0.95],
        discharge_efficiency=[0.9, 0.95],
        initial_mwh=[5.0, 1.3],
        wear_per_mwh=[0.5, 1.0],
    )
    lines = replace(grid.lines, rating_mw=np.array([40.0, 60.0, 45.0]))
    links = table(Links, 1, id=["k0"], from_bus=[1], to_bus=[2], capacity_mw=[7.0])
    feeds = dict(scenario.feeds)
    feed = feeds["available"]
    wave = np.clip(30 + 35 * np.sin(np.arange(feed.axis.n) / 5), 0, 60)[:, None]
    actual = np.clip(wave + rng.normal(0, 4, wave.shape), 0, 60)
    feeds["available"] = replace(feed, ahead=wave, actual=actual)
    times = (
        "submit_s",
        "due_s",
        "release_s",
        "deadline_s",
    )  # of the week before: half of the same jobs
    past = replace(
        scenario.jobs, **{name: getattr(scenario.jobs, name) - 7 * 86400 for name in times}
    )
    return replace(
        scenario,
        name="lively",
        feeds=feeds,
        past_jobs=past.rows(np.arange(jobs) % 2 == 0),
        sites=replace(scenario.sites, idle_mw=np.array([0.5, 1.5])),
        hash="lively-" + scenario.hash,
        grid=replace(grid, generators=units, lines=lines, links=links, storage=stores),
    )


@dataclass(frozen=True, eq=False)
class Finished:
    """A run that was simulated to the end, read back from its ledger."""

    scenario: Scenario
    entries: tuple[Entry, ...]
    details: Mapping[str, Mapping[str, Any]]
    states: tuple[State, ...]
    solves: tuple[Mapping[str, Any], ...]
    head: str
    export: str

    def book(self, name: str) -> list[tuple[Entry, Mapping[str, Any]]]:
        """Return the entries of a book with their details."""
        return [(e, self.details[e.detail]) for e in self.entries if e.book == name]

    @property
    def cost(self) -> float:
        """System cost [currency]."""
        return sum(sum(entry.memo.values()) for entry, _ in self.book("cash")) / 1e4


@cache
def finished(policy: str, network: str = "ptdf", steps: int = 18) -> Finished:
    """Return a run of `lively`; made once per test session."""
    scenario = lively(policy, network, steps)
    solves: list[Mapping[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        with Ledger(path, scenario.hash) as ledger:
            simulate(scenario, ledger, lambda turn: solves.extend(turn.solves))
            entries = tuple(ledger.entries())
            details = {e.detail: ledger.detail(e.detail) for e in entries}
            made = tuple(states(scenario, ledger))
            head = ledger.head
        return Finished(scenario, entries, details, made, tuple(solves), head, export(path))


def export(path: Path) -> str:
    """Return the sha256 of all rows of a ledger file, in a canonical order."""
    made = hashlib.sha256()
    with sqlite3.connect(path) as db:
        for query in (
            "SELECT * FROM entries ORDER BY seq",
            "SELECT sha, data FROM details ORDER BY sha",
        ):
            for row in db.execute(query):
                made.update(repr(row).encode())
    db.close()
    return made.hexdigest()
