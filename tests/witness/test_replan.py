"""What `bench replan` measures is a plan that the loop makes, and PyPSA can hold it."""

from pathlib import Path

import numpy as np

from small import make_scenario
from suandian.bench.replan import STEPS, replan_of
from suandian.export.pypsa import export
from suandian.maths.solving import solve_window


def test_the_problem_is_the_plan_after_some_steps_with_its_past_and_its_future(
    tmp_path: Path,
) -> None:
    scenario = make_scenario("joint", steps=48)
    replan = replan_of(scenario)
    start = np.datetime64(int(scenario.axis.edges_s[STEPS]), "s")
    assert (
        np.datetime64(replan.now.times[0]) == start == np.datetime64(replan.earlier.times[0]) + 3600
    )
    window = replan.now.window
    assert np.isfinite(window.last_mw).all() and window.groups is not None
    assert window.groups.leftover > 0 and window.level_value > 0  # it ends before the study does
    export(replan.now.prepared, window, replan.now.times, tmp_path)
    assert (
        len((tmp_path / "snapshots.csv").read_text(encoding="utf-8").splitlines()) == window.n + 1
    )


def test_warm_and_cold_find_one_optimum() -> None:
    replan = replan_of(make_scenario("joint"))
    memory = solve_window(replan.earlier.prepared, replan.earlier.window).memory
    warm, cold = (
        solve_window(replan.now.prepared, replan.now.window, m, shift=1) for m in (memory, None)
    )
    assert abs(warm.solution.objective - cold.solution.objective) <= 1e-9 * abs(
        cold.solution.objective
    )
