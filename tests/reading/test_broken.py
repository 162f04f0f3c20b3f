"""Broken scenarios: every issue at once, exit 2, no traceback, fast. One row per expected finding:
place, message.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from suandian.cli.main import main
from suandian.reading import check

BROKEN = Path(__file__).parents[1] / "broken"
EXPECTED = {
    "01-typos": [
        ("time.durration", "unknown key"),
        ("generators.gas.carier", "unknown key"),
        ("sites.east.jurisdicton", "unknown key"),
        ("polcy", "unknown key"),
    ],
    "02-quantities": [
        ("buses.b.load", "'Mw' is not known"),
        ("lines.ab.rating", "a comma inside a number"),
        ("generators.gas.power", "a quantity is a text with its unit"),
        ("generators.gas.cost", "measures something else than EUR/MWh"),
        ("generators.gas.emission", "a comma inside a number"),
        ("sites.east.connection.limit", "does not begin with a number"),
        ("goal.carbon_price", "the unit is missing"),
    ],
    "03-ranges": [
        ("sites.east.cluster.power", "out of range"),
        ("sites.east.cluster.idle", "out of range"),
        ("sites.east.cluster.pue.value", "out of range"),
        ("sites.east.battery.power", "out of range"),
        ("sites.east.battery.efficiency", "out of range"),
        ("sites.east.battery.initial", "out of range"),
        ("sites.south.connection.limit", "out of range"),
    ],
    "04-references": [
        ("sites.east.connection.tariff", "no such tariff"),
        ("workloads.web.origin", "no such site or origin"),
        ("workloads.web.residency", "no such jurisdiction"),
        ("lines.ab.to", "no such bus"),
        ("generators.gas.bus", "no such bus"),
    ],
    "05-site-bus": [("sites.east.bus", "no such bus"), ("origins.city.bus", "no such bus")],
    "06-duplicate-key": [("line 4", "given twice")],
    "07-impossible-date": [("line 5", "no such date")],
    "08-unquoted-quantity": [("line 4", "a quantity is a text")],
    "09-nonexistent-local-time": [("time.start", "does not exist in Europe/Berlin")],
    "10-ambiguous-local-time": [("time.start", "occurs twice in Europe/Berlin")],
    "11-wrong-offset": [("time.start", "offset is not that of Europe/Berlin")],
    "12-zone-and-step": [
        ("time.zone", "no such time zone"),
        ("time.step", "does not divide the hour"),
    ],
    "13-end-before-start": [("time.end", "not after the start")],
    "14-both-ends": [("time", "both duration and end"), ("grid.plugin", "no such grid plug-in")],
    "15-not-whole-steps": [
        ("time.duration", "not a whole number of steps"),
        ("policy.replan", "not a whole number of steps"),
        ("policy.horizon", "ends before the next plan"),
    ],
    "16-too-long": [("time.duration", "too long")],
    "17-currency": [("generators.gas.cost", "is in USD"), ("goal.carbon_price", "is in CNY")],
    "18-self-loop-and-island": [("lines.cc", "ends where it starts")],
    "19-island": [("buses.c", "island"), ("sites.far.bus", "island")],
    "20-no-allowed-site": [
        ("workloads.quick.latency", "neither or both"),
        ("workloads.law.residency", "no such jurisdiction"),
        ("workloads.law.residency", "no site lies in these"),
    ],
    "21-routes-file": [
        ("row 2, column rtt_ms", "decimal comma"),
        ("row 3, column site", "no such site"),
        ("row 4, column rtt_ms", "is negative"),
        ("row 4, column price_per_gb", "is a formula"),
        ("row 5, column price_per_gb", "not a finite number"),
        ("row 5", "the route is given twice"),
    ],
    "22-routes-rows": [
        ("routes.list[2]", "given twice"),
        ("routes.list[3].origin", "no such origin"),
        ("routes.list[3].site", "no such site"),
    ],
    "23-path-leaves-folder": [
        ("routes.file", "leaves the folder"),
        ("generators.sun.series.file", "leaves the folder"),
        ("generators.wind.series.file", "no such file"),
        ("generators.water.series.file", "is not a path"),
    ],
    "24-series-hours": [
        ("row 7, column time", "2 intervals are missing"),
        ("row 8, column time", "occurs twice"),
        ("row 7, column time", "not after the row before"),
    ],
    "25-series-cells": [
        ("row 4, column value", "not a finite number"),
        ("row 5, column value", "not a finite number"),
        ("row 6, column value", "is empty"),
        ("row 7, column value", "is text"),
        ("row 8, column value", "decimal comma"),
        ("row 9, column value", "thousands separator"),
        ("row 10, column value", "is a formula"),
        ("row 11, column value", "thousands separator"),
    ],
    "26-series-encoding": [
        ("row 1", "byte order mark"),
        ("row 3", "is not UTF-8"),
        ("row 1", "separated by semicolons"),
        ("row 1", "header occurs twice"),
    ],
    "27-series-local-time": [
        ("row 4, column time", "does not exist in Europe/Berlin"),
        ("row 4, column time", "occurs twice in Europe/Berlin"),
        ("column time", "some times have an offset"),
        ("row 2, column time", "no such date"),
        ("row 3, column time", "is not a date"),
    ],
    "28-series-resolution": [
        ("generators.g1.series.resample", "has 15 min and the scenario 60 min"),
        ("column time", "the resolution changes"),
        ("column time", "does not cover"),
        ("row 1", "no such column"),
    ],
    "29-plugins": [
        ("workloads.batch.kind", "is not known"),
        ("workloads.train.trace", "no such trace plug-in"),
        ("workloads.train", "more than one is given"),
        ("generators.sun.series", "no such series plug-in"),
        ("generators.wind.series", "a file is written as a table"),
    ],
    "30-kw-mw": [
        ("sites.east.connection.limit", "no site has this size"),
        ("sites.east.cluster.power", "no site has this size"),
        ("sites.south.cluster.idle", "more than the connection allows"),
    ],
    "31-types": [
        ("seed", "whole number"),
        ("buses.b.lat", "is not a number"),
        ("buses.b.lon", "finite"),
        ("lines.ab.x", "is not a number"),
        ("workloads.web.residency", "is not a list"),
    ],
    "32-vary": [("vary.seed", "is not a list")],
    "33-vary-cases": [
        ("vary: goal.carbon", "unknown key"),
        ("vary: policy.name", "no such policy plug-in"),
        ("vary: sites.east.bus", "no such bus"),
    ],
    "34-encoding": [("line 1", "byte order mark")],
    "35-latin1": [("line 2", "is not UTF-8")],
    "36-extends-circle": [("extends", "extends itself")],
    "37-extends-outside": [("extends", "leaves the folder")],
    "38-services-too-large": [("workloads", "all services together need more")],
    "39-spans": [("susceptance", "span 1e12"), ("cost", "span 1e12")],
    "40-empty": [(key, "is missing") for key in ("version", "name", "currency", "time", "grid")],
    "41-min-above-max": [
        ("grid.file", "unknown key"),
        ("generators.gas.min", "above the largest output"),
        ("loads.shop", "neither or both"),
        ("loads.mall", "neither or both"),
    ],
    "42-jobs": [
        ("workloads.wide.slack", "out of range"),
        ("workloads.wide.trace_options.bundles_per_week", "out of range"),
        ("workloads.data.suspend.allowed", "not true or false"),
        ("workloads.data.trace_options.path", "SUANDIAN_DATA is not set"),
    ],
    "43-deep": [("file", "not readable TOML")],
    "44-rts-leftovers": [
        ("buses", "is not read by the grid plug-in"),
        ("grid.file", "no such file"),
    ],
    "45-routes-types": [
        ("routes.list[1].rtt_ms", "is not a number"),
        ("routes.list[1].gbit", "unknown key"),
    ],
    "46-odd-grid-file": [
        ("workloads.w.origin", "no such site or origin"),
        ("mpc.bus row 2", "used twice"),
        ("mpc.gen row 1", "no such bus"),
        ("mpc.gen row 1", "Pmin above Pmax"),
        ("mpc.branch row 1", "ends where it starts"),
    ],
    "47-date": [("time.start", "not a date and time"), ("time.zone", "no such time zone")],
    "48-names": [
        ("version", "not one of the choices"),
        ("name", "not usable as a name"),
        ("currency", "not a currency code"),
        ('sites."x:y"', "not usable as a name"),
        ('sites.""', "not usable as a name"),
    ],
    "49-pue": [
        ("sites.low.cluster.pue.series", "falls below 1"),
        ("sites.high.cluster.pue.series", "is no PUE"),
    ],
    "50-pue-table": [
        ("sites.none.cluster.pue.series", "is missing"),
        ("sites.both.cluster.pue.series", "not read by the model constant"),
        ("sites.unit.cluster.pue.series.unit", "not the unit of a PUE"),
    ],
}


@pytest.fixture(autouse=True)
def _no_data(monkeypatch):
    monkeypatch.delenv("SUANDIAN_DATA", raising=False)


def test_every_broken_scenario_is_expected_and_there_are_many():
    assert {path.stem for path in BROKEN.glob("[0-9]*.toml")} == set(EXPECTED)
    assert len(EXPECTED) >= 30


def test_the_scenarios_they_extend_are_sound():
    for name in ("base.toml", "base-no-routes.toml"):
        assert check(BROKEN / name) == []


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_all_issues_at_once(name, monkeypatch, capsys):
    began = time.perf_counter()
    monkeypatch.setattr(sys, "argv", ["suandian", "check", str(BROKEN / f"{name}.toml"), "--json"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert time.perf_counter() - began < 2.0
    assert stopped.value.code == 2
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    issues = json.loads(shown.out)["issues"]
    for place, message in EXPECTED[name]:
        assert any(place in i["place"] and message in i["message"] for i in issues), (
            place,
            message,
            shown.err,
        )
    assert all(i["file"] and i["place"] and i["message"] for i in issues)
    assert len({(i["file"], i["place"], i["message"], i["value"]) for i in issues}) == len(
        issues
    ), "said twice"


@pytest.mark.parametrize("name", ["01-typos", "25-series-cells", "43-deep"])
def test_as_a_command(name):
    env = {key: value for key, value in os.environ.items() if key != "SUANDIAN_DATA"}
    command = [sys.executable, "-m", "suandian", "check", str(BROKEN / f"{name}.toml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)
    assert done.returncode == 2
    assert done.stdout == "" and "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) >= len(EXPECTED[name])


def test_typos_are_met_with_a_suggestion():
    remedies = {issue.place: issue.remedy for issue in check(BROKEN / "01-typos.toml")}
    assert remedies["polcy"] == "did you mean policy?"
    assert remedies["sites.east.jurisdicton"] == "did you mean jurisdiction?"


def test_links_are_refused(tmp_path):
    (tmp_path / "scenario.toml").write_text(
        (BROKEN / "base-no-routes.toml").read_text() + '[routes]\nfile = "r.csv"\n'
    )
    (tmp_path / "secret.csv").write_text("origin,site,rtt_ms\n")
    (tmp_path / "r.csv").symlink_to(tmp_path / "secret.csv")
    assert [issue.message for issue in check(tmp_path)] == ["the path goes through a link"]


def test_missing_files_and_folders(tmp_path):
    assert check(tmp_path)[0].message == "no such file"
    (tmp_path / "big.toml").write_bytes(b"a = 1\n" * 800_000)
    assert check(tmp_path / "big.toml")[0].message == "too large"
