"""`suandian simulate`: run a scenario (or all cases of its [vary]) against the Twin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def simulate(
    path: Annotated[Path, typer.Argument(help="scenario file, or folder with scenario.toml")],
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="override: dotted.key=value (repeatable)")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="run folder (default runs/<name>-<time>)")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="processes for the cases of [vary]")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Plan, execute on actual values, book and report; resumes an unfinished run in the same --out.

    Examples:
      suandian simulate three-areas --set policy.name=joint --out runs/joint
      suandian simulate three-areas --out runs/all      (every case of [vary])
    """
    from suandian.cli.progress import bar
    from suandian.reading import load
    from suandian.run.experiment import plan_experiment, run_experiment
    from suandian.run.study import run_study
    from suandian.scale.executors import processes

    todo = plan_experiment(path, sets or [])
    scenario = load(path, todo[0].sets)  # what is wrong with it is told before a folder is made
    target = out or _default(scenario.name)
    if len(todo) == 1 and not todo[0].values:
        with bar(f"simulate {scenario.name} ({scenario.policy.name})") as tick:
            run_study(
                scenario,
                target,
                lambda step, of: tick(step, of, ""),
                path if path.is_dir() else path.parent,
            )
        _write_report(target)
    else:
        with bar(f"simulate {len(todo)} cases") as tick, processes(workers) as executor:
            run_experiment(
                path, todo, target, executor, lambda label, done, of: tick(done, of, label)
            )
    _show(target, as_json)


def _default(name: str) -> Path:
    from datetime import datetime

    return Path("runs") / f"{name}-{datetime.now().strftime('%Y%m%d-%H%M%S')}"


def _write_report(target: Path) -> None:
    from suandian.record.read import open_run
    from suandian.report.page import write_report

    write_report(open_run(target), [], target / "report.html")


def _show(target: Path, as_json: bool) -> None:
    experiment = target / "experiment.json"
    if as_json:
        print(
            json.dumps(
                {"out": str(target), **(_cases(target) if experiment.exists() else _kpis(target))}
            )
        )
        return
    if experiment.exists():
        from suandian.cli.compare import compare

        compare([target], as_json=False, out=target / "report.html")
        return
    from suandian.cli.tables import kpi_table

    kpi_table(_kpis(target), str(target))


def _kpis(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "kpis.json").read_text(encoding="utf-8"))
    return found


def _cases(target: Path) -> dict[str, Any]:
    """Return what `--json` prints of an experiment: its cases, each with its KPIs."""
    record = json.loads((target / "experiment.json").read_text(encoding="utf-8"))
    return {"cases": [{**case, "kpis": _kpis(target / case["path"])} for case in record["cases"]]}
