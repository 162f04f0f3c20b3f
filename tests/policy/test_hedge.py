"""The joint policy for several futures: what it hands on, what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from run.scenes import finished, lively
from suandian.ledger.ledger import Ledger
from suandian.model.issues import InputError
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.scenario import PolicySpec, Scenario
from suandian.model.view import View
from suandian.policy.chosen import make
from suandian.policy.hedge import BAND_MW, bounds
from suandian.run.loop import Turn, simulate


def scene(**options: float) -> Scenario:
    return replace(lively("joint", steps=36), policy=PolicySpec("joint", 6, 24, options=options))


def plan(scenario: Scenario, step: int = 20) -> Plan:
    view = View.at(scenario, replace(finished("joint", steps=36).states[step], step=step))
    return make(scenario).decide(view, Notebook())[0]


def decided(p: Plan) -> np.ndarray:
    """What a plan decides until the next one: work by site, charging, discharging."""
    parts = (p.waiting_mw, p.started_mw, p.charge_mw, p.discharge_mw)
    return np.concatenate([part[:6].ravel() for part in parts])


def test_one_future_is_the_forecast() -> None:
    assert decided(plan(scene(futures=1.0))).tolist() == decided(plan(scene())).tolist()


def test_the_plan_is_the_ordinary_one_with_its_first_decisions_for_all_futures() -> None:
    made, plain = plan(scene(futures=5.0)), plan(scene())
    names = [solve["name"] for solve in made.solves]
    assert names == ["futures", "joint"]
    assert all(solve["certificate"]["holds"] for solve in made.solves)
    # to decide for all can only cost something if the forecast comes true
    assert float(made.solves[-1]["objective"]) >= float(plain.solves[-1]["objective"]) - 1e-3
    assert np.abs(decided(made) - decided(plain)).max() > 0.01
    assert np.abs(decided(plan(scene(futures=5.0, cvar_weight=1.0))) - decided(made)).max() > 0.01


def test_too_little_history_is_refused_with_what_would_do() -> None:
    with pytest.raises(InputError, match="or a shorter horizon"):
        plan(scene(futures=20.0))


def test_decisions_are_handed_on_within_a_hair_and_nothing_stays_nothing() -> None:
    low, high = bounds(
        np.array([[0.0, 2e-7, 3.0, 5.0], [1.0, 1.0, 1.0, 1.0]]), np.full((2, 4), 5.0), 1
    )
    assert low[0].tolist() == [0.0, 0.0, 3.0 - BAND_MW, 5.0 - BAND_MW]
    assert high[0].tolist() == [0.0, 2e-7, 3.0 + BAND_MW, 5.0]
    assert (low[1].tolist(), high[1].tolist()) == ([0.0] * 4, [5.0] * 4)


class Stopped(Exception):
    pass


def test_a_stopped_run_resumes_to_the_same_ledger(tmp_path) -> None:
    scenario = replace(
        lively("joint", steps=12), policy=PolicySpec("joint", 6, 24, options={"futures": 3.0})
    )

    def stop(turn: Turn) -> None:
        if turn.step == 9:
            raise Stopped

    with Ledger(tmp_path / "whole.db", scenario.hash) as ledger:
        simulate(scenario, ledger)
        head = ledger.head
    with Ledger(tmp_path / "parts.db", scenario.hash) as ledger:
        with pytest.raises(Stopped):
            simulate(scenario, ledger, stop)
        simulate(scenario, ledger)
        assert ledger.head == head
