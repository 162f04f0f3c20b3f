"""Our own plug-ins keep the public contracts, and a plug-in that breaks one is caught."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from suandian.model.feed import Feed
from suandian.model.issues import InputError
from suandian.model.plan import Plan
from suandian.model.ports import ForecasterKind, PolicyKind, SeriesKind, Trace, TraceKind
from suandian.model.ports.connector import ConnectorKind, DevicePoint, Measurements
from suandian.model.ports.options import Field, PluginOptions
from suandian.model.time import TimeAxis
from suandian.plugins.connectors import files
from suandian.plugins.grids import inline, matpower, rts_gmlc
from suandian.plugins.series import google_2019
from suandian.plugins.series import rts_gmlc as rts_series
from suandian.plugins.traces import pai_quantiles, swf
from suandian.reading import registry
from suandian.solve.port import Answer
from suandian.testing import (
    ContractError,
    check,
    check_connector,
    check_forecaster,
    check_grid,
    check_policy,
    check_series,
    check_solver,
    check_trace,
)

DEMO = pytest.mark.skipif(
    importlib.util.find_spec("dispatches_data") is None, reason="needs suandian[demo]"
)
DAY = TimeAxis.regular(1_583_020_800, 3600, 24)
CASE = """mpc.baseMVA = 100;
mpc.bus = [1 3 0 0 0 0 1 1 0 230 1 1.1 0.9; 2 1 50 0 0 0 1 1 0 230 1 1.1 0.9];
mpc.gen = [1 0 0 0 0 1 100 1 100 0];
mpc.branch = [1 2 0 0.1 0 80 80 80 0 0 1];
mpc.gencost = [2 0 0 2 10 0];
"""


def broken_rules(check, *arguments, **options):
    with pytest.raises(ContractError) as caught:
        check(*arguments, **options)
    return set(caught.value.broken)


# ---- our own


@DEMO
def test_rts_gmlc_keeps_the_contracts():
    check_grid(rts_gmlc.GRID)
    check_grid(rts_gmlc.GRID, {"areas": ["1"]})
    later = TimeAxis.regular(1_700_000_000 // 3600 * 3600, 3600, 24)
    kept = check_series(rts_series.SERIES, uncovered=later)
    assert "a time that is not covered is refused" in kept


@DEMO
def test_google_2019_keeps_the_contract():
    check_series(google_2019.SERIES)


def test_matpower_keeps_the_contract(tmp_path):
    (tmp_path / "tiny.m").write_text(CASE)
    check_grid(matpower.GRID, {"file": tmp_path / "tiny.m"})


def test_traces_keep_the_contract(tmp_path):
    check_trace(pai_quantiles.TRACE)
    lines = [f"{i + 1} {600 * i} 0 3600 4" + " -1" * 13 for i in range(50)]
    (tmp_path / "log.swf").write_text("\n".join(lines))
    when = {"path": tmp_path / "log.swf", "anchor": "2020-03-01T00:00:00+00:00"}
    check_trace(swf.TRACE, when)


def test_the_connector_files_keeps_the_contract(tmp_path):
    meter, told = tmp_path / "meter.csv", tmp_path / "told.csv"
    meter.write_text("time,point,value\n2024-03-04T00:00:00+01:00,power,12.5\n")
    given = {"place": "site:west", "measurements": meter, "setpoints": told, "limit_mw": 20.0}
    check_connector(files.CONNECTOR, given, write=True)
    head, row = told.read_text().splitlines()
    assert head == "point,value,start,end" and row.startswith("power,0.0,")


def test_the_connector_files_gives_the_time_of_the_meter(tmp_path):
    meter = tmp_path / "meter.csv"
    meter.write_text(
        "time,point,value\n2024-03-04T01:00:00+01:00,power,12.5\n2024-03-04T00:15:00+00:00,x,1\n"
    )
    options = files.FilesOptions(place="site:west", measurements=meter)
    read = files.CONNECTOR.connect(options).read()
    # 01:00 at UTC+1 is midnight UTC; the point x is not offered
    assert read.measured_s.tolist() == [1_709_510_400]
    assert (read.point.tolist(), read.value.tolist()) == (["power"], [12.5])
    meter.write_text("time,point,value\nyesterday,power,12.5\n")
    with pytest.raises(InputError, match="row 2"):
        files.CONNECTOR.connect(options).read()
    meter.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        files.CONNECTOR.connect(options).read()


def test_inline_takes_tables_and_no_options():
    assert inline.GRID.Options is PluginOptions


# ---- broken ones


def flat(key: str, axis: TimeAxis) -> Feed:
    """A series that keeps none of the finer rules: it takes any key, and knows values early."""
    value = np.full((axis.n, 1), float(axis.n))
    return Feed("flat", "MW", np.array([key]), axis, value, axis.edges_s[:-1].copy())


def test_a_series_that_knows_the_future_is_caught():
    rules = broken_rules(check_series, SeriesKind(flat), "x", DAY)
    assert rules == {
        "actual values of the series are known at the end of their step",
        "a part of the axis has its part of the values",
        "an unknown key is refused",
    }


def test_a_series_that_raises_is_caught_with_what_it_said():
    def raises(key: str, axis: TimeAxis) -> Feed:
        raise RuntimeError("no disk")

    with pytest.raises(ContractError, match="RuntimeError: no disk"):
        check_series(SeriesKind(raises), "x", DAY)


class Undescribed(PluginOptions):
    """Options of a careless plug-in."""

    rate: int = Field(default=1)


def test_a_trace_that_depends_on_its_window_is_caught():
    def jobs(options: Undescribed, start_s: int, end_s: int, seed: int) -> Trace:
        # ten jobs in any window, in no order, whatever the seed
        draw = np.random.default_rng()
        submit = draw.integers(start_s, end_s, 10)
        one = np.ones(10)
        return Trace(submit, one, one, np.ones(10, np.int64))

    rules = broken_rules(check_trace, TraceKind(jobs, Undescribed))
    assert {
        "every option has a description",
        "jobs come in order of submission",
        "the same seed gives the same jobs",
        "a part of the window has its part of the jobs",
        "the trace says where it comes from",
    } <= rules


def test_a_grid_that_names_a_bus_twice_is_caught(tmp_path):
    (tmp_path / "tiny.m").write_text(CASE)

    def load(options: matpower.MatpowerOptions) -> matpower.MatpowerGrid:
        grid = matpower.read(options.file)
        buses = replace(grid.buses, id=np.array(["1", "1"]))
        return matpower.MatpowerGrid(replace(grid, buses=buses))

    broken = replace(matpower.GRID, load=load)
    rules = broken_rules(check_grid, broken, {"file": tmp_path / "tiny.m"})
    assert rules == {"ids of buses are unique and not empty"}


def test_a_solver_that_believes_zeros_is_caught():
    def zeros(problem, time_limit_s):
        return Answer("optimal", np.zeros(problem.shape[1]), np.zeros(problem.shape[0]))

    assert broken_rules(check_solver, zeros) == {
        "primal and dual prove the optimum",
        "an optimum is found and proven",
        "what is infeasible is called so",
    }


def test_a_connector_that_takes_everything_is_caught():
    class Careless:
        def points(self):
            return (DevicePoint("power", "power", "horsepower", "west", settable=True, high=5.0),)

        def read(self):
            # the reader's clock plus an hour
            stamp = np.array([2**33], np.int64)
            return Measurements(np.array(["power"]), np.array([1.0]), stamp)

        def write(self, told):
            return ("",) * len(told.point)

        def close(self):
            """Nothing."""

    kind = ConnectorKind(lambda options: Careless())
    assert broken_rules(check_connector, kind) == {
        "units are known",
        "each place is a node, kind:id",
        "nothing was measured in the future",
        "an unknown point is refused with a reason",
        "power above its range is refused",
    }


class Still:
    """A policy whose one plan ends long before it decides again, and carries another name."""

    replan_h = 1000.0

    def decide(self, view, notebook):
        plan = Plan.blank("other", view, view.ahead(1.0))
        return replace(plan, started_mw=plan.started_mw - 1.0), notebook


def test_a_policy_with_too_short_a_plan_is_caught():
    kind = PolicyKind("still", "standing still", lambda known, options: Still())
    assert broken_rules(check_policy, kind) == {
        "its powers are not negative",
        "its plan lasts until it decides again",
        "plans bear its name",
    }


class Looks:
    """A forecaster that copies what happened, where the feed has it, whatever the moment."""

    def forecast(self, feed, axis, as_of_s):
        row = np.clip(feed.position(axis.start_s) + np.arange(axis.n), 0, len(feed.actual) - 1)
        return feed.actual[row]


def test_a_forecaster_that_looks_ahead_is_caught():
    kind = ForecasterKind("looks", "looking it up", lambda known, options: Looks())
    rules = broken_rules(check_forecaster, kind)
    assert "an earlier forecast of available uses no later value" in rules


@pytest.mark.parametrize("kind", ["policy", "forecaster"])
def test_our_policies_and_forecasters_keep_the_contract(kind):
    for plugin in registry.built_in(kind).values():
        check(kind, plugin.load())
