"""Fixtures for the blocks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from small import make_sites
from suandian.maths.prepared import Prepared
from suandian.maths.window import Groups, Window
from suandian.model.grid import Grid
from suandian.model.scenario import Goal
from suandian.model.system import Services, Sites, no_services


@pytest.fixture
def system() -> Callable[..., Prepared]:
    def make(
        grid: Grid,
        sites: Sites | None = None,
        services: Services | None = None,
        network: str = "dc",
        **goal: float,
    ):
        sites = sites if sites is not None else make_sites([])
        services = services if services is not None else no_services(len(sites))
        return Prepared(grid, network, sites, services, Goal(**goal))

    return make


@pytest.fixture
def window() -> Callable[..., Window]:
    def make(prepared: Prepared, load: list[list[float]], **changes: Any) -> Window:
        values = np.asarray(load, dtype=float)
        steps, stores = len(values), len(prepared.stores)
        base = Window(
            np.ones(steps),
            values,
            np.zeros((steps, 0)),
            np.zeros((steps, 0)),
            np.zeros((steps, len(prepared.services))),
            Groups.none(steps, len(prepared.sites)),
            np.zeros(stores),
            None,
            np.full(len(prepared.units), np.nan),
        )
        return replace(base, **changes)

    return make


@pytest.fixture
def work() -> Callable[..., Groups]:
    def make(
        arrived: list[float],
        due: list[float],
        allowed: list[int],
        move: list[float] | None = None,
        leftover: float = 0,
    ):
        a, d = (np.asarray(v, dtype=float)[:, None] for v in (arrived, due))
        ok = np.array([allowed], dtype=np.bool_)
        return Groups(
            ok, np.array([move if move is not None else [0.0] * len(allowed)]), a, d, leftover
        )

    return make
