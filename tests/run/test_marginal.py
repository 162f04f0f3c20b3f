"""The marginal intensity that is booked is the change of the step's emissions, found by dispatching
again.
"""

from dataclasses import replace

import numpy as np
import pytest

from run.scenes import NETWORKS, finished, lively
from suandian.books.book import post_all
from suandian.books.house import house_books
from suandian.maths import signals
from suandian.maths.prepared import Prepared
from suandian.maths.signals import emitted_kg
from suandian.maths.solving import solve_window
from suandian.model.issues import SolveError
from suandian.model.notebook import Notebook
from suandian.model.signals import DEFINED, UNSOLVED
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.chosen import make
from suandian.run.twin.dispatch import Actual, StepDispatch
from suandian.run.twin.twin import Twin

EPS = 1e-3


def booked_carbon(scenario, prepared, state, readings) -> dict[str, np.ndarray]:
    """Return the columns of the carbon book of a step."""
    *_, carbon, _ = post_all(house_books(scenario, prepared.curves), state.step, readings, state)
    assert carbon.book == "carbon"
    return dict(carbon.detail)


@pytest.mark.parametrize("network", NETWORKS)
def test_all_that_was_emitted_is_with_who_took_it(network) -> None:
    for entry, _ in finished("joint", network).book("carbon"):
        assert (
            abs(entry.accounts.get("rounding", 0)) <= 10
        )  # g of some 10⁸, with stores at a bus and behind a meter


@pytest.mark.parametrize("network", NETWORKS)
def test_marginal_intensity_is_the_difference_of_two_dispatches(network) -> None:
    scenario = lively("joint", network)
    prepared, state = Prepared.of(scenario), State.initial(scenario)
    plan, _ = make(scenario).decide(View.at(scenario, state), Notebook())
    readings = Twin(scenario, prepared).advance(state, plan)
    carbon = booked_carbon(scenario, prepared, state, readings)
    assert len(carbon["marginal_g_per_kwh"]) == len(carbon["marginal_reason"]) == 3 + 2
    assert (carbon["marginal_reason"] == DEFINED).all()
    jobs_mw = readings.placement.by_site(2) / 1e6  # steps are hours
    work_mw = readings.serve_wh.sum(axis=0) / 1e6 + jobs_mw
    actual = Actual.of(scenario, 0)
    result = StepDispatch(scenario, prepared).dispatch(state, plan, actual, work_mw, jobs_mw).secure
    assert result.output_mw()[0].tolist() == readings.output_mw.tolist()
    window, before = result.compiled.window, emitted_kg(result.compiled) @ result.solution.x
    for bus in range(3):
        load = window.load_mw.copy()
        load[0, bus] += EPS
        after = solve_window(prepared, replace(window, load_mw=load))
        change = (emitted_kg(after.compiled) @ after.solution.x - before) / EPS
        assert carbon["marginal_g_per_kwh"][bus] == pytest.approx(change, abs=0.01)
    idle = scenario.sites.idle_mw + np.eye(2) * EPS / scenario.sites.pue
    for site in range(2):
        other = replace(prepared, sites=replace(scenario.sites, idle_mw=idle[site]))
        after = solve_window(other, window)
        change = (emitted_kg(after.compiled) @ after.solution.x - before) / EPS
        assert carbon["marginal_g_per_kwh"][3 + site] == pytest.approx(change, abs=0.01)


def test_a_step_whose_signal_fails_is_booked_with_the_reason(monkeypatch) -> None:
    scenario = lively("asap")
    prepared, state = Prepared.of(scenario), State.initial(scenario)
    plan, _ = make(scenario).decide(View.at(scenario, state), Notebook())

    def fails(*_: object) -> None:
        raise SolveError("no basis")

    monkeypatch.setattr(signals, "footing", fails)
    readings = Twin(scenario, prepared).advance(state, plan)
    carbon = booked_carbon(scenario, prepared, state, readings)
    assert np.isnan(carbon["marginal_g_per_kwh"]).all()
    assert carbon["marginal_reason"].tolist() == [UNSOLVED] * 5
