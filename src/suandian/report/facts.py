"""A run folder as tidy tables: who made, carried and used how much in each interval. Energies in
MWh, powers in MW.

Everything here is read from the files of the folder; nothing is solved, forecast or re-simulated.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from suandian.model.units import LEDGER_PER_CURRENCY
from suandian.report.standing import Standing
from suandian.report.technology import technology

if TYPE_CHECKING:
    from suandian.record.read import Run

WH = 1e-6  # MWh per Wh
STORES = ("battery", "storage")


def short(node: str) -> str:
    """Return a node's name without its kind: `site:west` → `west`."""
    return node.partition(":")[2] or node


def unprefixed(column: str) -> pl.Expr:
    """Return a column of nodes with their names without kinds."""
    return pl.col(column).map_elements(short, return_dtype=pl.String)


@dataclass(frozen=True, eq=False)
class Facts:
    """Tables of one run, each read and joined once."""

    run: Run

    @property
    def record(self) -> dict[str, Any]:
        """run.json."""
        return self.run.record

    @property
    def policy(self) -> str:
        """Name of the policy."""
        return str(self.record["policy"])

    @cached_property
    def standing(self) -> Standing:
        """What the policy is to others."""
        return Standing.of(self.record)

    @property
    def currency(self) -> str:
        """Currency of every amount."""
        return str(self.record.get("currency", ""))

    @cached_property
    def scenario(self) -> dict[str, Any]:
        """The resolved scenario."""
        return tomllib.loads(self.run.scenario)

    @cached_property
    def zone(self) -> str:
        """Time zone of the figures."""
        return str(self.scenario.get("time", {}).get("zone", "UTC"))

    @cached_property
    def nodes(self) -> pl.DataFrame:
        """nodes.parquet with `technology` of generators and stores, and `label`, the name without
        the kind.
        """
        nodes = self.run.nodes
        word = pl.col("carrier").fill_null("").map_elements(technology, return_dtype=pl.String)
        by_id = pl.col("node").map_elements(technology, return_dtype=pl.String)
        # a carrier that says nothing: ids often do, as in 309_WIND_1
        word = pl.when(word == "other").then(by_id).otherwise(word)
        return nodes.with_columns(technology=word, label=unprefixed("node"))

    @cached_property
    def sites(self) -> list[str]:
        """Names of the sites, as the nodes list them."""
        return self.nodes.filter(pl.col("kind") == "site")["label"].to_list()

    @cached_property
    def flows(self) -> pl.DataFrame:
        """Realised flows with the kinds of their ends and their energy in MWh."""
        kind = self.nodes.select("node", "kind")
        flows = self.run.flows.filter(pl.col("phase") == "realised")
        return (
            flows.join(
                kind.rename({"node": "from_node", "kind": "from_kind"}), on="from_node", how="left"
            )
            .join(kind.rename({"node": "to_node", "kind": "to_kind"}), on="to_node", how="left")
            .with_columns(mwh=pl.col("energy_wh") * WH)
        )

    @cached_property
    def steps(self) -> pl.DataFrame:
        """The intervals: start, end, hours."""
        # steps may differ in length: power is always energy over these
        hours = (pl.col("end") - pl.col("start")).dt.total_seconds() / 3600.0
        return self.run.steps.with_columns(hours=hours)

    def between(
        self,
        sources: Sequence[str] | None,
        sinks: Sequence[str] | None,
        carrier: str = "electricity",
    ) -> pl.DataFrame:
        """Return flows of a carrier between kinds of nodes (None = any kind)."""
        # potential and virtual energy never flowed: they are asked for by name
        keep = pl.col("carrier") == carrier
        if sources is not None:
            keep &= pl.col("from_kind").is_in(list(sources))
        if sinks is not None:
            keep &= pl.col("to_kind").is_in(list(sinks))
        return self.flows.filter(keep)

    @cached_property
    def supply(self) -> pl.DataFrame:
        """start, technology, mwh made, and `behind`: True where it feeds a site behind
        its meter.
        """
        # what goes to a site directly never crossed the grid
        behind = pl.col("to_kind").is_in(["site", "cluster", *STORES])
        return self._by_technology(
            self.between(["generator"], None).with_columns(behind=behind), ["behind"]
        )

    @cached_property
    def curtailed(self) -> pl.DataFrame:
        """start, technology, mwh that weather offered and nobody took (carrier potential)."""
        return self._by_technology(self.flows.filter(pl.col("carrier") == "potential"), [])

    def _by_technology(self, flows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
        names = self.nodes.select(pl.col("node").alias("from_node"), "technology")
        keys = ["start", "technology", *keys]
        return (
            flows.join(names, on="from_node", how="left")
            .group_by(keys)
            .agg(pl.col("mwh").sum())
            .sort(keys)
        )

    @cached_property
    def load(self) -> pl.DataFrame:
        """start, mwh taken by loads other than computing."""
        return self._by_start(self.between(None, ["load"]))

    @cached_property
    def unserved(self) -> pl.DataFrame:
        """start, kind of what went without (load, work), mwh; from sources of kind `unserved`."""
        flows = self.flows.filter(
            (pl.col("from_kind") == "unserved") & (pl.col("carrier") == "virtual")
        )
        what = (
            pl.when(pl.col("to_kind") == "work").then(pl.lit("service")).otherwise(pl.lit("load"))
        )
        return (
            flows.group_by("start", what.alias("what"))
            .agg(pl.col("mwh").sum())
            .sort("start", "what")
        )

    @cached_property
    def meters(self) -> pl.DataFrame:
        """start, site, import_mwh, export_mwh at the grid connection."""
        taken = self.between(["bus", "grid"], ["site"]).select("start", site="to_node", taken="mwh")
        given = self.between(["site"], ["bus", "grid"]).select(
            "start", site="from_node", given="mwh"
        )
        # a site that only draws has no rows of giving: diagonal fills them in
        both = pl.concat([taken, given], how="diagonal").with_columns(unprefixed("site"))
        return (
            both.group_by("start", "site")
            .agg(import_mwh=pl.col("taken").sum(), export_mwh=pl.col("given").sum())
            .sort("start", "site")
        )

    @cached_property
    def _home(self) -> pl.DataFrame:
        """Cluster → site, from the flows that feed it."""
        fed = (
            self.between(["site"], ["cluster"])
            .select(from_node="to_node", site="from_node")
            .unique()
        )
        return fed.with_columns(unprefixed("site"))

    @cached_property
    def computing(self) -> pl.DataFrame:
        """start, site, workload, kind (service, jobs, idle), mwh of IT energy."""
        flows = self.between(["cluster"], None).join(self._home, on="from_node", how="left")
        work = unprefixed("to_node")
        flows = flows.with_columns(
            workload=pl.when(pl.col("to_kind") == "work").then(work).otherwise(pl.lit("idle"))
        )
        kind = pl.col("workload").replace_strict(self.kinds, default="idle", return_dtype=pl.String)
        keys = ["start", "site", "workload", "kind"]
        return flows.with_columns(kind=kind).group_by(keys).agg(pl.col("mwh").sum()).sort(keys)

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Workload → service or jobs."""
        known = {
            name: str(w.get("kind", "service"))
            for name, w in self.scenario.get("workloads", {}).items()
        }
        # a recorded trace names workloads that the scenario does not
        return known | dict.fromkeys(self.jobs["workload"].unique().to_list(), "jobs")

    @cached_property
    def site_energy(self) -> pl.DataFrame:
        """start, site, it_mwh, total_mwh (IT, cooling, losses of the power path)."""
        flows = self.between(["site"], ["cluster", "cooling", "ups_loss"])
        it = pl.col("mwh").filter(pl.col("to_kind") == "cluster").sum()
        frame = flows.group_by("start", "from_node").agg(it_mwh=it, total_mwh=pl.col("mwh").sum())
        return frame.with_columns(site=unprefixed("from_node")).sort("start", "site")

    @cached_property
    def prices(self) -> pl.DataFrame:
        """start, site, price_per_mwh, average_g_per_kwh, marginal_g_per_kwh at the sites."""
        names = self.nodes.filter(pl.col("kind") == "site").select("node", site="label")
        return self.run.prices.join(names, on="node").drop("node").sort("start", "site")

    def billed(self, kind: str) -> float:
        """Return what all sites owe for a kind of charge (model.ports.tariff) [currency]."""
        # summed in the ledger's integers, divided once
        amount = self.run.bills.filter(pl.col("kind") == kind)["amount"].sum()
        return int(amount) / LEDGER_PER_CURRENCY

    @cached_property
    def grid_marginal(self) -> pl.DataFrame:
        """start, site, marginal_g_per_kwh at the bus of each site."""
        sites = self.nodes.filter(pl.col("kind") == "site").select(
            site="label", node="bus:" + pl.col("bus")
        )
        return self.run.prices.join(sites, on="node").select("start", "site", "marginal_g_per_kwh")

    @cached_property
    def computing_prices(self) -> pl.DataFrame:
        """start, kind (work, site), name, price: planned price of one more MWh of IT energy, where
        a plan has one.
        """
        rows = self.run.plans.filter(
            pl.col("quantity").is_in(["planned_mw", "work_mw"]) & pl.col("dual").is_not_null()
        )
        kind = pl.col("element").str.split_exact(":", 1)
        return rows.select(
            "start",
            kind.struct.field("field_0").alias("kind"),
            kind.struct.field("field_1").alias("name"),
            price=pl.col("dual"),
        )

    @cached_property
    def bus_prices(self) -> pl.DataFrame:
        """start, bus, price_per_mwh at the buses."""
        names = self.nodes.filter(pl.col("kind") == "bus").select("node", bus="label")
        return self.run.prices.join(names, on="node").select("start", "bus", "price_per_mwh")

    @cached_property
    def jobs(self) -> pl.DataFrame:
        """jobs.parquet."""
        return self.run.jobs

    @cached_property
    def lines(self) -> pl.DataFrame:
        """start, line, kind, mw (absolute, average of the interval), capacity_mw, loading [1]."""
        flows = self.between(["bus"], ["line", "link"])
        rating = self.nodes.select(pl.col("node").alias("to_node"), "capacity_mw")
        return (
            flows.join(self.steps, on=["start", "end"])
            .join(rating, on="to_node", how="left")
            .select(
                "start",
                line="to_node",
                kind="to_kind",
                mw=pl.col("mwh") / pl.col("hours"),
                capacity_mw="capacity_mw",
            )
            .with_columns(loading=pl.col("mw") / pl.col("capacity_mw"))
        )

    @cached_property
    def storage(self) -> pl.DataFrame:
        """start, store, charge_mwh, discharge_mwh."""
        outer = ["bus", "site", "grid"]
        into = self.between(outer, STORES).select("start", store="to_node", charge="mwh")
        out = self.between(STORES, outer).select("start", store="from_node", discharge="mwh")
        both = pl.concat([into, out], how="diagonal").with_columns(unprefixed("store"))
        return (
            both.group_by("start", "store")
            .agg(charge_mwh=pl.col("charge").sum(), discharge_mwh=pl.col("discharge").sum())
            .sort("start", "store")
        )

    @cached_property
    def levels(self) -> pl.DataFrame:
        """time, store, mwh held."""
        levels = self.run.levels
        store = unprefixed("node")
        return levels.select("time", store=store, mwh=pl.col("energy_wh") * WH).sort(
            "time", "store"
        )

    def _by_start(self, flows: pl.DataFrame) -> pl.DataFrame:
        return flows.group_by("start").agg(pl.col("mwh").sum()).sort("start")

    def local(self, column: str) -> pl.Expr:
        """Return a UTC column as local wall time without a zone, for axes."""
        time = pl.col(column)
        # axes have no zone: local wall time, as the reader's clock shows it
        return time.dt.convert_time_zone(self.zone).dt.replace_time_zone(None)
