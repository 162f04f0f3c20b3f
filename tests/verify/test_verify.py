"""A good run holds; every way of changing it is found."""

import ast
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from record.hand import make_run, make_scenario, plan, postings, seal
from small import as_text
from small import make_scenario as make_small
from suandian.ledger.ledger import Ledger, chain, origin
from suandian.ledger.packing import compressed, pack
from suandian.model.issues import RecordError
from suandian.record.folder import RunFolder, sha256
from suandian.record.schemas import SCHEMA_VERSION
from suandian.verify import verify
from suandian.verify.evidence import audit
from suandian.verify.law import misfit

Tamper = Callable[[Path], None]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run")


def failed(path: Path, head: str | None = None) -> set[str]:
    return {finding.check for finding in verify(path, head).failed}


def sql(path: Path, *statements: tuple[object, ...]) -> None:
    db = sqlite3.connect(path / "ledger.db")
    db.executescript("DROP TRIGGER IF EXISTS entries_stay; DROP TRIGGER IF EXISTS entries_last;")
    for statement, *values in statements:
        db.execute(str(statement), values)
    db.commit()
    db.close()


def rows(path: Path) -> list[tuple[int, str, str]]:
    db = sqlite3.connect(path / "ledger.db")
    found = db.execute("SELECT seq, body, hash FROM entries ORDER BY seq").fetchall()
    db.close()
    return found


def rechain(path: Path) -> str:
    """What a careful forger does: all hashes anew. Returns the new head."""
    previous = origin(RunFolder(path).read()["scenario_hash"])
    for seq, body, _ in rows(path):
        previous = chain(previous, body)
        sql(path, ("UPDATE entries SET hash = ? WHERE seq = ?", previous, seq))
    return previous


def edit_body(path: Path, seq: int = 3) -> None:
    body = json.loads(rows(path)[seq][1])
    body["accounts"] = {"site:dc": -5, "grid": 6, "supply:gas": -1}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    sql(path, ("UPDATE entries SET body = ? WHERE seq = ?", text, seq))


def edit(name: str, change: pl.Expr, reseal: bool = True) -> Tamper:
    def tamper(path: Path) -> None:
        file = path / f"{name}.parquet"
        pl.read_parquet(file).with_columns(change).write_parquet(file)
        if reseal:
            seal(path)

    return tamper


def edit_json(name: str, change: Callable[[Any], object]) -> Tamper:
    def tamper(path: Path) -> None:
        file = path / name
        file.write_text(json.dumps(change(json.loads(file.read_text()))))
        seal(path)

    return tamper


def at(rule: pl.Expr, column: str, value: pl.Expr | float | str | None) -> pl.Expr:
    return (
        pl.when(rule)
        .then(value if isinstance(value, pl.Expr) else pl.lit(value))
        .otherwise(pl.col(column))
        .alias(column)
    )


def test_a_good_run_holds(run: Path) -> None:
    report = verify(run)
    assert report.holds, report.failed
    assert {f.check for f in report.findings} == {
        "seal",
        "scenario hash",
        "ledger chain",
        "ledger head",
        "ledger order",
        "books balance",
        "ledger steps",
        "ledger details",
        "certificates",
        "last problem",
        "energy accounts",
        "cooling",
        "flows",
        "one direction",
        "rounding",
        "junctions balance",
        "store ends",
        "levels",
        "store losses",
        "line ratings",
        "connections: import",
        "clusters",
        "connections: export",
        "generators",
        "storage power",
        "susceptances",
        "dc power flow",
        "job energy",
        "figures",
        "job flows",
        "job work",
        "job power",
        "job times",
        "job deadlines",
        "prices",
        "bills",
        "columns",
        "nodes",
        "flow tracing",
        "marginal intensities",
        "marginal at sites",
        "job carbon",
    }


def test_checking_changes_nothing(run: Path) -> None:
    before = {name: sha256(run / name) for name in RunFolder(run).files()}
    verify(run)
    assert {name: sha256(run / name) for name in RunFolder(run).files()} == before


def test_the_head_kept_elsewhere(run: Path) -> None:
    head = RunFolder(run).read()["ledger_head"]
    assert not failed(run, head)
    # the seal holds what follows from the books as well
    assert not failed(run, RunFolder(run).read()["seal"])
    assert failed(run, "0" * 64) == {"ledger head given"}


def cut_tail(path: Path) -> None:
    sql(path, ("DELETE FROM entries WHERE seq >= ?", len(rows(path)) - 4))


def reorder(path: Path) -> None:
    third, fourth = rows(path)[2:4]
    sql(
        path,
        ("UPDATE entries SET body = ?, hash = ? WHERE seq = ?", fourth[1], fourth[2], third[0]),
        ("UPDATE entries SET body = ?, hash = ? WHERE seq = ?", third[1], third[2], fourth[0]),
    )


def insert(path: Path) -> None:
    # another entry of the last step, behind the seal
    earlier, body, _ = rows(path)[-2]
    last, _, previous = rows(path)[-1]
    text = body.replace(f'"seq":{earlier}', f'"seq":{last + 1}')
    sql(
        path,
        ("INSERT INTO entries VALUES (?, 3, 'cash', ?, ?)", last + 1, text, chain(previous, text)),
    )


def change_detail(path: Path) -> None:
    db = sqlite3.connect(path / "ledger.db")
    sha = json.loads(db.execute("SELECT body FROM entries WHERE book = 'cash'").fetchone()[0])[
        "detail"
    ]
    db.close()
    sql(
        path,
        (
            "UPDATE details SET data = ? WHERE sha = ?",
            compressed(pack({"price": np.zeros(3)})),
            sha,
        ),
    )


LEDGER: dict[str, tuple[Tamper, set[str]]] = {
    "edit": (edit_body, {"ledger chain"}),
    "edit of a column": (
        lambda p: sql(p, ("UPDATE entries SET step = 9 WHERE seq = 3",)),
        {"ledger order"},
    ),
    "delete in the middle": (
        lambda p: sql(p, ("DELETE FROM entries WHERE seq = 3",)),
        {"ledger chain", "ledger steps"},
    ),
    "delete the first": (
        lambda p: sql(p, ("DELETE FROM entries WHERE seq = 0",)),
        {"ledger chain", "ledger steps"},
    ),
    "reorder": (reorder, {"ledger chain", "ledger order"}),
    "insert": (insert, {"ledger head", "ledger steps", "seal"}),
    "cut tail": (cut_tail, {"ledger head", "energy accounts"}),
    "changed detail": (change_detail, {"ledger details"}),
    "lost detail": (lambda p: sql(p, ("DELETE FROM details",)), {"ledger details"}),
    "added detail": (
        lambda p: sql(p, ("INSERT INTO details VALUES ('ab', x'00')",)),
        {"ledger details"},
    ),
    "empty": (lambda p: sql(p, ("DELETE FROM entries",)), {"ledger head"}),
}


@pytest.mark.parametrize("name", LEDGER)
def test_a_changed_ledger_is_found(run: Path, name: str) -> None:
    tamper, expected = LEDGER[name]
    tamper(run)
    assert expected <= failed(run)


def test_a_forged_chain_ends_at_another_head(run: Path) -> None:
    head = RunFolder(run).read()["ledger_head"]
    edit_body(run)
    forged = rechain(run)
    assert failed(run) == {"ledger head", "seal"}
    folder = RunFolder(run)
    books = rows(run)[-2][2]
    folder.write({**folder.read(), "ledger_head": books, "seal": forged})
    assert not failed(run)  # run.json was forged too: only a head kept elsewhere can tell
    assert failed(run, head) == {"ledger head given"}


def test_a_tail_cut_with_all_tables_is_found_by_the_head_kept_elsewhere(tmp_path: Path) -> None:
    whole = RunFolder(make_run(tmp_path / "run")).read()["ledger_head"]
    scenario, short = make_scenario(), tmp_path / "short"
    (tmp_path / "run" / "ledger.db").unlink()
    (tmp_path / "run").rename(short)
    from suandian.record.tables import write_tables

    with Ledger(short / "ledger.db", scenario.hash) as ledger:
        for t in range(3):
            ledger.append([*([plan(t, 3)] if t % 2 == 0 else []), *postings(scenario, t)])
        write_tables(short, scenario, ledger)
        head = ledger.head
    (short / "kpis.json").unlink()
    folder = RunFolder(short)
    seal(short, {**folder.read(), "ledger_head": head})
    assert not failed(short)
    assert failed(short, whole) == {"ledger head given"}


def same_scenario_other_network(path: Path) -> None:
    (path / "scenario.toml").write_text("[grid]\nnetwork='copper'\n")
    seal(path)


def empty(path: Path, name: str) -> None:
    pl.read_parquet(path / f"{name}.parquet").clear().write_parquet(path / f"{name}.parquet")
    seal(path)


def unequal_statement(path: Path) -> None:
    (path / "statement.csv").write_text("party,amount\na,1.10\nb,-1.09\n")
    seal(path)


FLOW, JUNCTION, ACCOUNT = (
    pl.col("from_node") == "generator:gas",
    "junctions balance",
    "energy accounts",
)
WH, KIND = pl.col("energy_wh"), pl.col("kind")
FILES: dict[str, tuple[Tamper, set[str]]] = {
    "a flow, not sealed": (
        edit("flows", at(FLOW, "energy_wh", WH + 1), False),
        {"seal", JUNCTION, ACCOUNT},
    ),
    "a flow": (edit("flows", at(FLOW, "energy_wh", WH + 1)), {JUNCTION, ACCOUNT}),
    "a negative flow": (
        edit("flows", at(FLOW, "energy_wh", -WH)),
        {"flows", JUNCTION, ACCOUNT, "flow tracing"},
    ),
    "an unknown node": (edit("flows", at(FLOW, "from_node", "generator:x")), {"flows", ACCOUNT}),
    "a carrier": (
        edit("flows", at(pl.col("carrier") == "potential", "carrier", "electricity")),
        {ACCOUNT, "figures"},
    ),
    "a level": (edit("levels", WH + pl.int_range(pl.len()) % 2), {"levels"}),
    "first level": (edit("nodes", pl.col("initial_mwh") + 0.1), {"store ends"}),
    "efficiency": (edit("nodes", pl.col("charge_efficiency") - 0.01), {"store losses"}),
    "size of a store": (edit("nodes", pl.col("energy_mwh") - 1.5), {"levels"}),
    "rating": (edit("nodes", at(KIND == "line", "capacity_mw", 8.0)), {"line ratings", "figures"}),
    "connection": (edit("nodes", at(KIND == "site", "capacity_mw", 5.0)), {"connections: import"}),
    "export": (edit("nodes", at(KIND == "site", "export_mw", 0.5)), {"connections: export"}),
    "cluster": (edit("nodes", at(KIND == "cluster", "capacity_mw", 4.0)), {"clusters"}),
    "generator": (
        edit("nodes", at(pl.col("node") == "generator:gas", "capacity_mw", 4.0)),
        {"generators"},
    ),
    "battery": (edit("nodes", at(KIND == "storage", "capacity_mw", 0.9)), {"storage power"}),
    "impedance": (edit("network", at(pl.col("line") == "ab", "x_pu", 0.2)), {"susceptances"}),
    "energy of a job": (edit("jobs", WH + 1), {"job energy"}),
    "suspensions": (edit("jobs", pl.col("suspensions") + 1), {"job energy"}),
    "work of a job": (edit("jobs", pl.col("work_wh") + 1), {"job work"}),
    "width of a job": (edit("jobs", pl.col("width_mw") / 2), {"job power"}),
    "a completion": (
        edit("jobs", pl.col("end").fill_null(pl.col("due"))),
        {"job work", "job deadlines", "figures"},
    ),
    "a start": (edit("jobs", pl.col("start") - pl.duration(hours=1)), {"job times"}),
    "submission": (edit("jobs", pl.col("submit") + pl.duration(hours=2)), {"job times"}),
    "an end": (
        edit("jobs", pl.col("end") + pl.duration(hours=2)),
        {"job times", "job deadlines", "figures"},
    ),
    "lateness": (edit("jobs", pl.col("late_s") * 0), {"job deadlines"}),
    "workload": (edit("jobs", pl.lit("web").alias("workload")), {"job flows", "job carbon"}),
    "carbon of a job": (edit("jobs", pl.col("average_g") * 1.01), {"job carbon"}),
    "a figure": (edit_json("kpis.json", lambda k: {**k, "jobs_late": {"value": 0}}), {"figures"}),
    "no figure": (
        edit_json("kpis.json", lambda k: {**k, "unserved_mwh": {"value": None}}),
        {"figures"},
    ),
    "certificate": (
        edit_json("certificate.json", lambda c: [c[0] | {"certificate": {}}]),
        {"certificates"},
    ),
    "a price": (edit("prices", pl.col("price_per_mwh") + pl.int_range(pl.len()) // 15), {"prices"}),
    "a bill": (edit("bills", pl.col("amount") + 1), {"bills"}),
    "no bill": (edit("bills", pl.lit("other").alias("kind")), {"bills"}),
    "an intensity": (
        edit("prices", at(pl.col("node") == "bus:b", "average_g_per_kwh", 1.0)),
        {"prices", "flow tracing"},
    ),
    "intensity of a site": (
        edit("prices", at(pl.col("node") == "site:dc", "average_g_per_kwh", 1.0)),
        {"flow tracing", "job carbon"},
    ),
    "a marginal intensity": (
        edit("prices", at(pl.col("node") == "bus:b", "marginal_g_per_kwh", 1.0)),
        {"marginal intensities"},
    ),
    "no reason": (
        edit("prices", pl.lit(None, pl.String).alias("marginal_reason")),
        {"marginal intensities"},
    ),
    "another reason": (
        edit("prices", at(pl.col("marginal_reason").is_not_null(), "marginal_reason", "so")),
        {"marginal intensities"},
    ),
    "a missing price": (
        edit("prices", at(pl.col("node") == "site:dc", "price_per_mwh", None)),
        {"prices", "columns"},
    ),
    "a role": (edit("nodes", at(KIND == "line", "role", "sink")), {"nodes"}),
    "no lines": (lambda p: empty(p, "network"), {"nodes"}),
    "no works": (edit("jobs", at(pl.col("job") == "j0", "work_wh", None)), {"columns"}),
    "statement": (unequal_statement, {"statement"}),
    "no certificate": (edit_json("certificate.json", lambda _: []), {"certificates"}),
    "scenario": (same_scenario_other_network, {"scenario hash", "cooling"}),
}


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_found(run: Path, name: str) -> None:
    tamper, expected = FILES[name]
    tamper(run)
    assert failed(run) == expected


@pytest.mark.parametrize(
    "name", ["flows", "levels", "jobs", "nodes", "network", "kpis", "certificate", "last", "ledger"]
)
@pytest.mark.parametrize("garbage", [b"", b"garbage that is no file of ours", None])
def test_damaged_and_missing_files_are_findings_not_crashes(
    run: Path, name: str, garbage: bytes | None
) -> None:
    file = next(p for p in run.rglob("*") if p.stem == name)
    file.unlink() if garbage is None else file.write_bytes(garbage)
    assert failed(run)


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="not a run folder"):
        verify(tmp_path)


def test_an_unfinished_run_holds_as_far_as_it_is_written(tmp_path: Path) -> None:
    scenario = make_scenario()
    ledger = Ledger(tmp_path / "ledger.db", scenario.hash)
    head = ledger.append([plan(0, 3)])
    ledger.append(postings(scenario, 0))
    record = {
        "state": "running",
        "schema_version": SCHEMA_VERSION,
        "scenario_hash": scenario.hash,
        "ledger_head": head,
    }
    RunFolder(tmp_path).write(record)
    assert not failed(tmp_path)  # the write-ahead log is still open
    ledger.close()
    assert not failed(tmp_path)
    RunFolder(tmp_path).write({**record, "ledger_head": "ff"})
    assert failed(tmp_path) == {"ledger head"}


@pytest.mark.parametrize("network", ["dc", "ptdf", "copper", "transport"])
def test_simulated_runs_hold(tmp_path: Path, network: str) -> None:
    import hashlib

    from suandian.run.study import run_study

    scenario = make_small(network=network, steps=12, jobs=15)
    text = as_text("small", network, scenario.sites)
    scenario = replace(scenario, text=text, hash=hashlib.sha256((text + "{}").encode()).hexdigest())
    report = verify(run_study(scenario, tmp_path / "run"))
    assert report.holds, report.failed
    assert ("dc power flow" in {f.check for f in report.findings}) == (network in ("dc", "ptdf"))
    where = pl.col("node") == ("bus:b0" if network == "copper" else "site:d0")
    edit("prices", at(where, "marginal_g_per_kwh", pl.col("marginal_g_per_kwh") + 1.0))(
        tmp_path / "run"
    )
    assert "marginal at sites" in failed(tmp_path / "run")


def test_the_law_of_a_triangle() -> None:
    susceptance, source, sink = (
        np.array([100.0, 200.0, 100.0]),
        np.array([0, 1, 2]),
        np.array([1, 2, 0]),
    )
    angle = np.array([[0.0, -0.1, 0.05]])
    flow = susceptance * (angle[:, source] - angle[:, sink])
    assert misfit(flow, susceptance, source, sink, 3).max() < 1e-12
    flow[0, 0] += 1.0  # one more MW round the loop: no angles can do that
    assert misfit(flow, susceptance, source, sink, 3).max() > 0.1


def test_loops_that_break_the_law_are_found_with_islands_and_parallel_lines() -> None:
    susceptance, source, sink = np.array([1.0, 3.0, 2.0]), np.array([0, 0, 2]), np.array([1, 1, 3])
    assert misfit(np.array([[1.0, 3.0, 7.0]]), susceptance, source, sink, 4).max() < 1e-12
    assert misfit(np.array([[2.0, 2.0, 7.0]]), susceptance, source, sink, 4).max() > 0.5


def test_the_audit_of_a_stored_problem() -> None:
    one = np.ones(1)
    good = {
        "cost": 2 * one,
        "lower": 0 * one,
        "upper": 9 * one,
        "row_lower": one,
        "row_upper": np.inf * one,
        "indptr": np.array([0, 1]),
        "indices": np.array([0]),
        "data": one,
        "offset": 1.0,
        "x": one,
        "row_dual": 2 * one,
    }
    assert audit(good) == (0.0, 0.0)
    assert audit({**good, "x": 0.5 * one})[0] > 0.1
    assert audit({**good, "x": 3 * one})[1] > 0.1
    assert audit({**good, "row_dual": -one})[0] > 0.1
    assert audit({**good, "row_dual": 0 * one})[1] > 0.1


def test_it_shares_nothing_with_what_it_checks() -> None:
    code = (
        "import suandian.verify, sys; print(*{m.split('.')[1] for m in sys.modules if "
        "m.startswith('suandian.')})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert sorted(done.stdout.split()) == ["ledger", "model", "record", "verify"]
    import suandian.verify as room

    for file in Path(str(room.__file__)).parent.glob("*.py"):
        for item in ast.walk(ast.parse(file.read_text())):
            if isinstance(item, ast.ImportFrom) and (item.module or "").startswith("suandian."):
                assert item.module.split(".")[1] in {"model", "record", "ledger", "verify"}, (
                    file,
                    item.module,
                )


def test_command_line(run: Path) -> None:
    import typer
    from typer.testing import CliRunner

    from suandian.cli.verify import verify as command

    app = typer.Typer()
    app.command()(command)
    done = CliRunner().invoke(app, [str(run)])
    assert done.exit_code == 0 and "junctions balance" in done.output and "0 failed" in done.output
    done = CliRunner().invoke(app, [str(run), "--head", "00", "--json"])
    assert done.exit_code == 1
    said = json.loads(done.output)
    assert not said["holds"] and [f["check"] for f in said["findings"] if not f["ok"]] == [
        "ledger head given"
    ]
