"""PyPSA, an independent program, finds the same optimum of the exported joint problem."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from small import make_scenario, writable
from suandian.export.problems import JointProblem, times_of, whole_study
from suandian.export.pypsa import export
from suandian.maths.prepared import Prepared
from suandian.maths.solving import solve_window
from suandian.maths.window import Window
from suandian.model.hindsight import Hindsight
from suandian.model.issues import InputError
from suandian.model.state import State
from suandian.policy.outlook import foreseen

SCRIPT = Path(__file__).with_name("pypsa_solve.py")
CASES = ("copper", "transport", "ptdf", "later", "mixed")
Problem = tuple[Prepared, Window]


def system(network: str, mixed: bool = False) -> JointProblem:
    """The small joint scenario with tight lines and a ramp, so that every piece of the export
    matters.
    """
    scenario = make_scenario("joint", network)
    grid = scenario.grid
    writable(grid.lines.rating_mw)[:] = [34.0, 30.0, 28.0]
    writable(grid.generators.ramp_mw_per_h)[0] = 12.0
    writable(grid.storage.wear_per_mwh)[0] = 1.5
    if not mixed:
        return whole_study(scenario)
    scenario = replace(
        scenario, policy=replace(scenario.policy, look_ahead=((6.0, 1.0), (12.0, 2.0), (24.0, 4.0)))
    )
    outlook = foreseen(Hindsight.at(scenario, State.initial(scenario)), 24.0)
    assert np.unique(outlook.window.hours).tolist() == [1.0, 2.0, 4.0]
    return JointProblem(Prepared.of(scenario), outlook.window, times_of(outlook.axis))


def problem(case: str) -> Problem:
    """Return the whole study on a kind of network, or a window with a past and with values of what
    is left.

    That is `later`, and `mixed`: the same in steps of 1, 2 and 4 h.
    """
    study = system("ptdf" if case in ("later", "mixed") else case, case == "mixed")
    prepared, window = study.prepared, study.window
    if case not in ("later", "mixed"):
        return prepared, window
    assert window.groups is not None
    groups = replace(
        window.groups, leftover=27.0, due_mwh=np.maximum(window.groups.due_mwh - 8.0, 0.0)
    )
    last = np.array([50.0, np.nan, np.nan])
    return prepared, replace(
        window, computing=groups, level_value=61.0, last_mw=last, final_mwh=None
    )


def optimum(prepared: Prepared, window: Window) -> float:
    return solve_window(prepared, window).solution.objective


@pytest.fixture(scope="module")
def theirs(witness: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """PyPSA's optimum of every case, all from one process."""
    folders = {case: tmp_path_factory.mktemp(case) for case in CASES}
    for case, folder in folders.items():
        export(*problem(case), system("ptdf", case == "mixed").times, folder)
    command = [str(witness), str(SCRIPT), *map(str, folders.values())]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [a["status"] for a in answers] == [["ok", "optimal"]] * len(CASES)
    return {case: float(a["objective"]) for case, a in zip(CASES, answers, strict=True)}


@pytest.mark.parametrize("case", CASES)
def test_same_optimum_as_pypsa(case: str, theirs: dict[str, float]) -> None:
    assert theirs[case] == pytest.approx(optimum(*problem(case)), rel=1e-6)


def test_angles_have_the_same_optimum_too(theirs: dict[str, float]) -> None:
    assert theirs["ptdf"] == pytest.approx(optimum(*problem("dc")), rel=1e-6)


def _sites(p: Prepared, w: Window) -> Problem:
    return replace(p, sites=replace(p.sites, pue=p.sites.pue * 1.001)), w


def _work(p: Prepared, w: Window, **changes: object) -> Problem:
    assert w.groups is not None
    return p, replace(w, computing=replace(w.groups, **changes))  # type: ignore[arg-type]


def _store(p: Prepared, w: Window, name: str) -> Problem:
    storage = replace(p.grid.storage, **{name: getattr(p.grid.storage, name) * 0.98})
    return replace(p, grid=replace(p.grid, storage=storage)), w


def _unit(p: Prepared, w: Window, name: str) -> Problem:
    units = replace(p.grid.generators, **{name: getattr(p.grid.generators, name) * 1.001})
    return replace(p, grid=replace(p.grid, generators=units)), w


CHANGES: dict[str, Callable[[Prepared, Window], Problem]] = {
    "pue": _sites,
    "ramp": lambda p, w: _unit(p, w, "ramp_mw_per_h"),
    "fuel": lambda p, w: _unit(p, w, "segment_cost"),
    "carbon price": lambda p, w: (
        replace(p, goal=replace(p.goal, carbon_price=p.goal.carbon_price * 1.001)),
        w,
    ),
    "store efficiency": lambda p, w: _store(p, w, "charge_efficiency"),
    "store wear": lambda p, w: _store(p, w, "wear_per_mwh"),
    "line rating": lambda p, w: (
        replace(
            p,
            grid=replace(
                p.grid, lines=replace(p.grid.lines, rating_mw=p.grid.lines.rating_mw * 1.001)
            ),
        ),
        w,
    ),
    "service": lambda p, w: (p, replace(w, service_mw=w.service_mw * 1.001)),
    "arrivals": lambda p, w: _work(p, w, arrived_mwh=w.groups.arrived_mwh * 1.001),
    "deadlines": lambda p, w: _work(
        p, w, due_mwh=np.minimum(w.groups.due_mwh + 0.5, w.groups.arrived_mwh)
    ),
    "data": lambda p, w: _work(p, w, move=w.groups.move * 0.5),
    "work left": lambda p, w: _work(p, w, leftover=w.groups.leftover * 1.01),
    "energy left": lambda p, w: (p, replace(w, level_value=w.level_value * 1.01)),
    "output before": lambda p, w: (p, replace(w, last_mw=w.last_mw - 1.0)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_coefficient_is_noticed(change: str, theirs: dict[str, float]) -> None:
    assert (
        abs(theirs["later"] - optimum(*CHANGES[change](*problem("later")))) > 1e-6 * theirs["later"]
    )


def test_networks_differ_so_that_the_witness_can_fail() -> None:
    cost = [optimum(*problem(case)) for case in ("copper", "transport", "ptdf")]
    assert cost[0] < cost[1] * (1 - 1e-6) and cost[1] < cost[2] * (1 - 1e-6)


def test_what_pypsa_cannot_hold_is_refused(tmp_path: Path) -> None:
    study = system("ptdf")
    with pytest.raises(InputError) as caught:
        export(
            study.prepared,
            replace(study.window, restart_cost=3.0, reserve_mw=5.0),
            study.times,
            tmp_path,
        )
    assert len(caught.value.issues) == 2
    assert not list(tmp_path.iterdir())
