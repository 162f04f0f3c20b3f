"""Right-hand derivatives: by hand, and against finite differences of independent solves."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from small import make_grid, make_services, make_sites, writable
from suandian.maths import signals
from suandian.maths.compile import compile_window
from suandian.maths.limits import every_limit
from suandian.maths.marginal import TIE, Derivatives
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.maths.solving import solve_window
from suandian.maths.window import FixedWork, Groups, Window
from suandian.model.scenario import Goal, Security
from suandian.model.signals import DEFINED, INFEASIBLE, TIED
from suandian.solve.highs import solve

EPS = 5e-3  # a solver leaves 1e-6 MW here and there: of a smaller step it would be much


def at_buses(result: Result) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cost and kg per MWh more, and why not, by (step, bus)."""
    stand = signals.footing(result)
    (found,) = signals.response(stand, [signals.at_buses(stand.compiled)])
    shape = (result.compiled.window.n, result.compiled.prepared.buses)
    return found.cost.reshape(shape), found.measure.reshape(shape), found.reason.reshape(shape)


def test_a_full_unit_hands_over_to_the_next_and_the_kink_counts_to_the_right(
    system, window
) -> None:
    p = system(make_grid(units=[(0, 50, 10, 900), (0, 50, 30, 400)]))
    cost, kg, _ = at_buses(solve_window(p, window(p, [[40.0], [50.0], [60.0]])))
    assert cost[:, 0].tolist() == pytest.approx([10, 30, 30])
    assert kg[:, 0].tolist() == pytest.approx([900, 400, 400])


@pytest.mark.parametrize("network", ["dc", "ptdf"])
@pytest.mark.parametrize(("load", "far"), [(45.0, 400), (40.0, 400), (39.0, 900)])
def test_behind_a_full_line_the_local_unit_answers(system, window, network, load, far) -> None:
    p = system(
        make_grid(2, [(0, 1, 40.0)], [(0, 200, 10, 900), (1, 200, 30, 400)]), network=network
    )
    kg = at_buses(solve_window(p, window(p, [[0.0, load]])))[1]
    assert kg[0].tolist() == pytest.approx(
        [900, far]
    )  # at 40 the line is just full: one MWh more comes from here


@pytest.mark.parametrize("network", ["dc", "ptdf"])
def test_in_a_loop_one_mwh_may_raise_emissions_by_more_than_any_unit_emits(
    system, window, network
) -> None:
    # line 0-1 holds 20 MW and is full. A MWh at b1 needs 2 more from b2 and 1 less from b0: 2·900 -
    # 0, at 2·30 - 10
    grid = make_grid(
        3, [(0, 1, 20.0), (0, 2, 500.0), (1, 2, 500.0)], [(0, 200, 10, 0), (2, 200, 30, 900)]
    )
    p = system(grid, network=network)
    cost, kg, _ = at_buses(solve_window(p, window(p, [[0.0, 50.0, 0.0]])))
    assert kg[0].tolist() == pytest.approx([0, 1800, 900])
    assert cost[0].tolist() == pytest.approx([10, 50, 30])


def test_a_ramp_makes_a_mwh_now_save_dear_energy_later(system, window) -> None:
    grid = make_grid(units=[(0, 100, 10, 900), (0, 100, 50, 400)])
    writable(grid.generators.ramp_mw_per_h)[0] = 20.0
    p = system(grid)
    cost, kg, _ = at_buses(solve_window(p, window(p, [[40.0], [80.0]])))
    # unit 0 runs 40 and 60. One MW more now lets it run one more later: 10 + 10 - 50, and 900 + 900
    # - 400
    assert cost[:, 0].tolist() == pytest.approx([-30, 50])
    assert kg[:, 0].tolist() == pytest.approx([1400, 400])


def test_a_store_answers_with_what_it_charged_before(system, window) -> None:
    p = system(make_grid(units=[(0, 30, 10, 900), (0, 30, 100, 0)], stores=1))
    cost, kg, _ = at_buses(solve_window(p, window(p, [[20.0], [35.0]])))
    assert cost[1, 0] == pytest.approx(10 / 0.81)
    assert kg[:, 0].tolist() == pytest.approx([900, 900 / 0.81])


def test_equal_costs_with_unequal_emissions_are_no_signal_and_equal_emissions_are(
    system, window
) -> None:
    tie = system(make_grid(units=[(0, 50, 20, 900), (0, 50, 20, 400)]))
    cost, kg, reason = at_buses(solve_window(tie, window(tie, [[30.0]])))
    assert np.isnan(kg[0, 0])
    assert reason[0, 0] == TIED
    assert cost[0, 0] == pytest.approx(20)
    twins = system(make_grid(units=[(0, 50, 20, 700), (0, 50, 20, 700)]))
    assert at_buses(solve_window(twins, window(twins, [[30.0]])))[1][0, 0] == pytest.approx(700)


def test_a_tie_elsewhere_in_time_leaves_the_other_steps_defined(system, window) -> None:
    p = system(make_grid(units=[(0, 50, 20, 900), (0, 50, 20, 400), (0, 50, 90, 650)]))
    _, kg, reason = at_buses(solve_window(p, window(p, [[30.0], [120.0]])))
    assert reason[:, 0].tolist() == [TIED, DEFINED]
    assert kg[1, 0] == pytest.approx(650)


def test_what_nobody_can_supply_is_shed_and_emits_nothing(system, window) -> None:
    p = system(make_grid(2, [(0, 1, 0.0)], [(0, 50, 20, 900)]))
    cost, kg, _ = at_buses(solve_window(p, window(p, [[60.0, 0.0]])))
    assert cost[0].tolist() == pytest.approx(
        [10_000, 10_000]
    )  # bus 1 has no load yet: the new one would be shed
    assert kg[0].tolist() == pytest.approx([0, 0])


def test_a_full_connection_can_give_no_more_and_own_wind_comes_first(system, window) -> None:
    grid = make_grid(units=[(0, 500, 10, 900), (1, 50, 0, 0)])
    writable(grid.generators.feed)[1] = 0
    sites = make_sites([0], limit_mw=0.0)
    p = system(grid, sites)
    for wind, expected in ((0.0, INFEASIBLE), (9.0, DEFINED)):
        w = window(
            p,
            [[0.0]],
            computing=FixedWork.services(np.zeros((1, 1))),
            available_mw=np.array([[wind]]),
        )
        stand = signals.footing(solve_window(p, w))
        (found,) = signals.response(stand, [signals.at_sites(stand.compiled)])
        assert found.reason.tolist() == [expected]
    assert found.measure.tolist() == pytest.approx([0.0])


def test_arrivals_cost_the_cheapest_step_before_they_are_due(system, window, work) -> None:
    p = system(make_grid(units=[(0, 10, 10, 900), (0, 500, 60, 400)]), make_sites([0], pue=1.0))
    groups = work([4, 4, 4], [0, 0, 4], [1], [3.0])
    result = solve_window(p, window(p, [[20.0], [30.0], [0.0]], computing=groups))
    stand = signals.footing(result)
    c = stand.compiled
    asked = signals.for_arrivals(c, np.array([0]), np.array([[1], [2], [1]]))
    arrival, run = signals.response(stand, [asked, signals.run_at_sites(c)])
    assert arrival.cost.tolist() == pytest.approx(
        [63, 13, 13]
    )  # step 0 in step 0 only; the second waits for step 2
    assert arrival.measure.tolist() == pytest.approx([400, 900, 900])
    assert run.cost.tolist() == pytest.approx([60, 60, 10])
    kinds, sites = signals.work_prices(result, np.array([0]), np.array([[1], [2], [1]]))
    assert kinds[:, 0].tolist() == pytest.approx([63, 13, 13])
    assert sites[:, 0].tolist() == pytest.approx([60, 60, 10])


def test_where_nothing_runs_the_price_of_computing_is_still_that_of_one_more(
    system, window, work
) -> None:
    grid = make_grid(2, [(0, 1, 0.0)], [(0, 500, 10, 0), (1, 500, 30, 0)])
    p = system(grid, make_sites([0, 1], idle_mw=1.0), make_services([[1, 1]], 2.0))
    result = solve_window(
        p,
        window(
            p, [[5.0, 5.0]] * 2, service_mw=np.zeros((2, 1)), computing=work([0, 0], [0, 0], [1, 1])
        ),
    )
    works, sites = signals.work_prices(result, np.array([0]), np.array([[2], [1]]))
    assert sites.tolist() == [pytest.approx([12, 36])] * 2
    assert works.tolist() == [pytest.approx([12, 12])] * 2


def test_the_dual_of_cost_is_not_the_marginal_emission(system, window) -> None:
    p = system(make_grid(units=[(0, 50, 10, 900), (0, 50, 40, 400)]), carbon_price=30.0)
    result = solve_window(p, window(p, [[40.0], [60.0]]))
    cost, kg, _ = at_buses(result)
    assert cost == pytest.approx(result.price())
    assert cost[1, 0] > cost[0, 0]
    assert kg[1, 0] < kg[0, 0]  # dearer is cleaner here


# ---- finite differences
# ---------------------------------------------------------------------------------------------


def random_case(seed: int, network: str) -> tuple[Prepared, Window]:
    """Three buses, four steps, whole numbers: full units, full lines, full stores and ties are
    frequent.
    """
    rng = np.random.default_rng(seed)
    pick = rng.choice
    lines = [
        (0, 1, float(pick([10, 25, 999]))),
        (1, 2, float(pick([10, 25, 999]))),
        (0, 2, float(pick([5, 20, 999]))),
    ]
    units = [
        (
            int(pick(4)),
            int(pick([20, 40, 60])),
            int(pick([0, 10, 20, 35])),
            int(pick([0, 400, 900])),
        )
        for _ in range(5)
    ]
    grid = make_grid(3, lines, units, stores=2)
    writable(grid.storage.node)[1] = 3
    writable(grid.storage.wear_per_mwh)[:] = pick([0.0, 1.0], 2)
    writable(grid.generators.ramp_mw_per_h)[:] = pick([10.0, 1e9], 5)
    writable(grid.generators.feed)[0] = 0
    sites = make_sites(
        [0, 2], cluster_mw=float(pick([15, 30])), idle_mw=float(pick([0, 2])), limit_mw=30.0
    )
    p = Prepared(
        grid, network, sites, make_services([[1, 1]], 3.0), Goal(carbon_price=float(pick([0, 10])))
    )
    steps = 4
    arrived = np.cumsum(rng.integers(0, 8, (steps, 1)), axis=0).astype(float)
    due = np.minimum(np.vstack([np.zeros((2, 1)), arrived[:-2]]), arrived)
    due[-1] = arrived[-1]
    arrived, due = (
        np.hstack([v, 0.0 * v]) for v in (arrived, due)
    )  # nothing comes in the second group
    jobs = Groups(np.ones((2, 2), np.bool_), np.array([[0.0, 4.0], [3.0, 0.0]]), arrived, due)
    known = float(pick([20.0, np.nan]))
    return p, Window(
        np.array([1.0, 1.0, 0.5, 2.0]),
        rng.integers(0, 4, (steps, 3)) * 10.0,
        rng.integers(0, 5, (steps, 1)) * 10.0,
        np.zeros((steps, 0)),
        rng.integers(1, 4, (steps, 1)) * 4.0,
        jobs,
        np.full(2, 5.0),
        np.array([5.0, 0.0]),
        np.array([np.nan, known, *np.full(3, np.nan)]),
        level_value=float(pick([0.0, 12.0])),
        restart_cost=float(pick([0.0, 2.0])),
        last_job_mw=np.zeros(2),
    )


def outcome(
    p: Prepared, w: Window, monitored: np.ndarray, sign: float
) -> tuple[float, float] | None:
    """Cost and emissions of the optimum that breaks ties for (1) or against (-1) emissions."""
    problem = compile_window(p, w, monitored).problem
    kg = signals.emitted_kg(compile_window(p, w, monitored))
    x = solve(replace(problem, cost=problem.cost + sign * TIE * kg)).x
    return float(problem.cost @ x), float(kg @ x)


def more(w: Window, family: str, t: int, k: int) -> Window:
    """The window with EPS MWh more asked of it."""
    mw = EPS / w.hours[t]
    if family == "bus":
        load = w.load_mw.copy()
        load[t, k] += mw
        return replace(w, load_mw=load)
    if family == "service":
        service = w.service_mw.copy()
        service[t, k] += mw
        return replace(w, service_mw=service)
    if family == "run":  # work that nobody asked for, at this site only
        allowed = np.vstack([w.groups.allowed, np.arange(2) == k])
        curve = np.zeros((w.n, 1))
        curve[t:] = EPS
        stacked = [
            np.hstack([curve_of, curve]) for curve_of in (w.groups.arrived_mwh, w.groups.due_mwh)
        ]
        return replace(
            w,
            computing=replace(
                w.groups,
                allowed=allowed,
                move=np.vstack([w.groups.move, [0.0, 0.0]]),
                arrived_mwh=stacked[0],
                due_mwh=stacked[1],
            ),
        )
    arrived, due = w.groups.arrived_mwh.copy(), w.groups.due_mwh.copy()
    group, later = divmod(k, 2)  # one step to run in, or two
    arrived[t:, group] += EPS
    due[t + later :, group] += EPS
    due[-1] = arrived[-1]  # beyond the window too: all is due at its end
    return replace(w, computing=replace(w.groups, arrived_mwh=arrived, due_mwh=due))


def families(stand: signals.Footing) -> dict[str, Derivatives]:
    c = stand.compiled
    asked = {
        "bus": signals.at_buses(c),
        "service": signals.for_services(c),
        "arrival": signals.for_arrivals(c, GROUP, SLACK),
        "run": signals.run_at_sites(c),
    }
    return dict(zip(asked, signals.response(stand, list(asked.values())), strict=True))


GROUP, SLACK = np.array([0, 0, 1, 1]), np.array([[1, 2, 1, 2]] * 3 + [[1, 1, 1, 1]])


def _duals_are_slopes(result: Result, found: dict[str, Derivatives]) -> None:
    """A dual is a slope of a convex cost: not above the derivative to the right (of the same
    direction).
    """
    works, sites = signals.work_prices(result, GROUP, SLACK)
    assert (works[:, :1].ravel() <= found["service"].cost + 1e-4).all()
    empty = np.tile(
        GROUP == 1, len(SLACK)
    )  # what shares a queue may trade places, and so be cheaper than alone
    assert (works[:, 1:].ravel() <= found["arrival"].cost + 1e-4)[empty].all()
    assert (sites.ravel() <= found["run"].cost + 1e-4)[found["run"].reason < INFEASIBLE].all()


NETWORKS = ("dc", "ptdf", "transport", "copper", "dc n-1", "ptdf n-1")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(NETWORKS))
def test_derivatives_are_finite_differences(seed: int, kind: str) -> None:
    network, _, n1 = kind.partition(" ")
    p, w = random_case(seed, network)
    p = replace(p, security=Security() if n1 else None)
    result = solve_window(p, w)
    stand = signals.footing(result)
    every = (
        np.arange(3) if network == "ptdf" else np.zeros(0, np.int64)
    )  # all limits: the difference must see them
    every = np.concatenate([every, every_limit(p)]) if n1 else every
    before = [outcome(p, w, every, sign) for sign in (1.0, -1.0)]
    rng = np.random.default_rng(seed)
    asked = families(stand)
    _duals_are_slopes(result, asked)
    for name, found in asked.items():
        wide = len(found.cost) // w.n
        for i in rng.choice(len(found.cost), min(4, len(found.cost)), replace=False).tolist():
            t, k = divmod(i, wide)
            where = f"{name} {t},{k}"
            if name == "run" and not found.cost[i] < p.goal.unserved_jobs:
                continue  # it has to run, or cannot: work that is asked for may be late instead
            after = [outcome(p, more(w, name, t, k), every, sign) for sign in (1.0, -1.0)]
            slope = [(b[0] - a[0]) / EPS for a, b in zip(before, after, strict=True)]
            kg = [(b[1] - a[1]) / EPS for a, b in zip(before, after, strict=True)]
            assert found.cost[i] == pytest.approx(slope[0], rel=1e-3, abs=2e-2), where
            if found.reason[i] == DEFINED:
                assert found.measure[i] == pytest.approx(kg[0], rel=1e-3, abs=0.5), where
                assert found.measure[i] == pytest.approx(kg[1], rel=1e-3, abs=0.5), where
            else:
                assert found.reason[i] == TIED, where
                assert abs(kg[0] - kg[1]) > 1e-3, where
