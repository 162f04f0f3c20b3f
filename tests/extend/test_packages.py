"""A stranger's package of every kind: made by `plugins new`, installed in a fresh environment, run.

One environment for all kinds: its own interpreter and site-packages, with the libraries of this
environment behind them (installing those again would test pip, not the plug-ins).
"""

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import suandian
from suandian.api import scaffold

HOUSE = Path(suandian.__file__).parent
SHORT = ("--set", 'time.duration="3 h"', "--set", 'workloads.training.slack="0 h"')
RING = """version = 1
name = "ring"
currency = "USD"
[time]
start = 2024-03-04T00:00:00
duration = "3 h"
zone = "UTC"
[grid]
plugin = "my-grid"
buses = 5
[sites.west]
bus = "b1"
connection = { limit = "60 MW" }
cluster = { power = "50 MW", pue = { value = 1.2 } }
[workloads.web]
kind = "service"
origin = "west"
power = { mean = "20 MW" }
"""


class Environment:
    """A fresh environment with a package of every kind in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / "env"], check=True)
        self.python = root / "env" / "bin" / "python"
        here = self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout
        libraries = sysconfig.get_path("purelib")
        Path(here.strip(), "libraries.pth").write_text(f"{HOUSE.parent}\n{libraries}\n")
        for kind in scaffold.kinds():
            self.suandian("plugins", "new", kind, f"my-{kind}")
        self.packages = [root / f"suandian-my-{kind}" for kind in scaffold.kinds()]
        pip = (sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet")
        offline = ("--no-deps", "--no-build-isolation", "--no-index")
        subprocess.run([*pip, *offline, *self.packages], check=True, cwd=root)

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Run the environment's interpreter; its output is in the failure where it fails."""
        hidden = ("PYTHONPATH", "PYTHONHOME", "PYTEST_ADDOPTS", "COVERAGE_PROCESS_START")
        environment = {k: v for k, v in os.environ.items() if k not in hidden}
        command = [str(self.python), *map(str, words)]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=self.root, env=environment
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    def suandian(self, *words: object) -> str:
        """Run a verb and return what it prints."""
        return self.run("-m", "suandian", *words).stdout


def digest() -> str:
    """Return a hash over the source of the house."""
    files = sorted(path for path in HOUSE.rglob("*") if path.suffix in (".py", ".in", ".toml"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    before = digest()
    yield Environment(tmp_path_factory.mktemp("stranger"))
    assert digest() == before  # no file of the house was touched


def test_their_own_tests_pass(env):
    folders = [package / "tests" for package in env.packages]
    shown = env.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *folders).stdout
    assert "passed" in shown


def test_they_are_listed_with_their_source(env):
    rows = json.loads(env.suandian("plugins", "--json"))["plugins"]
    theirs = {row["name"]: row for row in rows if row["source"] != "suandian"}
    for kind in scaffold.kinds():
        row = theirs[f"my-{kind}"]
        assert row["kind"] == kind and row["source"] == f"suandian-my-{kind}"
        assert row["data"] == f"suandian-my-{kind} 0.1.0"


@pytest.mark.parametrize("kind", scaffold.kinds())
def test_the_verb_runs_their_contract(env, kind):
    assert " 0 broken" in env.suandian("plugins", "check", kind, f"my-{kind}")


def test_their_options_are_in_the_schema(env):
    definitions = json.loads(env.suandian("schema"))["$defs"]
    ring = next(
        rule["then"]["properties"]
        for rule in definitions["GridSpec"]["allOf"]
        if rule["if"]["properties"]["plugin"]["const"] == "my-grid"
    )
    assert ring["buses"]["minimum"] == 3
    assert "`[grid]` of grid `my-grid`" in env.suandian("schema", "--markdown")


def kpis(env, name, scenario, *words):
    out = env.root / "runs" / name
    shown = env.suandian("simulate", scenario, *words, "--out", out, "--json")
    assert env.suandian("verify", out)
    return json.loads(shown), json.loads((out / "run.json").read_text())


def two_sites(env):
    target = env.root / "two-sites"
    if not target.exists():
        env.suandian("new", "two-sites", target)
    return target


def test_a_series_shapes_a_service(env):
    words = (*SHORT, "--set", "policy.name=asap")
    shape = ("--set", "workloads.web.power.shape=my-series:15")
    _, record = kpis(env, "series", two_sites(env), *words, *shape)
    assert record["inputs"]["series:my-series"] == "suandian-my-series 0.1.0"


def test_a_trace_is_worked_off(env):
    words = (*SHORT, "--set", "policy.name=asap", "--set", "workloads.training.trace=my-trace")
    options = ("--set", "workloads.training.trace_options={jobs_per_hour=2}")
    figures, _ = kpis(env, "trace", two_sites(env), *words, *options)
    # 3 hours, 2 jobs an hour
    assert figures["jobs_total"]["value"] == figures["jobs_completed"]["value"] == 6


def test_a_grid_is_dispatched(env):
    folder = env.root / "ring"
    folder.mkdir()
    (folder / "scenario.toml").write_text(RING)
    figures, _ = kpis(env, "grid", folder, "--set", "policy.name=asap")
    assert figures["system_cost"]["value"] > 0
    done = subprocess.run(
        [env.python, "-m", "suandian", "check", folder, "--set", "grid.buses=2"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and "grid.buses = 2: is out of range" in done.stderr


def test_a_policy_decides_and_compare_and_report_explain_it(env):
    _, record = kpis(env, "policy", two_sites(env), *SHORT, "--set", "policy.name=my-policy")
    assert record["policy"] == "my-policy"
    kpis(env, "asap", two_sites(env), *SHORT, "--set", "policy.name=asap")
    runs = [env.root / "runs" / name for name in ("asap", "policy")]
    compared = json.loads(env.suandian("compare", *runs, "--json"))["comparisons"][0]
    assert [row["policy"] for row in compared["rows"]] == ["asap", "my-policy"]
    page = env.root / "page.html"
    env.suandian("report", runs[1], "--against", runs[0], "--out", page)
    assert "my-policy" in page.read_text()


def test_a_policy_with_its_options_is_a_case_of_an_experiment(env):
    options = ("--set", "policy.options.begins=1", "--set", "policy.options.lasts_h=2")
    kpis(env, "night", two_sites(env), *SHORT, "--set", "policy.name=my-policy", *options)
    words = [env.python, "-m", "suandian", "check", two_sites(env)]
    wrong = ("--set", "policy.name=my-policy", "--set", "policy.options.begin=1")
    done = subprocess.run([*words, *wrong], capture_output=True, text=True)
    assert done.returncode == 2 and "did you mean begins?" in done.stderr


def test_a_tariff_is_billed_and_settled(env):
    rates = {"day": '"200 USD/MWh"', "night": '"80 USD/MWh"', "begins": 0, "ends": 23}
    words = [*SHORT, "--set", "tariffs.spot.kind=my-tariff", "--set", "policy.name=separate"]
    for key, value in rates.items():
        words += ["--set", f"tariffs.spot.{key}={value}"]
    figures, _ = kpis(env, "tariff", two_sites(env), *words)
    # the study ends before 23:00: all of it is night
    paid = figures["cost_energy"]["value"]
    assert paid == pytest.approx(80.0 * figures["energy_import_mwh"]["value"], abs=0.01)
    statement = env.root / "runs" / "tariff" / "statement.csv"
    assert "two rates: price × energy" in statement.read_text(encoding="utf-8")


def test_a_forecaster_is_planned_with(env):
    words = (*SHORT, "--set", "policy.name=joint", "--set", "forecast.name=my-forecaster")
    figures, _ = kpis(env, "forecaster", two_sites(env), *words)
    assert figures["system_cost"]["value"] > 0
