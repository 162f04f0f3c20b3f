"""The figures of merit of a run, from its files and its ledger only.

Definitions: docs/concepts.md. A figure that does not apply, or needs a run that is not there, is
absent. `carbon_system_t`, the direct CO2 of all supply, stands beside the cost because system_cost
prices it and a cheaper plan may raise it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from suandian.model.units import G_PER_T
from suandian.report.books import Books
from suandian.report.facts import WH, Facts
from suandian.report.powerflow import Item, powerflow_items
from suandian.report.references import reference_bound, reference_cost
from suandian.report.standing import BOUND, FLEXIBILITY, SYNERGY
from suandian.report.technology import RENEWABLE

if TYPE_CHECKING:
    from suandian.record.read import Run

# least share of the energy whose marginal intensity must be defined for a total to be given
COVERED = 0.999
OVERLOAD_MW = 1e-3  # rounding to whole Wh is far below this


def kpis(run: Run) -> dict[str, dict[str, Any]]:
    """Return name → {value, unit, method, status} for every figure that applies to `run`.

    `status` is `final`, or `provisional` where the run is not done; it says how many solves a time
    limit ended.

    Raises
    ------
    RecordError
        The folder has no readable ledger.
    """
    facts = Facts(run)
    books = Books.of(run.path)
    status = "provisional" if facts.record.get("state") == "failed" else "final"
    limited = sum(
        str(s.get("status", "")).startswith("time limit") for s in facts.record.get("solves", [])
    )
    status += f"; {limited} solves ended by a time limit" if limited else ""
    found: dict[str, dict[str, Any]] = {}
    # in the order of the page; each yields what applies to this run
    for part in (_costs, _carbon, _energy, _supply, _jobs, _grid):
        for name, value, unit, method in part(facts, books):
            number = value if isinstance(value, int) else float(value)
            found[name] = {"value": number, "unit": unit, "method": method, "status": status}
    for name, value, unit, method in _against(facts, found):
        found[name] = {"value": value, "unit": unit, "method": method, "status": status}
    return found


def _total(frame: pl.DataFrame, column: str = "mwh") -> float:
    return float(frame[column].sum() or 0.0)


def _spilled(facts: Facts) -> float:
    return _total(facts.between(["generator"], ["curtailment"], "virtual"))


def _costs(facts: Facts, books: Books) -> Iterator[Item]:
    parts = books.cost_parts()
    money = facts.currency
    shown = " + ".join(
        f"{name.replace('_', ' ')} {value:,.2f}" for name, value in parts.items() if value
    )
    yield (
        "system_cost",
        sum(parts.values()),
        money,
        f"ledger, book cash: {shown or 'no cost'}; no transfers between parties",
    )
    if "start" in parts:
        yield (
            "cost_start",
            parts["start"],
            money,
            "of which: start costs of committed units (ledger, book cash)",
        )
        starts = books.memo.get("energy", {}).get("unit_starts", 0)
        yield "unit_starts", starts, "1", "starts of committed units (ledger, book energy)"
        yield (
            "spilled_mwh",
            _spilled(facts),
            "MWh",
            "output at minimum that nobody could take: generator → curtailment",
        )
    if facts.sites:
        yield from _site_costs(facts, books, parts.get("transfer", 0.0))


def _site_costs(facts: Facts, books: Books, moved: float) -> Iterator[Item]:
    """Yield what the sites' owners pay; `moved` is the cost of data transfer."""
    money = facts.currency
    # from the bills that were booked: no second arithmetic that could differ
    bought = facts.billed("energy")
    sold = -facts.billed("export")
    demand = facts.billed("demand")
    other = facts.billed("other")
    yield (
        "cost_total",
        bought + demand + other + moved - sold,
        money,
        "what site owners pay: their bills + data transfer (ledger, book cash)",
    )
    yield "cost_energy", bought, money, "Σ bills' lines for energy drawn, by each site's tariff"
    if demand:
        yield "cost_demand", demand, money, "Σ bills' lines for the highest power of a period"
    if other:
        yield "cost_other", other, money, "Σ all other lines of the bills"
    yield (
        "cost_transfer",
        moved,
        money,
        "resource cost of moving data away from its origin (ledger, book cash)",
    )
    if sold:
        yield "revenue_export", sold, money, "Σ bills' lines for energy given to the grid"
    price = float(facts.record.get("carbon_price", 0.0))
    grams = books.group("carbon", "site")
    yield (
        "cost_carbon",
        grams / G_PER_T * price,
        money,
        f"of which: traced CO2 of the sites × {price:g} {money}/t; generators pay it, so it is "
        "inside the nodal price",
    )


def _carbon(facts: Facts, books: Books) -> Iterator[Item]:
    yield (
        "carbon_system_t",
        -books.group("carbon", "generator") / G_PER_T,
        "t",
        "direct CO2 of all supply (ledger, book carbon)",
    )
    if not facts.sites:
        return
    grams = books.group("carbon", "site")
    yield (
        "carbon_location_t",
        grams / G_PER_T,
        "t",
        "sites, consumption-based by flow tracing (ledger, book carbon)",
    )
    drawn = facts.meters.join(facts.grid_marginal, on=["start", "site"]).filter(
        pl.col("import_mwh") > 0
    )
    # a total over intervals that are undefined would be a guess: it is given where nearly all are
    # defined
    known = drawn.filter(pl.col("marginal_g_per_kwh").is_not_null())
    if len(drawn) and _total(known, "import_mwh") >= COVERED * _total(drawn, "import_mwh"):
        tonnes = float((known["import_mwh"] * known["marginal_g_per_kwh"]).sum()) / 1e3
        left = _total(drawn, "import_mwh") - _total(known, "import_mwh")
        note = f"; without {left:,.3f} MWh for which it is undefined" if left > 0 else ""
        yield (
            "carbon_marginal_t",
            tonnes,
            "t",
            "Σ import × marginal intensity of its bus and interval (short-run, within the "
            f"interval){note}; "
            "not an inventory",
        )


def _energy(facts: Facts, books: Books) -> Iterator[Item]:
    if not facts.sites:
        return
    it = _total(facts.site_energy, "it_mwh")
    whole = _total(facts.site_energy, "total_mwh")
    bought = _total(facts.meters, "import_mwh")
    sold = _total(facts.meters, "export_mwh")
    yield "energy_it_mwh", it, "MWh", "Σ site → cluster"
    yield "energy_site_mwh", whole, "MWh", "Σ site → cluster, cooling, losses of the power path"
    yield "energy_import_mwh", bought, "MWh", "Σ bus → site"
    yield "energy_export_mwh", sold, "MWh", "Σ site → bus"
    if it > 0:
        yield (
            "pue",
            whole / it,
            "1",
            "energy_site / energy_it over the run (ISO/IEC 30134-2 asks for 12 months)",
        )
        grams = books.group("carbon", "site")
        yield (
            "cue",
            grams / G_PER_T / it,
            "kg/kWh",
            "traced CO2 of the sites / energy_it over the run",
        )
    # peaks are of power: energy over the length of the step
    both = facts.meters.join(facts.steps, on="start").with_columns(
        mw=pl.col("import_mwh") / pl.col("hours")
    )
    if len(both):
        each = both.group_by("site").agg(pl.col("mw").max()).sort("site")
        shown = ", ".join(f"{site} {mw:,.1f}" for site, mw in each.iter_rows())
        together = both.group_by("start").agg(pl.col("mw").sum())["mw"]
        peak = float(np.max(together.to_numpy()))
        yield (
            "peak_import_mw",
            peak,
            "MW",
            f"largest import of all sites in one interval; each alone: {shown}",
        )
    yield from _direct(facts)


def _direct(facts: Facts) -> Iterator[Item]:
    """Shares of renewable supply behind the meters; certificates do not exist yet."""
    # what counts as green is the technology, not the tariff
    green = facts.nodes.filter(pl.col("technology").is_in(list(RENEWABLE)))["node"]
    behind = facts.between(["generator"], ["site"]).filter(
        pl.col("from_node").is_in(green.implode())
    )
    own = behind.group_by("start", "to_node").agg(own=pl.col("mwh").sum())
    load = _total(facts.site_energy, "total_mwh")
    if not len(own) or load <= 0:
        return
    use = facts.site_energy.join(own, left_on=["start", "from_node"], right_on=["start", "to_node"])
    # interval by interval: sun at noon does not serve the night
    used = float(use.select(pl.min_horizontal("own", "total_mwh").sum()).item())
    yield (
        "green_share",
        used / load,
        "1",
        "Σ min(own renewable supply, site energy) by site and interval / energy_site; no "
        "certificates, no store",
    )
    units = behind["from_node"].unique()
    sites = use["site"].unique()
    # own supply that was curtailed could have been used: it is in the denominator
    lost = facts.flows.filter(
        (pl.col("carrier") == "potential") & pl.col("from_node").is_in(units.implode())
    )
    could = _total(own, "own") + _total(lost)
    at = facts.site_energy.filter(pl.col("site").is_in(sites.implode()))
    sold = facts.meters.filter(pl.col("site").is_in(sites.implode()))
    if could > 0:
        could_be = "(own renewable supply + its curtailment), at sites that have it; no store"
        yield (
            "self_use_generation_ratio",
            used / could,
            "1",
            f"Σ min(own supply, site energy) / {could_be}",
        )
        yield "export_ratio", _total(sold, "export_mwh") / could, "1", f"Σ site → bus / {could_be}"
    if _total(at, "total_mwh") > 0:
        method = (
            "Σ min(own renewable supply, site energy) / energy_site, at sites that have "
            "such supply; no store"
        )
        yield "self_use_load_ratio", used / _total(at, "total_mwh"), "1", method


def _supply(facts: Facts, books: Books) -> Iterator[Item]:
    # available is what was taken and what was not
    made = facts.supply.filter(pl.col("technology").is_in(list(RENEWABLE)))
    lost = _total(facts.curtailed)
    yield (
        "renewable_available_mwh",
        _total(made) + lost,
        "MWh",
        f"output of {', '.join(RENEWABLE)} + curtailed",
    )
    yield (
        "renewable_curtailed_mwh",
        lost,
        "MWh",
        "flows of carrier potential: offered by weather, not taken",
    )
    memo = books.memo.get("energy", {})
    if "redispatch_wh" in memo:
        yield (
            "redispatch_mwh",
            memo["redispatch_wh"] * WH,
            "MWh",
            "dispatchable energy that the Twin moved off the plan",
        )


def _jobs(facts: Facts, _: Books) -> Iterator[Item]:
    jobs = facts.jobs
    if len(jobs):
        ended = pl.col("end").is_not_null()
        # a job that was never completed is late
        late = (pl.col("late_s") > 0) | ~ended
        wait = (pl.col("start") - pl.col("submit")).dt.total_seconds() / 3600.0
        row = jobs.select(
            total=pl.col("count").sum(),
            done=pl.col("count").filter(ended).sum(),
            late=pl.col("count").filter(late.fill_null(True)).sum(),
            wait=(wait * pl.col("count")).sum(),
            started=pl.col("count").filter(pl.col("start").is_not_null()).sum(),
        ).row(0, named=True)
        yield "jobs_total", int(row["total"]), "jobs", "Σ count of jobs.parquet"
        yield "jobs_completed", int(row["done"]), "jobs", "Σ count with an end"
        yield (
            "jobs_late",
            int(row["late"]),
            "jobs",
            "Σ count that ended after the due time, or not at all",
        )
        if row["started"]:
            yield (
                "mean_wait_h",
                row["wait"] / row["started"],
                "h",
                "submission to start, mean over jobs (by count)",
            )
    if "service" in facts.kinds.values():
        served = facts.computing.filter(pl.col("kind") == "service")
        yield "served_service_mwh", _total(served), "MWh", "Σ cluster → work of services"
    parts = dict(facts.unserved.group_by("what").agg(pl.col("mwh").sum()).sort("what").iter_rows())
    shown = ", ".join(f"{what} {mwh:,.3f}" for what, mwh in parts.items()) or "none"
    yield (
        "unserved_mwh",
        float(sum(parts.values())),
        "MWh",
        f"flows of carrier virtual from unserved: {shown}",
    )


def _grid(facts: Facts, books: Books) -> Iterator[Item]:
    memo = books.memo.get("energy", {})
    if "planned_overloads" in memo:
        yield (
            "planned_overloads",
            memo["planned_overloads"],
            "line-intervals",
            "planned flows on actuals, before redispatch",
        )
    if len(facts.lines):
        # counted where it happened, not where it was planned
        over = facts.lines.filter(pl.col("mw") > pl.col("capacity_mw") + OVERLOAD_MW)
        yield (
            "line_overloads",
            len(over),
            "line-intervals",
            "|flow| above rating by more than 1 kW, from flows.parquet",
        )
    if facts.run.has("security.parquet"):
        phase = facts.run.table("security")["phase"]
        unit = "line-losses-intervals"
        method = (
            "|flow after a loss| above the emergency limit by more than 1 kW, over lines, "
            "losses and intervals"
        )
        yield "n1_violations", int((phase == "realised").sum()), unit, method
        before = f"{method}: the same steps dispatched without N-1"
        yield "n1_violations_unsecured", int((phase == "unsecured").sum()), unit, before
    if facts.run.has("ac_check.parquet"):
        yield from powerflow_items(facts.run.table("ac_check"))


def _against(facts: Facts, found: dict[str, dict[str, Any]]) -> Iterator[Item]:
    """Figures that compare with the reference runs named in run.json."""
    # comparisons need runs beside this one: run.json names them
    own = found["system_cost"]["value"]
    bound = facts.record.get("bound") if facts.standing.serves(BOUND) else reference_bound(facts)
    if bound is not None:
        bound = float(bound)
        yield (
            "bound",
            bound,
            facts.currency,
            "proven lower bound of system_cost under perfect foresight (fluid; oracle's first "
            "solve)",
        )
        if bound:
            yield "gap", (own - bound) / abs(bound), "1", "(system_cost − bound) / |bound|"
    separate = reference_cost(facts, SYNERGY)
    # the baseline has no synergy with itself
    if separate and not facts.standing.serves(SYNERGY):
        yield (
            "synergy_value",
            (separate - own) / separate,
            "1",
            "(system_cost of separate − of this run) / of separate",
        )
    asap = own if facts.standing.serves(FLEXIBILITY) else reference_cost(facts, FLEXIBILITY)
    if asap is not None and bound is not None:
        yield (
            "flexibility_value",
            asap - bound,
            facts.currency,
            "system_cost without any shifting (asap) − bound",
        )
