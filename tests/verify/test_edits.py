"""Planted edits of every kind: each is found, by the folder alone and by a head kept elsewhere."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from record.hand import make_run
from suandian.model.issues import RecordError
from suandian.record.schemas import OPTIONAL, TABLES
from suandian.verify import verify

Edit = Callable[[Path], None]
RECORD = ("policy", "name", "solves", "inputs", "scenario_hash", "ledger_head", "seal", "files")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("edits") / "run")


def other(value: object) -> object:
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    if isinstance(value, dict):
        return {**value, "more": 1}
    return [*value, {"name": "more", "step": 0}]


def cell(table: str, column: str, row: int) -> Edit:
    def edit(path: Path) -> None:
        file = path / f"{table}.parquet"
        frame = pl.read_parquet(file)
        kind = frame.schema[column]
        values = frame[column].to_list()
        before = values[row]
        if hasattr(before, "year"):
            values[row] = before.replace(year=before.year + 1)
        else:
            values[row] = _filled(kind) if before is None else other(before)
        changed = pl.Series(column, values, dtype=kind, strict=False)
        frame.with_columns(changed).write_parquet(file)

    return edit


def _filled(kind: pl.DataType) -> object:
    """Return a value where there was none."""
    if kind == pl.String:
        return "x"
    return datetime(2024, 1, 1, tzinfo=UTC) if kind.is_temporal() else 1


def rows(table: str, keep: Callable[[pl.DataFrame], pl.DataFrame]) -> Edit:
    def edit(path: Path) -> None:
        file = path / f"{table}.parquet"
        keep(pl.read_parquet(file)).write_parquet(file)

    return edit


def record(change: Callable[[dict], dict]) -> Edit:
    def edit(path: Path) -> None:
        file = path / "run.json"
        file.write_text(json.dumps(change(json.loads(file.read_text()))))

    return edit


def text(name: str, change: Callable[[str], str]) -> Edit:
    def edit(path: Path) -> None:
        file = path / name
        file.write_text(change(file.read_text()))

    return edit


def ledger(statement: str) -> Edit:
    def edit(path: Path) -> None:
        with sqlite3.connect(path / "ledger.db") as db:
            db.executescript("DROP TRIGGER entries_stay; DROP TRIGGER IF EXISTS entries_last;")
            db.execute(statement)
        db.close()

    return edit


def removed(name: str) -> Edit:
    return lambda path: (path / name).unlink()


def planted(run: Path) -> Iterator[tuple[str, Edit]]:
    """Yield edits by name: cells of every column, rows, keys, files, and the ledger."""
    rng = np.random.default_rng(5)
    for table in TABLES:
        if table in OPTIONAL:
            continue
        frame = pl.read_parquet(run / f"{table}.parquet")
        yield f"{table} is gone", removed(f"{table}.parquet")
        if not len(frame):
            continue
        for column in frame.columns:
            yield f"{table}.{column}", cell(table, column, int(rng.integers(len(frame))))
        yield f"{table}: a row less", rows(table, lambda f: f.tail(-1))
        yield f"{table}: a row twice", rows(table, lambda f: pl.concat([f, f.head(1)]))
    for key in RECORD:
        yield f"run.json {key}", record(lambda r, key=key: {**r, key: other(r[key])})
        yield f"run.json without {key}", record(lambda r, key=key: _without(r, key))
    for state in ("failed", "running"):
        yield f"run.json {state}", record(lambda r, state=state: {**r, "state": state})
        yield (
            f"run.json {state}, hashes dropped",
            record(lambda r, state=state: _without({**r, "state": state}, "files")),
        )
    yield "another bound", record(lambda r: {**r, "bound": 1.0})
    yield "another key", record(lambda r: {**r, "more": 1})
    yield "warnings", record(lambda r: {**r, "warnings": ["none"]})
    yield "kpis.json", text("kpis.json", lambda t: t.replace("1", "2", 1))
    yield "kpis.json empty", text("kpis.json", lambda _: "{}")
    yield "certificate", text("certificate.json", lambda t: t.replace("1.0", "1.1", 1))
    yield "no certificates", text("certificate.json", lambda _: "[]")
    yield "scenario", text("scenario.toml", lambda t: t + "\n# a remark")
    yield "no scenario", removed("scenario.toml")
    yield "problem", removed("problem/last.npz")
    yield "a statement", lambda path: (path / "statement.csv").write_text("party,amount\nme,1\n")
    yield "the seal", ledger("DELETE FROM entries WHERE book = 'seal'")
    yield (
        "an amount",
        ledger(
            "UPDATE entries SET body = replace(body, '1', '2') WHERE book = 'cash' AND step = 1"
        ),
    )
    yield "a step", ledger("DELETE FROM entries WHERE step = 2")
    yield "a detail", ledger("DELETE FROM details WHERE rowid = 1")
    yield "a hash", ledger("UPDATE entries SET hash = 'ab' WHERE seq = 3")


def _without(record: dict, key: str) -> dict:
    return {name: value for name, value in record.items() if name != key}


def found(path: Path, head: str | None = None) -> bool:
    """Whether something is found; a folder that cannot be read is told apart, too."""
    try:
        return not verify(path, head).holds
    except RecordError:
        return True


def test_every_edit_is_found(run: Path, tmp_path: Path) -> None:
    head = json.loads((run / "run.json").read_text())["seal"]
    assert not found(run) and not found(run, head)
    edits = dict(planted(run))
    assert len(edits) >= 80
    missed = []
    for name, edit in edits.items():
        copy = tmp_path / "copy"
        shutil.copytree(run, copy)
        edit(copy)
        missed += [name] if not found(copy) else []
        missed += [f"{name}, with the head"] if not found(copy, head) else []
        shutil.rmtree(copy)
    assert not missed


def test_a_whole_that_is_rebuilt_is_found_by_the_head_alone(run: Path, tmp_path: Path) -> None:
    from record.hand import seal

    head = json.loads((run / "run.json").read_text())["seal"]
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    record(lambda r: {**r, "policy": "joint"})(copy)
    assert found(copy)
    # with a seal of its own nothing in the folder tells of it
    seal(copy)
    assert not found(copy)
    assert found(copy, head)
