"""Run folders: run.json whole or not at all, and readable errors for what is missing or damaged."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from record.hand import make_run
from suandian.model.issues import RecordError
from suandian.record.folder import RunFolder
from suandian.record.read import open_run
from suandian.record.schemas import OPTIONAL, SCHEMA_VERSION, TABLES

RECORD = {
    "state": "running",
    "schema_version": SCHEMA_VERSION,
    "scenario_hash": "ab",
    "ledger_head": "",
}


def test_run_json_is_replaced_and_leaves_nothing_else(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    assert not folder.exists()
    folder.write(RECORD)
    folder.write({**RECORD, "state": "done"})
    assert folder.read()["state"] == "done"
    assert folder.files() == ["run.json"]


def test_a_write_that_fails_keeps_the_old_record(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write(RECORD)
    with pytest.raises(TypeError):
        folder.write({**RECORD, "bad": object()})
    assert folder.read() == RECORD
    assert folder.files() == ["run.json"]


def test_numbers_json_cannot_hold_become_null(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write({**RECORD, "gap": float("inf"), "n": np.int64(3), "list": [np.nan, (1.5,)]})
    read = folder.read()
    assert read["gap"] is None and read["n"] == 3 and read["list"] == [None, [1.5]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "not a run folder"),
        ("{", "damaged"),
        ("[]", "not an object"),
        (json.dumps({**RECORD, "schema_version": 99}), "schema version 99"),
        (json.dumps({**RECORD, "state": "odd"}), "odd"),
        (json.dumps({k: v for k, v in RECORD.items() if k != "scenario_hash"}), "no scenario_hash"),
    ],
)
def test_records_that_cannot_be_read(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(RecordError, match=said):
        open_run(tmp_path)


def test_a_key_of_another_type_is_damage(tmp_path: Path) -> None:
    for key, value in (("notes", 5), ("carbon_price", "x"), ("solves", {}), ("source", 5)):
        (tmp_path / "run.json").write_text(json.dumps(RECORD | {key: value}))
        with pytest.raises(RecordError, match=f"damaged: {key} is a"):
            RunFolder(tmp_path).read()


def test_every_table_has_its_schema(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    for name, schema in ((n, s) for n, s in TABLES.items() if n not in OPTIONAL):
        assert dict(run.table(name).schema) == dict(schema)


def test_missing_and_foreign_tables(tmp_path: Path) -> None:
    path = make_run(tmp_path / "run")
    pl.read_parquet(path / "jobs.parquet").drop("late_s").write_parquet(path / "jobs.parquet")
    levels = pl.read_parquet(path / "levels.parquet")
    levels.with_columns(pl.col("energy_wh").cast(pl.Float64)).write_parquet(path / "levels.parquet")
    (path / "flows.parquet").unlink()
    (path / "nodes.parquet").write_bytes(b"PAR1 not really")
    run = open_run(path)
    for name, said in (
        ("jobs", "late_s"),
        ("levels", "Float64"),
        ("flows", "no flows.parquet"),
        ("nodes", "damaged"),
    ):
        with pytest.raises(RecordError, match=said):
            run.table(name)


def test_hashes_leave_out_what_changes_or_is_chained(tmp_path: Path) -> None:
    path = make_run(tmp_path / "run")
    (path / "report.html").write_text("x")
    names = set(RunFolder(path).hashes())
    assert names == {f"{t}.parquet" for t in TABLES if t not in OPTIONAL} | {
        "scenario.toml",
        "kpis.json",
        "certificate.json",
        "problem/last.npz",
    }
