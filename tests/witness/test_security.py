"""PyPSA's security-constrained optimum, all post-outage rows written out, is ours with
lazy rows.
"""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from small import writable
from suandian.export.pypsa import export
from suandian.maths.solving import solve_window
from suandian.model.scenario import Security
from witness.test_pypsa import system

SCRIPT = Path(__file__).with_name("pypsa_security.py")


def test_the_loss_of_any_line_costs_the_same_in_pypsa(witness: Path, tmp_path: Path) -> None:
    study = system("ptdf")
    prepared, window = study.prepared, study.window
    writable(prepared.grid.lines.rating_mw)[:] = [52.0, 46.0, 44.0]
    kept = replace(prepared, security=Security(("line",), price=1e6))
    free, secure = solve_window(prepared, window), solve_window(kept, window)
    assert "security" in secure.compiled.problem.rows
    assert (secure.column("n1_over") + secure.column("n1_under")).max() < 1e-9
    export(prepared, window, study.times, tmp_path)
    command = [str(witness), str(SCRIPT), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = json.loads(done.stdout.splitlines()[-1])
    assert theirs["status"] == ["ok", "optimal"]
    assert theirs["secure"] == pytest.approx(secure.solution.objective, rel=1e-6)
    assert secure.solution.objective > free.solution.objective * (1 + 1e-4)
