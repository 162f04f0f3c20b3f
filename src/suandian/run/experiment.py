"""An experiment: the cases of `[vary]`, each in its own run folder, side by side in processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suandian.policy.chosen import standing_of
from suandian.reading import cases, load
from suandian.reading.text.toml import Override
from suandian.record.folder import RunFolder
from suandian.report.standing import BOUND, FLEXIBILITY, SYNERGY, Standing
from suandian.run.study import finish, run_study

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class PlannedCase:
    """One case: its label, the overrides that make it, and its run folder (relative to the
    experiment's).
    """

    label: str
    values: Mapping[str, Any]
    sets: tuple[tuple[str, Any], ...]
    path: str


def plan_experiment(path: Path, sets: Sequence[Override]) -> list[PlannedCase]:
    """Return the cases of a scenario's `[vary]` (one case where there is none)."""
    runs = []
    for case in cases(path, sets):
        label = " ".join(f"{k.split('.')[-1]}={v}" for k, v in case.labels.items()) or "run"
        name = (
            "_".join(str(v) for v in case.labels.values()).replace("/", "-").replace(" ", "")
            or "run"
        )
        runs.append(
            PlannedCase(
                label,
                dict(case.labels),
                tuple(case.sets),
                name,
            )
        )
    return runs


def run_experiment(
    path: Path,
    todo: Sequence[PlannedCase],
    out: Path,
    executor: Executor,
    progress: Progress | None = None,
) -> Path:
    """Run all cases into `out` on `executor`, longest first; then link each to its
    reference runs.
    """
    out.mkdir(parents=True, exist_ok=True)
    order = sorted(todo, key=lambda case: not _foresees(case))
    running = {executor.submit(_one, path, case, out): case for case in order}
    if progress is not None:
        progress("", 0, len(order))
    for done, future in enumerate(as_completed(running), start=1):
        future.result()
        if progress is not None:
            progress(running[future].label, done, len(order))
    _link(todo, out)
    record = {"cases": [{"label": c.label, "values": dict(c.values), "path": c.path} for c in todo]}
    (out / "experiment.json").write_text(
        json.dumps(record, indent=1, default=str), encoding="utf-8"
    )
    return out


def _foresees(case: PlannedCase) -> bool:
    """Tell whether a case plans the whole study at once, which takes longest."""
    standing = standing_of(str(case.values.get("policy.name", "")))
    return standing is not None and standing["role"] == "bound"


def _one(path: Path, case: PlannedCase, out: Path) -> None:
    target = out / case.path
    scenario = load(path, case.sets)
    folder = RunFolder(target)
    if folder.exists():
        record = folder.read()
        if record["state"] == "done" and record["scenario_hash"] == scenario.hash:
            return  # this case was finished before the experiment was interrupted
    run_study(scenario, target, source=path if path.is_dir() else path.parent)


def _link(todo: Sequence[PlannedCase], out: Path) -> None:
    """Name each run's reference runs (same case but for the policy) and write its
    comparing KPIs.
    """
    for case in todo:
        rest = {k: v for k, v in case.values.items() if k != "policy.name"}
        references = {}
        for other in todo:
            name = other.values.get("policy.name")
            same = {k: v for k, v in other.values.items() if k != "policy.name"} == rest
            if name is None or not same:
                continue
            record = RunFolder(out / other.path).read()
            standing = Standing.of(record)
            if any(standing.serves(purpose) for purpose in (FLEXIBILITY, SYNERGY, BOUND)):
                references[str(name)] = [f"../{other.path}", record["ledger_head"]]
        if references:
            folder = RunFolder(out / case.path)
            folder.write({**folder.read(), "reference_runs": references})
            finish(out / case.path)
