"""Another processor, the same bytes: plans and runs under the kernels of several of them.

`OPENBLAS_CORETYPE` makes the BLAS library take the kernels of another processor, which add in
another order; numpy's own kernels follow `NPY_DISABLE_CPU_FEATURES`.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from suandian.reading.templates import folder

PROCESSORS = {
    "Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "SkylakeX": {"OPENBLAS_CORETYPE": "SkylakeX"},
    # The oldest: no fused multiply-add, no wide registers, in BLAS and in numpy.
    "Prescott": {
        "OPENBLAS_CORETYPE": "Prescott",
        "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX",
    },
}


def suandian(processor: str, *words: object) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "suandian", *map(str, words)]
    surroundings = os.environ | PROCESSORS[processor]
    process = subprocess.run(command, env=surroundings, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr[-2000:]


def hashes(out: Path) -> dict[str, str]:
    files = sorted(file for file in out.rglob("*") if file.is_file())
    return {
        file.relative_to(out).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


@pytest.mark.parametrize("template", ["two-sites", "three-areas"])
def test_a_plan_has_the_same_bytes_on_every_processor(template: str, tmp_path: Path) -> None:
    plans = {}
    for processor in PROCESSORS:
        out = tmp_path / processor
        words = ("plan", folder(template), "--out", out, "--reproducible")
        suandian(processor, *words)
        plans[processor] = hashes(out)
    first = plans["Haswell"]
    assert "plans.parquet" in first
    assert all(plan == first for plan in plans.values())


def test_a_run_is_booked_alike_on_every_processor(tmp_path: Path) -> None:
    heads = set()
    for processor in ("Haswell", "SkylakeX"):
        out = tmp_path / processor
        suandian(processor, "simulate", folder("two-sites"), "--out", out)
        heads.add(json.loads((out / "run.json").read_text())["ledger_head"])
    assert len(heads) == 1
