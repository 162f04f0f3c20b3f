"""PUE that follows a series reaches the plan, the Twin, the books, the record and the checks."""

import json
from pathlib import Path

import polars as pl
import pytest

from suandian import api
from suandian.model.issues import InputError

SCENARIO = """\
version = 1
name = "warm"
currency = "USD"
[time]
start = 2024-03-04T00:00:00
duration = "4 h"
step = "1 h"
zone = "UTC"
[grid]
plugin = "inline"
network = "copper"
[buses.a]
[generators.gas]
bus = "a"
power = "100 MW"
cost = "50 USD/MWh"
emission = "400 kg/MWh"
[sites.hall]
bus = "a"
connection = { limit = "60 MW" }
[sites.hall.cluster]
power = "40 MW"
pue = { model = "series", value = 1.5, series = { file = "pue.csv", unit = "1", ahead = "ahead" } }
[workloads.web]
kind = "service"
origin = "hall"
power = { mean = "20 MW" }
"""
PUE = (1.1, 1.2, 1.5, 1.4)
AHEAD = (1.2, 1.2, 1.4, 1.4)

JOBS = """\
[workloads.training]
kind = "jobs"
trace = "pai-quantiles"
trace_options = { bundles_per_week = 2000, jobs_per_bundle = 1250, utc_offset_h = 0 }
origin = "hall"
mean = "8 MW"
slack = "12 h"
"""


def written(
    folder: Path,
    pue: tuple[float, ...] = PUE,
    ahead: tuple[float, ...] = AHEAD,
    text: str = SCENARIO,
) -> Path:
    """Return a scenario folder whose site has this PUE by hour, and this one published before."""
    rows = [
        f"2024-03-{4 + hour // 24:02d}T{hour % 24:02d}:00,{actual},{ahead}\n"
        for hour, (actual, ahead) in enumerate(zip(pue, ahead, strict=True))
    ]
    folder.mkdir(exist_ok=True)
    (folder / "pue.csv").write_text("time,value,ahead\n" + "".join(rows))
    (folder / "scenario.toml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("warm")
    return api.simulate(api.load(written(folder / "in")), folder / "run").path


def test_every_hour_is_cooled_at_its_own_pue(run: Path) -> None:
    physical = api.open_run(run).flows.sort("start")
    cooling = physical.filter(pl.col("to_node").str.starts_with("cooling"))["energy_wh"].to_list()
    # 20 MW of work for an hour, times what each hour draws beside it: 0.1, 0.2, 0.5, 0.4
    assert cooling == [2_000_000, 4_000_000, 10_000_000, 8_000_000]
    figures = api.open_run(run).kpis
    # 80 MWh of work and 24 of cooling at 50 USD/MWh and 0.4 t/MWh
    assert figures["cost_energy"]["value"] == pytest.approx(104 * 50)
    assert figures["carbon_system_t"]["value"] == pytest.approx(104 * 0.4)
    assert figures["pue"]["value"] == pytest.approx(104 / 80)


def test_such_a_run_verifies(run: Path) -> None:
    report = api.verify(run)
    assert report.holds, report.failed
    assert "cooling" in {finding.check for finding in report.findings}


@pytest.mark.parametrize(("hour", "change"), [(0, 0.01), (3, -0.01)])
def test_a_changed_series_is_found(run: Path, tmp_path: Path, hour: int, change: float) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in run.rglob("*"):
        target = copy / file.relative_to(run)
        target.mkdir() if file.is_dir() else target.write_bytes(file.read_bytes())
    series = pl.read_parquet(copy / "series.parquet")
    row = pl.int_range(pl.len()) == hour
    column = pl.when((pl.col("feed") == "pue") & row.over("feed")).then(change).otherwise(0.0)
    series.with_columns(pl.col("actual") + column).write_parquet(copy / "series.parquet")
    failed = {finding.check for finding in api.verify(copy).findings if not finding.ok}
    assert "cooling" in failed


def test_work_that_can_wait_goes_to_the_cool_hours(tmp_path: Path) -> None:
    text = SCENARIO.replace('"4 h"', '"24 h"') + JOBS
    # half a day warm, then cool until the last job is done
    pue = (1.8,) * 12 + (1.1,) * 84
    cost = {}
    for policy in ("asap", "joint"):
        folder = written(tmp_path / policy, pue, pue, text)
        scenario = api.load(folder, [f"policy.name={policy}"])
        run = api.simulate(scenario, tmp_path / f"run-{policy}")
        assert not api.verify(run.path).failed
        cost[policy] = json.loads((run.path / "kpis.json").read_text())["system_cost"]["value"]
    assert cost["joint"] < 0.99 * cost["asap"]


def test_a_plan_knows_the_published_pue_only(tmp_path: Path) -> None:
    plan = api.plan(api.load(written(tmp_path / "in")))
    # 20 MW of work: what was published for hour 2 is 1.4, though it will be 1.5
    assert plan.plan.output_mw[:4, 0] == pytest.approx([24, 24, 28, 28])


def test_a_pue_below_one_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", (1.1, 0.9, 1.2, 1.2))
    with pytest.raises(InputError, match=r"sites\.hall\.cluster\.pue\.series = 0\.9: falls below"):
        api.load(folder)
