"""300 random small cases: no contradiction between our optimum, its certificate, and OR-Tools' GLOP
(not HiGHS).
"""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from small import make_scenario, writable
from suandian.maths.compile import compile_window
from suandian.maths.prepared import Prepared
from suandian.model.issues import InfeasibleError, SolveError
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.outlook import expected
from suandian.solve.port import solve
from suandian.solve.problem import Builder, Problem

SCRIPT = Path(__file__).with_name("glop_solve.py")
WINDOWS, RAW = 100, 200
METHODS = ("auto", "simplex", "ipx", "hipo", "pdlp")


def window_case(seed: int) -> Problem:
    """The first window of a random small scenario; in one of four a limit or a demand is beyond
    what can be.
    """
    rng = np.random.default_rng(seed)
    network = ("transport", "dc", "copper", "ptdf")[seed % 4]
    scenario = make_scenario(
        "joint", network, steps=int(rng.integers(2, 10)), jobs=int(rng.integers(0, 20)), seed=seed
    )
    writable(scenario.grid.generators.ramp_mw_per_h)[0] = rng.uniform(5, 50)
    scenario = replace(scenario, goal=replace(scenario.goal, reserve_mw=float(rng.uniform(0, 120))))
    window = expected(View.at(scenario, State.initial(scenario)), 6).window
    problem = compile_window(
        Prepared.of(scenario), window, np.arange(3) if network == "ptdf" else None
    ).problem
    if seed // 4 % 4 == 3:
        row = int(rng.integers(problem.shape[0]))
        problem.row_lower[row] += rng.uniform(0, 200)
        problem.row_upper[row] = max(problem.row_upper[row], problem.row_lower[row])
    return problem


def raw_case(seed: int) -> Problem:
    """Whole coefficients, ties and repeated rows (degenerate); some infeasible, some unbounded."""
    rng = np.random.default_rng(seed)
    rows, columns = (int(n) for n in rng.integers(1, 14, 2))
    b = Builder()
    upper = np.where(rng.random(columns) < 0.2, np.inf, rng.integers(1, 5, columns))
    lower = np.where(rng.random(columns) < 0.15, -np.inf, rng.integers(-2, 1, columns))
    x = b.add_columns("x", (columns,), lower, upper, rng.integers(-3, 6, columns))
    matrix = rng.integers(-2, 3, (rows, columns)) * (rng.random((rows, columns)) < 0.6)
    if rows > 3:
        matrix[1] = matrix[0]
        matrix[2] = -matrix[0]
    inside = matrix @ rng.integers(0, 2, columns)
    slack = rng.integers(-1 if seed % 5 == 0 else 0, 3, (2, rows))
    low = np.where(rng.random(rows) < 0.4, -np.inf, inside - slack[0])
    high = np.where(rng.random(rows) < 0.4, np.inf, np.maximum(inside + slack[1], low))
    b.add_entries(b.add_rows("r", (rows,), low, high)[:, None], x, matrix)
    b.offset = float(rng.integers(-5, 5))
    return b.build()


def cases() -> list[Problem]:
    return [window_case(seed) for seed in range(WINDOWS)] + [raw_case(seed) for seed in range(RAW)]


@pytest.fixture(scope="module")
def theirs(witness: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """GLOP's status and optimum of every case, all from one process."""
    file = tmp_path_factory.mktemp("glop") / "cases.npz"
    arrays: dict[str, np.ndarray] = {}
    for i, p in enumerate(cases()):
        for name in ("cost", "lower", "upper", "row_lower", "row_upper"):
            arrays[f"{i}_{name}"] = getattr(p, name)
        arrays[f"{i}_offset"] = np.array(p.offset)
        for name in ("data", "indices", "indptr"):
            arrays[f"{i}_{name}"] = getattr(p.matrix, name)
    np.savez(file, count=np.array(WINDOWS + RAW), **arrays)
    done = subprocess.run([str(witness), str(SCRIPT), str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(answers) == WINDOWS + RAW + 1
    return answers[:-1]


def ours(problem: Problem, method: str) -> tuple[str, float | None]:
    """Return status and optimum; the certificate holds or `solve` raises."""
    try:
        answer = solve(problem, method)
    except InfeasibleError as error:
        assert error.relaxations or "a point misses no row" in str(error)
        return "INFEASIBLE", None
    except SolveError as error:
        assert "Unbounded" in str(error), error
        return "UNBOUNDED", None
    assert answer.certificate.holds
    assert answer.certificate.bound <= answer.objective + 1e-6 * (1 + abs(answer.objective))
    return "OPTIMAL", answer.objective


def test_no_contradiction_in_300_cases(theirs: list[dict[str, object]]) -> None:
    contradictions, seen = [], {"OPTIMAL": 0, "INFEASIBLE": 0, "UNBOUNDED": 0}
    for i, (problem, their) in enumerate(zip(cases(), theirs, strict=True)):
        status, objective = ours(problem, METHODS[i % len(METHODS)])
        seen[status] += 1
        claimed = str(their["status"])
        same = status == claimed or {status, claimed} <= {"INFEASIBLE", "UNBOUNDED", "ABNORMAL"}
        if same and objective is not None:
            same = abs(objective - float(str(their["objective"]))) <= 1e-6 * (1 + abs(objective))
        if not same:
            contradictions.append((i, METHODS[i % len(METHODS)], status, objective, their))
    print(f"cases: {seen}; contradictions: {len(contradictions)}")
    assert not contradictions
    assert min(seen.values()) >= 5


def test_a_wrong_optimum_would_be_noticed(theirs: list[dict[str, object]]) -> None:
    changed = 0
    for problem, their in list(zip(cases(), theirs, strict=True))[:WINDOWS:5]:
        if their["status"] == "OPTIMAL":
            other = solve(replace(problem, cost=problem.cost * 1.001))
            changed += abs(other.objective - float(str(their["objective"]))) > 1e-6 * (
                1 + abs(other.objective)
            )
    assert changed >= 10
