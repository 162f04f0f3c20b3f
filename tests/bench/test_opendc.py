"""OpenDC's SURF week from its own files: its own figures."""

import os
from pathlib import Path

import polars as pl
import pytest

from suandian.bench.opendc import read, rows
from suandian.model.issues import InputError

DATA = Path(os.environ.get("SUANDIAN_DATA", Path(__file__).parents[3] / "shared" / "data"))


def test_energy_and_carbon_are_those_of_opendc() -> None:
    if not (DATA / "opendc").is_dir():
        pytest.skip("SUANDIAN_DATA is absent: OpenDC's traces lie there")
    made = {r["figure"]: r for r in rows(DATA / "opendc", DATA.parent / "reference" / "opendc", 1)}
    # its output is rounded to seven digits; the issue asks for 1 %
    assert made["energy"]["value"] == pytest.approx(made["energy"]["peer_value"], rel=1e-7)
    assert made["carbon"]["value"] == pytest.approx(made["carbon"]["peer_value"], rel=1e-6)
    assert made["energy"]["same_answer"] and made["carbon"]["same_answer"]


def test_what_is_missing_or_does_not_add_up_is_said(tmp_path) -> None:
    with pytest.raises(InputError, match="does not exist") as error:
        read(tmp_path)
    assert len(error.value.issues) == 3
    pl.DataFrame({"id": [7], "submission_time": [0], "duration": [100]}).write_parquet(
        tmp_path / "surf_week_tasks.parquet"
    )
    pl.DataFrame({"id": [7, 7], "duration": [60, 30], "cpu_usage": [1.0, 1.0]}).write_parquet(
        tmp_path / "surf_week_fragments.parquet"
    )
    pl.DataFrame({"timestamp": [], "carbon_intensity": []}).write_parquet(
        tmp_path / "carbon_NL_2021-2024.parquet"
    )
    with pytest.raises(InputError, match="1 tasks have fragments that do not add up"):
        read(tmp_path)
