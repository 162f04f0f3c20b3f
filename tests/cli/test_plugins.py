"""`suandian plugins`: the list, `new` with what it refuses, `check` with its exit codes."""

import json

import pytest
from typer.testing import CliRunner

from suandian.api import scaffold
from suandian.cli.main import app
from suandian.model.issues import InputError


def run(*words):
    return CliRunner().invoke(app, ["plugins", *map(str, words)])


def test_the_list_names_kind_version_and_source():
    rows = json.loads(run("--json").stdout)["plugins"]
    grid = next(row for row in rows if row["name"] == "matpower")
    assert grid["kind"] == "grid" and grid["data"].startswith("suandian ")
    assert grid["source"] == "suandian" and grid["module"].endswith("matpower:GRID")


@pytest.mark.parametrize("kind", scaffold.kinds())
def test_new_writes_a_package(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("new", kind, "my-own")
    assert done.exit_code == 0 and "pip install ./suandian-my-own" in done.stdout
    folder = tmp_path / "suandian-my-own"
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert files == [
        "README.md",
        "pyproject.toml",
        "suandian_my_own.py",
        "tests/test_suandian_my_own.py",
    ]
    for file in files:
        assert "@" not in (folder / file).read_text().replace("@dataclass", "").replace("@prop", "")
    # nothing is overwritten
    error = run("new", kind, "my-own").exception
    assert isinstance(error, InputError) and "exists already" in str(error)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("seris", "mine"), "did you mean series?"),
        (("policies", "mine"), "no such kind"),
        (("grids", "mine"), "write grid"),
        (("solver", "mine"), "no package to start from"),
        (("series", "My_Wave"), "write my-wave"),
        (("series", "7days"), "write days"),
        (("series", ""), "for example"),
        (("series", "google-2019"), "is installed"),
    ],
)
def test_new_refuses_with_a_remedy(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = run("new", *words).exception
    assert isinstance(error, InputError) and message in str(error)
    assert list(tmp_path.iterdir()) == []


def test_check_says_which_rules_are_kept():
    done = run("check", "trace", "pai-quantiles")
    assert done.exit_code == 0 and "yes the same seed gives the same jobs" in done.stdout
    kept = json.loads(run("check", "trace", "pai-quantiles", "--json").stdout)["kept"]
    assert len(kept) > 5


def test_check_takes_options_and_refuses_others(tmp_path):
    meter = tmp_path / "meter.csv"
    meter.write_text("time,point,value\n2024-03-04T00:00:00+00:00,power,12.5\n")
    words = ("check", "connector", "files", "--set", f"measurements={meter}")
    assert run(*words, "--set", "place=site:west").exit_code == 0
    error = run(*words).exception
    assert isinstance(error, InputError) and "place: is missing" in str(error)
    assert isinstance(run("check", "grid", "nothing").exception, InputError)


def test_check_exits_with_1_where_a_rule_is_broken(tmp_path):
    # measured in the year 2999: no meter says so
    meter = tmp_path / "meter.csv"
    meter.write_text("time,point,value\n2999-03-04T00:00:00+00:00,power,12.5\n")
    sets = ("--set", f"measurements={meter}", "--set", "place=site:west")
    done = run("check", "connector", "files", *sets)
    assert done.exit_code == 1 and "nothing was measured in the future" in done.stdout
    broken = json.loads(run("check", "connector", "files", *sets, "--json").stdout)["broken"]
    assert list(broken) == ["nothing was measured in the future"]
