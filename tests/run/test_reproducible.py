"""Same input, seed and version: the same bytes of a plan, whatever the locale, zone, hash seed, or
workers.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from suandian.model.issues import InputError
from suandian.reading.templates import folder

OTHERS = {
    "locale and zone": {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "TZ": "Asia/Shanghai"},
    "C, hash seed, threads": {
        "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
        "POLARS_MAX_THREADS": "1",
        "OMP_NUM_THREADS": "2",
    },
}


def suandian(*words: object, **changes: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "suandian", *map(str, words)],
        env=os.environ | changes,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def hashes(out: Path, names: tuple[str, ...] = ("*",)) -> dict[str, str]:
    files = sorted(f for name in names for f in out.rglob(name) if f.is_file())
    return {
        f.relative_to(out).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("plan") / "a"
    suandian("plan", folder("two-sites"), "--out", out, "--reproducible", PYTHONHASHSEED="0")
    return hashes(out)


def test_a_plan_folder_holds_the_plan_and_its_evidence(plain: dict[str, str]) -> None:
    assert set(plain) == {
        "plan.json",
        "plans.parquet",
        "certificate.json",
        "problem/last.npz",
        "scenario.toml",
    }


@pytest.mark.parametrize("name", OTHERS)
def test_the_bytes_do_not_depend_on_the_surroundings(
    name: str, plain: dict[str, str], tmp_path: Path
) -> None:
    suandian("plan", folder("two-sites"), "--out", tmp_path / "b", "--reproducible", **OTHERS[name])
    assert hashes(tmp_path / "b") == plain


def test_another_seed_gives_other_bytes(plain: dict[str, str], tmp_path: Path) -> None:
    suandian(
        "plan", folder("two-sites"), "--out", tmp_path / "b", "--reproducible", "--set", "seed=5"
    )
    assert hashes(tmp_path / "b")["plan.json"] != plain["plan.json"]


def test_one_and_two_workers_make_the_same_plans(tmp_path: Path) -> None:
    scenario = tmp_path / "s"
    scenario.mkdir()
    for file in folder("two-sites").iterdir():
        (scenario / file.name).write_bytes(file.read_bytes())
    text = (scenario / "scenario.toml").read_text().partition("\n[vary")[0]
    (scenario / "scenario.toml").write_text(text + "\n[vary]\nseed = [1, 2]\n")
    found = []
    for workers in (1, 2):
        out = tmp_path / f"runs{workers}"
        changes = {} if workers == 1 else {"TZ": "Asia/Shanghai", "PYTHONHASHSEED": "3"}
        suandian(
            "simulate",
            scenario,
            "--out",
            out,
            "--workers",
            workers,
            "--set",
            "policy.replan=24 h",
            "--json",
            **changes,
        )
        heads = [json.loads(f.read_text())["ledger_head"] for f in sorted(out.rglob("run.json"))]
        found.append(
            (hashes(out, ("*.parquet", "certificate.json", "last.npz", "statement.csv")), heads)
        )
    assert found[0] == found[1]
    assert len(found[0][1]) == 2 and found[0][1][0] != found[0][1][1]


def test_a_time_limit_is_not_reproducible(tmp_path: Path) -> None:
    from suandian.reading import load
    from suandian.run.planning import first_plan, write_plan

    scenario = load(folder("two-sites"), ["solver.time_limit=60 s"])
    with pytest.raises(InputError, match="not reproducible"):
        write_plan(scenario, *first_plan(scenario), tmp_path / "c", reproducible=True)
