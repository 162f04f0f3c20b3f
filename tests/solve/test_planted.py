"""Conflicts planted in scenarios that have none: the explanation names the planted limit first."""

import re
from dataclasses import replace

import numpy as np
import pytest

from small import make_scenario, writable
from suandian.maths.compile import compile_window
from suandian.maths.prepared import Prepared
from suandian.model.hindsight import Hindsight
from suandian.model.issues import InfeasibleError
from suandian.model.state import State
from suandian.policy.outlook import foreseen
from suandian.solve.highs import solve
from suandian.solve.problem import Problem

NETWORKS = ("transport", "dc", "copper", "ptdf")
CASES, NEEDED = 100, 95
Plant = tuple[str, tuple[int, ...], float]


def scenario_problem(seed: int) -> Problem:
    """A joint window of 4 to 8 hours with ramps, a reserve and lines that may bind."""
    rng = np.random.default_rng(seed)
    scenario = make_scenario(
        "joint", NETWORKS[seed % 4], steps=int(rng.integers(4, 9)), jobs=12, seed=seed
    )
    writable(scenario.grid.generators.ramp_mw_per_h)[0] = rng.uniform(10, 30)
    scenario = replace(scenario, goal=replace(scenario.goal, reserve_mw=float(rng.uniform(0, 10))))
    window = foreseen(Hindsight.at(scenario, State.initial(scenario)), 6).window
    monitored = np.arange(3) if scenario.network == "ptdf" else None
    return compile_window(Prepared.of(scenario), window, monitored).problem


def furthest(problem: Problem, row: int, sign: float) -> float | None:
    """How far the activity of a row can go (sign 1: up), all other limits kept; None where nothing
    stops it.
    """
    cost = -sign * np.asarray(problem.matrix.tocsr()[[row]].todense()).ravel()
    lower, upper = problem.row_lower.copy(), problem.row_upper.copy()
    lower[row], upper[row] = -np.inf, np.inf
    try:
        return (
            -sign
            * solve(
                replace(problem, cost=cost, offset=0.0, row_lower=lower, row_upper=upper)
            ).objective
        )
    except Exception as error:  # noqa: BLE001
        assert "Unbounded" in str(error)
        return None


def planted(problem: Problem, seed: int) -> tuple[Problem, Plant]:
    """Return the problem with one limit beyond what all others allow: a demand above what can be
    fed, a limit below what must flow, a lower bound of an output above its upper one; families in
    turn, members by chance.
    """
    rng = np.random.default_rng(seed)
    amount = float(rng.uniform(0.5, 5))
    if seed % 5 == 0:  # a must-run level above the limit of the unit, store or site
        names = [
            n
            for n, s in problem.columns.items()
            if s.size and np.isfinite(s.of(problem.upper)).any()
        ]
        name = names[seed // 5 % len(names)]
        span = problem.columns[name]
        i = int(rng.choice(span.ids()[np.isfinite(span.of(problem.upper))]))
        lower = problem.lower.copy()
        lower[i] = problem.upper[i] + amount
        member = np.unravel_index(i - span.start, span.shape)
        return replace(problem, lower=lower), (name, tuple(int(k) for k in member), amount)
    names = [name for name, span in problem.rows.items() if span.size]
    for k in range(20):
        name = names[(seed + k) % len(names)]
        span, sign = problem.rows[name], float(rng.choice([-1.0, 1.0]))
        row = int(rng.choice(span.ids().ravel()))
        far = furthest(problem, row, sign)
        if far is None:
            continue
        lower, upper = problem.row_lower.copy(), problem.row_upper.copy()
        limit = far + sign * amount
        if lower[row] == upper[row]:
            lower[row] = upper[row] = limit
        elif sign > 0:
            lower[row], upper[row] = limit, np.inf
        else:
            lower[row], upper[row] = -np.inf, limit
        member = np.unravel_index(row - span.start, span.shape)
        return replace(problem, row_lower=lower, row_upper=upper), (
            name,
            tuple(int(k) for k in member),
            sign * amount,
        )
    raise AssertionError("nothing to plant")


def first_named(error: InfeasibleError) -> tuple[str, tuple[int, ...]]:
    name, member = re.findall(r"(\w+)\[([\d, ]*)\]: relax by \S+ ", str(error))[0]
    return name, tuple(int(i) for i in member.split(","))


def figure() -> tuple[int, dict[str, int], list[str]]:
    """Return how many planted conflicts are named first, how many of each family there were, and
    the misses.
    """
    hits, families, misses = 0, {}, []
    for seed in range(CASES):
        problem, (name, member, amount) = planted(scenario_problem(seed), seed)
        families[name] = families.get(name, 0) + 1
        with pytest.raises(InfeasibleError) as caught:
            solve(problem)
        right = first_named(caught.value) == (name, member)
        hits += right
        if not right:
            misses.append(f"{seed} {name}{list(member)} {amount:.2f}: {str(caught.value)[50:250]}")
    return hits, families, misses


def test_planted_conflicts_are_named_first() -> None:
    hits, families, misses = figure()
    print(f"named first: {hits} of {CASES}; planted in {families}")
    assert len(families) >= 8
    assert hits >= NEEDED, misses


def test_the_scenarios_are_feasible_without_them() -> None:
    for seed in range(0, CASES, 9):
        assert solve(scenario_problem(seed)).certificate.holds
