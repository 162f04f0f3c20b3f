"""PyPSA, an independent program, finds the same optimum of the exported joint problem."""

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from small import make_scenario
from suandian.export.pypsa import export
from suandian.maths.compile import solve_window
from suandian.maths.prepared import Prepared
from suandian.maths.window import Window
from suandian.model.issues import InputError
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.outlook import foreseen

SCRIPT = Path(__file__).with_name("pypsa_solve.py")


def problem(network: str) -> tuple[Prepared, Window, list[str]]:
    """The small joint scenario with tight lines and a ramp, so that every piece of the export matters."""
    scenario = make_scenario("joint", network)
    grid = scenario.grid
    grid.lines.rating_mw[:] = [34.0, 30.0, 28.0]
    grid.generators.ramp_mw_per_h[0] = 12.0
    grid.storage.wear_per_mwh[0] = 1.5
    outlook = foreseen(View(scenario, State.initial(scenario)), float("inf"))
    times = [datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%d %H:%M:%S") for t in outlook.axis.edges_s[:-1].tolist()]
    return Prepared.of(scenario), outlook.window, times


def theirs(witness: Path, folder: Path) -> float:
    done = subprocess.run([str(witness), str(SCRIPT), str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    assert answer["status"] == ["ok", "optimal"]
    return float(answer["objective"])


@pytest.mark.parametrize("network", ["ptdf", "transport", "copper"])
def test_same_optimum_as_pypsa(network: str, witness: Path, tmp_path: Path) -> None:
    prepared, window, times = problem(network)
    export(prepared, window, times, tmp_path)
    ours = solve_window(prepared, window).solution.objective
    assert theirs(witness, tmp_path) == pytest.approx(ours, rel=1e-6)


def test_a_changed_coefficient_is_noticed(witness: Path, tmp_path: Path) -> None:
    prepared, window, times = problem("ptdf")
    export(prepared, window, times, tmp_path)
    wrong = replace(prepared, sites=replace(prepared.sites, pue=prepared.sites.pue * 1.001))
    ours = solve_window(wrong, window).solution.objective
    assert abs(theirs(witness, tmp_path) - ours) > 1e-6 * ours


def test_networks_differ_so_that_the_witness_can_fail() -> None:
    cost = [solve_window(*problem(n)[:2]).solution.objective for n in ("copper", "transport", "ptdf")]
    assert cost[0] < cost[1] * (1 - 1e-6) and cost[1] < cost[2] * (1 - 1e-6)


def test_what_pypsa_cannot_hold_is_refused(tmp_path: Path) -> None:
    prepared, window, times = problem("ptdf")
    with pytest.raises(InputError) as caught:
        export(prepared, replace(window, level_value=30.0, last_mw=np.array([50.0, 0.0, 0.0])), times, tmp_path)
    assert len(caught.value.issues) == 2
    assert not list(tmp_path.iterdir())
