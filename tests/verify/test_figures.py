"""Figures of merit recomputed: each of them, to a Wh, and the bound."""

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from record.hand import KPIS, make_run
from suandian.record.folder import RunFolder
from suandian.record.read import open_run
from suandian.verify.book import BookedLedger
from suandian.verify.figures import check_figures, recomputed
from suandian.verify.finding import Finding
from suandian.verify.tables import Tables
from verify import by_hand as hand


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run")


def checked(path: Path) -> dict[str, Finding]:
    book = BookedLedger.open(path / "ledger.db")
    return hand.by_name(check_figures(Tables(open_run(path)), book))


def state(path: Path, name: str, value: Any) -> None:
    file = path / "kpis.json"
    figures = json.loads(file.read_text())
    figures[name] = {"value": value}
    file.write_text(json.dumps(figures))


def test_all_figures_are_recomputed(run: Path) -> None:
    finding = checked(run)["figures"]
    assert finding.ok
    assert finding.figure == len(KPIS)


@pytest.mark.parametrize("name", KPIS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_figure_is_true_to_a_wh(run: Path, name: str, sign: int) -> None:
    state(run, name, KPIS[name] + sign * 0.9e-6)
    assert checked(run)["figures"].ok
    state(run, name, KPIS[name] + sign * 1.1e-6)
    finding = checked(run)["figures"]
    assert not finding.ok
    assert finding.detail.startswith(f"{name}: stated")


@pytest.mark.parametrize("value", [None, "many"])
def test_a_figure_without_a_number_is_wrong(run: Path, value: object) -> None:
    state(run, "jobs_total", value)
    assert not checked(run)["figures"].ok


def test_a_figure_that_is_not_stated_is_not_wrong(run: Path) -> None:
    file = run / "kpis.json"
    file.write_text(json.dumps({"jobs_total": {"value": 7}, "of_others": {"value": 1}}))
    finding = checked(run)["figures"]
    assert finding.ok
    assert finding.figure == 1
    assert "of 2" in finding.detail


def test_each_kind_of_flow_counts_where_it_belongs() -> None:
    rows = [
        (0, "bus:b", "site:d", 1 << 0),
        (0, "site:d", "bus:b", 1 << 1),
        (0, "site:d", "cluster:d", 1 << 2),
        (0, "site:d", "cooling:d", 1 << 3),
        (0, "bus:b", "load:b", 1 << 4),
        (0, "cluster:d", "work:w", 1 << 5),
    ]
    offered = [(0, "generator:g", "curtailment", 1 << 6)]
    missing = [(0, "unserved", "work:w", 1 << 7), (0, "generator:g", "curtailment", 1 << 8)]
    ends = {end for _, source, sink, _ in (*rows, *offered, *missing) for end in (source, sink)}
    flows = [hand.flows(rows), hand.flows(offered, "potential"), hand.flows(missing, "virtual")]
    tables = hand.tables(flows=pl.concat(flows), nodes=hand.nodes(hand.unknown(ends)))
    wh = {k: round(v * 1e6) for k, v in recomputed(tables).items() if k.endswith("_mwh")}
    assert wh == {
        "energy_it_mwh": 1 << 2,
        "energy_site_mwh": (1 << 2) + (1 << 3),
        "energy_import_mwh": 1 << 0,
        "energy_export_mwh": 1 << 1,
        "renewable_curtailed_mwh": 1 << 6,
        # spilled output is virtual too, and nobody went without it
        "unserved_mwh": 1 << 7,
    }


def test_jobs_are_counted_in_bundles() -> None:
    due = hand.EDGES[2]
    late = due + timedelta(seconds=1)
    jobs = pl.DataFrame({"count": [1, 10, 100], "end": [due, late, None], "deadline": [due] * 3})
    flows = hand.flows([(0, "bus:b", "load:b", 1)])
    nodes = hand.nodes({"bus:b": {}, "load:b": {}})
    figures = recomputed(hand.tables(flows=flows, nodes=nodes, jobs=jobs))
    assert figures["jobs_total"] == 111
    assert figures["jobs_completed"] == 11
    # one that ends when it is due is in time; one that does not end is late
    assert figures["jobs_late"] == 110


@pytest.mark.parametrize(("off", "ok"), [(1e-5, True), (-1e-5, True), (2e-5, False)])
def test_of_a_large_figure_a_part_in_a_thousand_million_is_no_difference(off, ok: bool) -> None:
    # 10,000 MWh: a Wh and 1e-9 of it
    flows = hand.flows([(0, "bus:b", "site:d", 10**10)])
    parts = {
        "flows": flows,
        "nodes": hand.nodes({"bus:b": {}, "site:d": {}}),
        "kpis": {"energy_import_mwh": {"value": 1e4 + off}},
        "has": lambda name: name == "kpis.json",
    }
    book: Any = SimpleNamespace(of=lambda _: [])
    assert hand.by_name(check_figures(hand.tables(**parts), book))["figures"].ok == ok


def test_system_cost_is_all_that_the_cash_book_remarks() -> None:
    entries = [
        SimpleNamespace(memo={"fuel": 12_345, "late": 5}),
        SimpleNamespace(memo={"fuel": 50}),
    ]
    parts = {
        "flows": hand.flows([(0, "bus:b", "load:b", 1)]),
        "nodes": hand.nodes({"bus:b": {}, "load:b": {}}),
        "kpis": {"system_cost": {"value": 1.24}},
        "has": lambda name: name == "kpis.json",
    }
    book: Any = SimpleNamespace(of=lambda book: entries if book == "cash" else [])
    assert hand.by_name(check_figures(hand.tables(**parts), book))["figures"].ok


@pytest.mark.parametrize(
    ("bound", "cost", "ok"),
    [
        (99.0, 100.0, True),
        # an optimal run lies as far below its bound as that is proven; energies are whole Wh
        (100.00009, 100.0, True),
        (100.05, 100.0, False),
        (-100.0, -99.0, True),
        (-99.99991, -100.0, True),
        (-99.95, -100.0, False),
        (100.0, None, True),
    ],
)
def test_a_bound_is_not_above_the_cost(run: Path, bound: float, cost: float | None, ok) -> None:
    solve = {"name": "bound", "certificate": {"bound": bound}}
    (run / "certificate.json").write_text(json.dumps([solve]))
    folder = RunFolder(run)
    folder.write({**folder.read(), "bound": bound})
    if cost is None:
        (run / "kpis.json").unlink()
    else:
        state(run, "system_cost", cost)
    finding = checked(run)["bound"]
    assert finding.ok == ok
    assert finding.figure == bound


@pytest.mark.parametrize(("name", "proven"), [("joint", 1.0), ("bound", 1.0 + 1e-15)])
def test_a_bound_is_that_of_its_certificate_to_the_last_bit(run: Path, name: str, proven) -> None:
    solve = {"name": name, "certificate": {"bound": proven}}
    (run / "certificate.json").write_text(json.dumps([solve]))
    folder = RunFolder(run)
    folder.write({**folder.read(), "bound": 1.0})
    (run / "kpis.json").unlink()
    finding = checked(run)["bound"]
    assert not finding.ok
    assert finding.detail == "it is not that of a certified solve"


def test_a_run_without_a_bound_says_nothing_of_it(run: Path) -> None:
    assert set(checked(run)) == {"figures"}
