"""Do the figures of merit follow from the files: those that need no definition of cost,
recomputed.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.model.units import LEDGER_PER_CURRENCY, WH_PER_MWH
from suandian.record.details import CashDetail
from suandian.record.schemas import KPIS, POTENTIAL, UNSERVED, VIRTUAL
from suandian.verify.book import BookedLedger
from suandian.verify.finding import Finding, first
from suandian.verify.jobs import count_late
from suandian.verify.limits import overloads
from suandian.verify.security import count_violations
from suandian.verify.tables import Tables

TOLERANCE = 1e-6  # MWh: a Wh
# Sums of many figures in floating point: of a large total, a Wh is below what a double can hold.
RELATIVE = 1e-9
# A bound is proven to this part of the cost and no better (the certificates' own tolerance), so
# that the bound of an optimal run may lie this far above its cost.
PROVEN = 1e-6
# What a step cost is booked of energies in whole Wh: a Wh of load that was not served is as dear as
# a scenario prices it, 10,000 a MWh unless it says otherwise.
BOOKED = 1e-2


def check_figures(tables: Tables, book: BookedLedger) -> Iterator[Finding]:
    """Yield the findings about kpis.json, where there is one, and about the bound that run.json
    states.
    """
    yield from _bound(tables)
    if not tables.run.has(KPIS):
        return
    stated = tables.run.kpis
    own: dict[str, float] = {**recomputed(tables), "system_cost": _system_cost(book)}
    violations = count_violations(tables)
    if violations is not None:
        own["n1_violations"] = violations
    # A figure that does not apply is absent from kpis.json: what is not stated cannot be wrong.
    checked = {name: value for name, value in own.items() if name in stated}
    wrong = []
    for name, value in checked.items():
        claim = stated[name].get("value")
        if not _same(claim, value):
            wrong.append(f"{name}: stated {claim}, found {value}")
    yield Finding(
        "figures",
        not wrong,
        len(checked),
        first(wrong) or f"figures of {KPIS} recomputed, of {len(stated)}",
    )


def recomputed(tables: Tables) -> dict[str, float]:
    """Return the figures by name."""
    jobs = tables.run.jobs
    flows = tables.flows
    physical = tables.physical
    into = pl.col("to_kind")
    source = pl.col("from_kind")
    site = source == "site"
    ended = jobs.filter(pl.col("end").is_not_null())
    # What a site draws for itself is what leaves it for anything but the grid.
    own = site & into.is_in(["cluster", "cooling", "ups_loss"])
    # Not physical: energy that nobody made stands for energy that was missing.
    missing = (source == UNSERVED) & (pl.col("carrier") == VIRTUAL)
    return {
        # a row is a bundle of `count` jobs
        "jobs_total": int(jobs["count"].sum()),
        "jobs_completed": int(ended["count"].sum()),
        "jobs_late": count_late(jobs),
        "energy_it_mwh": _mwh(physical.filter(site & (into == "cluster"))),
        "energy_site_mwh": _mwh(physical.filter(own)),
        "energy_import_mwh": _mwh(physical.filter((source == "bus") & (into == "site"))),
        "energy_export_mwh": _mwh(physical.filter(site & (into == "bus"))),
        "renewable_curtailed_mwh": _mwh(flows.filter(pl.col("carrier") == POTENTIAL)),
        "unserved_mwh": _mwh(flows.filter(missing)),
        "line_overloads": overloads(tables),
    }


def _system_cost(book: BookedLedger) -> float:
    """Return the cost parts booked beside the cash entries, in whole units of the currency."""
    # The accounts are payments between parties and cancel; resources stand in the remarks.
    parts = [int(value) for e in book.of(CashDetail.BOOK) for value in e.memo.values()]
    # added as the integers that were booked: the order of a sum of fractions would matter
    return sum(parts) / LEDGER_PER_CURRENCY


def _bound(tables: Tables) -> Iterator[Finding]:
    """The bound in run.json is that of the certified solve, and not above the run's cost."""
    run = tables.run
    stated = run.record.get("bound")
    if stated is None:
        return
    solves = [solve for solve in run.certificates if solve.get("name") == "bound"]
    proven = [solve["certificate"]["bound"] for solve in solves]
    # Copied, not computed: it must be the same double, to the last bit.
    wrong = [] if stated in proven else ["it is not that of a certified solve"]
    cost = run.kpis.get("system_cost", {}).get("value") if run.has(KPIS) else None
    # A lower bound above what was really paid is none.
    rounding = BOOKED * len(tables.intervals)
    if cost is not None and stated > cost + PROVEN * abs(cost) + rounding:
        wrong.append(f"it is above the run's own cost {cost}")
    yield Finding(
        "bound",
        not wrong,
        stated,
        first(wrong) or "is that of its certificate, and not above the cost",
    )


def _mwh(flows: pl.DataFrame) -> float:
    # summed in whole Wh, so that the order of rows does not change the figure
    return int(flows["energy_wh"].sum()) / WH_PER_MWH


def _same(stated: object, value: float) -> bool:
    # a figure without a number is not the same as any
    if not isinstance(stated, int | float):
        return False
    return abs(stated - value) <= TOLERANCE + RELATIVE * abs(value)
