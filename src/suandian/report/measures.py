"""What is compared between runs: cost by part, supply by technology, where and when computing ran,
what it paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from suandian.model.units import G_PER_T
from suandian.report.books import Books
from suandian.report.facts import WH, Facts
from suandian.report.kpis import kpis
from suandian.report.standing import Standing

if TYPE_CHECKING:
    from suandian.record.read import Run


@dataclass(frozen=True, eq=False)
class Measures:
    """One run, measured. `label` is how tables and figures call it. Energies in MWh."""

    run: Run
    label: str

    @cached_property
    def facts(self) -> Facts:
        """The run as tables."""
        return Facts(self.run)

    @cached_property
    def kpis(self) -> dict[str, dict[str, Any]]:
        """Figures of merit, computed now from the files."""
        return kpis(self.run)

    def value(self, name: str, default: float = 0.0) -> float:
        """Return a figure's value, or `default` where it is absent."""
        return float(self.kpis[name]["value"]) if name in self.kpis else default

    @property
    def policy(self) -> str:
        """Name of the policy."""
        return self.facts.policy

    @property
    def standing(self) -> Standing:
        """What the policy is to others."""
        return self.facts.standing

    @property
    def cost(self) -> float:
        """system_cost."""
        return self.value("system_cost")

    @cached_property
    def books(self) -> Books:
        """Totals of the ledger."""
        return Books.of(self.run.path)

    @cached_property
    def parts(self) -> dict[str, float]:
        """Parts of system_cost."""
        return self.books.cost_parts()

    @cached_property
    def emissions(self) -> dict[str, float]:
        """Direct CO2 by technology [t]."""
        words = dict(
            self.facts.nodes.filter(pl.col("kind") == "generator")
            .select("node", "technology")
            .iter_rows()
        )
        # accounts are of units; a reader thinks in technologies
        tonnes: dict[str, float] = {}
        for account, grams in self.books.accounts.get("carbon", {}).items():
            if account in words:
                tonnes[words[account]] = tonnes.get(words[account], 0.0) - grams / G_PER_T
        return tonnes

    @cached_property
    def generation(self) -> dict[str, float]:
        """Energy made by technology."""
        return _sums(self.facts.supply, "technology")

    @cached_property
    def curtailed(self) -> dict[str, float]:
        """Energy curtailed by technology."""
        return _sums(self.facts.curtailed, "technology")

    @cached_property
    def moves(self) -> pl.DataFrame:
        """kind (jobs, service), origin, site, mwh of IT energy."""
        # a job that never ran moved nowhere
        jobs = self.facts.jobs.filter(pl.col("site").is_not_null())
        jobs = (
            jobs.group_by("origin", "site")
            .agg(mwh=pl.col("energy_wh").sum() * WH)
            .with_columns(kind=pl.lit("jobs"))
        )
        origins = {
            n: str(w.get("origin", "")) for n, w in self.facts.scenario.get("workloads", {}).items()
        }
        served = self.facts.computing.filter(pl.col("kind") == "service").with_columns(
            origin=pl.col("workload").replace_strict(origins, default="", return_dtype=pl.String)
        )
        served = (
            served.group_by("origin", "site")
            .agg(pl.col("mwh").sum())
            .with_columns(kind=pl.lit("service"))
        )
        columns = ["kind", "origin", "site", "mwh"]
        return pl.concat([jobs.select(columns), served.select(columns)]).sort(
            "kind", "origin", "site"
        )

    def moved(self, kind: str) -> tuple[float, float]:
        """Return the energy of a kind run away from its origin, and all of it that has an origin
        with a site.
        """
        # work from an origin that is no site has no home to run away from
        rows = self.moves.filter(
            (pl.col("kind") == kind) & pl.col("origin").is_in(self.facts.sites)
        )
        away = rows.filter(pl.col("origin") != pl.col("site"))
        return float(away["mwh"].sum()), float(rows["mwh"].sum())

    @cached_property
    def moved_tb(self) -> float:
        """Data moved for jobs [TB]."""
        return float(self.facts.jobs["moved_gb"].sum() or 0.0) / 1e3

    @cached_property
    def net_moves(self) -> dict[str, float]:
        """Site → job and service energy gained from elsewhere less energy given away."""
        net = dict.fromkeys(self.facts.sites, 0.0)
        for _, origin, site, mwh in self.moves.iter_rows():
            # what stays does not move
            if origin in net and origin != site:
                net[origin] -= mwh
                net[site] = net.get(site, 0.0) + mwh
        return net

    @cached_property
    def mean_price(self) -> dict[str, float]:
        """Site → mean nodal price over the run [currency/MWh]."""
        means = self.facts.prices.group_by("site").agg(pl.col("price_per_mwh").mean()).sort("site")
        return dict(means.iter_rows())

    @cached_property
    def work(self) -> pl.DataFrame:
        """start, site, service, jobs [MWh of IT energy]."""
        rows = self.facts.computing.group_by("start", "site", "kind").agg(pl.col("mwh").sum())
        wide = rows.pivot("kind", index=["start", "site"], values="mwh").fill_null(0.0)
        missing = [pl.lit(0.0).alias(k) for k in ("service", "jobs") if k not in wide.columns]
        # hours without work are hours of zero: lines in figures need them
        every = self.facts.steps.select("start").join(
            pl.DataFrame({"site": self.facts.sites}, schema={"site": pl.String}), how="cross"
        )
        wide = wide.with_columns(missing).select(
            "start",
            "site",
            "service",
            "jobs",
        )
        return (
            every.join(wide, on=["start", "site"], how="left").fill_null(0.0).sort("start", "site")
        )

    @cached_property
    def overhead(self) -> dict[str, float]:
        """Site → site energy per IT energy over the run (PUE), for sites that ran."""
        sums = self.facts.site_energy.group_by("site").agg(
            pl.col("it_mwh").sum(), pl.col("total_mwh").sum()
        )
        # weighted by energy: what the PUE came to, not what the table says
        return {site: total / it for site, it, total in sums.sort("site").iter_rows() if it > 0}

    def job_price(self, prices: Measures) -> float | None:
        """Return what this run's job schedule pays on average per MWh of IT, overhead included, at
        the prices of another run [currency/MWh].
        """
        # an hour's own PUE, as the meters saw it: it may follow the weather
        drawn = self.facts.site_energy.filter(pl.col("it_mwh") > 0)
        pue = drawn.select("start", "site", pue=pl.col("total_mwh") / pl.col("it_mwh"))
        # the same schedule at the other run's prices: what moving was worth, apart from what it
        # changed
        priced = self.work.join(prices.facts.prices, on=["start", "site"])
        joined = priced.join(pue, on=["start", "site"])
        energy = float(joined["jobs"].sum())
        paid = float((joined["jobs"] * joined["price_per_mwh"] * joined["pue"]).sum())
        return paid / energy if energy > 0 else None

    def shifted(self, other: Measures) -> tuple[float, float]:
        """Return the net shares of job energy at another site, and in another interval, than in
        `other`.
        """
        both = self.work.join(other.work, on=["start", "site"], suffix="_other")
        here = float(both["jobs"].sum())
        there = float(both["jobs_other"].sum())
        if min(here, there) <= 0:
            return 0.0, 0.0
        # as shares: who stops jobs runs more energy, which has not come from elsewhere
        both = both.with_columns(pl.col("jobs") / here, pl.col("jobs_other") / there)
        shares = []
        # half of the sum of differences: what left one place arrived at another
        for key in ("site", "start"):
            sums = both.group_by(key).agg(pl.col("jobs").sum(), pl.col("jobs_other").sum())
            shares.append(float((sums["jobs"] - sums["jobs_other"]).abs().sum()) / 2)
        return shares[0], shares[1]


def _sums(frame: pl.DataFrame, key: str) -> dict[str, float]:
    return dict(frame.group_by(key).agg(pl.col("mwh").sum()).sort(key).iter_rows())


def serving(measures: Sequence[Measures], purpose: str) -> Measures | None:
    """Return the first run from which `purpose` is measured (see Standing.serves)."""
    return next((m for m in measures if m.standing.serves(purpose)), None)


def measured(runs: list[Run]) -> list[Measures]:
    """Return the runs measured, labelled by policy, or by folder where two have the same policy."""
    names = [str(run.record["policy"]) for run in runs]
    # two runs of one policy are told apart by their folders
    twice = {name for name in names if names.count(name) > 1}
    return [
        Measures(run, f"{name} ({run.path.resolve().name})" if name in twice else name)
        for run, name in zip(runs, names, strict=True)
    ]
