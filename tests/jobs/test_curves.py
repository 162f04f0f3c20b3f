import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.jobs.curves import curves

H = 3600


def whole(*values):
    return np.array(values, dtype=np.int64)


def one(work_mwh, width, release_h, deadline_h, edges_h=(0, 1, 2, 3, 4, 5, 6), **kw):
    arrived, due = curves(
        whole(work_mwh * 1e6),
        np.array([width], float),
        whole(release_h * H),
        whole(deadline_h * H),
        whole(0),
        1,
        whole(*(e * H for e in edges_h)),
        **kw,
    )
    return arrived[:, 0].tolist(), due[:, 0].tolist()


def test_job_with_slack():
    # 4 MWh at 2 MW from 01:00, due 05:00: two hours of run, two of slack
    arrived, due = one(4, 2, 1, 5)
    assert arrived == [0, 2, 4, 4, 4, 4]
    assert due == [0, 0, 0, 2, 4, 4]


def test_partial_last_hour_and_late_job():
    assert one(3, 2, 0, 2) == ([2, 3, 3, 3, 3, 3], [1, 3, 3, 3, 3, 3])
    # due an hour ago: all is due as it arrives
    assert one(3, 2, -5, -1) == ([2, 3, 3, 3, 3, 3], [2, 3, 3, 3, 3, 3])
    # 6 MWh cannot be done by 02:00 at 2 MW: due 6 - 2·(2 - t) exceeds what arrived and is capped
    assert one(6, 2, 0, 2) == ([2, 4, 6, 6, 6, 6], [2, 4, 6, 6, 6, 6])


def test_window_starts_after_release_and_steps_differ():
    # window 02:00–07:00 in steps of 1, 3, 1 h; released at 00:00, 5 MWh at 1 MW, due 10:00
    arrived, due = one(5, 1, 0, 10, edges_h=(2, 3, 6, 7))
    assert arrived == [1, 4, 5]
    assert due == [0, 1, 2]  # 5 - (10 - t)


def test_late_job_does_not_hurry_its_group():
    # a: 2 MWh at 1 MW, already late; b: 4 MWh at 4 MW, due in 6 h. Only a's first MWh is due after
    # one hour.
    arrived, due = curves(
        whole(2e6, 4e6),
        np.array([1.0, 4.0]),
        whole(0, 0),
        whole(-H, 6 * H),
        whole(0, 0),
        1,
        whole(0, H, 2 * H),
    )
    assert arrived[:, 0].tolist() == [5, 6]
    assert due[:, 0].tolist() == [1, 2]


def test_groups_weights_and_left_out_jobs():
    arrived, due = curves(
        whole(1e6, 1e6, 1e6, 1e6),
        np.ones(4),
        whole(0, 0, 0, 9 * H),  # the last arrives beyond the window
        whole(H, H, H, 10 * H),
        whole(2, 0, -1, 1),
        3,
        whole(0, H, 2 * H),
        np.array([0.5, 1.0, 7.0, 1.0]),
    )
    assert arrived.tolist() == [[1, 0, 0.5], [1, 0, 0.5]]
    assert due.tolist() == arrived.tolist()


def test_no_jobs():
    empty = whole()
    arrived, due = curves(empty, np.zeros(0), empty, empty, empty, 2, whole(0, H))
    assert arrived.tolist() == due.tolist() == [[0, 0]]


jobs = st.lists(
    st.tuples(
        st.integers(0, 10**8),  # Wh
        st.floats(0.01, 100.0),  # MW
        st.integers(-20, 40),  # release [h]
        st.integers(0, 50),  # to the deadline [h]
        st.integers(-1, 2),
        st.floats(0.0, 3.0),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=50)
@given(jobs, st.lists(st.integers(1, 5), min_size=1, max_size=12))
def test_equals_the_formula(rows, lengths):
    edges = H * np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    rem, width = whole(*columns[0]), np.array(columns[1], float)
    release = H * whole(*columns[2])
    deadline = release + H * whole(*columns[3])
    group, weight = whole(*columns[4]), np.array(columns[5], float)
    arrived, due = curves(rem, width, release, deadline, group, 3, edges, weight)

    end, work = edges[1:, None], rem / 1e6
    a = np.minimum(work, width * np.maximum(0, end - np.maximum(release, 0)) / H)
    d = np.minimum(a, np.maximum(0, work - width * np.maximum(0, deadline - end) / H))
    for g in range(3):
        pick = group == g
        np.testing.assert_allclose(
            arrived[:, g], (a * weight)[:, pick].sum(axis=1), rtol=1e-9, atol=1e-9
        )
        np.testing.assert_allclose(
            due[:, g], (d * weight)[:, pick].sum(axis=1), rtol=1e-9, atol=1e-9
        )
    assert np.all(due <= arrived)
    assert np.all(np.diff(arrived, axis=0) >= 0)
    assert np.all(np.diff(due, axis=0) >= -1e-9)
