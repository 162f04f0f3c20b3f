"""`simulate` and `experiment`: plan, execute on actual values, book and report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from suandian.model.scenario import Scenario
from suandian.reading import load
from suandian.reading.text.toml import Override
from suandian.record.read import Run, open_run
from suandian.report.page import write_report
from suandian.run.experiment import PlannedCase, plan_experiment, run_experiment
from suandian.run.study import run_study
from suandian.scale.executors import processes

Tick = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Experiment:
    """The finished cases of a scenario's `[vary]`: `folder` with experiment.json and one run folder
    per case.
    """

    folder: Path
    cases: tuple[PlannedCase, ...]

    def runs(self) -> list[Run]:
        """Return the run of each case, in the order of `cases`."""
        return [open_run(self.folder / case.path) for case in self.cases]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values: the cases, each with its KPIs."""
        # what is told is what was written: labels and values as texts
        record = json.loads((self.folder / "experiment.json").read_text(encoding="utf-8"))
        pairs = zip(record["cases"], self.runs(), strict=True)
        return {"cases": [{**case, "kpis": run.kpis} for case, run in pairs]}


def simulate(
    scenario: Scenario, out: str | Path | None = None, progress: Tick | None = None
) -> Run:
    """Run a scenario against the Twin, write its run folder with report.html, and return the run.

    `out` is `runs/<name>-<time>` unless given; an unfinished run of the same scenario in it is
    resumed. `progress(step, steps, label)` is called after each step.

    Raises
    ------
    InputError
        `out` holds a finished run, or a run of another scenario.
    SolveError
        A plan has no usable solution.

    Examples
    --------
    >>> import suandian, tempfile
    >>> scenario = suandian.load(suandian.template("two-sites"), ["policy.name=asap"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = suandian.simulate(scenario, folder + "/asap")
    ...     kpis, energy = run.kpis, run.flows["energy_wh"].sum()
    >>> kpis["system_cost"]["unit"], energy > 0
    ('USD', True)
    """
    target = _folder(scenario.name, out)

    def tell(step: int, of: int) -> None:
        if progress is not None:
            progress(step, of, "")

    # `source` is noted in the run, so that it can be settled again from the same inputs
    run_study(scenario, target, tell, Path(scenario.source))
    run = open_run(target)
    write_report(run, [], target / "report.html")
    return run


def cases(path: str | Path, sets: Iterable[Override] = ()) -> list[PlannedCase]:
    """Return the cases of a scenario's `[vary]`; one without values where there is none.

    Raises
    ------
    InputError
        The file or its `[vary]` is wrong.

    Examples
    --------
    >>> import suandian
    >>> vary = 'vary={"policy.name" = ["asap", "joint"]}'
    >>> [case.label for case in suandian.cases(suandian.template("two-sites"), [vary])]
    ['name=asap', 'name=joint']
    """
    return plan_experiment(Path(path), list(sets))


def experiment(
    path: str | Path,
    out: str | Path | None = None,
    sets: Iterable[Override] = (),
    workers: int = 2,
    progress: Tick | None = None,
) -> Experiment:
    """Run every case of a scenario's `[vary]` into folder `out`, side by side in `workers`
    processes.

    `out` is `runs/<name>-<time>` unless given. What was finished before an interruption is not run
    again. Each run is linked to the runs that differ from it in the policy only, and its comparing
    KPIs are written. A script keeps its call below `if __name__ == "__main__":`, as whatever starts
    processes of Python.

    Raises
    ------
    InputError
        The scenario or its `[vary]` is wrong, or a folder holds another run.
    SolveError
        A case has no usable solution.
    """
    todo = cases(path, sets)

    def tell(label: str, done: int, of: int) -> None:
        if progress is not None:
            progress(done, of, label)

    # what is wrong with the scenario is told before a folder is made
    scenario = load(path, todo[0].sets)
    target = _folder(scenario.name, out)
    with processes(workers) as executor:
        folder = run_experiment(Path(path), todo, target, executor, tell)
    return Experiment(folder, tuple(todo))


def _folder(name: str, out: str | Path | None) -> Path:
    if out is not None:
        return Path(out)
    # the time keeps two runs of one scenario apart; nothing inside the folder depends on it
    return Path("runs") / f"{name}-{datetime.now().strftime('%Y%m%d-%H%M%S')}"
