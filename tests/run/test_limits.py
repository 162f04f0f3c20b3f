"""A time limit leaves a checked point, the plan in force, or asap, each labelled; never zeros."""

import json
from dataclasses import replace

import numpy as np
import pytest

from run.scenes import lively
from small import make_scenario
from suandian.ledger.ledger import Ledger
from suandian.model.issues import SolveLimitError
from suandian.model.scenario import SolverSpec
from suandian.policy.fallback import ASAP, KEPT
from suandian.policy.joint import Joint
from suandian.run.loop import simulate
from suandian.run.planning import first_plan
from suandian.run.study import run_study
from suandian.solve import highs
from suandian.solve.certificate import certify
from suandian.verify.verify import verify


def late(at: set[int]):
    """A joint policy whose decisions at steps `at` meet their limit."""
    good = Joint.decide

    def decide(self, view, notebook):
        if view.state.step in at:
            raise SolveLimitError("highs-simplex", 0.5, 7, -np.inf)
        return good(self, view, notebook)

    return decide


def told(scenario, tmp_path):
    """Simulate; return the solves that were told, and the booked plans' policies by step."""
    solves = []
    with Ledger(tmp_path / "ledger.db", scenario.hash) as ledger:
        state = simulate(scenario, ledger, lambda turn: solves.extend(turn.solves))
        plans = {entry.step: str(entry.memo["policy"]) for entry in ledger.entries("plan")}
    assert state.step == scenario.axis.n
    assert not state.remaining_wh.any()
    return solves, plans


def test_the_plan_in_force_goes_on_and_the_next_step_decides_again(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(Joint, "decide", late({6, 7}))
    solves, plans = told(make_scenario(steps=18), tmp_path)
    kept = [s for s in solves if s["status"] == KEPT]
    assert [s["step"] for s in kept] == [6, 7]
    assert list(plans)[:3] == [0, 8, 14]
    assert kept[0]["objective"] is None and kept[0]["iterations"] == 7


def test_where_there_is_no_plan_all_work_runs_as_soon_as_possible(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(Joint, "decide", late({0}))
    solves, plans = told(make_scenario(steps=18), tmp_path)
    assert solves[0]["status"] == ASAP
    assert all(s["status"] == "optimal" for s in solves[1:])  # its dispatch too
    assert plans[0] == f"joint ({ASAP})"
    assert plans[6] == "joint"


def test_a_run_with_limits_says_so_everywhere_and_is_sound(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(Joint, "decide", late({0, 12}))
    out = run_study(lively(steps=18), tmp_path / "run")
    record = json.loads((out / "run.json").read_text())
    assert [s["status"] for s in record["solves"] if s["status"] != "optimal"] == [ASAP, KEPT]
    assert len(json.loads((out / "certificate.json").read_text())) == len(record["solves"])
    kpis = json.loads((out / "kpis.json").read_text())
    assert kpis["system_cost"]["status"] == "final; 2 solves ended by a time limit"
    found = {f.check: f for f in verify(out).findings}
    assert found["certificates"].ok
    assert "2 of them ended by a time limit" in found["certificates"].detail


def test_a_limit_in_the_scenario_reaches_the_solver() -> None:
    scenario = replace(make_scenario(), solver=SolverSpec("simplex", time_limit_s=0.0))
    plan, _ = first_plan(scenario)
    assert plan.solves[0]["status"] == ASAP
    assert plan.solves[-1]["status"] == "optimal"
    assert plan.waiting_mw.sum() + plan.serve_mw.sum() > 0


@pytest.mark.parametrize(
    ("share", "usable"), [(1.0, True), (0.999, True), (0.5, False), (0.0, False)]
)
def test_a_point_found_in_time_is_used_if_it_is_feasible_and_near_its_proven_bound(
    monkeypatch, share, usable
) -> None:
    # sell x ≤ 4 at 3: the optimum is -12; a point at `share` of it is feasible, its bound (dual 3)
    # is -12
    from suandian.solve.problem import Builder

    b = Builder()
    b.add_entries(b.add_rows("cap", (1,), upper=4.0), b.add_columns("x", (1,), 0.0, 9.0, -3.0), 1.0)
    problem, good = b.build(), highs._read

    def limited(*args):
        made = good(*args)
        x = made.x * share
        return replace(
            made,
            status=highs.LIMIT,
            x=x,
            iterations=3,
            certificate=certify(problem, x, made.row_dual),
        )

    monkeypatch.setattr(highs, "_read", limited)
    if usable:
        answer = highs.solve(problem, time_limit_s=1.0)
        assert answer.status == "time limit"
        assert answer.certificate.gap == pytest.approx(12 * (1 - share) / (1 + 12 * share))
    else:
        with pytest.raises(SolveLimitError) as caught:
            highs.solve(problem, time_limit_s=1.0)
        assert caught.value.bound == pytest.approx(-12.0)


def test_a_point_that_breaks_a_row_is_never_used(monkeypatch) -> None:
    from suandian.solve.problem import Builder

    b = Builder()
    b.add_entries(b.add_rows("cap", (1,), upper=4.0), b.add_columns("x", (1,), 0.0, 9.0, -3.0), 1.0)
    problem, good = b.build(), highs._read

    def limited(*args):
        made = good(*args)
        x = made.x + 0.001
        return replace(
            made,
            status=highs.LIMIT,
            x=x,
            iterations=3,
            certificate=certify(problem, x, made.row_dual),
        )

    monkeypatch.setattr(highs, "_read", limited)
    with pytest.raises(SolveLimitError):
        highs.solve(problem, time_limit_s=1.0)
