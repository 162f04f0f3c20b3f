"""What every placer of jobs keeps, whatever a plan asks for: one contract for all placers.

With room enough no job is late; nothing runs before its release, at a site that it may not use, or
beyond a site's capacity; work is conserved, and a restart costs what its class says, not more.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.placers import PLACERS, STEPS, Case

WH = 1e-6  # MWh: what rounding to whole Wh may cost, per step
ROOMY = 1e3  # MW

jobs = st.lists(
    st.tuples(
        st.integers(0, 6),  # release [h]
        st.integers(1, 5),  # run time [h]
        st.integers(0, 8),  # slack [h]
        st.sampled_from([0.5, 1.0, 2.0]),  # width [MW]
        st.integers(0, 1),  # class
    ),
    min_size=1,
    max_size=8,
)
allowed = st.sampled_from(
    [[[True, True], [True, True]], [[True, False], [True, True]], [[False, True], [True, False]]]
)
cases = st.tuples(jobs, allowed, st.floats(0, 4), st.integers(0, 2**16), st.booleans())


def case_of(drawn: tuple, capacity_mw: float) -> Case:
    rows, sites, most_mw, seed, pauses = drawn
    release, length, slack, width, kind = (np.array(column) for column in zip(*rows, strict=True))
    planned = np.random.default_rng(seed).uniform(0, most_mw, (STEPS, 2)).round(2)
    return Case(
        release_h=release,
        due_h=release + length + slack,
        length_h=length.astype(float),
        width_mw=width,
        kind=kind,
        capacity_mw=np.full(2, capacity_mw),
        allowed=np.array(sites, dtype=np.bool_),
        planned_mw=planned,
        overhead_h=0.25 if pauses else 0.0,
    )


def each(function):
    """Try a property on random cases with all placers."""
    checked = settings(
        deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
    )(given(drawn=cases)(function))
    return pytest.mark.parametrize("placer", PLACERS)(checked)


@each
def test_no_job_is_late_where_there_is_room(placer: str, drawn: tuple) -> None:
    case = case_of(drawn, ROOMY)
    ran = PLACERS[placer](case)
    last = ran.last_h(len(case.work_mwh))
    assert np.all(last <= case.due_h + 1e-6)


@each
def test_nothing_runs_before_its_release(placer: str, drawn: tuple) -> None:
    case = case_of(drawn, 3.0)
    ran = PLACERS[placer](case)
    assert np.all(ran.begin_h >= case.release_h[ran.job])


@each
def test_nothing_runs_where_it_may_not(placer: str, drawn: tuple) -> None:
    case = case_of(drawn, 3.0)
    ran = PLACERS[placer](case)
    assert np.all(case.allowed[case.kind[ran.job], ran.site])


@each
def test_no_site_gives_more_than_it_has(placer: str, drawn: tuple) -> None:
    case = case_of(drawn, 3.0)
    ran = PLACERS[placer](case)
    for site in range(2):
        mine = ran.site == site
        # a level changes where a stretch begins or ends: ends free their room first
        moments = np.concatenate([ran.end_h[mine], ran.begin_h[mine]])
        change = np.concatenate([-ran.mw[mine], ran.mw[mine]])
        order = np.lexsort((change, moments))
        level = np.cumsum(change[order])
        assert level.max(initial=0.0) <= case.capacity_mw[site] + 1e-6


@each
def test_work_is_conserved(placer: str, drawn: tuple) -> None:
    case = case_of(drawn, 3.0)
    ran = PLACERS[placer](case)
    energy = ran.energy_mwh(len(case.work_mwh))
    # all is done within the hours looked at; what ran beyond the work are restarts
    np.testing.assert_allclose(energy, case.work_mwh + ran.overhead_mwh, atol=STEPS * WH)


@each
def test_a_restart_costs_what_its_class_says(placer: str, drawn: tuple) -> None:
    case = case_of(drawn, 3.0)
    ran = PLACERS[placer](case)
    soft = case.kind == 0
    # a job that cannot be suspended pays nothing; one that can, at most its whole width each time
    assert np.all(ran.overhead_mwh[~soft] == 0)
    most = ran.stopped * case.overhead_h * case.width_mw
    assert np.all(ran.overhead_mwh <= most + STEPS * WH)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=cases)
def test_a_job_that_runs_whole_does_so_from_its_start_to_its_end(drawn: tuple) -> None:
    case = case_of(drawn, 3.0)
    ran = PLACERS["gangs"](case)
    for job in np.flatnonzero(case.kind == 1):
        mine = ran.job == job
        order = np.argsort(ran.begin_h[mine])
        begin = ran.begin_h[mine][order]
        # the room of a site does not change here, so that nobody has to stop one
        assert np.all(np.diff(begin) == 1)
        # all of its width, but for the steps in which it begins and ends
        assert ran.mw[mine][order][1:-1] == pytest.approx(case.width_mw[job])


@pytest.mark.parametrize("placer", PLACERS)
def test_a_plan_that_stops_a_job_costs_one_restart(placer: str) -> None:
    # 1 MW for 4 h from 0 on, due at 12; the plan gives it 0-2 and nothing in 2-6: it is stopped
    # once, pays a quarter of an hour, and is done in time
    planned = np.zeros((STEPS, 1))
    planned[[0, 1, 6, 7, 8, 9]] = 1.0
    case = Case(
        release_h=np.array([0]),
        due_h=np.array([12]),
        length_h=np.array([4.0]),
        width_mw=np.array([1.0]),
        kind=np.array([0]),
        capacity_mw=np.array([5.0]),
        allowed=np.ones((2, 1), dtype=np.bool_),
        planned_mw=2.0 * planned if placer == "steps" else planned,
        overhead_h=0.25,
    )
    ran = PLACERS[placer](case)
    assert ran.stopped.tolist() == [1]
    assert ran.overhead_mwh == pytest.approx([0.25])
    assert ran.energy_mwh(1) == pytest.approx([4.25])
    assert ran.last_h(1)[0] <= 12.0
