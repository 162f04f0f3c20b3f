"""Ends of studies: work, stores and what shifting is worth."""

from pathlib import Path

import pytest

from suandian import api
from truth.inline import JOBS, SITE, jobs, load, ran, scene, series

POLICIES = ("asap", "joint", "oracle")
UNIT = """\
[buses.a]
[generators.g]
bus = "a"
power = "100 MW"
cost = "50 USD/MWh"
"""


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("due_h", [4, 34, 1000])
def test_a_job_due_after_the_study_is_done_within_it(
    tmp_path: Path, policy: str, due_h: int
) -> None:
    day, hour = divmod(due_h, 24)
    due = f"2024-{3 + (3 + day) // 31:02d}-{(3 + day) % 31 + 1:02d}T{hour:02d}:00:00Z"
    trace = f"submit,width,length_h,due\n2024-03-04T00:00:00Z,1,2,{due}\n"
    text = scene(UNIT, 2, site=SITE + JOBS + 'slack = "1 h"\n')
    study = ran(tmp_path, text, {"w.csv": trace}, policy)
    assert study.figure("jobs_completed") == 1
    assert study.figure("jobs_late") == 0
    assert study.cost == pytest.approx(2 * 50)


STORE = """\
[storage.e]
bus = "{bus}"
power = "{power} MW"
energy = "40 MWh"
efficiency = {efficiency}
initial = {initial}
"""


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("initial", "efficiency"), [(0.5, 0.81), (0.25, 1.0), (0.0, 0.64)])
def test_a_store_ends_where_it_began_or_pays_for_what_it_is_off(
    tmp_path: Path, policy: str, initial: float, efficiency: float
) -> None:
    body = """\
[buses.a]
load = "5 MW"
[generators.wind]
bus = "a"
power = "100 MW"
cost = "-30 USD/MWh"
"""
    body += STORE.format(bus="a", power=20, initial=initial, efficiency=efficiency)
    study = ran(tmp_path, scene(body, 6), policy=policy)
    # energy is given away: a plan may hope to burn it by charging and giving at once, which no
    # battery can
    levels = study.run.levels.sort("time")["energy_wh"]
    off_mwh = abs(levels[-1] - levels[0]) / 1e6
    method = study.run.kpis["system_cost"]["method"]
    paid = method.partition("end level ")[2].partition(" ")[0].rstrip(";").replace(",", "")
    assert float(paid or 0.0) == pytest.approx(off_mwh * 10_000, abs=0.1)
    assert off_mwh == pytest.approx(0.0, abs=1e-5) or study.cost > 0


@pytest.mark.parametrize("rating", [5, 2, 20])
def test_an_end_that_cannot_be_reached_is_paid_for(tmp_path: Path, rating: float) -> None:
    # behind a thin line, planned two hours at a time: whatever is missing at the end is charged
    values = [150, 145, 140, 135, 130, 125, 120, 115]
    body = f"""\
[buses.a]
[buses.b]
[lines.ab]
from = "a"
to = "b"
x = 0.1
rating = "{rating} MW"
[generators.g]
bus = "a"
power = "100 MW"
cost = "50 USD/MWh"
[generators.peak]
bus = "a"
power = "100 MW"
cost = "100 USD/MWh"
"""
    body += load(values) + STORE.format(bus="b", power=10, initial=1.0, efficiency=1.0)
    body += '[policy]\nreplan = "1 h"\nhorizon = "2 h"\n'
    files = {"load.csv": series(values)}
    best = ran(tmp_path / "oracle", scene(body, 8, "dc"), files)
    assert best.cost == pytest.approx(8 * 100 * 50 + sum(v - 100 for v in values) * 100)
    short = ran(tmp_path / "joint", scene(body, 8, "dc"), files, "joint")
    level_wh = short.run.levels.sort("time")["energy_wh"]
    missing = (level_wh[0] - level_wh[-1]) / 1e6
    assert missing >= 0
    assert short.cost >= best.cost + missing * (10_000 - 100) - 1


@pytest.mark.parametrize(("lengths", "late"), [((1, 1), 1), ((1, 1, 1), 2), ((1,), 0)])
def test_what_shifting_is_worth_counts_lateness_on_both_sides(
    tmp_path: Path, lengths: tuple[float, ...], late: int
) -> None:
    # jobs of an hour at 1 MW, all at midnight, in a hall for one
    (tmp_path / "w.csv").write_text(jobs([(0, 1, length) for length in lengths]))
    site = SITE + JOBS + 'suspend = { allowed = true }\nslack = "0 h"\n'
    (tmp_path / "scenario.toml").write_text(scene(UNIT, 4, site=site))
    found = api.plan_whole(api.load(tmp_path))
    shown = found.as_dict()
    assert shown["cost_without_shifting"] == pytest.approx(late * 1000 + 50 * len(lengths))
    # late work need not run in a plan: its energy is what is saved
    assert found.flexibility_value == pytest.approx(late * 50)


def test_a_study_that_costs_nothing_has_no_gap(tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text(scene(UNIT, 2))
    shown = api.plan_whole(api.load(tmp_path)).as_dict()
    assert (shown["cost"], shown["bound"], shown["gap_of_cost"]) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("count", [200, 7, 1000])
def test_work_below_a_wh_is_neither_lost_nor_lent(tmp_path: Path, count: int) -> None:
    trace = jobs([(0, 1e-7 / 1, 1)] * count)
    text = scene(UNIT, 1, site=SITE + JOBS + 'slack = "2 h"\n')
    study = ran(tmp_path, text, {"w.csv": trace}, "asap")
    work = study.run.jobs["work_wh"]
    assert work.min() >= 0
    assert work.sum() == round(count * 0.1)
    assert study.figure("jobs_completed") == count


@pytest.mark.parametrize(("asked", "scaled"), [('mean = "2 MW"', 6.0), ('energy = "8 MWh"', 4.0)])
def test_a_job_that_is_rejected_takes_its_energy_along(
    tmp_path: Path, asked: str, scaled: float
) -> None:
    # two equal jobs of 3 h; one can never be in time
    trace = "submit,width,length_h,due\n"
    trace += "2024-03-04T00:00:00Z,1,3,2024-03-04T04:00:00Z\n"
    trace += "2024-03-04T00:00:00Z,1,3,2024-03-04T02:00:00Z\n"
    site = SITE.replace("1 MW", "10 MW") + JOBS.replace('power_per_core = "1 MW"', asked)
    text = scene(UNIT, 6, site=site)
    study = ran(tmp_path, text, {"w.csv": trace}, "asap")
    assert study.run.jobs["work_wh"].sum() == pytest.approx(scaled * 1e6, abs=1)
