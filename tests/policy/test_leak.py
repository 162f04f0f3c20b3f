"""Nobody but the oracle sees the future: a plan does not change when what is not yet
known changes.
"""

from dataclasses import fields, replace

import numpy as np
import pytest

from run.scenes import POLICIES, finished, lively
from suandian.maths.prepared import Prepared
from suandian.model.issues import NotYetKnownError
from suandian.model.plan import Plan
from suandian.model.scenario import PolicySpec, Scenario
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.base import Notebook
from suandian.policy.policies import NAMES, make

H, STEPS = 3600, 36
KINDS = ("actual", "ahead", "jobs")
# the study starts at 12:00; day-ahead values are published at 12:00, so at step 20 (8:00) half of a
# day is unpublished
TIMES = (0, 7, 20)


def scene(policy: str, **options: float) -> Scenario:
    return replace(lively(policy, steps=STEPS), policy=PolicySpec(policy, 6, 24, options=options))


def at(step: int, scenario: Scenario) -> View:
    """The view before `step`, in a state that a run has led to."""
    return View(scenario, replace(finished("joint", steps=STEPS).states[step], step=step))


def changed(view: View, kind: str) -> View:
    """The same view of a scenario in which everything of `kind` that is not yet known
    is another.
    """
    scenario, now = view.scenario, view.as_of_s
    if kind == "jobs":
        jobs, state = scenario.jobs, view.state
        new = jobs.submit_s > now
        assert new.any()
        assert (state.site[new] == -1).all()
        work = np.where(new, jobs.work_wh * 2 + 1, jobs.work_wh)
        other = replace(
            jobs, work_wh=work, width_mw=np.where(new, jobs.width_mw * 3, jobs.width_mw)
        )
        remaining = np.where(new, work, state.remaining_wh)
        return View(replace(scenario, jobs=other), replace(state, remaining_wh=remaining))
    rng, feeds = np.random.default_rng(1), {}
    for name, feed in scenario.feeds.items():
        values = getattr(feed, kind)
        if values is not None:
            future = getattr(feed, f"{kind}_known_s") > now
            assert future.any()
            values = np.where(future[:, None], values * rng.uniform(0.1, 0.9, values.shape), values)
        feeds[name] = replace(feed, **{kind: values})
    return View(replace(scenario, feeds=feeds), view.state)


def differing(a: Plan, b: Plan) -> list[str]:
    """Names of the arrays that are not bit-identical."""
    names = [f.name for f in fields(Plan) if isinstance(getattr(a, f.name), np.ndarray)]
    return [n for n in names if getattr(a, n).tobytes() != getattr(b, n).tobytes()]


def decided(view: View) -> Plan:
    return make(view.scenario, Prepared.of(view.scenario)).decide(view, Notebook())[0]


@pytest.mark.parametrize("step", TIMES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("policy", "options"),
    [
        *((p, {}) for p in POLICIES if p != "oracle"),
        ("joint", {"futures": 5.0, "cvar_weight": 0.5}),
    ],
)
def test_a_plan_does_not_know_the_future(policy, options, kind, step) -> None:
    view = at(step, scene(policy, **options))
    assert differing(decided(view), decided(changed(view, kind))) == []


@pytest.mark.parametrize("step", TIMES)
@pytest.mark.parametrize("kind", ["actual", "jobs"])
@pytest.mark.parametrize(("policy", "options"), [("oracle", {}), ("joint", {"foresight": 1.0})])
def test_the_oracle_does(policy, options, kind, step) -> None:
    view = at(step, scene(policy, **options))
    assert differing(decided(view), decided(changed(view, kind)))


def test_what_is_known_does_matter() -> None:
    # the other side of the planted leak: a published forecast and a submitted job change the plan
    view = at(7, scene("joint"))
    feed = view.scenario.feeds["load"]
    published = (feed.ahead_known_s <= view.as_of_s) & (feed.axis.edges_s[:-1] >= view.as_of_s)
    assert published.sum() == 29  # 19:00 to the end of the next day
    feeds = {
        **view.scenario.feeds,
        "load": replace(feed, ahead=feed.ahead + 5.0 * published[:, None]),
    }
    assert differing(decided(view), decided(View(replace(view.scenario, feeds=feeds), view.state)))
    more = replace(view.state, remaining_wh=view.state.remaining_wh + view.submitted * 1_000_000)
    assert differing(decided(view), decided(View(view.scenario, more)))


def test_policies_are_told_apart_by_name() -> None:
    assert set(NAMES) == set(POLICIES)
    assert [decided(at(7, scene(p))).policy for p in POLICIES] == list(POLICIES)


def test_a_view_refuses_what_has_not_ended() -> None:
    scenario = lively()
    view = View(scenario, replace(State.initial(scenario), step=5))
    axis, now = scenario.axis, view.as_of_s
    assert now == axis.start_s + 5 * H
    assert view.realised("load", axis.window(0, 5)).shape == (5, 1)
    for first, last in ((5, 6), (4, 6), (0, 30)):
        with pytest.raises(NotYetKnownError, match="become known after"):
            view.realised("load", axis.window(first, last))


def test_a_view_looks_ahead_to_the_end_of_the_study_and_no_further() -> None:
    scenario = lively(steps=STEPS)
    state = State.initial(scenario)
    assert View(scenario, state).ahead(24).n == 24
    late = View(scenario, replace(state, step=42))
    assert (late.ahead(24).n, late.ahead(24).end_s) == (6, scenario.axis.end_s)
    assert late.ahead(0.1).n == 1
    assert late.ahead(float("inf")).n == 6


def test_a_view_knows_jobs_from_their_submission_on() -> None:
    scenario = lively()
    view = View(scenario, replace(State.initial(scenario), step=3))
    assert view.submitted.tolist() == (scenario.jobs.submit_s <= scenario.axis.edges_s[3]).tolist()
    assert 0 < view.submitted.sum() < len(scenario.jobs)
