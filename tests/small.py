"""Small hand-solvable systems for the blocks."""

from dataclasses import replace
from typing import Any

import numpy as np

from suandian.model.grid import Buses, Generators, Grid, Lines, Links, StorageUnits, table
from suandian.model.system import Services, Sites


def make_grid(buses: int = 1, lines: list[tuple[int, int, float]] = (), units: list[tuple] = (), stores: int = 0) -> Grid:
    """Lines are (from, to, rating) with susceptance 1000; units are (bus, max, cost, kg per MWh)."""
    return Grid(
        "small", 100.0,
        table(Buses, buses, id=[f"b{i}" for i in range(buses)], area="1"),
        table(Lines, len(lines), id=[f"l{i}" for i in range(len(lines))], from_bus=[a for a, _, _ in lines],
              to_bus=[b for _, b, _ in lines], rating_mw=[r for _, _, r in lines], susceptance_mw=1000.0),
        table(Links, 0),
        table(Generators, len(units), id=[f"g{i}" for i in range(len(units))], node=[u[0] for u in units],
              p_max_mw=[u[1] for u in units], segment_mw=np.array([[u[1]] for u in units]).reshape(-1, 1),
              segment_cost=np.array([[u[2]] for u in units]).reshape(-1, 1),
              segment_kg_per_mwh=np.array([[u[3]] for u in units]).reshape(-1, 1)),
        table(StorageUnits, stores, id=[f"s{i}" for i in range(stores)], charge_mw=10, discharge_mw=10, energy_mwh=20,
              charge_efficiency=0.9, discharge_efficiency=0.9),
    )  # fmt: skip


def make_sites(buses: list[int], **changes: Any) -> Sites:
    n = len(buses)
    text = np.array([f"d{i}" for i in range(n)], dtype=np.str_)
    sites = Sites(
        text, np.array(buses, dtype=np.int64), text, text, text, text, text, np.full(n, 100.0), np.zeros(n),
        np.full(n, 50.0), np.zeros(n), np.full(n, 1.2),
    )  # fmt: skip
    return replace(sites, **{k: np.broadcast_to(np.asarray(v, dtype=float), (n,)) for k, v in changes.items()})


def make_services(allowed: list[list[int]], move: float = 0.0) -> Services:
    ok = np.array(allowed, dtype=np.bool_).reshape(len(allowed), -1)
    n = len(ok)
    return Services(
        np.array([f"k{i}" for i in range(n)], dtype=np.str_), np.zeros(n, np.int64), np.zeros(n, np.int64),
        np.arange(n), ok, np.where(np.arange(ok.shape[1]) == 0, 0.0, move) + np.zeros(ok.shape), np.full(n, 20.0),
    )  # fmt: skip
