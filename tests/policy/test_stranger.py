"""A stranger's policy: named in a scenario, checked, simulated, verified, compared and explained,
with no file of the house touched.
"""

import json
from importlib import metadata
from pathlib import Path

import pytest

from suandian.reading import check, load, registry
from suandian.reading.spec import reference
from suandian.reading.templates import folder
from suandian.record.read import open_run
from suandian.report.compare import compare
from suandian.report.page import write_comparison
from suandian.run.study import run_study
from suandian.verify.verify import verify

TWO = folder("two-sites")


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """Both policies, as if a package with these entry points were installed."""
    real = metadata.entry_points
    names = {"night": "policy.stranger:NIGHT", "even": "policy.stranger:EVEN"}

    def entries(**asked):
        found = real(**asked)
        if asked.get("group") != "suandian.policies":
            return found
        mine = [metadata.EntryPoint(name, value, asked["group"]) for name, value in names.items()]
        return [*found, *mine]

    registry.plugins.cache_clear()
    monkeypatch.setattr(registry.metadata, "entry_points", entries)
    yield
    monkeypatch.undo()
    registry.plugins.cache_clear()


def run(policy: str, out: Path, *sets: str):
    scenario = load(TWO, [f"policy.name={policy}", *sets])
    return open_run(run_study(scenario, out / policy, source=TWO))


def test_its_options_are_checked_and_in_the_schema() -> None:
    assert check(TWO, ["policy.name=night", "policy.options.begins=20"]) == []
    (issue,) = check(TWO, ["policy.name=night", "policy.options.begins=24"])
    assert (issue.place, issue.message) == ("policy.options.begins", "is out of range")
    (issue,) = check(TWO, ["policy.name=nigth"])
    assert issue.remedy == "did you mean night?"
    table = reference.schema()["$defs"]["PolicyTable"]["properties"]
    assert "night" in table["name"]["enum"] and "begins" in table["options"]["properties"]
    assert "## `[policy.options]` of `night`" in reference.markdown()


def test_it_runs_and_is_compared_and_explained(tmp_path: Path) -> None:
    runs = [run(name, tmp_path) for name in ("night", "oracle", "asap", "separate", "even")]
    for each in runs:
        assert verify(each.path).holds
    recorded = runs[0].record["policy_kind"]
    assert recorded == {
        "role": "candidate",
        "measures": "",
        "place": 2,
        "summary": "running jobs at home at night",
    }
    comparison = compare(runs)
    # baselines as listed, then candidates (ours come first; joint did not run), then the bound
    assert [row.policy for row in comparison.rows] == [
        "asap",
        "separate",
        "even",
        "night",
        "oracle",
    ]
    night = comparison.rows[3]
    assert night.synergy_value is not None and night.flexibility_used is not None
    assert night.role == "candidate"
    assert comparison.reasons[0].startswith("night costs")
    write_comparison(runs, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "planning computing and power apart (separate)" in page and "night against asap" in page


def test_its_jobs_run_at_home_at_night(tmp_path: Path) -> None:
    jobs = run("night", tmp_path, "policy.options.begins=20").table("jobs")
    away = jobs.filter(jobs["site"] != jobs["origin"])
    assert len(jobs) > 0 and len(away) == 0


def test_one_that_solves_nothing_leaves_a_folder_without_a_problem(tmp_path: Path) -> None:
    even = run("even", tmp_path)
    assert not even.has("problem/last.npz") and even.record["solves"] == []
    kpis = json.loads((even.path / "kpis.json").read_text(encoding="utf-8"))
    assert kpis["jobs_late"]["value"] == 0
