"""Jobs that run whole in a scenario: the event kernel runs them, the fluid plan bounds them."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import polars as pl
import pytest

from suandian import api
from suandian.jobs.step.gangs import Gangs, _fitting, _taken
from suandian.model.issues import InputError

SCENARIO = """\
version = 1
name = "gangs"
currency = "USD"
[time]
start = 2024-03-04T00:00:00
duration = "6 h"
step = "1 h"
zone = "UTC"
[grid]
plugin = "inline"
network = "copper"
[buses.a]
load = "5 MW"
[generators.gas]
bus = "a"
power = "100 MW"
cost = "50 USD/MWh"
[sites.hall]
bus = "a"
connection = { limit = "60 MW" }
cluster = { power = "10 MW", pue = { value = 1.0 } }
[workloads.gang]
kind = "jobs"
trace = "table"
trace_options = { path = "jobs.csv" }
origin = "hall"
power_per_core = "1 MW"
slack = "4 h"
whole = true
[policy]
name = "asap"
"""


def written(folder: Path, rows: list[tuple[float, float, float]], text: str = SCENARIO) -> Path:
    """Return a scenario with jobs of (submitted [h], width [MW], length [h])."""
    folder.mkdir(exist_ok=True)
    lines = [f"2024-03-04T{at:02.0f}:00:00Z,{width},{hours}\n" for at, width, hours in rows]
    (folder / "jobs.csv").write_text("submit,width,length_h\n" + "".join(lines))
    (folder / "scenario.toml").write_text(text)
    return folder


def powers(folder: Path, run: Path, *sets: str) -> list[float]:
    """Return what jobs draw by step [MW] until the last is done."""
    done = api.simulate(api.load(folder, sets), run)
    assert not api.verify(run).failed
    work = done.flows.filter(pl.col("to_node") == "work:gang").sort("start")
    assert done.kpis["jobs_late"]["value"] == 0
    return (work["energy_wh"] / 1e6).to_list()


def test_a_gang_waits_for_all_of_its_width(tmp_path: Path) -> None:
    # 6 MW for 1.5 h, and at once another of 6 MW for 1 h: two do not fit into 10 MW, so that the
    # second begins at half past one and ends at half past two
    folder = written(tmp_path / "in", [(0, 6, 1.5), (0, 6, 1.0)])
    assert powers(folder, tmp_path / "run") == pytest.approx([6, 6, 3])
    # divisible, they would share the site: 10 MW in the first hour
    shared = powers(folder, tmp_path / "fluid", "workloads.gang.whole=false")
    assert shared == pytest.approx([10, 5])


def test_a_narrow_job_fills_the_room_beside_a_gang_without_delaying_it(tmp_path: Path) -> None:
    # EASY backfill: 4 MW for an hour fit beside the first; 4 MW for three would delay the second
    folder = written(tmp_path / "in", [(0, 6, 1.0), (0, 8, 1.0), (0, 4, 1.0), (0, 4, 3.0)])
    assert powers(folder, tmp_path / "run") == pytest.approx([10, 8, 4, 4, 4])


@pytest.mark.parametrize("policy", ["joint", "carbon-aware", "separate", "oracle"])
def test_every_policy_keeps_its_deadlines_and_the_bound(tmp_path: Path, policy: str) -> None:
    rng = np.random.default_rng(5)
    rows = [(float(h), float(rng.choice([2, 5, 8])), 1.0) for h in range(5)]
    folder = written(tmp_path / "in", rows)
    run = api.simulate(api.load(folder, [f"policy.name={policy}"]), tmp_path / "run")
    assert not api.verify(run.path).failed
    assert run.kpis["jobs_late"]["value"] == 0
    done = run.flows.filter(pl.col("to_node") == "work:gang")["energy_wh"].sum()
    assert done == sum(width for _, width, _ in rows) * 1e6


def test_a_gang_as_wide_as_no_site_is_rejected_by_name(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", [(0, 6, 1.0), (1, 12, 1.0)])
    scenario = api.load(folder)
    assert len(scenario.jobs) == 1 and scenario.jobs.work_wh.sum() == 6e6
    assert any("1 jobs run whole, are wider" in text for text in scenario.warnings)
    with pytest.raises(InputError, match="every job is wider than every site"):
        api.load(written(tmp_path / "none", [(0, 12, 1.0)]))


def test_each_site_has_its_own_room() -> None:
    # at each of two sites 6 and 5 MW run; at the first 10 MW are left, at the second all 11
    running = np.ones(4, np.bool_)
    gangs = cast(
        Gangs,
        SimpleNamespace(
            rows=np.arange(4),
            running=running,
            site=np.array([0, 1, 0, 1]),
            width_mw=np.array([6.0, 6.0, 5.0, 5.0]),
        ),
    )
    assert _fitting(gangs, running, np.array([10.0, 11.0])).tolist() == [True, True, False, True]
    assert _taken(gangs, 2).tolist() == [6.0, 6.0, 11.0, 11.0]


def test_what_may_not_stop_slows_down_where_the_connection_becomes_too_small(
    tmp_path: Path,
) -> None:
    # a connection of 12 MW gives 10 MW of IT at PUE 1.2, and 8 at PUE 1.5 in the second hour: a job
    # of 9 MW and 2 h is slowed to 8 MW, and has 1 MWh left for the third
    text = SCENARIO.replace('limit = "60 MW"', 'limit = "12 MW"').replace(
        "pue = { value = 1.0 }",
        'pue = { model = "series", value = 1.2, series = { file = "pue.csv", unit = "1" } }',
    )
    folder = written(tmp_path / "in", [(0, 9, 2.0)], text)
    hours = [f"2024-03-04T{h:02.0f}:00:00Z,{1.5 if h == 1 else 1.2}\n" for h in range(24)]
    (folder / "pue.csv").write_text("time,value\n" + "".join(hours))
    for policy in ("asap", "joint"):
        run = tmp_path / policy
        drawn = powers(folder, run, f"policy.name={policy}")
        assert drawn == pytest.approx([9, 8, 1], abs=1e-5), policy


def test_what_may_not_stop_goes_on_beside_work_that_must_run(tmp_path: Path) -> None:
    # a gang of 7 MW runs for 3 h; at one o'clock divisible work of 2 h comes that is due in 2 h, at
    # 6 MW: 3 MW are left for it, and it is late, but the gang goes on
    text = SCENARIO.replace("[policy]", OTHERS + "[policy]")
    folder = written(tmp_path / "in", [(0, 7, 3.0)], text)
    (folder / "others.csv").write_text("submit,width,length_h\n2024-03-04T01:00:00Z,6,2\n")
    done = api.simulate(api.load(folder), tmp_path / "run")
    work = done.flows.filter(pl.col("to_node") == "work:gang").sort("start")
    assert (work["energy_wh"] / 1e6).to_list() == pytest.approx([7, 7, 7], abs=1e-5)
    assert work["start"].dt.hour().to_list() == [0, 1, 2]


OTHERS = """\
[workloads.others]
kind = "jobs"
trace = "table"
trace_options = { path = "others.csv" }
origin = "hall"
power_per_core = "1 MW"
slack = "0 h"
"""


def test_a_run_is_not_written_into_the_folder_of_its_scenario(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", [(0, 6, 1.0)])
    before = (folder / "scenario.toml").read_text()
    with pytest.raises(InputError, match=r"holds jobs\.csv, scenario\.toml, and is no run folder"):
        api.simulate(api.load(folder), folder)
    assert (folder / "scenario.toml").read_text() == before
