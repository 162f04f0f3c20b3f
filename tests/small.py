"""Small hand-solvable systems for the blocks."""

from dataclasses import replace
from typing import Any

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Buses, Generators, Grid, Lines, Links, StorageUnits, table
from suandian.model.scenario import Goal, PolicySpec, Scenario
from suandian.model.system import JobClasses, Jobs, Routes, Services, Sites
from suandian.model.time import TimeAxis


def writable(column: np.ndarray) -> np.ndarray:
    """Return the memory behind a column of a table, to change a system before it is used.

    A scene of a test differs from another in one number. Tables refuse to be changed in place, as
    nobody should in the house; here the table has no other owner yet.
    """
    return column if column.base is None else column.base


def make_grid(
    buses: int = 1,
    lines: list[tuple[int, int, float]] = (),
    units: list[tuple] = (),
    stores: int = 0,
) -> Grid:
    """Lines are (from, to, rating) with susceptance 1000; units are (bus, max, cost, kg
    per MWh).
    """
    return Grid(
        "small",
        100.0,
        table(Buses, buses, id=[f"b{i}" for i in range(buses)], area="1"),
        table(
            Lines,
            len(lines),
            id=[f"l{i}" for i in range(len(lines))],
            from_bus=[a for a, _, _ in lines],
            to_bus=[b for _, b, _ in lines],
            rating_mw=[r for _, _, r in lines],
            susceptance_mw=1000.0,
        ),
        table(Links, 0),
        table(
            Generators,
            len(units),
            id=[f"g{i}" for i in range(len(units))],
            node=[u[0] for u in units],
            p_max_mw=[u[1] for u in units],
            segment_mw=np.array([[u[1]] for u in units]).reshape(-1, 1),
            segment_cost=np.array([[u[2]] for u in units]).reshape(-1, 1),
            segment_kg_per_mwh=np.array([[u[3]] for u in units]).reshape(-1, 1),
        ),
        table(
            StorageUnits,
            stores,
            id=[f"s{i}" for i in range(stores)],
            charge_mw=10,
            discharge_mw=10,
            energy_mwh=20,
            charge_efficiency=0.9,
            discharge_efficiency=0.9,
        ),
    )


def make_sites(buses: list[int], **changes: Any) -> Sites:
    n = len(buses)
    text = np.array([f"d{i}" for i in range(n)], dtype=np.str_)
    sites = Sites(
        text,
        np.array(buses, dtype=np.int64),
        text,
        text,
        text,
        text,
        np.full(n, "spot"),
        np.full(n, 100.0),
        np.zeros(n),
        np.full(n, 50.0),
        np.zeros(n),
        np.full(n, 1.2),
    )
    return replace(
        sites, **{k: np.broadcast_to(np.asarray(v, dtype=float), (n,)) for k, v in changes.items()}
    )


def as_text(name: str, network: str, sites: Sites) -> str:
    """Return as much of a scenario's TOML as the checks of a run read."""
    tables = [f'name = "{name}"\n[grid]\nnetwork = "{network}"\n']
    tables += [
        f"[sites.{site}.cluster]\npue = {{ value = {pue} }}\n"
        for site, pue in zip(sites.id.tolist(), sites.pue.tolist(), strict=True)
    ]
    return "".join(tables)


def make_services(allowed: list[list[int]], move: float = 0.0) -> Services:
    ok = np.array(allowed, dtype=np.bool_).reshape(len(allowed), -1)
    n = len(ok)
    return Services(
        np.array([f"k{i}" for i in range(n)], dtype=np.str_),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.arange(n),
        ok,
        np.where(np.arange(ok.shape[1]) == 0, 0.0, move) + np.zeros(ok.shape),
        np.full(n, 20.0),
    )


def make_scenario(
    policy: str = "joint", network: str = "ptdf", steps: int = 24, jobs: int = 40, seed: int = 3
) -> Scenario:
    """Three buses, two sites, one service, one class of jobs, one battery, wind; hours; history of
    two weeks.
    """
    rng = np.random.default_rng(seed)
    grid = make_grid(
        3,
        [(0, 2, 60.0), (0, 1, 80.0), (1, 2, 80.0)],
        [(0, 150, 20, 900), (2, 150, 55, 400), (1, 60, 0, 0)],
        stores=1,
    )
    writable(grid.generators.feed)[2] = 0
    writable(grid.storage.initial_mwh)[0] = 5.0
    buses = replace(
        grid.buses, load_feed=np.array([-1, -1, 0]), load_share=np.array([0.0, 0.0, 1.0])
    )
    grid = replace(grid, buses=buses)
    drain, history = 12, 14 * 24
    axis = TimeAxis.regular(1_600_000_200 // 3600 * 3600, 3600, steps + drain)
    long = TimeAxis.regular(axis.start_s - history * 3600, 3600, history + steps + drain)
    hour = np.arange(long.n) % 24

    def feed(name: str, values: np.ndarray, ahead: np.ndarray | None) -> Feed:
        known = long.edges_s[1:]
        day = long.edges_s[:-1] // 86400 * 86400 - 43200
        columns = np.array([f"{name}{i}" for i in range(values.shape[1])], dtype=np.str_)
        return Feed(name, "MW", columns, long, values, known, ahead, None if ahead is None else day)

    load = (80 + 30 * np.sin(hour / 24 * 2 * np.pi))[:, None]
    wind = np.clip(30 + 25 * rng.standard_normal(long.n).cumsum() / 10 % 30, 0, 60)[:, None]
    feeds = {
        "load": feed("load", load + rng.normal(0, 2, load.shape), load),
        "available": feed("available", np.clip(wind + rng.normal(0, 3, wind.shape), 0, 60), wind),
        "inflow": feed("inflow", np.zeros((long.n, 0)), None),
        "service": feed("service", (10 + 4 * np.cos(hour / 24 * 2 * np.pi))[:, None], None),
    }
    submit = np.sort(axis.start_s + rng.integers(0, steps * 3600, jobs))
    length = rng.uniform(0.3, 5.0, jobs)
    width = rng.uniform(0.5, 4.0, jobs)
    classes = JobClasses(
        np.array(["batch"]),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
        np.ones((1, 2), np.bool_),
        np.array([200.0]),
        np.array([[0.0, 4.0]]),
        np.array([1 / 12]),
        np.array([True]),
        np.array([False]),
    )
    release = -(-submit // 3600) * 3600
    due = submit + np.rint((length + 6) * 3600).astype(np.int64)
    table_of_jobs = Jobs(
        np.array([f"j{i}" for i in range(jobs)]),
        np.zeros(jobs, np.int64),
        np.ones(jobs, np.int64),
        submit,
        due,
        release,
        np.maximum(due // 3600 * 3600, release + np.ceil(length).astype(np.int64) * 3600),
        np.rint(length * width * 1e6).astype(np.int64),
        width,
    )
    routes = Routes(
        np.array(["d0", "d1"]), np.full((2, 2), 5.0), np.full((2, 2), 0.02), np.full((2, 2), np.inf)
    )
    return Scenario(
        name="small",
        currency="USD",
        zone="UTC",
        seed=seed,
        axis=axis,
        n_main=steps,
        grid=grid,
        network=network,
        sites=make_sites([0, 1]),
        routes=routes,
        services=make_services([[1, 1]]),
        classes=classes,
        jobs=table_of_jobs,
        past_jobs=table_of_jobs.rows(np.zeros(jobs, np.bool_)),
        feeds=feeds,
        goal=Goal(carbon_price=30.0),
        policy=PolicySpec(policy, replan_h=6, horizon_h=24),
        hash=f"small-{policy}-{network}-{steps}-{jobs}-{seed}",
    )
