"""The nine PGLib cases against their published DC optima (data README of PGLib)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(os.environ.get("SUANDIAN_DATA", Path(__file__).parents[2] / "shared" / "data"))
PUBLISHED = {
    "case5_pjm.m": 1.7480e4,
    "case14_ieee.m": 2.0515e3,
    "case24_ieee_rts.m": 6.1001e4,
    "case39_epri.m": 1.3689e5,
    "case57_ieee.m": 3.4773e4,
    "case73_ieee_rts.m": 1.8300e5,
    "case118_ieee.m": 9.3101e4,
    "case300_ieee.m": 5.1785e5,
    "case1354_pegase.m.gz": 1.2182e6,
}


@pytest.mark.parametrize("case", PUBLISHED)
def test_dc_optimum_is_the_published_one(case: str) -> None:
    path = DATA / "pglib_opf" / f"pglib_opf_{case}"
    if not path.exists():
        pytest.skip("SUANDIAN_DATA is absent: the PGLib cases lie there")
    command = [sys.executable, "-m", "suandian", "opf", str(path), "--network", "dc", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["objective"] == pytest.approx(PUBLISHED[case], rel=1e-4)


def test_broken_case_lists_every_issue(tmp_path: Path) -> None:
    case = tmp_path / "broken.m"
    case.write_text(
        "mpc.baseMVA = 100;\n"
        "mpc.bus = [1 3 0 0 0 0 1 1 0 230 1 1.1 0.9;\n1 1 90 0 0 0 1 1 0 230 1 1.1 0.9;];\n"
        "mpc.gen = [7 0 0 0 0 1 100 1 50 80;];\n"
        "mpc.branch = [1 1 0 0.1 0 0 0 0 0 0 1 -30 30;];\n"
        "mpc.gencost = [2 0 0 3 0 10 0;];\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "suandian", "opf", str(case)], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for part in (
        "bus number is used twice",
        "no such bus",
        "branch ends where it starts",
        "Pmin above Pmax",
    ):
        assert part in done.stderr
