"""The tables of the run by hand, number by number."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from record.hand import START, STEPS, make_run, make_scenario, plan, postings
from suandian.ledger.ledger import Ledger
from suandian.model.grid import Buses, Generators, Grid, Lines, Links, StorageUnits, table
from suandian.model.issues import RecordError
from suandian.record.flows import root_buses
from suandian.record.folder import sha256
from suandian.record.read import Run, open_run
from suandian.record.tables import write_tables


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(make_run(tmp_path_factory.mktemp("hand") / "run"))


def hour(run: Run, t: int) -> set[tuple[str, str, str, int]]:
    flows = run.flows.filter(pl.col("start").dt.epoch("s") == START + 3600 * t)
    assert (flows["end"].dt.epoch("s") == START + 3600 * (t + 1)).all()
    return set(flows.select("from_node", "to_node", "carrier", "energy_wh").iter_rows())


def test_flows_of_hour_one_are_exactly_these(run: Run) -> None:
    e = "electricity"
    assert hour(run, 1) == {
        ("generator:gas", "bus:a", e, 9_400_000),
        ("generator:wind", "bus:c", e, 6_000_000),
        ("generator:sun", "site:dc", e, 1_000_000),
        ("generator:wind", "curtailment", "potential", 1_000_000),
        ("bus:a", "line:ab", e, 9_400_000),
        ("line:ab", "bus:b", e, 9_400_000),
        ("bus:c", "line:bc", e, 5_000_000),
        ("line:bc", "bus:b", e, 5_000_000),
        ("bus:b", "load:b", e, 10_000_000),
        ("bus:b", "site:dc", e, 4_400_000),
        ("site:dc", "cluster:dc", e, 4_500_000),
        ("site:dc", "cooling:dc", e, 900_000),
        ("cluster:dc", "work:web", e, 2_000_000),
        ("cluster:dc", "work:batch", e, 2_000_000),
        ("cluster:dc", "idle:dc", e, 500_000),
        ("bus:c", "storage:bat", e, 1_000_000),
        ("storage:bat", "loss:bat", e, 100_000),
    }


def test_export_unserved_and_rounding(run: Run) -> None:
    assert ("site:dc", "bus:b", "electricity", 1_000_000) in hour(run, 2)
    assert ("unserved", "work:web", "virtual", 500_000) in hour(run, 2)
    assert ("unserved", "load:b", "virtual", 1_000_000) in hour(run, 3)
    assert ("bus:b", "load:b", "electricity", 9_000_000) in hour(run, 3)
    assert ("bus:a", "rounding", "electricity", 1) in hour(run, 0)
    assert run.flows["energy_wh"].min() > 0


def test_levels_start_with_the_initial_one(run: Run) -> None:
    assert run.levels["energy_wh"].to_list() == [
        2_000_000,
        2_000_000,
        2_900_000,
        2_900_000,
        2_400_000,
    ]
    assert run.levels["time"].dt.epoch("s").to_list() == [START + 3600 * t for t in range(5)]


def test_nodes(run: Run) -> None:
    nodes = {row["node"]: row for row in run.nodes.iter_rows(named=True)}
    used = set(run.flows["from_node"]) | set(run.flows["to_node"])
    assert used <= set(nodes) and len(nodes) == len(run.nodes)
    assert nodes["generator:gas"]["emission_g_per_kwh"] == pytest.approx(500.0, rel=1e-6)
    assert (
        nodes["generator:sun"]["party"] == "owner" and nodes["generator:gas"]["party"] == "supply"
    )
    assert (
        nodes["generator:sun"]["emission_g_per_kwh"] == 0.0
        and nodes["bus:a"]["emission_g_per_kwh"] is None
    )
    assert (nodes["load:b"]["party"], nodes["load:b"]["role"], nodes["load:b"]["bus"]) == (
        "load:1",
        "sink",
        "b",
    )
    assert "load:a" not in nodes and "inflow:bat" not in nodes and "plate" not in nodes
    assert (
        nodes["site:dc"]["capacity_mw"],
        nodes["site:dc"]["export_mw"],
        nodes["site:dc"]["zone"],
    ) == (
        6.0,
        2.0,
        "zone",
    )
    assert (nodes["storage:bat"]["initial_mwh"], nodes["storage:bat"]["final_mwh"]) == (2.0, 2.4)
    assert nodes["line:bc"]["capacity_mw"] == 9.0 and nodes["line:bc"]["lat"] == 41.0


def test_network(run: Run) -> None:
    row = run.network.row(0, named=True)
    assert (row["line"], row["from_node"], row["to_node"], row["x_pu"], row["rating_mw"]) == (
        "ab",
        "bus:a",
        "bus:b",
        0.1,
        15.0,
    )
    assert row["emergency_mw"] is None


def test_prices_of_sites_carry_their_own_mix(run: Run) -> None:
    rows = {(r["start"].timestamp(), r["node"]): r for r in run.prices.iter_rows(named=True)}
    assert len(rows) == STEPS * 4
    assert rows[START, "bus:c"]["price_per_mwh"] == 10.0
    gas = (12.4 / 15.4, 9.4 / 14.4)  # of what enters bus b in the first hours
    assert rows[START, "site:dc"]["average_g_per_kwh"] == pytest.approx(500.0 * gas[0])
    assert rows[START + 3600, "site:dc"]["average_g_per_kwh"] == pytest.approx(
        500.0 * gas[1] * 4.4 / 5.4
    )  # and sun
    assert rows[START + 7200, "site:dc"]["average_g_per_kwh"] == 0.0
    assert rows[START, "bus:a"]["marginal_g_per_kwh"] == 500.0
    assert [rows[START + 3600 * t, "site:dc"]["marginal_g_per_kwh"] for t in range(4)] == [
        600.0,
        0.0,
        0.0,
        None,
    ]
    assert rows[START, "site:dc"]["marginal_reason"] is None
    assert (
        rows[START + 3 * 3600, "site:dc"]["marginal_reason"]
        == "plans of equal cost emit differently"
    )


def test_jobs(run: Run) -> None:
    first, second, third = run.jobs.iter_rows(named=True)
    assert (first["site"], first["energy_wh"], first["late_s"], first["origin"]) == (
        "dc",
        3_000_000,
        0,
        "far",
    )
    assert first["start"].timestamp() == START
    assert first["end"].timestamp() == START + 3600 + 1800  # 1 of 2 MWh in the last hour
    assert first["moved_gb"] == 300.0
    assert first["cost"] == pytest.approx(3.0 * (1.2 * 30.0 + 2.0))
    grams = 1.2 * (2000 * 500.0 * 12.4 / 15.4 + 1000 * 500.0 * 9.4 / 14.4 * 4.4 / 5.4)
    assert first["average_g"] == pytest.approx(grams)
    assert first["marginal_g"] == pytest.approx(1.2 * 2000 * 600.0)
    assert (
        second["marginal_g"] is None and third["marginal_g"] == 0.0
    )  # one ran where it is not defined
    assert second["end"] is None and second["suspensions"] == 1 and second["energy_wh"] == 2_000_000
    assert second["late_s"] == 3600  # due after three hours, not done after four
    assert (
        third["site"] is None
        and third["start"] is None
        and third["energy_wh"] == 0
        and third["late_s"] == 0
    )
    assert third["count"] == 5 and third["moved_gb"] == 0.0


def test_only_the_part_of_a_plan_in_force_is_kept(run: Run) -> None:
    waiting = run.plans.filter(pl.col("quantity") == "waiting_mw")
    hours = [
        ((i - START) // 3600, (s - START) // 3600)
        for i, s in waiting.select(
            pl.col("issued").dt.epoch("s"), pl.col("start").dt.epoch("s")
        ).iter_rows()
    ]
    assert hours == [
        (0, 1),
        (2, 2),
        (2, 3),
    ]  # hour 0 plans nothing; hour 2 of the first plan was replaced
    assert waiting["value"].to_list() == [1.0, 2.0, 3.0] and waiting["dual"].to_list() == [
        31.0,
        32.0,
        33.0,
    ]
    assert set(run.plans["quantity"]) == {
        "service_mw",
        "waiting_mw",
        "discharge_mw",
        "output_mw",
        "work_mw",
        "planned_mw",
    }
    assert set(run.plans.filter(pl.col("quantity") == "output_mw")["element"]) == {"generator:gas"}


def test_the_price_of_computing_is_beside_what_was_planned(run: Run) -> None:
    priced = run.plans.filter(pl.col("quantity").is_in(["work_mw", "planned_mw"]))
    rows = {
        (r["element"], (r["start"].timestamp() - START) // 3600): (r["value"], r["dual"])
        for r in priced.iter_rows(named=True)
    }
    assert rows["site:dc", 1] == (3.0, 37.0)
    assert rows["work:web", 1] == (2.0, 41.0)
    assert rows["work:batch", 1] == (1.0, None)
    assert ("work:batch", 0) not in rows  # nothing planned, and no price


def test_series_keep_known_times(run: Run) -> None:
    rows = run.series.filter(pl.col("column") == "wind")
    assert rows["actual"].to_list() == [3.0, 7.0, 10.0, 2.0] and rows["ahead"].to_list() == [
        6.0,
        14.0,
        20.0,
        4.0,
    ]
    assert (rows["actual_known"] - rows["start"]).dt.total_hours().to_list() == [1] * 4
    service = run.series.filter(pl.col("feed") == "service")
    assert service["ahead"].null_count() == 4 and service["ahead_known"].null_count() == 4


def test_the_same_ledger_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    scenario = make_scenario()
    with Ledger(run.ledger, scenario.hash) as ledger:
        write_tables(tmp_path, scenario, ledger)
    assert {p.name: sha256(p) for p in tmp_path.iterdir()} == {
        p.name: sha256(p) for p in run.path.glob("*.parquet")
    }


def test_a_copper_plate_is_a_junction(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", "copper"))
    assert ("bus:a", "plate", "electricity", 12_400_001) in hour(run, 0)
    assert ("plate", "rounding", "electricity", 1) in hour(run, 0)
    assert ("plate", "bus:b", "electricity", 9_000_000) in hour(run, 2)
    assert not any("line:" in a for a, *_ in hour(run, 0))


def test_rounding_is_left_at_the_first_bus_of_each_island() -> None:
    none = (table(Links, 0), table(Generators, 0), table(StorageUnits, 0))
    grid = Grid(
        "g",
        100.0,
        table(Buses, 5, id=list("abcde")),
        table(Lines, 2, from_bus=[3, 4], to_bus=[1, 2]),
        *none,
    )
    assert root_buses(grid).tolist() == [0, 1, 2]


def test_roots_are_those_of_the_booking() -> None:
    from suandian.books.rounding import Tree

    rng = np.random.default_rng(0)
    for _ in range(20):
        ends = rng.permuted(np.tile(np.arange(9), (6, 1)), axis=1)[:, :2]
        none = (table(Links, 0), table(Generators, 0), table(StorageUnits, 0))
        lines = table(Lines, 6, from_bus=ends[:, 0], to_bus=ends[:, 1])
        grid = Grid("g", 100.0, table(Buses, 9, id=list("abcdefghi")), lines, *none)
        assert root_buses(grid).tolist() == Tree.of(grid).roots.tolist()


def test_a_ledger_without_steps_gives_no_tables(tmp_path: Path) -> None:
    scenario = make_scenario()
    with Ledger(tmp_path / "ledger.db", scenario.hash) as ledger:
        ledger.append([plan(0, 2)])
        with pytest.raises(RecordError, match="0 energy"):
            write_tables(tmp_path, scenario, ledger)


def test_a_run_that_stopped_half_way_is_written_so_far(tmp_path: Path) -> None:
    scenario = make_scenario()
    with Ledger(tmp_path / "ledger.db", scenario.hash) as ledger:
        ledger.append([plan(0, 2)])
        for t in range(2):
            ledger.append(postings(scenario, t))
        write_tables(tmp_path, scenario, ledger)
    assert pl.read_parquet(tmp_path / "flows.parquet")["start"].n_unique() == 2
    assert pl.read_parquet(tmp_path / "levels.parquet")["energy_wh"].to_list() == [
        2_000_000,
        2_000_000,
        2_900_000,
    ]
