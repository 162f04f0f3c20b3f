"""A study planned as a whole in windows: never below the bound, near the optimum, the same on every
executor.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import vstack

from small import make_scenario
from suandian.bench.regions import direct, regions
from suandian.horizon.coarse import coarsened
from suandian.horizon.whole import Cut, inflexible_window, plan_whole, whole_window
from suandian.maths.prepared import Prepared
from suandian.maths.solving import solve_window
from suandian.model.issues import InfeasibleError
from suandian.model.scenario import SolverSpec
from suandian.model.totals import Totals
from suandian.solve import port


def test_windows_join_to_a_plan_between_the_optimum_and_the_plan_without_shifting() -> None:
    scenario = regions(3, 3, 96)
    prepared, window = Prepared.of(scenario), whole_window(scenario)
    optimum = solve_window(prepared, window).solution.objective
    made = plan_whole(prepared, window, Cut(48, 12, 6))
    fixed = plan_whole(prepared, inflexible_window(scenario), Cut(48, 12, 6))
    assert len(made.windows) == 3
    assert made.bound <= optimum + 1e-6 * abs(optimum) and optimum <= made.cost + 1e-6 * abs(
        optimum
    )
    assert fixed.cost - optimum > 0.01 * optimum  # shifting is worth something here
    assert made.cost - made.bound <= 0.1 * (fixed.cost - optimum)
    assert made.certificate.feasible and made.result.output_mw().shape[0] == window.n


def test_one_window_is_the_optimum() -> None:
    scenario = make_scenario(steps=24)
    prepared, window = Prepared.of(scenario), whole_window(scenario)
    made = plan_whole(prepared, window, Cut(1000, 0))
    assert made.cost == pytest.approx(solve_window(prepared, window).solution.objective, rel=1e-9)
    assert made.certificate.holds


def another_solver(problem, time_limit_s: float) -> port.Answer:
    """A stranger's engine: HiGHS by scipy's door, which gives no basis."""
    del time_limit_s
    matrix, low, high = problem.matrix, problem.row_lower, problem.row_upper
    equal = low == high
    upper, lower = ~equal & np.isfinite(high), ~equal & np.isfinite(low)
    found = linprog(
        problem.cost,
        A_ub=vstack([matrix.tocsr()[upper], -matrix.tocsr()[lower]]),
        b_ub=np.concatenate([high[upper], -low[lower]]),
        A_eq=matrix.tocsr()[equal],
        b_eq=high[equal],
        bounds=np.stack([problem.lower, problem.upper], axis=1),
    )
    if found.status == 2:
        return port.Answer("infeasible")
    dual = np.zeros(len(low))
    dual[equal] = found.eqlin.marginals
    above, below = np.split(found.ineqlin.marginals, [int(upper.sum())])
    dual[upper] += above
    dual[lower] -= below
    return port.Answer("optimal", found.x, dual, int(found.nit))


def test_a_whole_study_is_planned_by_the_solver_that_is_named(monkeypatch) -> None:
    monkeypatch.setattr(port, "_engine", lambda name: another_solver)
    scenario = make_scenario(steps=48, jobs=60)
    ours = plan_whole(Prepared.of(scenario), whole_window(scenario), Cut(24, 6, 6))
    named = replace(Prepared.of(scenario), solver=SolverSpec("strange"))
    theirs = plan_whole(named, whole_window(scenario), Cut(24, 6, 6))
    assert theirs.result.solution.solver == "strange"
    assert ours.result.solution.solver == "highs-simplex"
    assert theirs.cost == pytest.approx(ours.cost, rel=1e-3)
    assert theirs.bound == pytest.approx(ours.bound, rel=1e-3)
    assert theirs.certificate.feasible


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    window_h=st.integers(7, 40),
    overlap_h=st.integers(0, 12),
    network=st.sampled_from(["ptdf", "dc", "transport", "copper"]),
)
def test_the_bound_holds_and_the_plan_is_feasible_however_it_is_cut(
    seed: int, window_h: int, overlap_h: int, network: str
) -> None:
    scenario = make_scenario(network=network, steps=48, jobs=60, seed=seed)
    prepared, window = Prepared.of(scenario), whole_window(scenario)
    optimum = solve_window(prepared, window).solution.objective
    made = plan_whole(prepared, window, Cut(window_h, overlap_h, 6))
    assert made.certificate.feasible
    assert made.bound <= optimum + 1e-6 * abs(optimum) <= made.cost + 2e-6 * abs(optimum)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1000), window_h=st.integers(20, 60), more=st.floats(0.0, 0.1))
def test_ratios_and_a_carbon_cap_are_kept_whatever_the_windows(
    seed: int, window_h: int, more: float
) -> None:
    scenario = direct(regions(2, 2, 72, seed=seed), seed)
    none = np.zeros(2)
    free = replace(scenario, totals=Totals(none, none, none + 1.0, 1e9))
    kept = solve_window(Prepared.of(free), whole_window(free))
    activity = kept.compiled.problem.matrix @ kept.solution.x
    rows = {
        name: span.of(activity) for name, span in kept.compiled.problem.rows.items() if span.total
    }
    could = kept.compiled.problem.rows["export_ratio"].of(kept.compiled.problem.row_upper)
    share = (rows["self_use"] / could, rows["export_ratio"] / could)
    limits = Totals(
        np.minimum(share[0] + more, 0.99),
        np.full(2, 0.05),
        share[1] * (1 - more),
        float(rows["carbon_cap"][0]),
    )
    scenario = replace(scenario, totals=limits)
    prepared, window = Prepared.of(scenario), whole_window(scenario)
    try:
        optimum = solve_window(prepared, window).solution.objective
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            plan_whole(prepared, window, Cut(window_h, 8, 4))
        return
    try:
        made = plan_whole(prepared, window, Cut(window_h, 8, 4))
    except InfeasibleError as error:
        assert any(
            name.split()[0] in rows for name, _, _ in error.relaxations
        )  # the hand-overs leave too little room
        return
    assert made.certificate.feasible
    assert made.bound <= optimum + 1e-6 * abs(optimum) <= made.cost + 2e-6 * abs(optimum)
    assert made.cost <= optimum * 1.01


def test_the_result_is_the_same_on_an_executor() -> None:
    scenario = make_scenario(steps=72)
    prepared, window = Prepared.of(scenario), whole_window(scenario)
    alone = plan_whole(prepared, window, Cut(24, 6, 6))
    with ThreadPoolExecutor(2) as pool:
        beside = plan_whole(prepared, window, Cut(24, 6, 6), pool)
    assert np.array_equal(alone.result.solution.x, beside.result.solution.x)
    assert np.array_equal(alone.result.solution.row_dual, beside.result.solution.row_dual)


def test_work_that_never_comes_is_left_out_and_changes_nothing() -> None:
    scenario = make_scenario(steps=24)
    prepared, window = Prepared.of(scenario), whole_window(scenario)
    assert window.groups is not None and (window.groups.arrived_mwh[-1] > 0).all()
    none = replace(
        window.groups, arrived_mwh=0 * window.groups.arrived_mwh, due_mwh=0 * window.groups.due_mwh
    )
    less = solve_window(prepared, replace(window, computing=none)).solution.objective
    assert less < solve_window(prepared, window).solution.objective


def test_a_coarse_window_keeps_energy_and_edges() -> None:
    window = whole_window(make_scenario(steps=24))
    joined = np.array([5] * 7 + [1])
    made = coarsened(window, joined)
    assert made.hours.sum() == window.hours.sum()
    assert made.load_mw.T @ made.hours == pytest.approx(window.load_mw.T @ window.hours)
    assert made.groups is not None and window.groups is not None
    assert np.array_equal(made.groups.due_mwh, window.groups.due_mwh[np.cumsum(joined) - 1])
