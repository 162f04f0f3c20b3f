"""The event kernel: golden cases by hand, another program for queues, and what must always hold."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from suandian.jobs.events.batch import Batch, Facilities, Failures, Kinds, Rules, Runs, Wish, ranks
from suandian.jobs.events.machine import EASY, FIT, STRICT
from suandian.jobs.events.reject import GIVEN_UP, NOWHERE, TOO_LONG, TOO_WIDE
from suandian.jobs.events.simulation import PlannedCapacity, Queue, Simulation
from suandian.jobs.prefix import prefix


def batch(
    *jobs: tuple[float, ...], origin: int = 0, data_gb: float = 0.0, slack: int = 10_000
) -> Batch:
    """Jobs (submit, length, width[, due])."""
    table = np.array([(*job, job[0] + job[1] + slack)[:4] for job in jobs], dtype=float).reshape(
        -1, 4
    )
    whole = table[:, [0, 1, 3]].astype(np.int64).T
    n = len(table)
    return Batch(
        whole[0],
        whole[1],
        table[:, 2].copy(),
        whole[2],
        np.zeros(n, np.int64),
        np.full(n, origin),
        np.full(n, data_gb),
    )


def starts(made: Simulation) -> list[int]:
    return made.run().outcome.start.tolist()


# ---- queues


WIDE_SECOND = ((0, 10, 3), (1, 10, 4), (2, 9, 1), (3, 5, 1))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (STRICT, [0, 10, 20, 20]),  # the second needs all four cores: everybody waits for it
        (
            EASY,
            [0, 10, 20, 3],
        ),  # the third would delay it by a tick (2 + 9 > 10), the fourth would not
        (FIT, [0, 15, 2, 10]),
    ],
)
def test_who_may_overtake(mode, expected) -> None:
    jobs = batch(*WIDE_SECOND)
    assert (
        starts(
            Simulation.of(jobs, Wish.whole(jobs), Facilities.of(np.array([4.0])), queue=Queue(mode))
        )
        == expected
    )


def queued(jobs: Iterable[tuple[int, int, int]], cores: int, mode: int) -> list[int]:
    """Another program: one tick at a time, lists and loops."""
    waiting = list(enumerate(jobs))
    running: list[tuple[int, int]] = []  # (end, width)
    start: dict[int, int] = {}
    now = 0
    while waiting:
        running = [(end, width) for end, width in running if end > now]
        free = cores - sum(width for _, width in running)
        here = [(j, n, w) for j, (s, n, w) in waiting if s <= now]
        held: tuple[int, int] | None = None
        for j, length, width in here:
            ok = width <= free
            if ok and held is not None:
                ok = now + length <= held[0] or width <= held[1]
            if ok:
                if held is not None and now + length > held[0]:
                    held = (held[0], held[1] - width)
                start[j] = now
                free -= width
                running.append((now + length, width))
            elif mode == STRICT:
                break
            elif mode == EASY and held is None:
                spare = free
                for end in sorted({end for end, _ in running}):
                    spare = cores - sum(w for e, w in running if e > end)
                    if spare >= width:
                        held = (end, spare - width)
                        break
        waiting = [(j, job) for j, job in waiting if j not in start]
        now += 1
    return [start[j] for j in range(len(start))]


some_jobs = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 12), st.integers(1, 6)), min_size=1, max_size=25
)


@given(some_jobs, st.sampled_from([STRICT, EASY, FIT]))
@settings(max_examples=150, deadline=None)
def test_queues_are_those_of_another_program(jobs, mode) -> None:
    jobs = sorted(jobs)
    table = batch(*jobs)
    made = Simulation.of(
        table, Wish.whole(table), Facilities.of(np.array([6.0])), queue=Queue(mode)
    )
    assert starts(made) == queued(jobs, 6, mode)


# ---- pieces, overhead, data, failures, tiers


def test_a_job_in_pieces_pauses_and_pays_for_each_restart() -> None:
    jobs = batch((0, 30, 2))
    wish = Wish(
        np.zeros(1, np.int64),
        np.array([0, 2]),
        np.array([5, 50]),
        np.array([10, 20]),
        np.full(2, 2.0),
        np.arange(1),
    )
    made = Simulation.of(
        jobs, wish, Facilities.of(np.array([4.0])), Kinds.of(1, suspendable=True, overhead=3)
    ).run()
    runs, out = made.runs, made.outcome
    assert (runs.begin.tolist(), runs.end.tolist(), runs.paid.tolist()) == (
        [5, 50],
        [15, 73],
        [0, 3],
    )
    assert (out.start[0], out.end[0], out.ran[0], out.suspensions[0]) == (5, 73, 33, 1)


def test_data_move_before_the_job_one_transfer_after_the_other() -> None:
    jobs = batch((0, 10, 1), (0, 10, 1), data_gb=6.0)
    places = replace(
        Facilities.of(np.array([4.0, 4.0])),
        gb_per_tick=np.full((2, 2), 0.5),
        price_per_gb=np.full((2, 2), 2.0),
    )
    made = Simulation.of(jobs, Wish.whole(jobs, np.array([1, 1])), places).run()
    assert made.outcome.start.tolist() == [12, 24]
    assert made.outcome.moved_gb.tolist() == [6.0, 6.0]
    assert made.world.jobs["paid_to_move"].tolist() == [12.0, 12.0]


def test_a_job_without_a_site_goes_where_it_is_cheapest_with_its_data() -> None:
    jobs = batch((0, 10, 1), data_gb=1.0)
    cost = prefix(np.array([[5.0, 3.0]]), 0, 100)  # 50 here, 30 there
    places = Facilities.of(np.array([4.0, 4.0]))
    for price, site in ((19.0, 1), (21.0, 0)):
        dear = replace(places, price_per_gb=np.full((2, 2), price))
        assert Simulation.of(
            jobs, Wish.whole(jobs, np.array([-1])), dear, cost=cost
        ).run().outcome.site.tolist() == [site]


@pytest.mark.parametrize(("checkpoint", "end", "lost"), [(0, 65, 25.0), (10, 45, 5.0)])
def test_a_failure_undoes_what_came_after_the_last_checkpoint(checkpoint, end, lost) -> None:
    one = lambda value: np.array([value])  # noqa: E731
    kinds = Kinds.of(1)._replace(checkpoint=one(checkpoint))
    failures = Failures(one(25), one(30), one(0), one(3.0))
    jobs = batch((0, 35, 2))
    made = Simulation.of(
        jobs, Wish.whole(jobs), Facilities.of(np.array([4.0])), kinds, failures=failures
    ).run()
    assert (made.outcome.end[0], made.outcome.lost[0]) == (end, lost)


def test_a_job_that_fails_too_often_is_given_up_and_says_so() -> None:
    kinds = Kinds.of(1)._replace(retries=np.array([1]))
    at = np.array([5, 20])
    failures = Failures(at, at + 1, np.zeros(2, np.int64), np.full(2, 4.0))
    jobs = batch((0, 35, 2))
    made = Simulation.of(
        jobs, Wish.whole(jobs), Facilities.of(np.array([4.0])), kinds, failures=failures
    ).run()
    assert (made.outcome.end[0], made.outcome.reason[0]) == (-1, GIVEN_UP)


def test_a_tier_gives_throughput_before_anybody_is_stopped() -> None:
    # the plan allows 3 of 4 for ten ticks: at a quarter less each runs on, ten ticks bring 7.5
    jobs = batch((0, 20, 2), (0, 20, 2), slack=100)
    kinds = Kinds.of(1, suspendable=True)._replace(give=np.array([0.25]))
    plan = PlannedCapacity(np.array([[4.0, 3.0, 4.0, 4.0, 4.0]]), 0, 10)
    made = Simulation.of(
        jobs, Wish.whole(jobs), Facilities.of(np.array([4.0])), kinds, plan=plan
    ).run()
    assert made.outcome.end.tolist() == [23, 23]
    assert made.outcome.suspensions.tolist() == [0, 0]
    assert made.runs.width[(made.runs.begin == 10)].tolist() == [1.5, 1.5]


# ---- plans


def test_work_waits_for_the_plan_and_starts_at_last_whatever_it_says() -> None:
    jobs = batch((0, 10, 2, 35), (0, 10, 2, 100))
    plan = PlannedCapacity(np.array([[0.0, 0.0, 0.0, 2.0, 2.0]]), 0, 10)
    made = Simulation.of(
        jobs, Wish.whole(jobs), Facilities.of(np.array([4.0])), plan=plan, queue=Queue(FIT)
    ).run()
    assert made.outcome.start.tolist() == [
        25,
        35,
    ]  # at 30 the first still takes what the plan gives


def test_the_job_with_the_most_time_makes_room() -> None:
    jobs = batch((0, 50, 4, 500), (10, 20, 4, 40), slack=0)
    kinds = Kinds.of(1, suspendable=True, overhead=2)
    plan = PlannedCapacity(np.full((1, 40), 4.0), 0, 10)
    made = Simulation.of(
        jobs, Wish.whole(jobs, np.array([-1, -1])), Facilities.of(np.array([4.0])), kinds, plan=plan
    ).run()
    assert made.outcome.start.tolist() == [0, 20]
    assert made.outcome.end.tolist() == [72, 40]  # 20 done, stopped, 2 to restart, 30 left
    assert made.outcome.suspensions.tolist() == [1, 0]


def test_no_more_jobs_make_room_than_must() -> None:
    # three run with time to spare; the fourth needs the room of one, and takes it from the one that
    # can wait longest
    jobs = batch((0, 50, 2, 300), (0, 50, 2, 500), (0, 50, 2, 400), (10, 20, 2, 32), slack=0)
    plan = PlannedCapacity(np.full((1, 60), 6.0), 0, 10)
    made = Simulation.of(
        jobs,
        Wish.whole(jobs, np.full(4, -1)),
        Facilities.of(np.array([6.0])),
        Kinds.of(1, suspendable=True),
        plan=plan,
    ).run()
    assert made.outcome.suspensions.tolist() == [0, 1, 0, 0]
    assert made.outcome.start.tolist() == [0, 0, 0, 12]


# ---- what must always hold


def check(made: Simulation, jobs: Batch, places: Facilities, kinds: Kinds) -> None:
    runs, out = made.runs, made.outcome
    assert (runs.begin >= jobs.submit[runs.job]).all()
    assert places.rules.may[jobs.kind[runs.job], jobs.origin[runs.job], runs.site].all()
    for s in range(len(places.capacity)):
        mine = runs.site == s
        edges = np.concatenate([runs.begin[mine], runs.end[mine]])
        change = np.concatenate([runs.width[mine], -runs.width[mine]])
        order = np.lexsort((change, edges))
        assert change[order].cumsum().max(initial=0.0) <= places.capacity[s] + 1e-6
    order = np.lexsort((runs.begin, runs.job))
    same = runs.job[order][1:] == runs.job[order][:-1]
    assert (runs.begin[order][1:][same] >= runs.end[order][:-1][same]).all()  # never in two places
    work = np.bincount(
        runs.job, (runs.end - runs.begin - runs.paid) * runs.rate, minlength=len(jobs.submit)
    )
    done = out.done
    assert (done == (out.reason == 0)).all()
    # no work is lost or done twice; a throttled job ends within its last tick
    extra = work - jobs.length - out.lost
    assert extra[done].min(initial=0.0) >= -1e-6
    assert extra[done].max(initial=0.0) <= (1.0 if kinds.give.any() else 1e-6)
    assert (
        out.ran.tolist()
        == np.bincount(runs.job, runs.end - runs.begin, minlength=len(done)).tolist()
    )


@st.composite
def cases(draw):
    sites, n = draw(st.integers(1, 3)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    capacity = rng.integers(2, 8, sites).astype(float)
    submit = np.sort(rng.integers(0, 60, n))
    length = rng.integers(1, 30, n)
    jobs = Batch(
        submit,
        length,
        rng.integers(1, 7, n).astype(float),
        submit + length + rng.integers(-1, 60, n),
        rng.integers(0, 2, n),
        rng.integers(0, sites, n),
        rng.integers(0, 4, n).astype(float),
    )
    rules = Rules(
        rng.random((2, sites)) < 0.8, rng.random((sites, sites)) * 20, np.array([np.inf, 12.0])
    )
    places = Facilities(
        capacity,
        rules,
        np.where(rng.random((sites, sites)) < 0.5, np.inf, 0.7),
        rng.random((sites, sites)),
    )
    kinds = Kinds(
        np.array([True, draw(st.booleans())]),
        rng.integers(0, 4, 2),
        rng.integers(0, 5, 2),
        np.array([2, 50]),
        np.array([0.0, draw(st.sampled_from([0.0, 0.1, 0.25, 0.5]))]),
    )
    at = np.sort(rng.integers(0, 100, 4))
    failures = Failures(at, at + rng.integers(1, 20, 4), rng.integers(0, sites, 4), np.ones(4))
    plan = PlannedCapacity(rng.uniform(0, 8, (sites, 12)), 0, 10) if draw(st.booleans()) else None
    return (
        jobs,
        places,
        kinds,
        failures if draw(st.booleans()) else None,
        plan,
        rng,
        draw(st.sampled_from([0, 1, 2])),
    )


@given(cases(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_nothing_runs_early_twice_beyond_capacity_or_where_it_may_not(case, preempt) -> None:
    jobs, places, kinds, failures, plan, rng, mode = case
    may = places.rules.may[jobs.kind, jobs.origin] & (places.capacity >= jobs.width[:, None])
    wish = np.where(may.any(axis=1) & (rng.random(len(jobs.submit)) < 0.5), may.argmax(axis=1), -1)
    wishes = Wish.whole(jobs, wish, key=jobs.due)
    made = Simulation.of(
        jobs,
        wishes,
        places,
        kinds,
        failures=failures,
        plan=plan,
        queue=Queue(mode, preempt=preempt),
        cost=prefix(rng.uniform(1, 9, (50, len(places.capacity))), 0, 5),
    ).run()
    check(made, jobs, places, kinds)


@given(cases())
@settings(max_examples=50, deadline=None)
def test_to_advance_in_parts_changes_nothing(case) -> None:
    jobs, places, kinds, failures, plan, _, mode = case
    sims = [
        Simulation.of(
            jobs,
            Wish.whole(jobs, np.full(len(jobs.submit), -1)),
            places,
            kinds,
            None,
            failures,
            plan,
            Queue(mode),
        )
        for _ in range(2)
    ]
    for tick in range(0, 200, 7):
        sims[0].advance(tick)
        left = sims[0].left()
        assert (left >= 0).all()
    for sim in sims:
        sim.run()
    assert all(np.array_equal(a, b) for a, b in zip(sims[0].runs, sims[1].runs, strict=True))


def feasible(jobs: Batch) -> bool:
    """The exact flow test on one site that each job takes wholly: work of jobs into the intervals
    between events.
    """
    edges = np.unique(np.concatenate([jobs.submit, jobs.due]))
    n, spans = len(jobs.submit), np.diff(edges)
    rows, cols, room = [], [], []
    for j in range(n):
        rows.append(0), cols.append(1 + j), room.append(int(jobs.length[j]))
        for k, span in enumerate(spans):
            if jobs.submit[j] <= edges[k] and edges[k + 1] <= jobs.due[j]:
                rows.append(1 + j), cols.append(1 + n + k), room.append(int(span))
    for k, span in enumerate(spans):
        rows.append(1 + n + k), cols.append(1 + n + len(spans)), room.append(int(span))
    size = 2 + n + len(spans)
    graph = csr_array((np.array(room, np.int32), (rows, cols)), shape=(size, size))
    return bool(maximum_flow(graph, 0, size - 1).flow_value == jobs.length.sum())


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(0, 40)),
        min_size=1,
        max_size=10,
    )
)
@settings(max_examples=300, deadline=None)
def test_deadlines_are_kept_whenever_a_schedule_exists(drawn) -> None:
    jobs = batch(*((s, n, 4.0, s + n + slack) for s, n, slack in sorted(drawn)))
    wish = Wish.whole(jobs, key=jobs.due)
    made = Simulation.of(
        jobs,
        wish,
        Facilities.of(np.array([4.0])),
        Kinds.of(1, suspendable=True),
        queue=Queue(preempt=True),
    ).run()
    assert bool((made.outcome.end <= jobs.due).all()) == feasible(jobs)


def test_jobs_that_no_schedule_can_do_are_refused_with_the_reason_the_others_are_done() -> None:
    jobs = batch((0, 10, 9), (0, 10, 1, 5), (0, 10, 1))
    made = Simulation.of(jobs, Wish.whole(jobs), Facilities.of(np.array([4.0]))).run()
    assert made.outcome.reason.tolist() == [TOO_WIDE, TOO_LONG, 0]
    assert made.outcome.end.tolist() == [-1, -1, 10]
    nowhere = replace(
        Facilities.of(np.array([4.0])),
        rules=Rules(np.zeros((1, 1), bool), np.zeros((1, 1)), np.ones(1)),
    )
    assert (
        Simulation.of(jobs, Wish.whole(jobs), nowhere).run().outcome.reason.tolist()
        == [NOWHERE] * 3
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b, w: (b._replace(submit=b.submit[::-1].copy()), w), "in order of submission"),
        (lambda b, w: (b._replace(origin=b.origin + 5), w), "an origin is not among"),
        (lambda b, w: (b._replace(kind=b.kind - 1), w), "a class of jobs is not among"),
        (lambda b, w: (b, w._replace(site=w.site + 7)), "a wished site does not exist"),
        (lambda b, w: (b, w._replace(rank=w.rank * 0)), "each once"),
        (lambda b, w: (b, w._replace(width=w.width * 9)), "a piece is wider"),
        (lambda b, w: (b._replace(width=b.width[1:]), w), "differ in length"),
    ],
)
def test_what_makes_no_sense_is_refused(change, message) -> None:
    jobs = batch((0, 1, 1), (5, 1, 1))
    jobs, wish = change(jobs, Wish.whole(jobs))
    with pytest.raises(ValueError, match=message):
        Simulation.of(jobs, wish, Facilities.of(np.array([4.0])))


def test_ranks_follow_the_key() -> None:
    assert ranks(np.array([5, 1, 5, 0])).tolist() == [2, 1, 3, 0]


def test_stretches_have_room_to_grow() -> None:
    # five hundred pauses of one job
    k = np.arange(500)
    jobs = batch((0, 500, 1))
    wish = Wish(
        np.zeros(1, np.int64),
        np.array([0, 500]),
        2 * k,
        np.ones(500, np.int64),
        np.ones(500),
        np.zeros(1, np.int64),
    )
    runs: Runs = Simulation.of(jobs, wish, Facilities.of(np.array([1.0]))).run().runs
    assert runs.begin.tolist() == (2 * k).tolist()


def test_nothing_starts_before_urgent_work_that_waits_for_room() -> None:
    # the second has to start at 5 and needs all four; the third, which has time, would fit beside
    # the first
    jobs = batch((0, 20, 3), (0, 10, 4, 15), (6, 100, 1), slack=500)
    plan = PlannedCapacity(np.full((1, 40), 4.0), 0, 10)
    for wish in (np.zeros(3, np.int64), np.full(3, -1)):
        made = Simulation.of(
            jobs,
            Wish.whole(jobs, wish),
            Facilities.of(np.array([4.0])),
            plan=plan,
            queue=Queue(FIT),
        ).run()
        assert made.outcome.start.tolist() == [0, 20, 30]


@pytest.mark.parametrize(("quota", "start"), [(2.0, 0), (1.0, 20)])
def test_a_plan_is_met_as_nearly_as_jobs_allow(quota, start) -> None:
    # of three cores: one above the plan is nearer than two below it, two above are not
    jobs = batch((0, 10, 3), slack=20)
    plan = PlannedCapacity(np.full((1, 40), quota), 0, 10)
    made = Simulation.of(
        jobs, Wish.whole(jobs), Facilities.of(np.array([4.0])), plan=plan, queue=Queue(FIT)
    )
    assert starts(made) == [start]
