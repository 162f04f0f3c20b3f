"""`bench replan`: compile + solve + read-out of a 24-h re-plan, ours and PyPSA's, in one run, same answer.

The problem is the joint problem of the demo's first 24 h on actual values, without terminal values (PyPSA has no
counterpart for them). Ours: cold, and warm from the basis of the plan of an hour before with other forecasts. Theirs:
`Network.optimize` on the network in memory (build, solve, read-out), with the same solver, one thread and the direct
interface (no files).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from suandian.export.pypsa import export
from suandian.load import load
from suandian.maths.compile import Memory, Result, solve_window
from suandian.maths.prepared import Prepared
from suandian.maths.window import Window
from suandian.model.issues import InputError, Issue
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.outlook import foreseen

SOLVER = """
import json, logging, sys, time, warnings
import pypsa
logging.disable(logging.CRITICAL); warnings.simplefilter("ignore")
n = pypsa.Network(sys.argv[1])
for line in sys.stdin:
    t = time.perf_counter()
    n.optimize(solver_name="highs", io_api="direct", solver_options={"output_flag": False, "threads": 1})
    seconds = time.perf_counter() - t
    objective = float(n.objective) + float(getattr(n, "objective_constant", 0.0) or 0.0)
    print("ROW " + json.dumps([seconds, objective]), flush=True)
"""


def rows(scenario: Path, witness: Path, repeats: int = 5) -> list[dict[str, Any]]:
    """Measure both sides alternately `repeats` times; returns the rows of `--json`.

    Raises
    ------
    InputError
        There is no environment with PyPSA at `witness`.
    """
    if not witness.exists():
        remedy = "make witness (or --witness PATH of a python with pypsa)"
        raise InputError([Issue("bench", "--witness", str(witness), "no such python", remedy=remedy)])
    prepared, window, earlier, times = _problems(scenario)
    before = _read_out(solve_window(prepared, earlier))[1]
    cold, warm, theirs = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        export(prepared, window, times, Path(folder))
        command = [str(witness), "-c", SOLVER, folder]
        pipe = subprocess.PIPE
        with (
            (Path(folder) / "messages").open("w") as messages,
            subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=messages, text=True) as peer,
        ):
            for _ in range(repeats + 1):  # the first of each warms caches and is dropped
                cold.append(_timed(prepared, window, None))
                warm.append(_timed(prepared, window, before))
                theirs.append(_ask(peer))
            assert peer.stdin is not None
            peer.stdin.close()
    return [
        _row("cold", window, cold[1:], theirs[1:]),
        _row("warm, from the plan of an hour before", window, warm[1:], theirs[1:]),
    ]


def _problems(scenario: Path) -> tuple[Prepared, Window, Window, list[str]]:
    loaded = load(scenario, ["policy.name=joint"])
    prepared = Prepared.of(loaded)
    outlook = foreseen(View(loaded, State.initial(loaded)), 24.0)
    window = outlook.window
    rng = np.random.default_rng(1)
    noise = rng.normal(1.0, 0.1, window.available_mw.shape).clip(0.5, 1.5)
    earlier = replace(window, available_mw=np.roll(window.available_mw, 1, axis=0) * noise)
    times = np.datetime_as_string(outlook.axis.edges_s[:-1].astype("datetime64[s]"), unit="s")
    return prepared, window, earlier, [t.replace("T", " ") for t in times.tolist()]


def _read_out(result: Result) -> tuple[float, Memory | None]:
    """Read all that a plan needs: work, output, flows, prices."""
    for part in (result.serve_mw, result.run_mw, result.output_mw, result.flow_mw, result.price):
        part()
    return result.solution.objective, result.memory


def _timed(prepared: Prepared, window: Window, memory: Memory | None) -> tuple[float, float]:
    began = time.perf_counter()
    objective, _ = _read_out(solve_window(prepared, window, memory))
    return time.perf_counter() - began, objective


def _ask(peer: subprocess.Popen[str]) -> tuple[float, float]:
    assert peer.stdin is not None and peer.stdout is not None
    peer.stdin.write("go\n")
    peer.stdin.flush()
    for line in peer.stdout:
        if line.startswith("ROW "):
            seconds, objective = json.loads(line[4:])
            return float(seconds), float(objective)
    raise InputError([Issue("bench", "--witness", None, "PyPSA stopped", remedy="run tests/witness to see why")])


def _row(
    figure: str, window: Window, ours: list[tuple[float, float]], theirs: list[tuple[float, float]]
) -> dict[str, Any]:
    seconds, other = [s for s, _ in ours], [s for s, _ in theirs]
    same = all(abs(a - b) <= 1e-6 * abs(b) for (_, a), (_, b) in zip(ours, theirs, strict=True))
    return {
        "name": "replan", "size": window.n, "figure": f"compile + solve + read-out, {figure}",
        "value": statistics.median(seconds), "unit": "s", "low": min(seconds), "high": max(seconds),
        "peer": "PyPSA optimize", "peer_value": statistics.median(other),
        "ratio": statistics.median(other) / statistics.median(seconds), "same_answer": same,
    }  # fmt: skip
