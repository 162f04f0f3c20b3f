"""`bench mpc` measures plans that the loop makes, and PyPSA can hold its pair; `bench build` builds
a study.
"""

from pathlib import Path

import numpy as np
import pytest

from suandian.bench.build import built, solved, study
from suandian.bench.mpc import LOOK_AHEAD, Counted, moments, mpc_scenario, replan_of
from suandian.export.pypsa import export
from suandian.maths.compile import compile_window
from suandian.maths.solving import solve_window
from suandian.model.view import View
from suandian.policy.chosen import make


def test_the_pair_for_pypsa_has_one_shape_one_optimum_and_moves_by_time(tmp_path: Path) -> None:
    replan = replan_of(mpc_scenario(2, 2, 0))
    earlier, now = replan.earlier, replan.now
    assert (
        compile_window(earlier.prepared, earlier.window).problem.shape[1]
        == compile_window(now.prepared, now.window).problem.shape[1]
    )
    assert now.window.hours == pytest.approx(np.repeat([1 / 12, 0.25, 1.0], [24, 16, 42]))
    assert isinstance(replan.shift, np.ndarray) and len(replan.shift) == now.window.n
    assert (
        replan.shift[:24].tolist() == [*range(1, 24), 24]
        and replan.shift[-1] == now.window.n - 1 + 1
    )
    memory = solve_window(earlier.prepared, earlier.window).memory
    warm, cold = (solve_window(now.prepared, now.window, m, replan.shift) for m in (memory, None))
    assert warm.solution.objective == pytest.approx(cold.solution.objective, rel=1e-9)
    export(now.prepared, now.window, now.times, tmp_path)
    weights = (tmp_path / "snapshots.csv").read_text(encoding="utf-8").splitlines()
    assert len(weights) == now.window.n + 1 and weights[-1].endswith(",1.0,1.0,1.0")


def test_the_loop_plans_each_step_anew_with_revised_forecasts_over_48_hours() -> None:
    scenario = mpc_scenario(2, 2, 0)
    found = list(moments(scenario, make(scenario), 3))
    assert [m.state.step for m in found] == [0, 1, 2] and not found[0].notebook.memories
    axes = [View.at(scenario, m.state).ahead(48.0) for m in found]
    assert all(47.0 < float(axis.hours.sum()) <= 48.0 for axis in axes)
    assert set(np.unique(axes[1].hours).round(6)) == {round(step, 6) for _, step in LOOK_AHEAD}
    assert Counted.at(scenario, found[1].state).ahead(48.0).n == 24 + 16 + 42
    last = [m.notebook.last for m in found[1:]]
    assert not np.array_equal(
        last[0].compiled.window.load_mw[1:20], last[1].compiled.window.load_mw[:19]
    )


def test_build_tells_what_it_built_and_its_optimum_is_that_of_the_study() -> None:
    told, problem = built(2, 2, 24, 0), study(2, 2, 24, 0)
    made = compile_window(problem.prepared, problem.window).problem
    assert (told["rows"], told["columns"], told["entries"]) == (*made.shape, made.matrix.nnz)
    assert (
        "flow" in made.columns and told["peak_mb"] >= told["added_mb"] >= 0 and told["build_s"] > 0
    )
    assert (
        solved(2, 2, 24, 0)["objective"]
        == solve_window(problem.prepared, problem.window).solution.objective
    )
