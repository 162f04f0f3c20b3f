"""The fluid plan: by hand, against another solver, and as a bound."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from suandian.policy.fluid import fluid


def test_work_goes_to_cheap_steps_and_sites_as_far_as_they_last() -> None:
    # 5 units of work, all there at once, due at the end; 2 at 1 (second step, site 0), 2 at 3, one
    # at 4
    arrived, due = np.full((3, 1), 5.0), np.array([[0.0], [0.0], [5.0]])
    cost = np.array([[9.0, 4.0], [1.0, 9.0], [9.0, 3.0]])
    plan = fluid(arrived, due, cost, np.full((3, 2), 2.0), np.ones(3), 1e3)
    assert plan.power.tolist() == [[0, 1], [2, 0], [0, 2]]
    assert (plan.cost, plan.bound, plan.late) == (12.0, pytest.approx(12.0), 0.0)


def test_steps_of_other_lengths_and_work_left_over() -> None:
    plan = fluid(
        np.full((2, 1), 5.0),
        np.zeros((2, 1)),
        np.array([[6.0], [3.0]]),
        np.ones((2, 1)),
        np.array([0.5, 2.0]),
        99,
        4.0,
    )
    assert plan.power.tolist() == [[0], [1]]
    assert plan.cost == pytest.approx(2 * 3 + 3 * 4)


def test_what_cannot_be_done_in_time_is_late_and_says_so() -> None:
    plan = fluid(
        np.full((2, 1), 5.0),
        np.full((2, 1), 5.0),
        np.ones((2, 1)),
        np.ones((2, 1)),
        np.ones(2),
        50.0,
    )
    assert plan.late == pytest.approx(4.0)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_another_solver_agrees(seed) -> None:
    rng = np.random.default_rng(seed)
    steps, sites, groups = 6, 2, 2
    arrived = rng.uniform(0, 3, (steps, groups)).cumsum(axis=0)
    due = np.minimum(np.vstack([np.zeros((2, groups)), arrived[:-2]]), arrived)
    due[-1] = arrived[-1]
    cost, most = rng.uniform(-1, 9, (steps, sites)), rng.uniform(1, 6, (steps, sites))
    ours = fluid(arrived, due, cost, most, np.ones(steps), 1e3)
    # r[t,g] then x[t,s] then late[t,g]: due ≤ Σ (r + late) ≤ arrived
    below = np.tril(np.ones((steps, steps)))
    served = np.kron(below, np.eye(groups))
    zeros = np.zeros((steps * groups, steps * sites))
    a_ub = np.vstack([np.hstack([served, zeros, served]), -np.hstack([served, zeros, served])])
    b_ub = np.concatenate([arrived.ravel(), -due.ravel()])
    a_eq = np.hstack(
        [
            np.kron(np.eye(steps), np.ones(groups)),
            -np.kron(np.eye(steps), np.ones(sites)),
            np.zeros((steps, steps * groups)),
        ]
    )
    c = np.concatenate([np.zeros(steps * groups), cost.ravel(), np.full(steps * groups, 1e3)])
    limits = (
        [(0, None)] * (steps * groups)
        + [(0, m) for m in most.ravel()]
        + [(0, None)] * (steps * groups)
    )
    theirs = linprog(c, a_ub, b_ub, a_eq, np.zeros(steps), limits)
    assert ours.cost == pytest.approx(theirs.fun, rel=1e-6, abs=1e-6)
    assert ours.bound <= ours.cost + 1e-6
