"""PyPSA with committable generators, an independent program, finds the same optimum of small
commitment cases.
"""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from small import make_grid, make_sites
from suandian.maths.commit import solve_committed
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.maths.window import Groups, Window
from suandian.model.grid import Generators, table
from suandian.model.scenario import Commitment, Goal
from suandian.model.system import no_services

SCRIPT = Path(__file__).with_name("pypsa_commitment.py")
UNSERVED = 1000.0
CASES = 12


def drawn(seed: int) -> tuple[Generators, list[float], list[int]]:
    """Units with one price each, a load that goes up and down, hours on or off before; ramps in
    every second case.
    """
    draw = np.random.default_rng(seed)
    n, steps = 3, 10
    low = draw.integers(5, 30, n).astype(float)
    high = low + draw.integers(20, 60, n)
    cost = draw.integers(10, 60, n).astype(float)
    before = [int(b) for b in draw.choice([-9, 9], n)]
    units = table(
        Generators,
        n,
        id=[f"g{i}" for i in range(n)],
        carrier="gas",
        p_min_mw=low,
        p_max_mw=high,
        no_load=cost * low,
        segment_mw=(high - low)[:, None],
        segment_cost=cost[:, None],
        start_cost=draw.integers(0, 900, n),
        min_up_h=draw.integers(1, 5, n),
        min_down_h=draw.integers(1, 5, n),
        ramp_mw_per_h=draw.integers(15, 30, n) if seed % 2 else np.inf,
    )
    load = (
        0.6
        * high.sum()
        * (1 + 0.6 * np.sin(np.arange(steps) + draw.uniform(0, 6)))
        * draw.uniform(0.8, 1.1, steps)
    )
    return units, [float(v) for v in np.round(load, 3)], before


def ours(seed: int) -> Result:
    """Solve a case here; units that were on before were at their minimum."""
    units, load, before = drawn(seed)
    grid = replace(make_grid(1), generators=units)
    goal = Goal(unserved_load=UNSERVED)
    exact = Commitment("mip", gap=0.0, time_limit_s=60.0)
    prepared = Prepared(grid, "copper", make_sites([]), no_services(0), goal, commitment=exact)
    none = np.zeros((len(load), 0))
    window = Window(
        np.ones(len(load)),
        np.array(load)[:, None],
        none,
        none,
        none,
        Groups.none(len(load), len(prepared.sites)),
        np.zeros(0),
        np.zeros(0),
        np.where(np.array(before) > 0, units.p_min_mw, 0.0),
        on_s=np.array(before, dtype=np.int64) * 3600,
    )
    return solve_committed(prepared, window)


def described(seed: int) -> dict[str, object]:
    """Return the case in PyPSA's words: its minimum times count snapshots, its ramps are parts of
    the nominal power.
    """
    units, load, before = drawn(seed)
    rows = []
    for g in range(len(units)):
        nominal, ramp = float(units.p_max_mw[g]), float(units.ramp_mw_per_h[g])
        row = {
            "p_nom": nominal,
            "p_min_pu": float(units.p_min_mw[g]) / nominal,
            "marginal_cost": float(units.segment_cost[g, 0]),
            "start_up_cost": float(units.start_cost[g]),
            "min_up_time": int(units.min_up_h[g]),
            "min_down_time": int(units.min_down_h[g]),
            "before": before[g],
        }
        if np.isfinite(ramp):
            through = max(ramp, float(units.p_min_mw[g])) / nominal
            row |= {"ramp_limit_up": ramp / nominal, "ramp_limit_down": ramp / nominal}
            row |= {"ramp_limit_start_up": through, "ramp_limit_shut_down": through}
            row |= {"p_init": float(units.p_min_mw[g]) if before[g] > 0 else 0.0}
        rows.append(row)
    return {"load": load, "unserved": UNSERVED, "units": rows}


@pytest.fixture(scope="module")
def theirs(witness: Path) -> list[dict]:
    """PyPSA's answers to every case, all from one process."""
    asked = json.dumps([described(seed) for seed in range(CASES)])
    done = subprocess.run([str(witness), str(SCRIPT)], input=asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [a["status"] for a in answers] == [["ok", "optimal"]] * CASES
    return answers


@pytest.mark.parametrize("seed", range(CASES))
def test_same_optimum_as_pypsa(seed: int, theirs: list[dict]) -> None:
    assert ours(seed).solution.objective == pytest.approx(theirs[seed]["objective"], rel=1e-6)


def test_the_cases_show_something(theirs: list[dict]) -> None:
    """Units start and stop, and in some case the search had to branch: rounding alone was not the
    best.
    """
    assert sum(len(set(states)) > 1 for answer in theirs for states in answer["on"]) >= CASES
    evidence = [ours(seed).commitment for seed in range(CASES)]
    assert any(e is not None and e.rounded > e.objective * (1 + 1e-6) for e in evidence)
