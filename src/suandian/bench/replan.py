"""`bench replan`: compile + solve + read-out of a 24-h re-plan, ours and PyPSA's, in one run, same
answer.

The problem is a joint plan of the scenario with a horizon of 24 h, made at noon of the first day as
the loop makes it: forecasts, ramps from the last outputs, values of the work and the energy left at
the end; without restart costs, which PyPSA cannot hold. Both sides use HiGHS with one thread, and
are measured in turns.

| | ours | PyPSA's (see `peer`) |
|---|---|---|
| cold | the problem alone | `Network.optimize`: builds, solves, reads out |
| warm | from the saved basis of the plan an hour before | the same; and a kept instance, changed |
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from suandian.bench import peer
from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.rows import Row, Sample, in_turns, paired
from suandian.books.book import post_all
from suandian.books.house import house_books
from suandian.export.problems import JointProblem, times_of
from suandian.export.pypsa import export
from suandian.maths.prepared import Prepared
from suandian.maths.result import Memory
from suandian.maths.solving import solve_window
from suandian.model.grid import Ints
from suandian.model.issues import InputError, Issue
from suandian.model.notebook import Notebook
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.policy.chosen import make, view_for_policy
from suandian.reading import load
from suandian.reading.templates import folder
from suandian.record.states import after
from suandian.run.twin.twin import Twin

# a day: long enough for stores and work that waits, short enough to be planned every hour
HORIZON_H = 24.0
# at noon nothing is special any more: outputs, queues and levels are what the loop made them
STEPS = 12  # the plan measured is the one made after so many steps

WITNESS = Option("witness", Path(".venv-witness/bin/python"), "python of an environment with PyPSA")


@dataclass(frozen=True, eq=False)
class Replan:
    """A plan to be made `now`, and the one made `earlier`: `shift` is how far the window moved (see
    solve.basis).
    """

    earlier: JointProblem
    now: JointProblem
    shift: int | Ints = 1


def rows(scenario: str, repeats: int, witness: Path, tick: Tick | None = None) -> list[Row]:
    """Measure both sides alternately `repeats` times; returns the rows.

    Raises
    ------
    InputError
        There is no environment with PyPSA at `witness`, or it stopped.
    """
    require(witness)
    path = Path(scenario) if scenario else folder("three-areas")
    replan = replan_of(load(path, ["policy.name=joint", f'policy.horizon="{HORIZON_H:g} h"']))
    return compared("replan", replan, repeats, witness, tick)


def compared(
    name: str, replan: Replan, repeats: int, witness: Path, tick: Tick | None = None
) -> list[Row]:
    """Measure a re-plan against all of PyPSA's ways, in turns."""
    # outside the clock: the loop has it from the plan before
    memory = solve_window(replan.earlier.prepared, replan.earlier.window).memory
    with peer_of(witness, replan) as process:
        asked = {
            request: partial(_ask, process, request) for request in ("rebuild", "kept", "bare")
        }
        ours = {"cold": partial(_timed, replan, None), "warm": partial(_timed, replan, memory)}
        # alternately, so that a machine that slows down does so for both sides
        samples = in_turns({**ours, **asked}, repeats, tick)
    size = solve_window(
        replan.now.prepared, replan.now.window, memory, replan.shift
    ).compiled.problem.shape[1]
    return [
        paired(
            name,
            size,
            f"compile + solve + read-out, {side}",
            samples[side],
            peer_name,
            samples[theirs],
        )
        for side, peer_name, theirs in (
            ("cold", "PyPSA optimize", "rebuild"),
            ("warm", "PyPSA optimize", "rebuild"),
            ("warm", "PyPSA, model given, solver kept", "kept"),
            ("warm", "PyPSA, model given, solver kept, not read out", "bare"),
        )
    ]


def require(witness: Path) -> None:
    """Refuse an environment that is not there."""
    if not witness.exists():
        remedy = "make witness (or --witness PATH of a python with pypsa)"
        raise InputError(
            [Issue("bench", "--witness", str(witness), "no such python", remedy=remedy)]
        )


def replan_of(scenario: Scenario) -> Replan:
    """Run `scenario` for STEPS steps and return its last two plans' problems."""
    prepared = Prepared.of(scenario)
    policy = make(scenario)
    twin = Twin(scenario, prepared)
    books = house_books(scenario, prepared.curves)
    state = State.initial(scenario)
    notebook = Notebook()
    found = []
    for _ in range(STEPS + 1):
        view = view_for_policy(scenario, state)
        plan, notebook = policy.decide(view, notebook)
        assert notebook.last is not None
        # PyPSA has no restart costs: with them the two optima would differ
        window = replace(notebook.last.compiled.window, restart_cost=0.0)
        found.append(
            JointProblem(prepared, window, times_of(view.ahead(scenario.policy.horizon_h)))
        )
        postings = post_all(books, state.step, twin.advance(state, plan), state)
        state = after(state, {posting.book: posting.detail or {} for posting in postings})
    earlier, now = found[-2:]
    return Replan(earlier, now)


def _timed(replan: Replan, memory: Memory | None) -> Sample:
    problem = replan.now
    began = time.perf_counter()
    result = solve_window(problem.prepared, problem.window, memory, replan.shift)
    for part in (result.serve_mw, result.run_mw, result.output_mw, result.flow_mw, result.price):
        part()  # all that a plan needs
    return time.perf_counter() - began, result.solution.objective


@contextmanager
def peer_of(witness: Path, replan: Replan) -> Iterator[subprocess.Popen[str]]:
    """Start PyPSA's side on both problems; its messages go to a file, so that it never waits for a
    reader.
    """
    with tempfile.TemporaryDirectory() as made:
        folders = [Path(made) / name for name in ("earlier", "now")]
        for problem, folder in zip((replan.earlier, replan.now), folders, strict=True):
            export(problem.prepared, problem.window, problem.times, folder)
        command = [str(witness), str(peer.__file__), *map(str, folders)]
        with (
            (Path(made) / "messages").open("w") as messages,
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=messages, text=True
            ) as process,
        ):
            yield process


def _ask(process: subprocess.Popen[str], request: str) -> Sample:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{request}\n")
    # a request that waits in a buffer would be waited for
    process.stdin.flush()
    for line in process.stdout:
        if line.startswith("ROW "):
            seconds, objective = json.loads(line[4:])
            return float(seconds), float(objective)
    raise InputError(
        [Issue("bench", "--witness", None, "PyPSA stopped", remedy="run tests/witness to see why")]
    )


BENCH = Bench(
    "replan",
    "compile + solve + read-out of a 24-h re-plan of a scenario, against PyPSA",
    rows,
    (
        Option("scenario", "", "another scenario than the template three-areas"),
        Option("repeats", 5, "how often"),
        WITNESS,
    ),
)
