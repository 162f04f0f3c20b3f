"""The tables of a run, joined once: flows with the kinds of their ends, and the intervals."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from suandian.model.units import WH_PER_MWH
from suandian.record.read import Run
from suandian.record.schemas import ELECTRICITY, SCENARIO

START = "start"
HOURS = "hours"

# Columns that most checks speak of.
NODE = pl.col("node")
KIND = pl.col("kind")
FROM_NODE = pl.col("from_node")
TO_NODE = pl.col("to_node")
FROM_KIND = pl.col("from_kind")
TO_KIND = pl.col("to_kind")
WH = pl.col("energy_wh")
# Mean power of an interval [MW]: energies are booked, limits are of power.
MEAN_MW = WH / WH_PER_MWH / pl.col(HOURS)


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
            named = kinds.rename({"node": f"{end}_node", "kind": f"{end}_kind"})
            # a flow of a node that nobody knows must not drop out here: check_shape looks for it
            flows = flows.join(named, on=f"{end}_node", how="left")
        return flows

    @cached_property
    def physical(self) -> pl.DataFrame:
        """Flows of electricity: neither potential nor virtual."""
        return self.flows.filter(pl.col("carrier") == ELECTRICITY)

    def between(self, sources: Sequence[str] | None, sinks: Sequence[str] | None) -> pl.DataFrame:
        """Return flows of electricity between kinds of nodes (None: any kind)."""
        flows = self.physical
        if sources is not None:
            flows = flows.filter(FROM_KIND.is_in(list(sources)))
        if sinks is not None:
            flows = flows.filter(TO_KIND.is_in(list(sinks)))
        return flows

    def of_kind(self, kind: str) -> pl.DataFrame:
        """Return the nodes of a kind, in the order of nodes.parquet."""
        return self.run.nodes.filter(KIND.eq(kind))

    @cached_property
    def intervals(self) -> pl.DataFrame:
        """start, end, hours of every interval, in order."""
        hours = (pl.col("end") - pl.col(START)).dt.total_seconds() / 3600.0
        return self.run.steps.with_columns(hours.alias(HOURS))

    @cached_property
    def net(self) -> pl.DataFrame:
        """start, node, into_wh, out_wh of electricity."""
        into = self.physical.select(START, node="to_node", into_wh="energy_wh")
        out = self.physical.select(START, node="from_node", out_wh="energy_wh")
        # One below the other: a node that only gives, or only takes, has nulls there, which a sum
        # counts as 0.
        both = pl.concat([into, out], how="diagonal")
        return both.group_by(START, "node").agg(pl.col("into_wh").sum(), pl.col("out_wh").sum())

    @cached_property
    def throughput(self) -> pl.DataFrame:
        """start, node, kind, role, capacities, into_mw, out_mw: mean power into and out of every
        node.
        """
        hours = self.intervals.select(START, HOURS)
        nodes = self.net.join(self.run.nodes, on="node", how="left").join(hours, on=START)
        return nodes.with_columns(
            into_mw=pl.col("into_wh") / WH_PER_MWH / pl.col(HOURS),
            out_mw=pl.col("out_wh") / WH_PER_MWH / pl.col(HOURS),
        )

    @cached_property
    def network(self) -> str:
        """Network model of the scenario; '' where it is not stated."""
        # run.json first: it says what ran, the scenario what was asked for
        named = self.run.record.get("network") or self.settings.get("grid", {}).get("network")
        return str(named or "")

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The scenario's tables; empty where there is no readable scenario."""
        try:
            return tomllib.loads(self.run.scenario) if self.run.has(SCENARIO) else {}
        except tomllib.TOMLDecodeError:
            # that the file is not the one of the run is a finding of check_files
            return {}
