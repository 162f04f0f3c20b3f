"""Signals of a plan: against finite differences of the plan's own problem, and as the command line
shows them.
"""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from run.scenes import lively
from suandian.cli.main import main
from suandian.maths.prepared import Prepared
from suandian.maths.signals import emitted_kg
from suandian.maths.solving import solve_window
from suandian.model.known import Known
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.signals import DEFINED
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.chosen import make
from suandian.policy.outlook import steps_to_run
from suandian.policy.signals import PlanSignals, plan_signals
from suandian.reading import templates

EPS = 1e-3

# a plan prefers earlier work at a hundred-thousandth of the price an hour
WAITING = 1e-2


def planned(policy: str, network: str = "ptdf") -> tuple[View, Plan, Notebook, PlanSignals]:
    scenario = lively(policy, network)
    view = View.at(scenario, State.initial(scenario))
    plan, notebook = make(scenario).decide(view, Notebook())
    return view, plan, notebook, plan_signals(view, notebook.last)


@pytest.mark.parametrize("network", ["ptdf", "copper"])
def test_over_the_horizon_stores_and_shifted_work_answer_too(network) -> None:
    view, _, notebook, found = planned("joint", network)
    c, before = notebook.last.compiled, notebook.last.solution
    prepared, rng = Prepared.of(view.known), np.random.default_rng(1)
    for t, b in zip(
        rng.integers(0, c.window.n, 8).tolist(), rng.integers(0, 3, 8).tolist(), strict=True
    ):
        load = c.window.load_mw.copy()
        load[t, b] += EPS / c.window.hours[t]
        after = solve_window(prepared, replace(c.window, load_mw=load))
        kg = emitted_kg(after.compiled) @ after.solution.x - emitted_kg(c) @ before.x
        assert found.places.cost[t, b] == pytest.approx(
            (after.solution.objective - before.objective) / EPS, rel=1e-4
        )
        if found.places.reason[t, b] == DEFINED:
            assert found.places.kg[t, b] == pytest.approx(kg / EPS, rel=1e-4, abs=0.05)
    assert (found.places.reason == DEFINED).mean() > 0.95


def test_the_booked_price_of_computing_is_a_slope_and_mostly_the_one_to_the_right() -> None:
    _, plan, _, found = planned("joint")
    right = np.hstack([found.services.cost, found.classes.cost])
    assert plan.work_price.shape == right.shape == (24, 2)
    assert (plan.computing_price <= found.run.cost + WAITING).all()
    assert (plan.work_price[:, 0] <= right[:, 0] + WAITING).all()
    assert np.mean(np.abs(plan.work_price - right) < WAITING) > 0.6
    assert (
        plan.work_price[:, 1] <= (plan.computing_price[:, 0]) + 1e-6
    ).all()  # home, now, is one of its places


def test_policies_with_given_computing_have_no_price_of_it() -> None:
    for policy in ("asap", "separate"):
        _, plan, _, found = planned(policy)
        assert np.isnan(plan.work_price).all() and np.isnan(plan.computing_price).all()
        assert found.services.cost.shape == found.run.cost.shape == (24, 0)
        assert np.isfinite(found.places.cost).all()


def test_a_class_has_the_slack_of_its_jobs() -> None:
    scenario = lively("joint")
    axis = scenario.axis.window(0, 24)
    known = Known.at(scenario, 0)
    assert steps_to_run(known, axis)[:18, 0].tolist() == [6] * 18
    assert steps_to_run(known, axis)[-1, 0] == 1


def test_plan_signals_on_the_command_line(monkeypatch, capsys, tmp_path) -> None:
    templates.copy("two-sites", tmp_path / "two")
    monkeypatch.setattr(
        sys, "argv", ["suandian", "plan", str(tmp_path / "two"), "--signals", "--json"]
    )
    with pytest.raises(SystemExit) as done:
        main()
    assert done.value.code == 0
    told = json.loads(capsys.readouterr().out)["signals"]
    steps = len({row["start_s"] for row in told["places"]})
    assert {row["node"] for row in told["places"]} == {
        "bus:a",
        "bus:b",
        "bus:c",
        "site:city",
        "site:plain",
    }
    assert [len(told[k]) for k in ("places", "work", "run")] == [5 * steps, 2 * steps, 2 * steps]
    keys = {
        "start_s",
        "node",
        "price_per_mwh",
        "nodal_price_per_mwh",
        "average_g_per_kwh",
        "marginal_g_per_kwh",
        "reason",
    }
    assert set(told["places"][0]) == keys
    monkeypatch.setattr(sys, "argv", ["suandian", "plan", str(tmp_path / "two"), "--signals"])
    with pytest.raises(SystemExit):
        main()
    assert "one more MWh of IT energy" in capsys.readouterr().out
