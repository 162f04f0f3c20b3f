"""The shape of tables, by hand: names, intervals, roles."""

from datetime import timedelta

import polars as pl

from suandian.verify.shape import check_shape
from verify import by_hand as hand

FLOWS = [(0, "generator:g", "bus:b", 5), (1, "generator:g", "bus:b", 5)]
NODES = hand.unknown(("generator:g", "bus:b"))


def failed(flows: pl.DataFrame, nodes: pl.DataFrame | None = None) -> dict[str, str]:
    tables = hand.tables(
        flows=flows,
        nodes=hand.nodes(NODES) if nodes is None else nodes,
    )
    wanted = {"nodes", "flows"}
    return {f.check: f.detail for f in check_shape(tables) if f.check in wanted and not f.ok}


def test_two_half_hours_hold() -> None:
    assert failed(hand.flows(FLOWS)) == {}


def test_a_node_is_named_once() -> None:
    nodes = hand.nodes(NODES)
    assert "a node is named twice" in failed(hand.flows(FLOWS), pl.concat([nodes, nodes]))["nodes"]


def test_a_role_is_that_of_the_kind() -> None:
    nodes = hand.nodes(NODES).with_columns(role=pl.lit("sink"))
    assert set(failed(hand.flows(FLOWS), nodes)) == {"nodes"}


def test_intervals_follow_each_other_and_last() -> None:
    flows = hand.flows(FLOWS)
    second = pl.col("start") == hand.EDGES[1]
    shifted = pl.col("start", "end") + timedelta(minutes=30)
    later = flows.with_columns(pl.when(second).then(shifted).otherwise(pl.col("start", "end")))
    assert failed(later) == {"flows": "1 gaps between intervals"}
    no_time = flows.with_columns(end=pl.col("start"))
    assert "3 gaps between intervals" in failed(no_time)["flows"]


def test_a_flow_is_positive_once_and_of_a_carrier() -> None:
    flows = hand.flows(FLOWS)
    assert "1 flows stand twice" in failed(pl.concat([flows, flows.head(1)]))["flows"]
    for wrong in ({"energy_wh": -pl.col("energy_wh")}, {"carrier": pl.lit("steam")}):
        assert "2 flows negative or of" in failed(flows.with_columns(**wrong))["flows"]
