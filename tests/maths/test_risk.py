"""Windows for several futures against each of them alone."""

from dataclasses import replace

import numpy as np
import pytest

from run.scenes import NETWORKS, finished, lively
from suandian.maths.prepared import Prepared
from suandian.maths.risk import first_stage, solve_futures
from suandian.maths.solving import solve_window
from suandian.maths.window import Window
from suandian.model.notebook import Notebook
from suandian.model.scenario import PolicySpec
from suandian.model.view import View
from suandian.policy.desk import Desk
from suandian.policy.hedge import _window as window_of
from suandian.policy.hedge import fixed, futures
from suandian.policy.outlook import expected
from suandian.solve.futures import Risk, value_at_risk

STEPS = 6


def scene(network: str = "ptdf", count: int = 5) -> tuple[Prepared, list[Window]]:
    scenario = replace(lively("joint", network, steps=36), policy=PolicySpec("joint", 6, 24))
    view = View.at(scenario, replace(finished("joint", steps=36).states[20], step=20))
    prepared, outlook = Prepared.of(scenario), expected(view, 24)
    desk = Desk(view, prepared, outlook, Notebook())
    others = [
        window_of(view, outlook, outlook.window, f, STEPS)
        for f in futures(desk.view, outlook, count)
    ]
    return prepared, [outlook.window, *others]


@pytest.mark.parametrize("network", NETWORKS)
def test_one_future_is_the_window_itself(network: str) -> None:
    prepared, (window, *_) = scene(network, 2)
    alone, found = solve_window(prepared, window), solve_futures(prepared, [window], STEPS, Risk())
    assert found.solution.objective == pytest.approx(alone.solution.objective, rel=1e-9)
    assert found.costs.tolist() == pytest.approx([alone.solution.objective])


@pytest.mark.parametrize("network", ["ptdf", "dc"])
@pytest.mark.parametrize("risk", [Risk(), Risk(0.5, 0.8), Risk(1.0, 0.8)])
def test_what_is_shared_is_alike_and_costs_between_seeing_all_and_trusting_the_forecast(
    risk, network
) -> None:
    prepared, windows = scene(network)
    found = solve_futures(prepared, windows, STEPS, risk)
    shared = [r.solution.x[first_stage(r.compiled, STEPS)] for r in found.results]
    later = [r.column("run")[STEPS:] for r in found.results]
    assert len(shared[0]) == STEPS * (
        found.results[0].column("run").shape[1] + 2 * len(prepared.stores)
    )
    for mine, after in zip(shared[1:], later[1:], strict=True):
        assert mine == pytest.approx(shared[0], abs=1e-6)
        assert np.abs(after - later[0]).max() > 1e-3  # what comes later follows the future

    def worth(costs: np.ndarray) -> float:
        return (1 - risk.weight) * costs.mean() + risk.weight * value_at_risk(costs, risk.level)

    assert found.solution.objective == pytest.approx(worth(found.costs), rel=1e-9)
    trusted = solve_futures(prepared, windows[:1], STEPS, Risk())
    kept = fixed(prepared, windows[0], trusted, STEPS)
    costs = np.array(
        [
            solve_window(
                prepared, replace(w, run_mw=kept.run_mw, storage_mw=kept.storage_mw)
            ).solution.objective
            for w in windows
        ]
    )
    alone = np.array([solve_window(prepared, w).solution.objective for w in windows])
    assert worth(alone) <= found.solution.objective + 1e-6
    assert found.solution.objective < worth(costs) - 1.0  # the forecast alone is not as good here


def test_a_warm_start_from_the_same_futures_takes_no_iteration() -> None:
    prepared, windows = scene()
    cold = solve_futures(prepared, windows, STEPS, Risk(0.3, 0.8))
    warm = solve_futures(prepared, windows, STEPS, Risk(0.3, 0.8), cold.memory)
    assert (warm.solution.iterations, warm.solution.objective) == (
        0,
        pytest.approx(cold.solution.objective),
    )
