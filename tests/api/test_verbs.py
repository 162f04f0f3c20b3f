"""The verbs as functions, on one short run of `two-sites`: frames, figures, statements, checks."""

import importlib.util
import json
from decimal import Decimal

import polars as pl
import pytest

import suandian
from suandian import api
from suandian.api import browser
from suandian.model.issues import InputError

SHORT = (
    'time.duration="3 h"',
    'workloads.training.slack="0 h"',
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    found = {}
    for policy in ("asap", "joint"):
        scenario = api.load(api.template("two-sites"), [*SHORT, f"policy.name={policy}"])
        found[policy] = api.simulate(scenario, root / policy)
    return found


def test_progress_is_told_to_the_last_step(tmp_path):
    scenario = api.load(api.template("two-sites"), [*SHORT, "policy.name=asap"])
    steps = []
    api.simulate(scenario, tmp_path / "run", lambda *told: steps.append(told))
    assert steps[-1] == (scenario.axis.n, scenario.axis.n, "")


def test_a_run_has_frames_and_a_page(runs):
    run = runs["joint"]
    assert isinstance(run.flows, pl.DataFrame)
    assert (run.path / "report.html").stat().st_size > 1_000_000  # with its JavaScript
    assert api.open_run(run.path).kpis == run.kpis


def test_a_run_can_be_settled_again_where_its_scenario_was_read_from(runs, tmp_path):
    settlement = api.settle(runs["joint"].path)
    assert settlement.currency == "USD"
    assert sum(settlement.totals.values()) == Decimal(0)
    table = settlement.table
    assert table["amount"].sum() == Decimal(0)
    assert settlement.as_dict()["totals"].keys() == settlement.totals.keys()


def test_verification_holds_and_says_what_it_checked(runs):
    verification = api.verify(runs["joint"].path)
    assert verification.holds and len(verification.findings) > 10


def test_a_comparison_is_a_frame_and_a_page(runs, tmp_path):
    compared = api.compare(runs.values())
    assert compared.table["policy"].to_list() == ["asap", "joint"]
    assert compared.first.currency == "USD"
    assert compared.write(tmp_path / "a" / "compared.html").stat().st_size > 1_000_000
    assert json.loads(json.dumps(compared.as_dict()))["comparisons"][0]["case"] == {}
    # folders do as well as opened runs
    again = api.compare([run.path for run in runs.values()])
    assert again.table.equals(compared.table)
    with pytest.raises(InputError, match="no run given"):
        api.compare([])


def test_a_report_goes_where_one_says(runs, tmp_path):
    target = tmp_path / "deep" / "page.html"
    assert api.report(runs["joint"], [runs["asap"]], target) == target
    assert target.stat().st_size > 1_000_000


def test_figures_as_data_and_page(runs, tmp_path):
    figures = api.figures(runs["joint"], [runs["asap"]])
    assert len(figures) >= 5
    title, figure = next(iter(figures.items()))
    assert figure.title == title and figure.caption
    assert figure.data()["data"] and "layout" in figure.data()
    assert json.loads(figure.write(tmp_path / "f.json").read_text()) == figure.data()
    assert "plotly" in figure.write(tmp_path / "f.html").read_text()
    with pytest.raises(InputError, match=r"\.json, \.html, \.svg, \.pdf"):
        figure.write(tmp_path / "f.tiff")


@pytest.mark.skipif(importlib.util.find_spec("kaleido") is None, reason="needs suandian[figures]")
def test_figures_are_drawn_without_network(runs, tmp_path):
    figure = next(iter(api.figures(runs["joint"]).values()))
    assert figure.write(tmp_path / "f.svg").read_text().startswith("<svg")
    assert figure.write(tmp_path / "f.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(importlib.util.find_spec("kaleido") is None, reason="needs suandian[figures]")
def test_a_browser_that_hangs_is_ended(runs, monkeypatch):
    monkeypatch.setattr(browser, "LIMIT_S", 0.01)
    figure = next(iter(api.figures(runs["joint"]).values()))
    with pytest.raises(browser.DrawingError, match="failed"):
        figure.svg()


def test_drawing_without_the_extra_says_what_to_install(runs, monkeypatch):
    figure = next(iter(api.figures(runs["joint"]).values()))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"suandian\[figures\]"):
        figure.svg()


def test_a_plan_is_written_as_by_the_command_line(tmp_path):
    scenario = suandian.load(api.template("two-sites"), [*SHORT, "policy.name=asap"])
    first = suandian.plan(scenario, signals=True)
    assert first.table.height == 2 * first.plan.n
    plain = first.as_dict()
    assert plain["plan"][0].keys() == {
        "start_s",
        "site",
        "service_mw",
        "jobs_mw",
        "price_per_mwh",
    }
    assert plain["signals"]["places"] and json.dumps(plain)
    assert (first.write(tmp_path / "plan") / "plans.parquet").exists()
    with pytest.raises(InputError, match="is not empty"):
        first.write(tmp_path / "plan")


def test_a_whole_study_has_cost_bound_and_gap(tmp_path):
    scenario = suandian.load(api.template("two-sites"), SHORT)
    whole = suandian.plan_whole(scenario, window_h=24.0)
    plain = whole.as_dict()
    assert plain["bound"] <= plain["cost"] + 1e-6 <= plain["cost_without_shifting"] + 1e-3
    assert whole.flexibility_value == plain["flexibility_value"]
    folder = whole.write(tmp_path / "whole")
    assert pl.read_parquet(folder / "whole.parquet").equals(whole.table)
    assert json.loads((folder / "whole.json").read_text()) == plain


def test_an_experiment_has_the_runs_of_its_cases(tmp_path):
    vary = 'vary={"goal.carbon_price" = ["0 USD/t", "90 USD/t"]}'
    sets = [*SHORT, "policy.name=asap", vary]
    done = api.experiment(api.template("two-sites"), tmp_path / "x", sets, workers=1)
    costs = [run.kpis["system_cost"]["value"] for run in done.runs()]
    assert costs[0] < costs[1]
    assert [case["kpis"]["system_cost"]["value"] for case in done.as_dict()["cases"]] == costs
    compared = api.compare([done.folder])
    assert compared.table["goal.carbon_price"].to_list() == ["0 USD/t", "90 USD/t"]


def test_export_refuses_all_that_is_wrong_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    scenario = suandian.load(api.template("two-sites"), SHORT)
    with pytest.raises(InputError) as caught:
        api.export(scenario, tmp_path, to="matlab", window="week")
    assert [issue.place for issue in caught.value.issues] == ["--out", "--to", "--window"]


def test_optimal_power_flow_by_bus_and_line(tmp_path):
    # one unit of 100 MW at 10 per MWh feeds 50 MW behind a line of 80 MW: 500 an hour
    case = tmp_path / "tiny.m"
    case.write_text(
        "mpc.baseMVA = 100;\n"
        "mpc.bus = [1 3 0 0 0 0 1 1 0 230 1 1.1 0.9; 2 1 50 0 0 0 1 1 0 230 1 1.1 0.9];\n"
        "mpc.gen = [1 0 0 0 0 1 100 1 100 0];\n"
        "mpc.branch = [1 2 0 0.1 0 80 80 80 0 0 1];\n"
        "mpc.gencost = [2 0 0 2 10 0];\n"
    )
    flow = suandian.opf(case)
    assert flow.result.objective == pytest.approx(500)
    assert flow.lines["loading"].to_list() == [pytest.approx(50 / 80)]
    assert flow.highest_loading == pytest.approx(50 / 80)
    assert flow.buses["price_per_mwh"].to_list() == [pytest.approx(10)] * 2
    assert flow.as_dict()["prices"] == {"1": pytest.approx(10), "2": pytest.approx(10)}


def test_benchmarks_take_options_by_name():
    known = api.benches()["events"]
    assert known.as_dict()["options"]
    with pytest.raises(InputError, match="no such option"):
        api.bench("events", {"no_such": 1})
