"""Hand-solved cases of the ratios of direct supply and of the carbon cap."""

from dataclasses import replace

import numpy as np
import pytest

from small import make_grid, make_sites, writable
from suandian.maths.solving import solve_window
from suandian.maths.window import FixedWork
from suandian.model.totals import Totals

NONE = np.array([np.nan])


def limits(
    self_use: float = np.nan, green_share: float = np.nan, export: float = np.nan, **other: float
) -> Totals:
    return Totals(np.array([self_use]), np.array([green_share]), np.array([export]), **other)


def own(units: list[tuple], stores: int = 0):
    """Bus 0 with a site; the last unit stands behind its meter and has 20 MW in the first of two
    steps.
    """
    grid = make_grid(units=[*units[:-1], (1, *units[-1])], stores=stores)
    writable(grid.generators.feed)[-1] = 0
    writable(grid.storage.node)[:] = 1
    return grid


SUN = np.array([[20.0], [0.0]])


def test_ratios_make_a_site_use_its_own_dearer_supply(system, window, work) -> None:
    p = system(own([(0, 500, 10, 0), (20, 30, 0)]), make_sites([0], pue=1.0, export_mw=20.0))
    w = window(
        p, [[0.0], [0.0]], available_mw=SUN, computing=work([20, 20], [0, 20], [1]), whole=True
    )
    for totals, cost in (
        (None, 20 * 10),
        (limits(self_use=0.5), 10 * 30 + 10 * 10),
        (limits(green_share=0.75), 15 * 30 + 5 * 10),
        (limits(self_use=0.5, green_share=0.75), 15 * 30 + 5 * 10),
    ):
        assert solve_window(replace(p, totals=totals), w).solution.objective == pytest.approx(cost)


def test_a_part_of_a_study_is_not_bound(system, window, work) -> None:
    p = system(own([(0, 500, 10, 0), (20, 30, 0)]), make_sites([0], pue=1.0, export_mw=20.0))
    w = window(p, [[0.0], [0.0]], available_mw=SUN, computing=work([20, 20], [0, 20], [1]))
    part = replace(p, totals=limits(self_use=0.5, carbon_cap_t=0.0))
    assert solve_window(part, w).solution.objective == pytest.approx(200)


def test_what_may_not_be_exported_is_curtailed(system, window) -> None:
    p = system(own([(0, 500, 50, 0), (20, 0, 0)]), make_sites([0], pue=1.0, export_mw=20.0))
    w = window(
        p,
        [[30.0], [30.0]],
        available_mw=SUN,
        computing=FixedWork.services(np.array([[0.0], [20.0]])),
        whole=True,
    )
    # free to export: 10·50 + 50·50; a quarter of 20 may go: 25·50 + 50·50
    assert solve_window(
        replace(p, totals=limits(export=1.0)), w
    ).solution.objective == pytest.approx(3000)
    r = solve_window(replace(p, totals=limits(export=0.25)), w)
    assert r.solution.objective == pytest.approx(3750)
    assert r.column("import")[:, 0].tolist() == pytest.approx([-5, 20])


def test_the_battery_of_a_limited_site_takes_its_own_supply_only_and_its_losses_are_not_use(
    system, window
) -> None:
    p = system(
        own([(0, 500, 10, 0), (20, 30, 0)], stores=1), make_sites([0], pue=1.0, export_mw=20.0)
    )
    w = window(
        p,
        [[0.0], [0.0]],
        available_mw=SUN,
        computing=FixedWork.services(np.array([[10.0], [10.0]])),
        whole=True,
    )
    r = solve_window(replace(p, totals=limits(green_share=0.7)), w)
    # 14 of 20 MWh: 10 at once and 4 through the battery, which takes 4 / 0.81; the other 6 are
    # bought
    assert r.solution.objective == pytest.approx(30 * (10 + 4 / 0.81) + 6 * 10)
    assert r.column("charge")[:, 0].tolist() == pytest.approx([4 / 0.81, 0])


def test_a_carbon_cap_turns_the_merit_order_for_as_much_as_it_must(system, window) -> None:
    p = system(make_grid(units=[(0, 50, 10, 1000), (0, 50, 50, 0)]))
    w = window(p, [[20.0], [10.0]], whole=True)
    capped = replace(p, totals=Totals(*3 * (np.zeros(0),), carbon_cap_t=12.0))
    r = solve_window(capped, w)
    assert r.solution.objective == pytest.approx(12 * 10 + 18 * 50)
    assert r.compiled.problem.rows["carbon_cap"].of(r.solution.row_dual)[0] == pytest.approx(
        -40
    )  # 40 per t
