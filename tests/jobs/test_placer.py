import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.jobs.step.asap import run_asap
from suandian.jobs.step.placer import place
from suandian.model.state import State
from suandian.model.system import JobClasses, Jobs

H = 3600
M = 1_000_000  # Wh of 1 MWh


def whole(values):
    return np.array(values, dtype=np.int64)


def make_classes(allowed, home=None, overhead_h=None, suspendable=None):
    allowed = np.array(allowed, dtype=np.bool_)
    k = len(allowed)
    zero = np.zeros(k)
    return JobClasses(
        id=np.array([f"c{i}" for i in range(k)], dtype=np.str_),
        origin=np.zeros(k, np.int64),
        home=whole([0] * k if home is None else home),
        allowed=allowed,
        gb_per_mwh=zero,
        move_per_mwh=np.zeros(allowed.shape),
        overhead_h=zero if overhead_h is None else np.array(overhead_h, float),
        suspendable=np.ones(k, np.bool_)
        if suspendable is None
        else np.array(suspendable, np.bool_),
        whole=np.zeros(k, np.bool_),
    )


def make_jobs(rows):
    """Jobs and state from rows (remaining Wh, width MW, release h, deadline h, kind, site, last
    Wh).
    """
    rem, width, release, due, kind, site, last = zip(*rows, strict=True) if rows else [()] * 7
    n = len(rows)
    release, due = H * whole(release), H * whole(due)
    jobs = Jobs(
        np.array([f"j{i}" for i in range(n)], dtype=np.str_),
        whole(kind),
        np.ones(n, np.int64),
        release,
        due,
        release,
        due,
        whole(rem),
        np.array(width, float),
    )
    none = np.zeros(0, np.int64)
    return jobs, State(0, whole(rem), whole(site), whole(last), none, none, none, none)


def run(rows, classes, room, started=None, waiting=None, price=None, hours=1.0, now=0):
    jobs, state = make_jobs(rows)
    sites = len(room)
    return place(
        now * H,
        hours,
        jobs,
        classes,
        state,
        np.zeros(sites) if started is None else np.array(started, float),
        np.zeros(classes.allowed.shape) if waiting is None else np.array(waiting, float),
        np.array(room, float),
        np.zeros(sites) if price is None else np.array(price, float),
    )


ONE = make_classes([[True]])
TWO = make_classes([[True, True]])


def test_nothing_planned_and_time_left():
    made = run([(2 * M, 1, 0, 10, 0, -1, 0)], ONE, [5])
    assert (
        made.energy_wh.tolist() == [0]
        and made.site.tolist() == [-1]
        and made.remaining_wh.tolist() == [2 * M]
    )


def test_forced_by_the_deadline():
    # 3 MWh at 2 MW due in 2 h: one MWh has to run in the first hour; 4 MWh: all of the width
    assert run([(3 * M, 2, 0, 2, 0, -1, 0)], ONE, [5]).energy_wh.tolist() == [1 * M]
    assert run([(4 * M, 2, 0, 2, 0, -1, 0)], ONE, [5]).energy_wh.tolist() == [2 * M]
    # late already: full width; less remaining than that: all of it; no room: nothing, and no site
    assert run([(4 * M, 2, 0, 1, 0, -1, 0)], ONE, [5], now=3).energy_wh.tolist() == [2 * M]
    assert run([(1 * M, 2, 0, 1, 0, -1, 0)], ONE, [5], now=3).energy_wh.tolist() == [1 * M]
    assert run([(1 * M, 2, 0, 1, 0, -1, 0)], ONE, [0], now=3).site.tolist() == [-1]


def test_forced_least_laxity_first():
    # both need 1 MWh now, room for 1.5: laxity 0 h before 0.5 h
    rows = [(3 * M, 2, 0, 2, 0, -1, 0), (1 * M, 1, 0, 1, 0, -1, 0)]
    assert run(rows, ONE, [1.5]).energy_wh.tolist() == [M // 2, M]


def test_forced_site_by_quota_then_price_then_room():
    job = [(2 * M, 2, 0, 1, 0, -1, 0)]
    assert run(job, TWO, [5, 5], waiting=[[1, 0]], price=[9, 1]).site.tolist() == [0]
    assert run(job, TWO, [5, 5], price=[9, 1]).site.tolist() == [1]
    assert run(job, TWO, [5, 1], price=[9, 1]).site.tolist() == [
        0
    ]  # the cheap one has no room for it
    assert run(job, TWO, [0.5, 1], price=[1, 9]).site.tolist() == [1]  # neither has: the most room
    assert run(job, make_classes([[True, False]]), [0.5, 5]).site.tolist() == [
        0
    ]  # residency before all


def test_plan_is_followed_by_class_and_site():
    classes = make_classes([[True, True], [True, True]], suspendable=[False, False])
    rows = [(5 * M, 1, 0, 50, 0, -1, 0), (5 * M, 1, 0, 50, 1, -1, 0), (5 * M, 2, 0, 50, 0, 1, 0)]
    made = run(rows, classes, [9, 9], started=[0, 2], waiting=[[0.5, 1], [1, 0]])
    # class 0 at site 1 (1 MW), class 1 at site 0 (1 MW), the job bound to its site there (2 MW)
    assert made.energy_wh.tolist() == [M, M, 2 * M] and made.site.tolist() == [1, 0, 1]


def test_forced_energy_is_charged_to_the_plan():
    # plan 1 MW for class 0; the tight job 0 takes all of it, so job 1 does not run although there
    # is room
    rows = [(1 * M, 1, 0, 1, 0, -1, 0), (1 * M, 1, 0, 9, 0, -1, 0)]
    assert run(rows, ONE, [5], waiting=[[1]]).energy_wh.tolist() == [M, 0]


def test_top_up_by_other_classes_started_first():
    classes = make_classes([[True], [True]], suspendable=[False, False])
    rows = [(9 * M, 1, 0, 99, 0, -1, 0), (9 * M, 2, 0, 99, 0, 0, 0)]
    # 2.5 MW planned for class 1, which has no job: the one bound to the site takes 2, the waiting
    # one 0.5
    assert run(rows, classes, [9], waiting=[[0], [2.5]]).energy_wh.tolist() == [M // 2, 2 * M]
    barred = make_classes([[False], [True]], suspendable=[False, False])
    assert run(rows, barred, [9], waiting=[[0], [2.5]]).energy_wh.tolist() == [0, 2 * M]


def test_no_start_for_a_crumb_and_last_wh_given():
    job = [(5 * M, 1, 0, 50, 0, -1, 0)]
    assert run(job, ONE, [5], waiting=[[0.005]]).site.tolist() == [-1]  # below 1 % of the width
    assert run(job, ONE, [5], waiting=[[0.02]]).energy_wh.tolist() == [20_000]
    # the quota is 1 Wh short of the last MWh: given wholly, unless the room is short too
    last = [(M, 1, 0, 50, 0, 0, 0)]
    assert run(last, ONE, [5], started=[0.999999]).remaining_wh.tolist() == [0]
    assert run(last, ONE, [0.999999], started=[1]).remaining_wh.tolist() == [1]


def test_running_jobs_before_laxer_and_tighter_waiting_ones():
    # both can wait (laxity 9 and 4 h): the running one keeps the only MW
    rows = [(1 * M, 1, 0, 5, 0, 0, 0), (1 * M, 1, 0, 10, 0, 0, 1 * M)]
    made = run(rows, ONE, [1], started=[1])
    assert made.energy_wh.tolist() == [0, M] and not made.suspended.any()


def test_suspension_costs_overhead():
    classes = make_classes([[True]], overhead_h=[0.25])
    # ran at 2 MW, plan gives 0.5 MW: overhead 0.25 h · 1.5 MW
    made = run([(6 * M, 2, 0, 50, 0, 0, 2 * M)], classes, [9], started=[0.5])
    assert made.suspended.tolist() == [True] and made.overhead_wh.tolist() == [375_000]
    assert made.remaining_wh.tolist() == [6 * M - M // 2 + 375_000]
    # it ends in this step: no suspension
    made = run([(1 * M, 2, 0, 50, 0, 0, 2 * M)], classes, [9], started=[1])
    assert not made.suspended.any() and made.remaining_wh.tolist() == [0]


def test_running_job_too_tight_for_the_overhead_goes_on():
    # laxity 1.2 h < 1 h + 0.25 h: stopped now it would be late after its overhead; at 1.3 h it may
    # stop
    classes = make_classes([[True]], overhead_h=[0.25])
    tight, loose = int(2 * M * (4 - 1.2)), int(2 * M * (4 - 1.3))
    assert run([(tight, 2, 0, 4, 0, 0, M)], classes, [9]).energy_wh.tolist() == [M]
    assert run([(loose, 2, 0, 4, 0, 0, M)], classes, [9]).energy_wh.tolist() == [0]


def test_jobs_that_cannot_be_suspended():
    classes = make_classes([[True], [True]], suspendable=[False, True])
    # runs on and rises to its width without any quota
    assert run([(9 * M, 2, 0, 99, 0, 0, M)], classes, [9]).energy_wh.tolist() == [2 * M]
    # it keeps its rate (1) before a job that is late (2), and rises after it: 2.5 MW of room
    rows = [(9 * M, 2, 0, 99, 0, 0, M), (9 * M, 2, 0, 0, 1, 0, 0)]
    made = run(rows, classes, [2.5])
    assert made.energy_wh.tolist() == [M, 3 * M // 2] and not made.suspended.any()
    # room below its rate is reported, without overhead
    made = run(rows, classes, [0.5])
    assert made.suspended.tolist() == [True, False] and made.overhead_wh.tolist() == [0, 0]


def test_last_step_of_another_length():
    # ran 0.5 MWh in half an hour, so at 1 MW; this hour at 1 MW is no suspension, at 0.5 MW it is
    jobs, state = make_jobs([(9 * M, 2, 0, 99, 0, 0, M // 2)])
    for planned, expected in ((1.0, False), (0.5, True)):
        args = (
            0,
            1.0,
            jobs,
            ONE,
            state,
            np.array([planned]),
            np.zeros((1, 1)),
            np.array([9.0]),
            np.zeros(1),
        )
        assert place(*args, last_hours=0.5).suspended.tolist() == [expected]


def test_future_finished_and_no_jobs():
    made = run([(1 * M, 1, 3, 4, 0, -1, 0), (0, 1, 0, 0, 0, 0, M)], ONE, [9], waiting=[[9]])
    assert (
        made.energy_wh.tolist() == [0, 0]
        and made.site.tolist() == [-1, 0]
        and not made.suspended.any()
    )
    assert len(run([], ONE, [9]).energy_wh) == 0


def asap(rows, classes, room):
    jobs, state = make_jobs(rows)
    return run_asap(10 * H, 1.0, jobs, classes, state, np.array(room, float))


def test_asap_by_release_at_home():
    classes = make_classes([[True, True], [False, True]], home=[0, -1])
    rows = [(9 * M, 1, 5, 6, 0, -1, 0), (9 * M, 1, 3, 99, 0, -1, 0), (9 * M, 1, 4, 99, 1, -1, 0)]
    made = asap(rows, classes, [1.5, 9])
    # released first runs first, though the other is late; class 1 has no home: first allowed
    assert made.energy_wh.tolist() == [M // 2, M, M] and made.site.tolist() == [0, 0, 1]


def test_asap_keeps_what_runs():
    rows = [(9 * M, 1, 1, 99, 0, -1, 0), (9 * M, 2, 2, 99, 0, 0, 0), (9 * M, 2, 3, 99, 0, 0, M)]
    # 2.5 MW: the running one keeps 1 MW and rises to 2, the started one takes the rest; then 4.5
    # MW: 2 + 2, new 0.5
    assert asap(rows, ONE, [2.5]).energy_wh.tolist() == [0, M // 2, 2 * M]
    assert asap(rows, ONE, [4.5]).energy_wh.tolist() == [M // 2, 2 * M, 2 * M]


def test_asap_home_not_allowed():
    classes = make_classes([[False, True], [False, False]], home=[0, 0])
    made = asap([(M, 1, 0, 99, 0, -1, 0), (M, 1, 0, 0, 1, -1, 0)], classes, [9, 9])
    assert made.site.tolist() == [1, -1]


@st.composite
def steps(draw):
    k, d = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    power = st.floats(0.0, 20.0)

    def matrix(*shape):
        size = int(np.prod(shape))
        return np.array(draw(st.lists(power, min_size=size, max_size=size))).reshape(shape)

    allowed = [draw(st.lists(st.booleans(), min_size=d, max_size=d)) for _ in range(k)]
    classes = make_classes(
        allowed,
        home=[draw(st.integers(-1, d - 1)) for _ in range(k)],
        overhead_h=[draw(st.floats(0, 0.5)) for _ in range(k)],
        suspendable=[draw(st.booleans()) for _ in range(k)],
    )
    hours = draw(st.sampled_from([0.25, 1 / 3, 1.0, 3.0]))
    rows = []
    for _ in range(draw(st.integers(0, 15))):
        width, kind = draw(st.floats(1e-6, 10.0)), draw(st.integers(0, k - 1))
        homes = [i for i in range(d) if allowed[kind][i]]
        site = draw(st.sampled_from([-1, *homes]))
        share = draw(st.sampled_from([0.0, 0.3, 1.0])) if site >= 0 else 0.0
        rem = draw(st.integers(0, 3 * 10**7))
        release = draw(st.integers(-10, 2))
        rows.append(
            (
                rem,
                width,
                release,
                draw(st.integers(-5, 20)),
                kind,
                site,
                int(share * width * hours * 1e6),
            )
        )
    price = matrix(d)
    return rows, classes, hours, matrix(d), matrix(k, d), matrix(d), price


@settings(deadline=None, max_examples=50)
@given(steps(), st.booleans())
def test_invariants(step, immediate):
    rows, classes, hours, started, waiting, room, price = step
    jobs, state = make_jobs(rows)
    if immediate:
        made = run_asap(0, hours, jobs, classes, state, room)
    else:
        made = place(0, hours, jobs, classes, state, started, waiting, room, price)
    assert made.energy_wh.dtype == made.remaining_wh.dtype == made.overhead_wh.dtype == np.int64
    assert (
        np.all(made.energy_wh >= 0)
        and np.all(made.remaining_wh >= 0)
        and np.all(made.overhead_wh >= 0)
    )
    assert np.all(made.energy_wh <= np.ceil(jobs.width_mw * hours * 1e6))
    np.testing.assert_array_equal(
        state.remaining_wh + made.overhead_wh, made.energy_wh + made.remaining_wh
    )
    ran = made.energy_wh > 0
    used = np.bincount(made.site[ran], made.energy_wh[ran], len(room))
    assert np.all(used <= room * hours * 1e6 + 1e-3)
    assert np.all(jobs.release_s[ran] <= 0)
    assert np.all(classes.allowed[jobs.kind[ran], made.site[ran]])
    before = state.site >= 0
    bound = before & (
        ~classes.suspendable[jobs.kind] | ~ran
    )  # who can be suspended restarts anywhere it is allowed
    np.testing.assert_array_equal(made.site[bound], state.site[bound])
    np.testing.assert_array_equal(made.site[~before & ~ran], -1)
    pays = made.overhead_wh > 0
    assert np.all(made.suspended[pays]) and np.all(classes.suspendable[jobs.kind[pays]])
    if not immediate:
        again = place(0, hours, jobs, classes, state, started, waiting, room, price)
        np.testing.assert_array_equal(again.energy_wh, made.energy_wh)


@settings(deadline=None, max_examples=50)
@given(steps())
def test_plan_total_is_kept_where_nothing_is_forced(step):
    rows, classes, hours, started, waiting, room, price = step
    relaxed = make_classes(classes.allowed, suspendable=[True] * len(classes))
    # deadlines far beyond any run time (3e7 Wh at 1 W)
    jobs, state = make_jobs([(*row[:3], 10**8, *row[4:]) for row in rows])
    made = place(0, hours, jobs, relaxed, state, started, waiting, room, price)
    used = np.bincount(made.site[made.energy_wh > 0], made.energy_wh[made.energy_wh > 0], len(room))
    planned = (started + waiting.sum(axis=0)) * hours * 1e6
    assert np.all(used <= planned + 1.5)  # half a Wh of rounding and a last Wh


rolling = st.lists(
    st.tuples(
        st.floats(1e-6, 3.0),  # width [MW]
        st.floats(0.1, 8.0),  # run time [h]
        st.integers(0, 5),  # release [h]
        st.integers(0, 6),  # slack beyond the next whole hour [h]
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=10,
)


@settings(deadline=None, max_examples=50)
@given(rolling, st.lists(st.floats(0.0, 3.0), min_size=20, max_size=20), st.integers(1, 4))
def test_no_late_job_with_room(rows, planned, parts):
    """With ample room no job is late, whatever little or much is planned and however often jobs are
    stopped.
    """
    classes = make_classes([[True], [True]], overhead_h=[0.3, 0.0], suspendable=[True, False])
    jobs, state = make_jobs(
        [
            (max(1, round(w * r * 1e6)), w, a, a + int(np.ceil(r)) + s, k, -1, 0)
            for w, r, a, s, k in rows
        ]
    )
    remaining, site, last = state.remaining_wh, state.site, state.last_wh
    done = np.zeros_like(remaining)
    extra = np.zeros_like(remaining)
    none = np.zeros(0, np.int64)
    hours = 1 / parts
    for step in range(20 * parts):
        now = step * H // parts
        quota = np.array([planned[step // parts]])
        made = place(
            now,
            hours,
            jobs,
            classes,
            State(step, remaining, site, last, none, none, none, none),
            quota,
            np.vstack([quota, 0 * quota]),
            np.array([jobs.width_mw.sum() + 1e-4]),
            np.zeros(1),
        )
        remaining, site, last = made.remaining_wh, made.site, made.energy_wh
        done += made.energy_wh
        extra += made.overhead_wh
        late = (remaining > 0) & (jobs.deadline_s <= (step + 1) * H // parts)
        assert not late.any()
    np.testing.assert_array_equal(done, jobs.work_wh + extra)


@pytest.mark.parametrize("immediate", [False, True])
def test_speed_is_printed(immediate):
    rng = np.random.default_rng(1)
    n, k, d = 50_000, 4, 3
    site = rng.integers(-1, d, n)
    width = rng.uniform(0.001, 0.1, n)
    last = np.where((site >= 0) & (rng.random(n) < 0.5), width * 1e6, 0).astype(np.int64)
    none = np.zeros(0, np.int64)
    zero = np.zeros(n, np.int64)
    deadline = rng.integers(1, 100, n) * H
    work = rng.integers(1, 10**6, n)
    jobs = Jobs(
        np.zeros(n, "U1"), rng.integers(0, k, n), zero, zero, deadline, zero, deadline, work, width
    )
    state = State(0, work, site, last, none, none, none, none)
    classes = make_classes(
        np.ones((k, d)), overhead_h=[0.1] * k, suspendable=[True, True, True, False]
    )
    room = np.full(d, 600.0)
    best = np.inf
    for _ in range(4):
        begin = time.perf_counter()
        if immediate:
            made = run_asap(0, 1.0, jobs, classes, state, room)
        else:
            made = place(
                0,
                1.0,
                jobs,
                classes,
                state,
                np.full(d, 200.0),
                np.full((k, d), 60.0),
                room,
                np.arange(d) * 1.0,
            )
        best = min(best, time.perf_counter() - begin)
    print(f"{'asap' if immediate else 'place'}: {n} jobs in {best * 1e3:.1f} ms")
    assert made.energy_wh.sum() > 0


def test_running_jobs_keep_their_room_before_waiting_ones_are_forced_in():
    classes = make_classes([[True, True]], overhead_h=[0.1])
    # both have no laxity; the waiting one comes first (less laxity) and its quota is at site 0,
    # where only 1 MW fits
    rows = [(2 * M, 1, 0, 1, 0, -1, 0), (2 * M, 1, 0, 2, 0, 0, M)]
    made = run(rows, classes, [1, 1], waiting=[[1, 0]])
    assert (
        made.site.tolist() == [1, 0]
        and made.energy_wh.tolist() == [M, M]
        and not made.suspended.any()
    )
