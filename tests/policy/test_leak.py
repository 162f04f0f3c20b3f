"""Nobody but the oracle sees the future: a plan does not change when what is not yet
known changes.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
import pytest

from run.scenes import POLICIES, finished, lively
from suandian.model.issues import NotYetKnownError
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.scenario import PolicySpec, Scenario
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.chosen import make, view_for_policy
from suandian.reading.registry import plugins

H, STEPS = 3600, 36
KINDS = ("actual", "ahead", "jobs")
# the study starts at 12:00; day-ahead values are published at 12:00, so at step 20 (8:00) half of a
# day is unpublished
TIMES = (0, 7, 20)


def scene(policy: str, **options: float) -> Scenario:
    return replace(lively(policy, steps=STEPS), policy=PolicySpec(policy, 6, 24, options=options))


@dataclass(frozen=True)
class Moment:
    """A moment of a run: the scenario with its future, and the state of all jobs."""

    scenario: Scenario
    state: State

    @property
    def now(self) -> int:
        return int(self.scenario.axis.edges_s[self.state.step])


def at(step: int, scenario: Scenario) -> Moment:
    """The moment before `step`, in a state that a run has led to."""
    return Moment(scenario, replace(finished("joint", steps=STEPS).states[step], step=step))


def changed(moment: Moment, kind: str) -> Moment:
    """The same moment in which everything of `kind` that is not yet known is another."""
    scenario, state, now = moment.scenario, moment.state, moment.now
    if kind == "jobs":
        jobs = scenario.jobs
        new = jobs.submit_s > now
        assert new.any()
        assert (state.site[new] == -1).all()
        work = np.where(new, jobs.work_wh * 2 + 1, jobs.work_wh)
        other = replace(
            jobs, work_wh=work, width_mw=np.where(new, jobs.width_mw * 3, jobs.width_mw)
        )
        remaining = np.where(new, work, state.remaining_wh)
        return Moment(replace(scenario, jobs=other), replace(state, remaining_wh=remaining))
    rng, feeds = np.random.default_rng(1), {}
    for name, feed in scenario.feeds.items():
        values = getattr(feed, kind)
        if values is not None:
            future = getattr(feed, f"{kind}_known_s") > now
            assert future.any()
            values = np.where(future[:, None], values * rng.uniform(0.1, 0.9, values.shape), values)
        feeds[name] = replace(feed, **{kind: values})
    return Moment(replace(scenario, feeds=feeds), state)


def differing(a: Plan, b: Plan) -> list[str]:
    """Names of the arrays that are not bit-identical."""
    names = [f.name for f in fields(Plan) if isinstance(getattr(a, f.name), np.ndarray)]
    return [n for n in names if getattr(a, n).tobytes() != getattr(b, n).tobytes()]


def decided(moment: Moment) -> Plan:
    view = view_for_policy(moment.scenario, moment.state)
    return make(moment.scenario).decide(view, Notebook())[0]


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
    moment = at(step, scene(policy, **options))
    assert differing(decided(moment), decided(changed(moment, kind))) == []


@pytest.mark.parametrize("step", TIMES)
@pytest.mark.parametrize("kind", ["actual", "jobs"])
@pytest.mark.parametrize(("policy", "options"), [("oracle", {}), ("joint", {"foresight": 1.0})])
def test_the_oracle_does(policy, options, kind, step) -> None:
    moment = at(step, scene(policy, **options))
    assert differing(decided(moment), decided(changed(moment, kind)))


def test_what_is_known_does_matter() -> None:
    # the other side of the planted leak: a published forecast and a submitted job change the plan
    moment = at(7, scene("joint"))
    scenario, state = moment.scenario, moment.state
    feed = scenario.feeds["load"]
    published = (feed.ahead_known_s <= moment.now) & (feed.axis.edges_s[:-1] >= moment.now)
    assert published.sum() == 29  # 19:00 to the end of the next day
    feeds = {**scenario.feeds, "load": replace(feed, ahead=feed.ahead + 5.0 * published[:, None])}
    assert differing(decided(moment), decided(Moment(replace(scenario, feeds=feeds), state)))
    submitted = scenario.jobs.submit_s <= moment.now
    more = replace(state, remaining_wh=state.remaining_wh + submitted * 1_000_000)
    assert differing(decided(moment), decided(Moment(scenario, more)))


def test_policies_are_told_apart_by_name() -> None:
    assert tuple(plugins("policy"))[: len(POLICIES)] == POLICIES
    assert [decided(at(7, scene(p))).policy for p in POLICIES] == list(POLICIES)


def test_a_view_refuses_what_has_not_ended() -> None:
    scenario = lively()
    view = View.at(scenario, replace(State.initial(scenario), step=5))
    axis, now = scenario.axis, view.as_of_s
    assert now == axis.start_s + 5 * H
    assert view.realised("load", axis.window(0, 5)).shape == (5, 1)
    for first, last in ((5, 6), (4, 6), (0, 30)):
        with pytest.raises(NotYetKnownError, match="become known after"):
            view.realised("load", axis.window(first, last))


def test_a_view_looks_ahead_to_the_end_of_the_study_and_no_further() -> None:
    scenario = lively(steps=STEPS)
    state = State.initial(scenario)
    assert View.at(scenario, state).ahead(24).n == 24
    late = View.at(scenario, replace(state, step=42))
    assert (late.ahead(24).n, late.ahead(24).end_s) == (6, scenario.axis.end_s)
    assert late.ahead(0.1).n == 1
    assert late.ahead(float("inf")).n == 6


def test_a_view_knows_jobs_from_their_submission_on() -> None:
    scenario = lively()
    view = View.at(scenario, replace(State.initial(scenario), step=3))
    now = scenario.axis.edges_s[3]
    assert view.known.jobs.id.tolist() == scenario.jobs.id[scenario.jobs.submit_s <= now].tolist()
    assert 0 < len(view.known.jobs) < len(scenario.jobs)
    assert len(view.state.remaining_wh) == len(view.known.jobs) == len(view.state.site)


def test_who_must_foresee_refuses_a_view() -> None:
    for policy, options in (("oracle", {}), ("joint", {"foresight": 1.0})):
        scenario = scene(policy, **options)
        with pytest.raises(TypeError, match="Hindsight"):
            make(scenario).decide(View.at(scenario, State.initial(scenario)), Notebook())
