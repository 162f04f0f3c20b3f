"""Flow tracing by hand: lines, sites with supply of their own, export, stores, copper plates."""

import numpy as np
import pytest

from small import make_grid, make_sites
from suandian.maths.solving import solve_window
from suandian.maths.tracing import Paths, window_average


def test_a_bus_has_the_mix_of_what_enters_it() -> None:
    grid = make_grid(3, [(0, 1, 99), (1, 2, 99), (0, 2, 99)])
    paths = Paths.of(grid, make_sites([]), "dc")
    # b0 makes 30 at 900; 10 go to b1, where 10 clean ones join; 5 of that mix and 5 of b0 meet at
    # b2
    found = paths.average(
        np.array([30.0, 10.0, 0.0]), np.array([27_000.0, 0.0, 0.0]), np.array([10.0, 5.0, 5.0])
    )
    assert found.tolist() == pytest.approx([900, 450, (450 + 900) / 2])


def test_what_is_behind_the_meter_is_in_the_mix_of_the_site_and_of_its_export() -> None:
    paths = Paths.of(make_grid(1), make_sites([0, 0]), "dc")
    # site 0 takes 10 and makes 5 of its own at 400; site 1 makes 8 clean ones and exports 6 of them
    supply, kg = np.array([14.0, 5.0, 8.0]), np.array([14 * 800.0, 2000.0, 0.0])
    bus, taker, giver = paths.average(supply, kg, np.array([10.0, -6.0]))
    assert bus == pytest.approx(14 * 800 / 20)
    assert taker == pytest.approx((10 * bus + 2000) / 15)
    assert giver == 0.0


def test_a_site_that_takes_nothing_has_the_intensity_of_its_bus_and_an_idle_bus_none() -> None:
    paths = Paths.of(make_grid(2, [(0, 1, 99)]), make_sites([0, 1]), "dc")
    found = paths.average(
        np.array([5.0, 0.0, 0.0, 0.0]), np.array([4000.0, 0, 0, 0]), np.array([0.0, 0.0, 0.0])
    )
    assert found.tolist() == [800.0, 0.0, 800.0, 0.0]


def test_a_copper_plate_has_one_mix() -> None:
    paths = Paths.of(make_grid(2, [(0, 1, 99)]), make_sites([1]), "copper")
    found = paths.average(
        np.array([10.0, 30.0, 0.0]), np.array([8000.0, 0.0, 0.0]), np.array([0.0, 7.0])
    )
    assert found.tolist() == pytest.approx([200, 200, 200])


def test_a_store_gives_back_the_mix_that_it_took(system, window) -> None:
    p = system(make_grid(units=[(0, 30, 10, 900), (0, 30, 100, 0)], stores=1))
    result = solve_window(p, window(p, [[20.0], [38.1]], final_mwh=np.zeros(1)))
    # 10 MW at 900 go in and 8.1 come out: the mass stays, so 900/0.81 per MWh; then it is mixed
    # with 30 MW at 900
    found = window_average(result, np.zeros(1))[:, 0]
    assert found.tolist() == pytest.approx([900, (30 * 900 + 10 * 900) / 38.1])
    assert (found * [20.0, 38.1]).sum() == pytest.approx(
        60 * 900
    )  # all that was emitted is with who took it


def test_half_of_a_store_gives_back_half_of_its_mass_in_half_an_hour(system, window) -> None:
    p = system(make_grid(units=[(0, 30, 10, 0)], stores=1))
    # 20 MWh are held with 6,000 kg; 9 MW for half an hour draw 5 MWh of them, and a quarter of the
    # mass; then as much again
    asked = window(
        p,
        [[39.0], [39.0]],
        hours=np.full(2, 0.5),
        level_mwh=np.full(1, 20.0),
        final_mwh=np.full(1, 10.0),
    )
    found = window_average(solve_window(p, asked), np.full(1, 6000.0))[:, 0]
    assert found.tolist() == pytest.approx([1500 / 0.5 / 39, 1500 / 0.5 / 39])
