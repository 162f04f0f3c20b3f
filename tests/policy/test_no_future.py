"""No value of the future can be reached from what a policy is given, by any path of attributes.

Every value that is not known yet is made a sentinel: actual and published values above SENTINEL,
work and widths of jobs to come in numbers that occur nowhere else. Then the whole graph of objects
is walked, from the arguments of `decide`, from those of `make`, and from the policy itself.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from policy.reach import reached
from run.scenes import finished, lively
from suandian.ledger.ledger import Ledger
from suandian.model.known import Known
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.ports.options import PluginOptions
from suandian.model.ports.policy import PolicyKind
from suandian.model.scenario import PUE, PolicySpec, Scenario
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.chosen import make, view_for_policy
from suandian.reading import registry
from suandian.reading.registry import Plugin, find, plugins
from suandian.run.loop import simulate

STEPS = 36
SENTINEL, SPAN = 7.77e11, 1e9
WORK_WH = 777_777_777_777
CANDIDATES = ("asap", "carbon-aware", "separate", "joint")


def with_pue(scenario: Scenario) -> Scenario:
    """Return the scenario with a PUE of its first site that follows a series."""
    load = scenario.feeds["load"]
    wave = 1.3 + 0.1 * np.sin(np.arange(len(load.actual)))[:, None]
    pue = replace(
        load, name=PUE, unit="1", columns=scenario.sites.id[:1], actual=wave, ahead=wave + 0.01
    )
    return replace(scenario, feeds={**scenario.feeds, PUE: pue})


def planted(scenario: Scenario, state: State) -> tuple[Scenario, State]:
    """Return scenario and state with a sentinel for every value that is unknown before the step."""
    now_s = int(scenario.axis.edges_s[state.step])
    feeds = {}
    for name, feed in scenario.feeds.items():
        late = (feed.actual_known_s > now_s)[:, None]
        actual = np.where(late, SENTINEL + np.arange(len(late))[:, None], feed.actual)
        ahead = feed.ahead
        if ahead is not None:
            unpublished = (feed.ahead_known_s > now_s)[:, None]
            ahead = np.where(unpublished, SENTINEL + np.arange(len(late))[:, None], ahead)
        feeds[name] = replace(feed, actual=actual, ahead=ahead)
    jobs = scenario.jobs
    new = jobs.submit_s > now_s
    assert new.any()
    work = np.where(new, WORK_WH + np.arange(len(jobs)), jobs.work_wh)
    jobs = replace(
        jobs,
        id=np.where(new, np.char.add("future-", jobs.id), jobs.id),
        work_wh=work,
        width_mw=np.where(new, SENTINEL, jobs.width_mw),
    )
    state = replace(state, remaining_wh=np.where(new, work, state.remaining_wh))
    notes = (f"the largest value of the study is {SENTINEL:.0f}",)
    changed = replace(
        scenario,
        feeds=feeds,
        jobs=jobs,
        text=f"future {SENTINEL:.0f}",
        inputs={"future": f"{SENTINEL:.0f}"},
        notes=notes,
        grid=replace(scenario.grid, notes=notes),
    )
    return changed, state


def tells_the_future(thing: object) -> bool:
    """Return whether an object is, or holds as numbers or text, a sentinel."""
    if isinstance(thing, str):
        return "future" in thing or f"{SENTINEL:.0f}" in thing
    if isinstance(thing, np.ndarray) and thing.dtype.kind == "U":
        return bool(np.char.startswith(thing, "future").any())
    if isinstance(thing, int | float | np.number) or (
        isinstance(thing, np.ndarray) and thing.dtype.kind in "if"
    ):
        values = np.asarray(thing, dtype=float)
        near = (np.abs(values - SENTINEL) < SPAN) | (np.abs(values - WORK_WH) < SPAN)
        return bool(near.any())
    return False


def leaks(root: object, path: str) -> list[str]:
    return [where for where, thing in reached(root, path) if tells_the_future(thing)]


@pytest.mark.parametrize("step", (0, 7, 20))
@pytest.mark.parametrize("policy", CANDIDATES)
def test_nothing_that_a_policy_is_given_leads_to_the_future(policy: str, step: int) -> None:
    scenario = with_pue(lively(policy, steps=STEPS))
    scenario = replace(scenario, policy=PolicySpec(policy, 6, 24))
    state = replace(finished("joint", steps=STEPS).states[step], step=step)
    scenario, state = planted(scenario, state)
    decider = make(scenario)
    view = view_for_policy(scenario, state)
    assert leaks(decider, "policy") == []
    assert leaks(view, "view") == []
    plan, notebook = decider.decide(view, Notebook())
    # what it carries on, and what it has kept
    assert leaks((plan, notebook, decider), "kept") == []


def test_the_walk_finds_what_is_there() -> None:
    # the oracle is given the future, so the same walk from what it is given must find all kinds
    scenario = replace(lively("oracle", steps=STEPS), policy=PolicySpec("oracle", 6, 24))
    state = replace(finished("joint", steps=STEPS).states[7], step=7)
    scenario, state = planted(scenario, state)
    found = leaks(view_for_policy(scenario, state), "view")
    for kind in ("actual", "ahead", "jobs", "jobs_state"):
        assert any(kind in where for where in found), kind


def test_the_walk_follows_bases_closures_methods_and_slots() -> None:
    future = np.array([1.0, SENTINEL])

    class Slotted:
        __slots__ = ("hidden",)

    slotted = Slotted()
    slotted.hidden = future
    for thing in (
        future[:1],  # its base
        lambda: future,  # its closure
        slotted,
        Plan(0, "p", False, *(future[:1],) * 7).row,  # a bound method
        {"a": [(1, {"b": future})]},
        np.array([future], dtype=object),
    ):
        assert leaks(thing, "it")


Look = Callable[[object], None]


class Spy:
    """A stranger's policy that plans as asap does; `look` is shown what it is given."""

    replan_h = 6.0

    def __init__(self, known: Known, options: PluginOptions, look: Look) -> None:
        self.asap = find("policy", "asap", "", "").load().make(known, options)
        self.look = look
        look(known)

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        self.look((view, notebook))
        return self.asap.decide(view, notebook)


def secrets(scenario: Scenario, now_s: int) -> np.ndarray:
    """All numbers of the scenario that become known after `now_s` and that nothing known equals."""
    known: list[np.ndarray] = []
    unknown: list[np.ndarray] = []
    for feed in scenario.feeds.values():
        for values, at in ((feed.actual, feed.actual_known_s), (feed.ahead, feed.ahead_known_s)):
            if values is not None:
                known.append(values[at <= now_s].ravel())
                unknown.append(values[at > now_s].ravel())
    new = scenario.jobs.submit_s > now_s
    for values in (scenario.jobs.work_wh, scenario.jobs.width_mw, scenario.past_jobs.work_wh):
        late = new if len(values) == len(new) else np.zeros(len(values), np.bool_)
        known.append(values[~late])
        unknown.append(values[late])
    known.append(scenario.past_jobs.width_mw)
    return np.setdiff1d(np.concatenate(unknown), np.concatenate(known))


def test_a_stranger_who_looks_everywhere_in_the_loop_finds_nothing(monkeypatch, tmp_path) -> None:
    scenario = replace(lively("spy", steps=STEPS), policy=PolicySpec("spy", 6, 24))
    looks: list[int] = []  # how many values were hidden
    found: list[str] = []

    def look(given: object) -> None:
        view = given[0] if isinstance(given, tuple) else None
        now_s = view.as_of_s if isinstance(view, View) else scenario.axis.start_s
        hidden = secrets(scenario, now_s)
        looks.append(len(hidden))
        for where, thing in reached(given, f"at {now_s}"):
            if isinstance(thing, np.ndarray) and thing.dtype.kind in "if":
                found.extend([where] * bool(np.isin(thing, hidden).any()))

    kind = PolicyKind("spy", "looking for the future", lambda known, o: Spy(known, o, look))
    installed = {**plugins("policy"), "spy": Plugin("policy", "spy", "nowhere", "nobody")}
    load = Plugin.load
    monkeypatch.setattr(Plugin, "load", lambda self: kind if self.name == "spy" else load(self))
    monkeypatch.setattr(
        registry, "plugins", lambda kind: installed if kind == "policy" else plugins(kind)
    )
    with Ledger(tmp_path / "ledger.db", "spy") as ledger:
        simulate(scenario, ledger)
    # once when it was made, then at each decision: every 6 of 48 h, less and less being hidden
    assert len(looks) == 9
    assert looks[0] == looks[1] > looks[2] > looks[-1] > 0
    assert found == []
