"""Jobs guided by a fluid plan: cheaper than any that does not look, in time, and blind to what is
to come.
"""

import numpy as np

from suandian.jobs.events.batch import Batch, Facilities, Kinds
from suandian.jobs.events.simulation import Simulation, Wish
from suandian.jobs.independent import integral
from suandian.jobs.prefix import prefix
from suandian.policy.guided import Guide, expected, guided, known

DAY, HOUR = 86400, 3600


def scene(days: int = 4, jobs: int = 300, seed: int = 5) -> tuple[Batch, Facilities, Guide]:
    rng = np.random.default_rng(seed)
    submit = np.sort(rng.integers(0, days * DAY, jobs))
    length = rng.integers(HOUR // 4, 5 * HOUR, jobs)
    width = rng.integers(1, 5, jobs).astype(float)
    batch = Batch(
        submit,
        length,
        width,
        submit + length + 12 * HOUR,
        np.zeros(jobs, np.int64),
        rng.integers(0, 2, jobs),
        np.zeros(jobs),
    )
    each = float((length * width).sum()) / (days * DAY) / 0.6 / 2
    hour = np.arange((days + 3) * 24)[:, None]
    price = (
        50
        + 30 * np.sin((hour + np.array([0, 8])) / 24 * 2 * np.pi)
        + rng.normal(0, 5, (len(hour), 2))
    )
    return batch, Facilities.of(np.full(2, each)), Guide(price, 0, HOUR)


def cost(made: Simulation, guide: Guide) -> float:
    r = made.runs
    return float(
        integral(
            r.begin, r.end - r.begin, r.width, r.site, prefix(guide.price / HOUR, 0, HOUR)
        ).sum()
    )


def test_guided_jobs_are_done_in_time_and_cost_less() -> None:
    batch, places, guide = scene()
    asap = Simulation.of(batch, Wish.whole(batch), places).run()
    suspended = guided(batch, places, Kinds.of(1, suspendable=True, overhead=120), guide)
    whole = guided(batch, places, Kinds.of(1), guide)
    assert suspended.outcome.done.all()
    assert whole.outcome.done.all()
    assert (suspended.outcome.end <= batch.due).all()
    assert (
        whole.outcome.end > batch.due
    ).sum() <= 3  # of 300: a wide job that nobody can make room for
    assert cost(suspended, guide) < 0.85 * cost(asap, guide)
    assert cost(whole, guide) < 0.92 * cost(asap, guide)
    assert whole.outcome.suspensions.sum() == 0 < suspended.outcome.suspensions.sum()


def test_a_plan_does_not_see_jobs_that_are_to_come() -> None:
    batch, places, guide = scene()
    cut = int(np.searchsorted(batch.submit, 2 * DAY))
    other = batch._replace(width=np.where(np.arange(len(batch.width)) < cut, batch.width, 1.0))
    one, two = (guided(b, places, Kinds.of(1, suspendable=True), guide) for b in (batch, other))
    assert np.array_equal(one.world.quota[:, :48], two.world.quota[:, :48])
    assert not np.array_equal(one.world.quota[:, 48:], two.world.quota[:, 48:])


def test_what_is_known_and_what_is_expected() -> None:
    batch, places, guide = scene(days=9, jobs=2000)
    made = Simulation.of(batch, Wish.whole(batch), places)
    made.advance(8 * DAY)
    edges = 8 * DAY + HOUR * np.arange(25)
    arrived, due = known(made, batch, guide, edges)
    alive = (batch.submit < 8 * DAY) & (made.outcome.end < 0)
    work_h = (made.left() * batch.width)[alive].sum() / HOUR
    assert arrived[-1].sum() == due[-1].sum() or abs(due[-1].sum() - work_h) < 1e-3
    more, more_due = expected(batch, np.ones(2000, bool), guide, 8 * DAY, edges)
    coming = batch.length * batch.width / HOUR
    a_day = coming[(batch.submit >= DAY) & (batch.submit < 8 * DAY)].sum() / 7
    assert (
        0.75 * a_day < more[-1].sum() <= a_day
    )  # what comes late in the day is not all there by its end
    assert (more_due <= more + 1e-9).all()
    assert (
        expected(batch, np.ones(2000, bool), guide, int(batch.submit[0]) + 60, edges)[0].sum() == 0
    )
