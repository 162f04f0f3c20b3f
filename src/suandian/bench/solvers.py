"""`bench solvers`: CPU of the simplex against the other methods, cold, on the joint problem of
three sizes.

The problem is the first joint plan of the scenario with actual values, over 24, 48 and 168 h. Each
method's answer is audited and named by what ran; pdlp includes the simplex that finishes it, and
stands beside itself alone. A method that fails has no figure; the reason stands in its name. The
rule of `suandian.solve.port.choose` rests on these rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.rows import Row, row
from suandian.maths.compile import compile_window
from suandian.maths.prepared import Prepared
from suandian.model.hindsight import Hindsight
from suandian.model.issues import SolveError
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.policy.outlook import foreseen
from suandian.reading import load
from suandian.reading.templates import folder
from suandian.solve.highs import solve
from suandian.solve.problem import Problem

# a re-plan, the template's horizon, and a week: methods change places with size
HOURS = (24.0, 48.0, 168.0)
PEERS = (
    ("ipx", True),
    ("ipx", False),
    ("hipo", True),
    ("hipo", False),
    ("pdlp", True),
    ("pdlp", False),
)


def problem_of(scenario: Scenario, hours: float) -> Problem:
    """Return the joint problem of the first `hours` with actual values."""
    window = foreseen(Hindsight.at(scenario, State.initial(scenario)), hours).window
    return compile_window(Prepared.of(scenario), window).problem


def rows(
    scenario: str, repeats: int = 3, tick: Tick | None = None, hours: Sequence[float] = HOURS
) -> list[Row]:
    """Measure every method `repeats` times on each size, in turns; returns the rows of `--json`."""
    loaded = load(Path(scenario) if scenario else folder("three-areas"))
    made = []
    for i, span in enumerate(hours):
        problem = problem_of(loaded, span)
        sides = [("simplex", True), *PEERS]
        # all methods in each turn: none has the quiet machine to itself
        found = [[_once(problem, *side) for side in sides] for _ in range(repeats)]
        ours = [turn[0] for turn in found]
        for k, (method, crossover) in enumerate(sides[1:], start=1):
            made.append(_row(span, problem, method, crossover, ours, [turn[k] for turn in found]))
        if tick is not None:
            tick(i + 1, len(hours), f"{span:g} h")
    return made


def _once(problem: Problem, method: str, crossover: bool) -> tuple[float, float] | str:
    """Return CPU seconds and objective, or why there is no answer."""
    try:
        answer = solve(problem, method, crossover=crossover)
    except SolveError as error:
        return str(error)
    return answer.seconds, answer.objective


def _row(
    span: float, problem: Problem, method: str, crossover: bool, ours: list[Any], theirs: list[Any]
) -> Row:
    name = method + ("" if crossover else ", no crossover" if method != "pdlp" else " alone")
    failed = next((answer for answer in theirs if isinstance(answer, str)), None)
    cpu = [seconds for seconds, _ in ours]
    figure = (f"{span:g} h", problem.shape[1], f"CPU of the simplex against {name}", cpu, "s")
    if failed is not None:
        return {**row(*figure), "peer": f"{name}: {failed.partition(':')[0]}"}
    same = all(abs(a[1] - b[1]) <= 1e-6 * abs(a[1]) for a, b in zip(ours, theirs, strict=True))
    return row(*figure, (name, [seconds for seconds, _ in theirs]), same)


BENCH = Bench(
    "solvers",
    "the simplex against interior points and first-order methods on the joint problem of three "
    "sizes",
    rows,
    (
        Option("scenario", "", "another scenario than the template three-areas"),
        Option("repeats", 3, "how often"),
    ),
)
