"""The tables of a run, joined once: flows with the kinds of their ends, and the intervals."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from suandian.model.units import WH_PER_MWH
from suandian.record.read import Run
from suandian.record.schemas import ELECTRICITY, SCENARIO

START = "start"
HOURS = "hours"


@dataclass(frozen=True, eq=False)
class Tables:
    """Tables of `run` as the checks use them."""

    run: Run

    @cached_property
    def flows(self) -> pl.DataFrame:
        """All flows, with from_kind, to_kind."""
        kinds = self.run.nodes.select("node", "kind")
        flows = self.run.flows
        for end in ("from", "to"):
            flows = flows.join(
                kinds.rename({"node": f"{end}_node", "kind": f"{end}_kind"}),
                on=f"{end}_node",
                how="left",
            )
        return flows

    @cached_property
    def physical(self) -> pl.DataFrame:
        """Flows of electricity: neither potential nor virtual."""
        return self.flows.filter(pl.col("carrier") == ELECTRICITY)

    @cached_property
    def intervals(self) -> pl.DataFrame:
        """start, end, hours of every interval, in order."""
        hours = (pl.col("end") - pl.col(START)).dt.total_seconds() / 3600.0
        return (
            self.run.flows.select(START, "end")
            .unique()
            .sort(START, "end")
            .with_columns(hours.alias(HOURS))
        )

    @cached_property
    def net(self) -> pl.DataFrame:
        """start, node, into_wh, out_wh of electricity."""
        into = self.physical.select(
            START, pl.col("to_node").alias("node"), pl.col("energy_wh").alias("into_wh")
        )
        out = self.physical.select(
            START, pl.col("from_node").alias("node"), pl.col("energy_wh").alias("out_wh")
        )
        both = pl.concat([into, out], how="diagonal")
        return both.group_by(START, "node").agg(pl.col("into_wh").sum(), pl.col("out_wh").sum())

    @cached_property
    def throughput(self) -> pl.DataFrame:
        """start, node, kind, role, capacities, into_mw, out_mw: mean power into and out of every
        node.
        """
        return (
            self.net.join(self.run.nodes, on="node", how="left")
            .join(self.intervals.select(START, HOURS), on=START)
            .with_columns(
                into_mw=pl.col("into_wh") / WH_PER_MWH / pl.col(HOURS),
                out_mw=pl.col("out_wh") / WH_PER_MWH / pl.col(HOURS),
            )
        )

    @cached_property
    def network(self) -> str:
        """Network model of the scenario; '' where it is not stated."""
        named = self.run.record.get("network") or self.settings.get("grid", {}).get("network")
        return str(named or "")

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The scenario's tables; empty where there is no readable scenario."""
        try:
            return tomllib.loads(self.run.scenario) if self.run.has(SCENARIO) else {}
        except tomllib.TOMLDecodeError:
            return {}
