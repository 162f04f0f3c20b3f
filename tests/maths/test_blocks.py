"""A hand-solvable case for every block; the arithmetic is in the comments."""

from dataclasses import replace

import numpy as np
import pytest

from small import make_grid, make_services, make_sites, writable
from suandian.maths.solving import solve_window
from suandian.maths.supply import supply_curves
from suandian.maths.topology import limits_mw
from suandian.model.grid import Generators, table
from suandian.model.ports.tariff import Terms


def test_balance_serves_load_cheapest_first_and_sheds_the_rest(system, window) -> None:
    p = system(make_grid(units=[(0, 50, 10, 0), (0, 30, 40, 0)]))
    r = solve_window(p, window(p, [[60.0], [90.0]]))
    # step 1: 50·10 + 10·40 = 900; step 2: 50·10 + 30·40 + 10·10000 = 101700
    assert r.solution.objective == pytest.approx(102_600)
    assert r.column("shed").sum() == pytest.approx(10)
    assert r.price()[:, 0].tolist() == pytest.approx([40, 10_000])


def test_generation_ramps_from_the_last_output(system, window) -> None:
    grid = make_grid(units=[(0, 100, 10, 0), (0, 100, 50, 0)])
    writable(grid.generators.ramp_mw_per_h)[0] = 20.0
    p = system(grid)
    r = solve_window(p, window(p, [[80.0], [80.0]], last_mw=np.array([30.0, np.nan])))
    # unit 0 may reach 50, then 70: 50·10+30·50 + 70·10+10·50 = 3200
    assert r.output_mw()[:, 0].tolist() == pytest.approx([50, 70])
    assert r.solution.objective == pytest.approx(3200)


def test_generation_available_bounds_a_fed_unit(system, window) -> None:
    grid = make_grid(units=[(0, 100, 0, 0), (0, 100, 50, 0)])
    writable(grid.generators.feed)[0] = 0
    p = system(grid)
    r = solve_window(p, window(p, [[60.0]], available_mw=np.array([[35.0]])))
    assert r.solution.objective == pytest.approx(25 * 50)


def test_carbon_price_turns_the_merit_order(system, window) -> None:
    grid = make_grid(units=[(0, 50, 20, 1000), (0, 50, 45, 400)])
    cheap, clean = system(grid), system(grid, carbon_price=80.0)
    # with 80 per t: 20+80 = 100 against 45+32 = 77
    assert solve_window(cheap, window(cheap, [[50.0]])).solution.objective == pytest.approx(1000)
    r = solve_window(clean, window(clean, [[60.0]]))
    assert r.solution.objective == pytest.approx(50 * 77 + 10 * 100)
    assert r.price()[0, 0] == pytest.approx(100)


def test_storage_buys_cheap_and_ends_where_it_began(system, window) -> None:
    p = system(make_grid(units=[(0, 30, 10, 0), (0, 30, 100, 0)], stores=1))
    r = solve_window(p, window(p, [[20.0], [38.1]], final_mwh=np.zeros(1)))
    # 8.1 MW out needs 9 MWh in store and 10 MW in: 30·10, then 30·10 with no dear unit
    assert r.column("charge")[:, 0].tolist() == pytest.approx([10, 0])
    assert r.column("level")[:, 0].tolist() == pytest.approx([9, 0])
    assert r.solution.objective == pytest.approx(600)


def test_storage_terminal_level_is_kept(system, window) -> None:
    p = system(make_grid(units=[(0, 30, 10, 0)], stores=1))
    r = solve_window(p, window(p, [[10.0]], level_mwh=np.array([5.0]), final_mwh=np.array([5.0])))
    assert r.solution.objective == pytest.approx(100)


@pytest.mark.parametrize("network", ["dc", "ptdf"])
def test_network_triangle_splits_two_to_one(system, window, network) -> None:
    # equal lines: 2/3 of an injection at b0 for b2 takes the direct line (limit 40), so 60 of the
    # cheap unit fit
    grid = make_grid(
        3, [(0, 2, 40.0), (0, 1, 100.0), (1, 2, 100.0)], [(0, 200, 10, 0), (2, 200, 30, 0)]
    )
    p = system(grid, network=network)
    r = solve_window(p, window(p, [[0.0, 0.0, 90.0]]))
    assert r.solution.objective == pytest.approx(60 * 10 + 30 * 30)
    assert r.flow_mw()[0].tolist() == pytest.approx([40, 20, 20])
    # one MW more at b1 lies half way between the ends in price
    assert r.price()[0].tolist() == pytest.approx([10, 20, 30])


def test_network_transport_and_copper_are_cheaper_than_the_law(system, window) -> None:
    grid = make_grid(
        3, [(0, 2, 40.0), (0, 1, 100.0), (1, 2, 100.0)], [(0, 200, 10, 0), (2, 200, 30, 0)]
    )
    cost = {}
    for network in ("copper", "transport", "dc"):
        p = system(grid, network=network)
        cost[network] = solve_window(p, window(p, [[0.0, 0.0, 150.0]])).solution.objective
    # transport carries 40 + 100 = 140, the law 60
    assert cost["copper"] == pytest.approx(1500)
    assert cost["transport"] == pytest.approx(140 * 10 + 10 * 30)
    assert cost["dc"] == pytest.approx(60 * 10 + 90 * 30)


def test_site_multiplies_by_pue_and_stays_within_its_connection(system, window) -> None:
    p = system(
        make_grid(units=[(0, 500, 10, 0)]),
        make_sites([0], idle_mw=5.0, limit_mw=30.0),
        make_services([[1]]),
    )
    r = solve_window(p, window(p, [[0.0]], service_mw=np.array([[40.0]])))
    # 30 MW / 1.2 - 5 idle = 20 MW of work; the other 20 are unserved at 5000
    assert r.column("work")[0, 0] == pytest.approx(20)
    assert r.solution.objective == pytest.approx(30 * 10 + 20 * 5000)


def test_service_goes_where_power_is_cheap_but_only_where_allowed(system, window) -> None:
    grid = make_grid(2, [(0, 1, 0.0)], [(0, 500, 50, 0), (1, 500, 10, 0)])
    p = system(grid, make_sites([0, 1]), make_services([[1, 1], [1, 0]]))
    r = solve_window(p, window(p, [[0.0, 0.0]], service_mw=np.array([[30.0, 30.0]])))
    assert r.serve_mw()[0].tolist() == [pytest.approx([0, 30]), pytest.approx([30, 0])]
    assert r.solution.objective == pytest.approx(1.2 * (30 * 10 + 30 * 50))


def test_deferrable_waits_for_the_cheap_step_until_its_deadline(system, window, work) -> None:
    grid = make_grid(units=[(0, 10, 10, 0), (0, 500, 60, 0)])
    p = system(grid, make_sites([0], pue=1.0))
    load = [[10.0], [10.0], [0.0]]
    free = work([20, 20, 20], [0, 0, 20], [1])
    tied = work([20, 20, 20], [0, 15, 20], [1])
    # free: 10 in the idle cheap step, the rest at 60; tied: 15 must be done before it
    assert solve_window(p, window(p, load, computing=free)).solution.objective == pytest.approx(
        300 + 10 * 60
    )
    assert solve_window(p, window(p, load, computing=tied)).solution.objective == pytest.approx(
        200 + 15 * 60 + 50
    )


def test_deferrable_cannot_run_before_it_arrives_and_leftover_has_a_price(
    system, window, work
) -> None:
    p = system(make_grid(units=[(0, 500, 60, 0)]), make_sites([0], pue=1.0))
    r = solve_window(
        p, window(p, [[0.0], [0.0]], computing=work([5, 9], [0, 0], [1], leftover=40.0))
    )
    assert r.run_mw().sum() == pytest.approx(0)
    assert r.solution.objective == pytest.approx(9 * 40)
    r = solve_window(
        p, window(p, [[0.0], [0.0]], computing=work([5, 9], [5, 5], [1], leftover=40.0))
    )
    assert r.run_mw()[:, 0, 0].tolist() == pytest.approx([5, 0])


def test_transfer_is_paid_only_where_it_pays(system, window, work) -> None:
    grid = make_grid(2, [(0, 1, 0.0)], [(0, 500, 50, 0), (1, 500, 10, 0)])
    p = system(grid, make_sites([0, 1], pue=1.0))
    for move, cost in ((30.0, 40.0), (45.0, 50.0)):
        r = solve_window(p, window(p, [[0.0, 0.0]], computing=work([8], [8], [1, 1], [0.0, move])))
        assert r.solution.objective == pytest.approx(8 * cost)


def test_reserve_keeps_its_margin_free(system, window) -> None:
    grid = make_grid(units=[(0, 50, 10, 0), (0, 50, 40, 0)])
    p = system(grid, unserved_load=200.0)
    r = solve_window(p, window(p, [[90.0]], reserve_mw=20.0))
    # 100 - 20 = 80 may run: 50·10 + 30·40 + 10·200
    assert r.solution.objective == pytest.approx(500 + 1200 + 2000)


def test_computing_alone_minimises_its_bill_at_given_prices(system, window, work) -> None:
    p = system(make_grid(units=[(0, 1, 999, 0)]), make_sites([0]))
    price = np.array([[50.0], [20.0], [30.0]])
    r = solve_window(
        p,
        window(
            p, [[0.0]] * 3, computing=work([60, 60, 60], [0, 0, 60], [1]), power=Terms(price, price)
        ),
    )
    # 50 MW cap: 50 at 20 and 10 at 30, times PUE 1.2
    assert r.solution.objective == pytest.approx(1.2 * (50 * 20 + 10 * 30))


def test_supply_hull_skips_a_first_block_dearer_than_the_next() -> None:
    # 40 MW cost 2000 at minimum (50 each), the next 60 cost 10 each: off or full, at (2000+600)/100
    # = 26
    unit = table(
        Generators,
        1,
        id=["u"],
        p_min_mw=40,
        p_max_mw=100,
        no_load=2000,
        segment_mw=[[60]],
        segment_cost=[[10]],
        no_load_kg_per_h=8000,
        segment_kg_per_mwh=[[100]],
    )
    curve = supply_curves(unit)
    assert curve.width_mw.tolist() == [100]
    assert curve.cost.tolist() == pytest.approx([26])
    assert curve.kg.tolist() == pytest.approx([140])
    cost, kg = curve.at(np.array([50.0]))
    assert (cost[0], kg[0]) == pytest.approx((1300, 7000))


def test_weather_has_no_ramp(system, window) -> None:
    # a park that could ramp 1 MW an hour follows the wind from 0 to 30 MW and down again
    grid = make_grid(units=[(0, 30, 0, 0), (0, 50, 20, 0)])
    writable(grid.generators.feed)[0] = 0
    writable(grid.generators.ramp_mw_per_h)[0] = 1.0
    p = system(grid)
    available = np.array([[0.0], [30.0], [5.0]])
    result = solve_window(p, window(p, [[30.0]] * 3, available_mw=available))
    assert result.output_mw()[:, 0].tolist() == pytest.approx([0, 30, 5])


def test_a_limit_of_the_angle_is_one_of_flow() -> None:
    # 1,000 MW a radian: 0.03 rad one way, 0.05 the other; the smaller counts, below the rating
    grid = make_grid(2, [(0, 1, 40.0), (0, 1, 20.0)])
    lines = replace(grid.lines, angle_min=np.full(2, -0.05), angle_max=np.full(2, 0.03))
    assert limits_mw(replace(grid, lines=lines)).tolist() == pytest.approx([30.0, 20.0])
