"""Figures of merit on a run whose every number can be added up by hand (see fake.py)."""

from pathlib import Path

import polars as pl
import pytest

from report.fake import opened
from suandian.ledger.ledger import Ledger, Posting
from suandian.model.issues import RecordError
from suandian.report.kpis import kpis


def values(run) -> dict[str, float]:
    return {name: item["value"] for name, item in kpis(run).items()}


def test_hand_solved_day(tmp_path: Path) -> None:
    found = values(opened(tmp_path / "asap"))
    # per hour: 3 sites × 10 MWh of services; 60 bundles of 10 MWh; PUE 1.2
    assert found["served_service_mwh"] == 720
    assert found["energy_it_mwh"] == 720 + 600
    assert found["energy_site_mwh"] == found["energy_import_mwh"] == pytest.approx(1584)
    assert found["pue"] == pytest.approx(1.2)
    # each site: 20 MW of IT until 20:00, then 10; prices e 50, n 20, w 0 until noon (wind spills),
    # then 20
    assert found["cost_energy"] == pytest.approx(528 * 50 + 528 * 20 + (24 * 8 + 12 * 4) * 20)
    assert found["cost_transfer"] == 0
    assert found["peak_import_mw"] == pytest.approx(72)
    # wind offers 200 MW until noon and 60 after; w takes 44, lines 60 + 40 are full until noon
    assert found["renewable_curtailed_mwh"] == pytest.approx(12 * (200 - 144))
    assert found["renewable_available_mwh"] == pytest.approx(12 * 200 + 12 * 60 + 8 * 20)
    assert found["carbon_location_t"] == pytest.approx(1584 * 0.5)
    assert found["carbon_marginal_t"] == pytest.approx(528 * (0.4 + 0.9 + 0.0))  # e, n, w
    assert found["cue"] == pytest.approx(792 / 1320)
    assert found["cost_carbon"] == pytest.approx(792 * 30)
    assert (found["jobs_total"], found["jobs_completed"], found["jobs_late"]) == (6000, 6000, 0)
    assert found["mean_wait_h"] == 0
    assert (found["planned_overloads"], found["redispatch_mwh"], found["line_overloads"]) == (
        1,
        12,
        0,
    )
    assert found["unserved_mwh"] == 0
    assert "bound" not in found and "synergy_value" not in found and "green_share" not in found


def test_system_cost_is_fuel_and_carbon_of_the_flows(tmp_path: Path) -> None:
    run = opened(tmp_path / "asap")
    made = run.flows.filter(
        pl.col("from_node").str.starts_with("generator:") & (pl.col("carrier") == "electricity")
    )
    mwh = dict(made.group_by("from_node").agg(pl.col("energy_wh").sum() / 1e6).iter_rows())
    fuel = 50 * mwh["generator:gas"] + 20 * mwh["generator:coal"]
    tonnes = 0.4 * mwh["generator:gas"] + 0.9 * mwh["generator:coal"]
    found = kpis(run)
    assert found["system_cost"]["value"] == pytest.approx(fuel + 30 * tonnes)
    assert found["carbon_system_t"]["value"] == pytest.approx(tonnes)
    assert "fuel" in found["system_cost"]["method"] and "carbon" in found["system_cost"]["method"]
    assert found["system_cost"]["unit"] == "USD"


def test_moved_work_waits_and_pays_for_its_data(tmp_path: Path) -> None:
    found = values(opened(tmp_path / "joint", "joint", moved=True))
    assert found["mean_wait_h"] == pytest.approx(12 * 100 * 2 / 6000)
    assert found["cost_transfer"] == pytest.approx(12 * 40)
    assert found["cost_total"] == pytest.approx(found["cost_energy"] + 480)


def test_site_owners_pay_what_the_ledger_books(tmp_path: Path) -> None:
    run = opened(tmp_path / "joint", "joint", moved=True)
    with Ledger(run.ledger, "fake") as ledger:
        booked = sum(
            v
            for e in ledger.entries("cash")
            for k, v in e.accounts.items()
            if k.startswith("site:")
        )
    assert values(run)["cost_total"] == pytest.approx(-booked / 1e4)


def test_figures_that_need_other_runs(tmp_path: Path) -> None:
    refs = {name: [f"../{name}", "head"] for name in ("asap", "separate", "oracle")}
    asap = values(opened(tmp_path / "asap"))
    opened(tmp_path / "separate", "separate")
    oracle = values(opened(tmp_path / "oracle", "oracle", moved=True, bound=100_000.0))
    joint = values(opened(tmp_path / "joint", "joint", moved=True, reference_runs=refs))
    assert oracle["bound"] == joint["bound"] == 100_000
    assert joint["gap"] == pytest.approx(joint["system_cost"] / 100_000 - 1)
    assert joint["synergy_value"] == pytest.approx(1 - joint["system_cost"] / asap["system_cost"])
    assert joint["flexibility_value"] == pytest.approx(asap["system_cost"] - 100_000)


def test_missing_reference_run_leaves_its_figures_out(tmp_path: Path) -> None:
    found = values(
        opened(tmp_path / "joint", "joint", reference_runs={"separate": ["../gone", "head"]})
    )
    assert "synergy_value" not in found


def test_overload_late_job_and_unserved_energy_are_counted(tmp_path: Path) -> None:
    run = opened(tmp_path / "bad")
    line = (pl.col("to_node") == "line:we") | (pl.col("from_node") == "line:we")
    more = (
        pl.when(line & (pl.col("start") == run.flows["start"].min()))
        .then(60_001_500)
        .otherwise("energy_wh")
        .cast(pl.Int64)
    )
    extra = run.flows.head(1).with_columns(
        from_node=pl.lit("unserved"),
        to_node=pl.lit("load:e"),
        carrier=pl.lit("virtual"),
        energy_wh=pl.lit(2_500_000, pl.Int64),
    )
    pl.concat([run.flows.with_columns(energy_wh=more), extra]).write_parquet(
        run.path / "flows.parquet"
    )
    nodes = pl.concat(
        [
            run.nodes,
            run.nodes.head(1).with_columns(node=pl.lit("unserved"), kind=pl.lit("unserved")),
        ]
    )
    nodes.write_parquet(run.path / "nodes.parquet")
    first, second = pl.col("job") == "east-0", pl.col("job") == "east-1"
    late = pl.when(first).then(60).otherwise("late_s").cast(pl.Int64)
    end = pl.when(second).then(None).otherwise("end")
    run.jobs.with_columns(late_s=late, end=end).write_parquet(run.path / "jobs.parquet")
    found = values(type(run)(run.path, run.record))
    assert found["line_overloads"] == 1
    assert found["unserved_mwh"] == 2.5
    assert (found["jobs_late"], found["jobs_completed"]) == (200, 5900)


def test_ledger_is_read_and_not_touched(tmp_path: Path) -> None:
    run = opened(tmp_path / "asap")
    before = run.ledger.read_bytes()
    kpis(run)
    assert run.ledger.read_bytes() == before
    assert not list(run.path.glob("ledger.db-*"))


def test_open_ledger_is_read_with_what_is_not_folded_in(tmp_path: Path) -> None:
    run = opened(tmp_path / "asap")
    with Ledger(run.ledger, "fake") as ledger:
        ledger.append([Posting(24, "cash", {"a": 1, "b": -1}, {"wear": 10_000})])
        found = kpis(run)
    assert "wear 1.00" in found["system_cost"]["method"]


def test_no_ledger_is_an_error(tmp_path: Path) -> None:
    run = opened(tmp_path / "asap")
    (run.path / "ledger.db").unlink()
    with pytest.raises(RecordError, match="ledger"):
        kpis(run)


@pytest.mark.parametrize(("node", "told"), [("site:east", True), ("bus:e", False)])
def test_marginal_carbon_is_told_only_where_it_is_defined_for_what_was_taken(
    tmp_path: Path, node, told
) -> None:
    run = opened(tmp_path / "asap")
    first = (pl.col("node") == node) & (pl.col("start") == run.prices["start"].min())
    value = pl.when(~first).then(pl.col("marginal_g_per_kwh"))
    run.prices.with_columns(marginal_g_per_kwh=value).write_parquet(run.path / "prices.parquet")
    assert ("carbon_marginal_t" in values(type(run)(run.path, run.record))) == told
