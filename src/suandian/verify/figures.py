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


def check_figures(tables: Tables, book: BookedLedger) -> Iterator[Finding]:
    """Yield the findings about kpis.json, where there is one, and about the bound that run.json
    states.
    """
    yield from _bound(tables)
    if not tables.run.has(KPIS):
        return
    stated = tables.run.kpis
    mine: dict[str, float] = {**recomputed(tables), "system_cost": _system_cost(book)}
    violations = count_violations(tables)
    if violations is not None:
        mine["n1_violations"] = violations
    wrong = [
        f"{name}: stated {stated[name].get('value')}, found {value}"
        for name, value in mine.items()
        if name in stated and not _same(stated[name].get("value"), value)
    ]
    checked = sum(name in stated for name in mine)
    yield Finding(
        "figures",
        not wrong,
        checked,
        first(wrong) or f"figures of {KPIS} recomputed, of {len(stated)}",
    )


def recomputed(tables: Tables) -> dict[str, float]:
    """Return the figures by name."""
    jobs = tables.run.jobs
    flows = tables.flows
    physical = tables.physical
    to = pl.col("to_kind")
    site = pl.col("from_kind") == "site"
    return {
        "jobs_total": int(jobs["count"].sum()),
        "jobs_completed": int(jobs.filter(pl.col("end").is_not_null())["count"].sum()),
        "jobs_late": count_late(jobs),
        "energy_it_mwh": _mwh(physical.filter(site & (to == "cluster"))),
        "energy_site_mwh": _mwh(
            physical.filter(site & to.is_in(["cluster", "cooling", "ups_loss"]))
        ),
        "energy_import_mwh": _mwh(physical.filter((pl.col("from_kind") == "bus") & (to == "site"))),
        "energy_export_mwh": _mwh(physical.filter(site & (to == "bus"))),
        "renewable_curtailed_mwh": _mwh(flows.filter(pl.col("carrier") == POTENTIAL)),
        "unserved_mwh": _mwh(
            flows.filter((pl.col("from_kind") == UNSERVED) & (pl.col("carrier") == VIRTUAL))
        ),
        "line_overloads": overloads(tables),
    }


def _system_cost(book: BookedLedger) -> float:
    """Return the cost parts booked beside the cash entries, in whole units of the currency."""
    parts = [int(value) for e in book.of(CashDetail.BOOK) for value in e.memo.values()]
    return sum(parts) / LEDGER_PER_CURRENCY


def _bound(tables: Tables) -> Iterator[Finding]:
    """The bound in run.json is that of the certified solve, and not above the run's cost."""
    run = tables.run
    stated = run.record.get("bound")
    if stated is None:
        return
    proven = [c["certificate"]["bound"] for c in run.certificates if c.get("name") == "bound"]
    cost = run.kpis.get("system_cost", {}).get("value") if run.has(KPIS) else None
    wrong = [] if stated in proven else ["it is not that of a certified solve"]
    if cost is not None and stated > cost + 1e-6 * abs(cost):
        wrong.append(f"it is above the run's own cost {cost}")
    yield Finding(
        "bound",
        not wrong,
        stated,
        first(wrong) or "is that of its certificate, and not above the cost",
    )


def _mwh(flows: pl.DataFrame) -> float:
    return int(flows["energy_wh"].sum()) / WH_PER_MWH


def _same(stated: object, found: float) -> bool:
    return isinstance(stated, int | float) and abs(stated - found) <= TOLERANCE + 1e-9 * abs(found)
