"""`bench build`: build of the operational problem of a whole year, ours and PyPSA's, time and
memory.

The joint problem with perfect foresight over the whole study (`regions`: sites, storage, services
and classes of jobs; DC power flow with every line in the problem), exported once. Each build runs
in a process of its own, the two sides in turns:

    ours    inputs as arrays → `compile_window`: matrix, costs, bounds, right-hand sides
    PyPSA   its network read from the folder → `optimize.create_model`, and linopy's matrices of it

Time counts from inputs in memory to the solver's arrays; a second build in the same process says
what it takes once the process has its memory. Memory is the largest that the process held in all
(VmHWM: that of getrusage would include the parent's, from before the process began), and what the
first build added to what was held before. Shorter studies are solved by both sides and the optima
compared.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any

from suandian.bench import peer_build
from suandian.bench.peer_build import peak_mb
from suandian.bench.regions import regions
from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.replan import WITNESS, require
from suandian.bench.rows import Row, paired, row
from suandian.export.problems import JointProblem, whole_study
from suandian.export.pypsa import export
from suandian.maths.compile import compile_window
from suandian.maths.solving import solve_window
from suandian.model.issues import InputError, Issue

Told = Mapping[str, float]
# hours of studies that both sides solve: a year takes too long to be solved for a comparison
SAME = (168, 672)
# figure, what of ours, what of the peer's, its name, unit
FIGURES = (
    ("build to the solver's arrays", "build_s", "build_s", "PyPSA and linopy", "s"),
    ("the same", "build_s", "model_s", "PyPSA create_model, without arrays", "s"),
    ("built again in the same process", "again_s", "again_s", "PyPSA and linopy", "s"),
    # the same problem has as many columns, rows and coefficients
    ("columns", "columns", "columns", "PyPSA and linopy", "1"),
    ("rows", "rows", "rows", "PyPSA and linopy", "1"),
    ("coefficients", "entries", "entries", "PyPSA and linopy", "1"),
    ("largest memory of the process", "peak_mb", "peak_mb", "PyPSA and linopy", "MB"),
    ("memory added by the build", "added_mb", "added_mb", "PyPSA and linopy", "MB"),
)


def study(buses: int, sites: int, hours: int, seed: int) -> JointProblem:
    """Return the joint problem of the whole study on a DC network."""
    return whole_study(replace(regions(buses, sites, hours, seed=seed), network="dc"))


def rows(
    buses: int,
    sites: int,
    hours: int,
    repeats: int,
    seed: int,
    witness: Path,
    processes: Callable[[int], Executor],
    tick: Tick | None = None,
) -> list[Row]:
    """Build `repeats` times in turns; solve the studies of SAME hours on both sides.

    Raises
    ------
    InputError
        There is no environment with PyPSA at `witness`, or it stopped.
    """
    require(witness)
    ours: list[Told] = []
    theirs: list[Told] = []
    total = repeats + len(SAME)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        # the peer reads a folder: writing it is not counted against either side
        wrote = _apart(processes, exported, buses, sites, hours, seed, folder / "long")
        for i in range(repeats):
            ours.append(_apart(processes, built, buses, sites, hours, seed))
            # in turns: what else the machine does falls on both
            theirs.append(_peer(witness, folder / "long", "build"))
            if tick is not None:
                tick(i + 1, total, "build")
        optima = []
        for k, length in enumerate(SAME):
            study_folder = folder / str(length)
            _apart(processes, exported, buses, sites, length, seed, study_folder)
            # two lengths are solved as well: who builds something else builds it faster
            mine = _apart(processes, solved, buses, sites, length, seed)
            optima.append(_same_optimum(length, mine, _peer(witness, study_folder, "solve")))
            if tick is not None:
                tick(repeats + k + 1, total, "solve")
    size = f"{hours} h, {int(ours[0]['columns']):,} columns"
    compared = []
    for figure, key, peer_key, peer, unit in FIGURES:
        values = [told[key] for told in ours]
        peer_values = [told[peer_key] for told in theirs]
        compared.append(row("build", size, figure, values, unit, (peer, peer_values)))
    wrote_row = row("build", size, "export to PyPSA's folder", [wrote["export_s"]], "s")
    return [*compared, wrote_row, *optima]


def _same_optimum(length: int, mine: Told, other: Told) -> Row:
    """Return the row that says whether both sides found the same optimum of a study."""
    # a sample is (value, objective): here the objective is what is shown, too
    ours = [(mine["objective"],) * 2]
    theirs = [(other["objective"],) * 2]
    return paired("build", f"{length} h", "optimum", ours, "PyPSA", theirs, unit="cost")


def built(buses: int, sites: int, hours: int, seed: int) -> Told:
    """Build our problem once; returns seconds, sizes and memory of this process."""
    problem = study(buses, sites, hours, seed)
    # Curves and topology belong to the system: they are made once for all its problems.
    _ = problem.prepared.curves, problem.prepared.topology
    # memory before: imports and the system itself are not the build's
    held = peak_mb(now=True)
    began = time.perf_counter()
    made = compile_window(problem.prepared, problem.window).problem
    seconds, (height, width), peak = time.perf_counter() - began, made.shape, peak_mb()
    entries = int(made.matrix.nnz)
    began = time.perf_counter()
    compile_window(problem.prepared, problem.window)
    return {
        "build_s": seconds,
        "again_s": time.perf_counter() - began,
        "rows": height,
        "columns": width,
        "entries": entries,
        "peak_mb": peak,
        "added_mb": peak - held,
    }


def solved(buses: int, sites: int, hours: int, seed: int) -> Told:
    """Solve our problem of a study."""
    problem = study(buses, sites, hours, seed)
    return {"objective": solve_window(problem.prepared, problem.window).solution.objective}


def exported(buses: int, sites: int, hours: int, seed: int, folder: Path) -> Told:
    """Write a study as a PyPSA network; returns the seconds it took."""
    problem = study(buses, sites, hours, seed)
    began = time.perf_counter()
    export(problem.prepared, problem.window, problem.times, folder)
    return {"export_s": time.perf_counter() - began}


def _apart(processes: Callable[[int], Executor], work: Callable[..., Told], *words: object) -> Told:
    """Run in a fresh process, whose memory is its own."""
    # in a process of its own: a peak is of a whole process and never goes down
    with processes(1) as executor:
        return executor.submit(work, *words).result()


def _peer(witness: Path, folder: Path, what: str) -> Told:
    # in the peer's own environment, by its own interpreter
    command = [str(witness), str(peer_build.__file__), str(folder), what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = [line[4:] for line in done.stdout.splitlines() if line.startswith("ROW ")]
    if done.returncode or not told:
        last = done.stderr.strip()[-300:]
        raise InputError(
            [
                Issue(
                    "bench", "--witness", None, f"PyPSA stopped: {last}", remedy="run tests/witness"
                )
            ]
        )
    made: dict[str, Any] = json.loads(told[0])
    return made


BENCH = Bench(
    "build",
    "build of a year's operational problem to the solver's arrays, time and memory, against "
    "PyPSA and linopy",
    rows,
    (
        Option("buses", 8, "of the synthetic scenario"),
        Option("sites", 16, "of the synthetic scenario"),
        Option("hours", 8760, "of the study that is built"),
        Option("repeats", 3, "how often"),
        Option("seed", 0, "of the synthetic scenario"),
        WITNESS,
    ),
)
