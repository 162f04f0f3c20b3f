"""What `simulate` calls its folder and prints for machines; `--version`."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from suandian.cli.main import main
from suandian.reading.templates import folder

SHORT = (
    "--set",
    'time.duration="2 h"',
    "--set",
    "policy.name=asap",
    "--set",
    'workloads.training.slack="0 h"',
)


def run(monkeypatch, capsys, *words: object) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["suandian", *map(str, words)])
    try:
        main()
        code = 0
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    return code, capsys.readouterr().out


def test_the_folder_has_the_name_of_the_scenario(monkeypatch, capsys, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    code, out = run(
        monkeypatch,
        capsys,
        "simulate",
        folder("two-sites"),
        *SHORT,
        "--set",
        "name=other",
        "--json",
    )
    told = json.loads(out)
    assert (
        code == 0
        and told["out"].startswith("runs/other-")
        and (tmp_path / told["out"] / "run.json").exists()
    )
    assert told["system_cost"]["unit"] == "USD"


def test_an_experiment_prints_the_kpis_of_each_case(monkeypatch, capsys, tmp_path: Path) -> None:
    vary = ("--set", 'vary={"goal.carbon_price"=["0 USD/t", "90 USD/t"]}')
    words = (
        "simulate",
        folder("two-sites"),
        *SHORT,
        *vary,
        "--workers",
        1,
        "--out",
        tmp_path / "x",
        "--json",
    )
    code, out = run(monkeypatch, capsys, *words)
    first, second = json.loads(out)["cases"]
    assert code == 0 and first["values"] == {"goal.carbon_price": "0 USD/t"} and first["label"]
    assert first["kpis"]["system_cost"]["value"] < second["kpis"]["system_cost"]["value"]


def test_version(monkeypatch, capsys) -> None:
    assert run(monkeypatch, capsys, "--version") == (0, f"suandian {version('suandian')}\n")
