"""What each policy does with computing, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from run.scenes import lively
from small import make_scenario
from suandian.maths.prepared import Prepared
from suandian.maths.solving import solve_window
from suandian.model.hindsight import Hindsight
from suandian.model.notebook import Notebook
from suandian.model.scenario import PolicySpec
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.chosen import make
from suandian.policy.computing import asap_computing
from suandian.policy.outlook import BINS, expected, foreseen
from suandian.policy.values import site_carbon, terminal_values

H = 3600


def one_job(work: float, width: float, release_h: int = 1, due_h: int = 12, **changes):
    """`make_scenario` with a single job [MWh, MW] at d0 and a service of 10 MW there."""
    scenario = make_scenario(steps=24, jobs=1, **changes)
    start = scenario.axis.start_s
    at = {"submit_s": start, "release_s": start + release_h * H, "due_s": start + due_h * H}
    jobs = replace(
        scenario.jobs,
        **{k: np.array([v]) for k, v in at.items()},
        deadline_s=np.array([at["due_s"]]),
        work_wh=np.array([round(work * 1e6)]),
        width_mw=np.array([width]),
    )
    feed = scenario.feeds["service"]
    feeds = {**scenario.feeds, "service": replace(feed, actual=np.full_like(feed.actual, 10.0))}
    return replace(scenario, jobs=jobs, feeds=feeds)


def test_terminal_values_by_hand() -> None:
    # cheapest site by hour, times PUE: 12, 24, 36, 48, 60; the 0.3 quantile lies 0.2 of the way
    # from 24 to 36
    price = np.array([[10.0, 99], [99, 20], [30, 99], [40, 40], [50, 50]])
    leftover, level = terminal_values(price, np.array([1.2, 1.2]))
    assert leftover == pytest.approx(24 + 0.2 * 12)
    assert level == 45.0  # the median of 10 20 30 40 40 50 50 99 99 99


def test_asap_runs_at_home_from_release_on_at_full_width() -> None:
    scenario = one_job(5.0, 2.0)
    view = View.at(scenario, State.initial(scenario))
    outlook = expected(view, 24)
    computing = asap_computing(view.known, outlook)
    # arrivals of 2, 2 and 1 MWh from 1:00 on, at d0
    assert computing.run.sum(axis=1)[:5].tolist() == [[0, 0], [2, 0], [2, 0], [1, 0], [0, 0]]
    assert computing.serve[:, 0].tolist() == [[pytest.approx(10.0), 0.0]] * 24


def test_asap_waits_where_services_fill_the_cluster() -> None:
    # 50 MW cluster, 10 of service: 40 for jobs. 90 MWh at 60 MW arrive as 60 and 30: 40, 40, 10 run
    scenario = one_job(90.0, 60.0, release_h=0)
    view = View.at(scenario, State.initial(scenario))
    computing = asap_computing(view.known, expected(view, 24))
    assert computing.run.sum(axis=(1, 2))[:4] == pytest.approx([40, 40, 10, 0])


def test_work_is_grouped_by_class_and_length_and_not_before_release() -> None:
    # 5 MWh at 2 MW last 2.5 h: the bin from 1 to 3 h; cumulative arrivals 0 2 4 5; due 12:00 at 2
    # MW: 1 by 10, 3 by 11
    scenario = one_job(5.0, 2.0)
    groups = foreseen(Hindsight.at(scenario, State.initial(scenario)), 24).groups
    assert groups.arrived_mwh.shape == (24, (1 + 2) * BINS)
    assert np.flatnonzero(groups.arrived_mwh.sum(axis=0)).tolist() == [1]
    assert groups.arrived_mwh[:5, 1].tolist() == [0, 2, 4, 5, 5]
    assert groups.due_mwh[8:13, 1].tolist() == [0, 1, 3, 5, 5]


def test_a_job_submitted_later_is_expected_from_earlier_weeks_only() -> None:
    scenario = one_job(5.0, 2.0)
    later = replace(scenario.jobs, submit_s=scenario.jobs.submit_s + H)
    week = {
        k: getattr(later, k) - 7 * 86400 for k in ("submit_s", "release_s", "due_s", "deadline_s")
    }
    past = replace(later, **week, work_wh=later.work_wh // 2)
    fortnight = {k: v - 7 * 86400 for k, v in week.items()}
    both = {k: np.concatenate([fortnight[k], week[k]]) for k in week}
    work = np.concatenate(
        [later.work_wh, later.work_wh // 2]
    )  # 5 and 2.5 MWh in two weeks: 3.75 are expected
    two = replace(later.rows(np.array([0, 0])), **both, work_wh=work)
    for history, total in ((scenario.past_jobs, 0.0), (past, 2.5), (two, 3.75)):
        known = replace(scenario, jobs=later, past_jobs=history)
        view = Hindsight.at(known, State.initial(known))
        assert expected(view, 24).groups.arrived_mwh[-1].sum() == pytest.approx(total)
        assert foreseen(view, 24).groups.arrived_mwh[-1].sum() == pytest.approx(5.0)


def _plan(policy: str, **options: float):
    scenario = replace(lively(policy), policy=PolicySpec(policy, 6, 24, options=options))
    return make(scenario).decide(View.at(scenario, State.initial(scenario)), Notebook())


def test_separate_goes_its_share_of_the_way_from_asap() -> None:
    none, half, all_ = (_plan("separate", share=s)[0] for s in (0.0, 0.5, 1.0))
    asap = _plan("asap")[0]
    for name in ("serve_mw", "waiting_mw", "started_mw"):
        assert getattr(none, name) == pytest.approx(getattr(asap, name), abs=1e-9)
        middle = (getattr(asap, name) + getattr(all_, name)) / 2
        assert getattr(half, name) == pytest.approx(middle, abs=1e-9)
    assert np.abs(all_.waiting_mw - asap.waiting_mw).max() > 1
    assert none.solves[-1]["objective"] == pytest.approx(asap.solves[-1]["objective"])


def test_separate_iterates_as_often_as_told() -> None:
    names = [s["name"] for s in _plan("separate", iterations=3)[0].solves if s["name"] != "first"]
    assert names == ["dispatch", *["computing", "dispatch"] * 3]


def test_only_asap_is_immediate_and_only_carbon_aware_and_asap_keep_services_home() -> None:
    for policy in ("asap", "carbon-aware", "separate", "joint"):
        plan = _plan(policy)[0]
        assert plan.immediate == (policy == "asap")
        if policy in ("asap", "carbon-aware"):
            assert plan.serve_mw[:, 0, 1].max() == 0


def test_carbon_aware_puts_work_where_and_when_carbon_is_low() -> None:
    # kg per MWh of its jobs, by the tracing of the dispatch with asap load, against those of asap's
    # jobs
    scenario = lively("carbon-aware")
    prepared = Prepared.of(scenario)
    view = View.at(scenario, State.initial(scenario))
    plan = make(scenario).decide(view, Notebook())[0]
    outlook = expected(view, 24)
    asap = asap_computing(view.known, outlook)
    reference = solve_window(prepared, asap.fixed(outlook.window))
    signal = site_carbon(prepared, reference, np.zeros(2))
    ran, before = plan.waiting_mw.sum(axis=1), asap.run.sum(axis=1)
    assert plan.solves[-2]["name"] == "computing"
    assert np.abs(ran - before).max() > 1  # it does move work
    assert (ran * signal).sum() / ran.sum() < 0.9 * (before * signal).sum() / before.sum()


def test_a_plan_ends_with_the_study_and_carries_values_before_that() -> None:
    plan, notebook = _plan("joint")
    assert plan.n == 24
    assert (notebook.leftover, notebook.level_value) == terminal_values(
        plan.price, np.array([1.2, 1.2])
    )
    # prices between 0.9 · 30 = 27 (wind at the margin, no) and 67: worth of work is that times 1.2
    assert 47 * 1.2 - 1e-6 <= notebook.leftover <= 67 * 1.2
    assert 47 - 1e-6 <= notebook.level_value <= 67


def test_the_oracle_proves_its_bound_once_and_looks_to_the_end() -> None:
    scenario = lively("oracle")
    policy = make(scenario)
    view = Hindsight.at(scenario, State.initial(scenario))
    plan, notebook = policy.decide(view, Notebook())
    assert (plan.n, [s["name"] for s in plan.solves]) == (36, ["bound", "first", "oracle"])
    later = Hindsight.at(scenario, replace(State.initial(scenario), step=6))
    assert [s["name"] for s in policy.decide(later, notebook)[0].solves] == ["oracle"]
    assert (
        plan.solves[0]["objective"] <= plan.solves[2]["objective"]
    )  # the plan also pays for restarts


def test_groups_bound_to_a_site_exist_only_where_jobs_can_be_bound() -> None:
    scenario = make_scenario(steps=24)
    counts = []
    for suspendable in (True, False):
        classes = replace(scenario.classes, suspendable=np.array([suspendable]))
        window = expected(
            View.at(replace(scenario, classes=classes), State.initial(scenario)), 24.0
        ).window
        problem = solve_window(Prepared.of(scenario), window).compiled.problem
        counts.append(problem.rows["queue"].shape[1])
    assert counts == [BINS, 3 * BINS]  # one class; and two sites
