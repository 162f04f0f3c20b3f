"""Scenarios resolve to the arrays of the model: templates, jobs, what stands behind meters, text
and hash.
"""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import suandian
from suandian.model.issues import InputError
from suandian.reading import cases, check, load, load_text, templates

BASE = Path(__file__).parents[1] / "broken" / "base.toml"
JOBS = """
[workloads.train]
kind = "jobs"
trace = "pai-quantiles"
trace_options = { bundles_per_week = 1000 }
origin = "east"
mean = "7.3 MW"
slack = "5 h"
data = "10 GB/MWh"
"""
DIRECT = """
[sites.south.direct.roof]
capacity = "5 MW"
series = { file = "sun.csv" }
nameplate = "100 MW"
cost = "1 EUR/MWh"
[sites.south.battery]
power = "2 MW"
energy = "4 MWh"
efficiency = 0.81
initial = 0.25
"""


@pytest.fixture
def folder(tmp_path):
    shutil.copy(BASE, tmp_path / "scenario.toml")
    sun = [
        f"2024-03-{d:02}T{h:02}:00,{50 if 7 <= h < 18 else 0}\n"
        for d in range(2, 9)
        for h in range(24)
    ]
    (tmp_path / "sun.csv").write_text("time,value\n" + "".join(sun))
    return tmp_path


def add(folder, text):
    with (folder / "scenario.toml").open("a") as file:
        file.write(text)
    return folder


def test_the_smallest_scenario(folder):
    s = load(folder)
    assert (s.axis.n, s.n_main, s.zone, s.currency, s.seed) == (24, 24, "Europe/Berlin", "EUR", 1)
    assert set(s.feeds) == {"load", "available", "inflow", "service"}
    assert s.feeds["service"].axis.n == (28 + 1) * 24
    assert len(s.jobs) == len(s.past_jobs) == 0
    assert s.bus_load_mw(np.zeros((2, 0))).tolist() == [[0, 50], [0, 50]]
    assert s.routes.rtt_ms[0, 1] == pytest.approx(15 * 466.5 / 1000, rel=0.01)
    assert s.routes.price_per_gb.tolist() == [[0, 0.02], [0.02, 0]]
    assert s.sites.limit_mw.tolist() == [60, 60] and s.sites.party.tolist() == ["east", "south"]
    assert s.services.home.tolist() == [0]


def test_jobs_have_exactly_the_energy_asked_for(folder):
    s = load(add(folder, JOBS))
    assert int(s.jobs.work_wh.sum()) == round(7.3 * 24 * 1e6)
    assert s.jobs.work_wh.dtype == np.int64 and s.jobs.work_wh.min() > 0
    inside = (s.jobs.submit_s >= s.axis.start_s) & (s.jobs.submit_s < s.axis.window(0, 24).end_s)
    assert inside.all() and (s.past_jobs.submit_s < s.axis.start_s).all()
    assert s.past_jobs.submit_s.min() > s.axis.start_s - 21 * 86400 - 1
    for jobs in (s.jobs, s.past_jobs):
        assert np.array_equal(np.lexsort((jobs.id, jobs.submit_s)), np.arange(len(jobs)))
        assert len(set(jobs.id.tolist())) == len(jobs)
        assert ((jobs.release_s - s.axis.start_s) % 3600 == 0).all()
        assert ((jobs.release_s >= jobs.submit_s) & (jobs.release_s < jobs.submit_s + 3600)).all()
        assert (jobs.deadline_s == jobs.due_s).all()  # the slack is longer than the rounding
        window_h = (jobs.deadline_s - jobs.release_s) / 3600
        assert (jobs.width_mw * window_h >= jobs.work_wh / 1e6 * (1 - 1e-12)).all()
    assert s.axis.end_s >= s.jobs.deadline_s.max()
    assert s.jobs.width_mw.max() <= 5.0 * (
        1 + 1e-9
    )  # bundles are split to a tenth of the largest cluster
    assert s.classes.move_per_mwh.tolist() == [[0, pytest.approx(0.2)]]


def test_without_slack_a_job_still_has_its_run_time(folder):
    s = load(add(folder, JOBS), ["workloads.train.slack=0 h"])
    hours = (s.jobs.deadline_s - s.jobs.release_s) / 3600
    assert (s.jobs.width_mw * hours * 1e6 >= s.jobs.work_wh * (1 - 1e-12)).all()


@pytest.mark.parametrize("key", ["energy=100 MWh", "power_per_core=300 W"])
def test_other_ways_to_give_the_energy(folder, key):
    text = JOBS.replace('mean = "7.3 MW"', f'{key.split("=")[0]} = "{key.split("=")[1]}"')
    s = load(add(folder, text))
    total = int(s.jobs.work_wh.sum())
    note = next(line for line in s.notes if "W per core" in line)
    assert total == 100_000_000 if "energy" in key else ": 300 W per core" in note


def test_the_seed_of_a_workload_does_not_depend_on_the_others(folder):
    one = load(add(folder, JOBS))
    two = load(add(folder, JOBS.replace("workloads.train", "workloads.again")))
    mine = two.jobs.rows(two.jobs.kind == 0)
    assert np.array_equal(one.jobs.submit_s, mine.submit_s)
    assert not np.array_equal(
        mine.submit_s, two.jobs.rows(two.jobs.kind == 1).submit_s[: len(mine)]
    )
    other = load(folder, ["seed=2"])
    assert other.hash != two.hash
    assert not np.array_equal(other.jobs.submit_s[:50], two.jobs.submit_s[:50])


def test_jobs_wider_than_any_site_are_refused(folder):
    issues = check(add(folder, JOBS), ["workloads.train.mean=200000 MW"])
    assert "wider than any site" in issues[0].message and issues[0].place == "workloads.train"


def test_what_stands_behind_the_meter(folder):
    s = load(add(folder, DIRECT))
    generators, storage = s.grid.generators, s.grid.storage
    assert generators.id.tolist() == ["gas", "south.roof"]
    assert generators.node.tolist() == [0, 2 + 1] and storage.node.tolist() == [2 + 1]
    assert generators.feed.tolist() == [-1, 0]
    available = s.feeds["available"]
    main = available.rows(s.axis)
    assert sorted(set(available.actual[main][:, 0].tolist())) == [0, 2.5]
    assert storage.charge_efficiency.tolist() == pytest.approx(
        [0.9]
    ) and storage.initial_mwh.tolist() == [1.0]
    assert any("1 of the 28 days" in note for note in s.notes)


def test_a_time_that_is_not_covered_is_an_issue(folder):
    issues = check(add(folder, DIRECT), ["time.start=2024-03-09T00:00:00"])
    assert [issue.file for issue in issues] == ["sun.csv"]
    assert "does not cover" in issues[0].message


def test_service_follows_its_shape_and_has_its_mean(folder):
    (folder / "shape.csv").write_text(
        "time,value\n"
        + "".join(f"2024-03-{d:02}T{h:02}:00,{1 + h}\n" for d in range(4, 6) for h in range(24))
    )
    s = load(folder, ['workloads.web.power.shape={ file = "shape.csv" }'])
    power = s.feeds["service"].actual[s.feeds["service"].rows(s.axis), 0]
    assert power.mean() == pytest.approx(20) and power[23] == pytest.approx(24 * power[0])


def test_routes_from_rows_and_latency(folder):
    raw = (folder / "scenario.toml").read_text()
    raw = raw.replace(
        'distance = { ms_per_1000km = 15.0, price_per_gb = "0.02 EUR/GB" }', 'file = "routes.csv"'
    )
    (folder / "scenario.toml").write_text(raw)
    (folder / "routes.csv").write_text(
        "origin,site,rtt_ms,gbit_per_s,price_per_gb\neast,south,20.5,10,0.1\n"
    )
    s = load(folder)
    assert s.routes.rtt_ms.tolist() == [[0, 20.5], [np.inf, 0]]
    assert s.routes.mbit_per_s.tolist() == [[np.inf, 10_000], [np.inf, np.inf]]
    assert s.services.allowed.tolist() == [[True, False]]
    assert load(
        folder, ['workloads.web.latency={one_way="10.25 ms"}']
    ).services.allowed.tolist() == [[True, True]]


def test_an_origin_that_is_not_a_site(folder):
    s = load(
        add(folder, '[origins.town]\nbus = "b"\n'),
        ["workloads.web.origin=town", "workloads.web.data=5 GB/MWh"],
    )
    assert s.routes.origin.tolist() == ["east", "south", "town"]
    assert s.services.home.tolist() == [1]
    assert s.services.move_per_mwh.tolist() == [[pytest.approx(0.1), pytest.approx(0.1)]]


def test_text_has_every_default_and_reads_back(folder):
    s = load(add(folder, JOBS + DIRECT))
    again = load_text(s.text, folder)
    assert (again.text, again.hash) == (s.text, s.hash)
    for default in (
        'party = "east"',
        'replan = "6.0 h"',
        "seed = 1",
        'unserved_price]\nload = "10000.0 EUR/MWh"',
    ):
        assert default in s.text
    assert set(s.inputs) == {"grids:inline", "traces:pai-quantiles", "sun.csv"}


def test_the_hash_follows_the_content_of_files(folder):
    first = load(add(folder, DIRECT)).hash
    with (folder / "sun.csv").open("a") as file:
        file.write("2024-03-09T00:00,0\n")
    assert load(folder).hash != first


def test_cases_of_an_experiment(folder):
    add(
        folder,
        '[vary]\n"sites.east.bus" = ["a", "b"]\n"goal.carbon_price" = ["0 EUR/t", "80 EUR/t"]\n',
    )
    found = cases(folder, ["seed=7"])
    assert len(found) == 4
    scenarios = [load(folder, case.sets) for case in found]
    assert {(int(s.sites.bus[0]), s.goal.carbon_price, s.seed) for s in scenarios} == {
        (0, 0.0, 7),
        (0, 80.0, 7),
        (1, 0.0, 7),
        (1, 80.0, 7),
    }
    assert len({s.hash for s in scenarios}) == 4
    assert "[vary]" not in scenarios[0].text
    assert cases(BASE)[0].sets == ()


@pytest.mark.parametrize("name", ["two-sites", "three-areas"])
def test_templates_load(name, tmp_path):
    templates.copy(name, tmp_path / "x")
    assert check(tmp_path / "x") == []
    s = suandian.load(tmp_path / "x")
    assert s.name == name
    assert load_text(s.text, tmp_path / "x").hash == s.hash


def test_three_areas_is_the_demo_of_the_issue():
    s = load(templates.folder("three-areas"))
    assert s.grid.buses.id[s.sites.bus].tolist() == ["121", "218", "309"]
    assert s.sites.limit_mw.tolist() == [600] * 3
    assert s.sites.cluster_mw * s.sites.pue == pytest.approx(600, rel=1e-6)
    assert len(s.jobs) >= 10_000 and s.n_main == 168 and s.network == "ptdf"
    assert [int(s.jobs.work_wh[s.jobs.kind == k].sum()) for k in range(3)] == [
        round(169.565 * 168 * 1e6)
    ] * 3
    assert (s.services.allowed & s.classes.allowed).all()
    assert s.classes.gb_per_mwh.tolist() == [200] * 3 and s.goal.carbon_price == 80
    main = s.feeds["service"].rows(s.axis.window(0, 168))
    assert s.feeds["service"].actual[main].mean(axis=0) == pytest.approx([169.565] * 3)
    assert s.axis.start_s == 1604908800  # 2020-11-09 00:00 at UTC−8


def test_three_areas_trace_is_three_areas_but_for_its_jobs():
    texts = [
        (templates.folder(n) / "scenario.toml").read_text()
        for n in ("three-areas", "three-areas-trace")
    ]
    middle = [
        (t.index("[time]"), t.index("# Jobs are drawn" if i == 0 else "# Sizes and"))
        for i, t in enumerate(texts)
    ]
    assert texts[0][slice(*middle[0])] == texts[1][slice(*middle[1])]


def test_green_park_has_ratios_to_keep_and_a_cap_is_read():
    s = load(templates.folder("green-park"), [("goal.carbon_cap", "350000 t")])
    west = s.sites.id.tolist().index("west")
    assert (
        s.totals is not None
        and s.totals.sites.tolist() == [west]
        and s.totals.carbon_cap_t == 350_000
    )
    assert (s.totals.self_use[west], s.totals.green_share[west], s.totals.export[west]) == (
        0.9,
        0.75,
        0.08,
    )
    assert load(templates.folder("three-areas")).totals is None


def test_ratios_need_supply_of_their_own_and_are_shares():
    with pytest.raises(InputError, match="no supply of its own"):
        load(templates.folder("two-sites"), [("sites.plain.ratios.self_use", 0.5)])
    with pytest.raises(InputError, match=r"sites\.west\.ratios\.export"):
        load(templates.folder("green-park"), [("sites.west.ratios.export", 20.0)])


def test_three_areas_trace(monkeypatch):
    data = Path(
        os.environ.get("SUANDIAN_DATA", Path(__file__).parents[3] / "shared" / "data")
    ).absolute()
    if not (data / "workloads" / "alibaba_pai_2020_100k.parquet").is_file():
        pytest.skip("the Alibaba trace is not here: SUANDIAN_DATA")
    monkeypatch.setenv("SUANDIAN_DATA", str(data))
    s = load(templates.folder("three-areas-trace"))
    assert [int(s.jobs.work_wh[s.jobs.kind == k].sum()) for k in range(3)] == [
        round(169.565 * 168 * 1e6)
    ] * 3
    assert str(data) not in s.text and all(str(data) not in key for key in s.inputs)


def test_templates_do_not_overwrite(tmp_path):
    templates.copy("two-sites", tmp_path / "x")
    with pytest.raises(InputError, match="exists already"):
        templates.copy("two-sites", tmp_path / "x")
    with pytest.raises(InputError, match="did you mean two-sites"):
        templates.copy("two-site", tmp_path / "y")


def test_odd_ids_are_texts(folder):
    raw = (folder / "scenario.toml").read_text()
    for old, new in (
        ("buses.a]", "buses.007]"),
        ('"a"', '"007"'),
        ("buses.b]", "buses.NA]"),
        ('"b"', '"NA"'),
    ):
        raw = raw.replace(old, new)
    (folder / "scenario.toml").write_text(
        raw.replace("sites.east", "sites.null").replace('"east"', '"null"')
    )
    s = load(folder)
    assert s.grid.buses.id.tolist() == ["007", "NA"] and s.sites.id.tolist() == ["null", "south"]


def test_many_sites_are_checked_in_linear_time(folder):
    import time

    def cpu_s(count: int) -> float:
        rows = [
            f'[sites.s{count}-{i}]\nbus = "x"\nconnection = {{ limit = "1 MW" }}\n'
            for i in range(count)
        ]
        add(folder, "".join(rows))
        began = time.process_time()
        issues = check(folder)
        assert 1 < len(issues) <= 400
        return time.process_time() - began

    few = cpu_s(
        2_000
    )  # then 2,000 and 10,000: six times as many; in quadratic time it would take 36 times as long
    assert cpu_s(10_000) < 15 * few


def test_a_site_that_n1_cannot_feed_is_an_issue_with_its_figure() -> None:
    # bus 107 of the 24-bus RTS hangs on one line (107-108, 220 MW short term): after its loss
    # nothing is left
    sets = [
        'grid.security="n-1"',
        'policy.name="joint"',
        'sites.west.bus="107"',
        'sites.north.bus="107"',
    ]
    with pytest.raises(InputError) as caught:
        load(templates.folder("three-areas"), [*sets, 'sites.east.bus="107"', 'grid.areas=["1"]'])
    texts = [str(issue) for issue in caught.value.issues]
    assert len(texts) == 3
    assert "sites.east.connection.limit = 600 MW: bus 107 has 1 line(s) of 220 MW" in texts[0]
    assert "after the loss of the largest, 0 MW are left" in texts[0]
    # the whole grid has a second line there, a tie to area 2: 220 MW are left, not 600
    with pytest.raises(InputError) as caught:
        load(
            templates.folder("three-areas"),
            ['grid.security="n-1"', 'policy.name="joint"', 'sites.east.bus="107"'],
        )
    (issue,) = caught.value.issues
    assert issue.allowed == "220 MW" and "N-1 is not feasible" in issue.message
    load(
        templates.folder("three-areas"), ['grid.security="n-1"', 'policy.name="joint"']
    )  # where they stand, it is


def test_n1_needs_a_law_of_flows() -> None:
    with pytest.raises(InputError) as caught:
        load(
            templates.folder("three-areas"),
            ['grid.security="n-1"', 'grid.network="transport"', 'policy.name="joint"'],
        )
    assert "grid.security" in str(caught.value)


TABLE = """submit,width,length_h,due
2024-03-04T00:30:00,4,2.0,2024-03-04T03:00:00
2024-03-04T01:00:00,2,1.0,
2024-03-04T02:00:00,2,3.0,2024-03-04T04:00:00
"""
TRACED = (
    JOBS.replace("7.3 MW", "0.3 MW")
    .replace('"pai-quantiles"', '"table"')
    .replace("{ bundles_per_week = 1000 }", '{ path = "jobs.csv" }')
)


def test_jobs_have_the_due_of_their_trace_or_the_slack_of_their_class(folder):
    (folder / "jobs.csv").write_text(TABLE)
    s = load(add(folder, TRACED))
    wait_h = (s.jobs.due_s - s.jobs.submit_s) / 3600
    assert wait_h.tolist() == [
        2.5,
        6.0,
    ]  # two hours and half an hour to spare; an hour and the five of the class


def test_a_job_longer_than_its_window_is_rejected_and_listed(folder):
    (folder / "jobs.csv").write_text(TABLE)
    s = load(add(folder, TRACED))
    assert len(s.jobs) == 2
    (note,) = [line for line in s.warnings if "rejected" in line]
    assert note == (
        "train: 1 jobs are longer than their window and are rejected: submitted "
        "2024-03-04T02:00:00Z, 3 h long, "
        "2 h until due"
    )
    (folder / "jobs.csv").write_text("submit,width,length_h,due\n" + TABLE.splitlines()[3] + "\n")
    with pytest.raises(InputError, match="no jobs in the main window"):
        load(folder)
