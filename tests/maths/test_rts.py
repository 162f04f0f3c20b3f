"""The real grid: angles and PTDF give one optimum and one set of prices; the hull is never above
the curve.
"""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from suandian.maths.prepared import Prepared
from suandian.maths.solving import solve_window
from suandian.model.hindsight import Hindsight
from suandian.model.state import State
from suandian.policy.outlook import foreseen
from suandian.reading import load

TEMPLATE = Path(str(files("suandian"))) / "templates" / "three-areas"


def test_angles_and_ptdf_agree_on_rts_gmlc() -> None:
    scenario = load(TEMPLATE, ["policy.name=joint", "time.duration=12 h"])
    window = foreseen(Hindsight.at(scenario, State.initial(scenario)), 12.0).window
    results = {
        n: solve_window(replace(Prepared.of(scenario), network=n), window)
        for n in ("dc", "ptdf", "copper")
    }
    dc, ptdf = results["dc"], results["ptdf"]
    assert ptdf.solution.objective == pytest.approx(dc.solution.objective, rel=1e-9)
    assert (
        len(ptdf.compiled.monitored) < len(scenario.grid.lines) / 2
    )  # only lines that would overload have rows
    assert (np.abs(ptdf.flow_mw()) <= scenario.grid.lines.rating_mw + 1e-6).all()
    assert results["copper"].solution.objective < dc.solution.objective * (1 - 1e-4)


def test_prices_are_what_one_more_mwh_costs() -> None:
    scenario = load(TEMPLATE, ["policy.name=joint", "time.duration=3 h"])
    prepared = Prepared.of(scenario)
    window = foreseen(Hindsight.at(scenario, State.initial(scenario)), 3.0).window
    base = solve_window(prepared, window)
    bus = scenario.sites.bus[2]
    load_mw = window.load_mw.copy()
    load_mw[1, bus] += 1e-3
    more = solve_window(prepared, replace(window, load_mw=load_mw))
    rise = (more.solution.objective - base.solution.objective) / 1e-3
    assert rise == pytest.approx(base.price()[1, bus], rel=1e-4)
