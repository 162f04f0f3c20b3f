"""Statements: the ledger's cash book as rows a party can check, in whole cents that sum to zero."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from suandian.ledger.ledger import Ledger
from suandian.model.scenario import Scenario
from suandian.model.units import LEDGER_PER_CURRENCY, WH_PER_MWH
from suandian.tariffs.nodal import amounts

MARKET = "market"


@dataclass(frozen=True)
class StatementLine:
    """One line of statement.csv; a positive amount is owed by `party` to `counterparty`."""

    party: str
    counterparty: str
    contract: str
    item: str
    start: str
    end: str
    quantity: str
    unit: str
    price: str
    amount: str
    currency: str
    rule: str


def statement(scenario: Scenario, ledger: Ledger) -> list[StatementLine]:
    """Return all rows: the sites' energy by interval, every other account in total, and the
    rounding to cents.
    """
    rows = [*_site_rows(scenario, ledger), *_other_rows(scenario, ledger)]
    cents = sum(round(float(row.amount) * 100) for row in rows)
    if cents:
        whole = _span(scenario, 0, scenario.axis.n)
        rows.append(
            StatementLine(
                "grid",
                MARKET,
                "settlement",
                "rounding to cents",
                *whole,
                "",
                "",
                "",
                f"{-cents / 100:.2f}",
                scenario.currency,
                "grid keeps the remainder",
            )
        )
    return rows


def write(rows: Iterable[StatementLine], path: Path) -> None:
    """Write statement.csv; text that a spreadsheet would run as a formula is quoted with an
    apostrophe.
    """
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([f.name for f in fields(StatementLine)])
        for row in rows:
            texts = astuple(row)
            writer.writerow([_safe(text) for text in texts])


def _safe(text: str) -> str:
    formula = text.startswith(("=", "+", "@")) or (text.startswith("-") and not _number(text))
    return f"'{text}" if formula else text


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _span(scenario: Scenario, first: int, last: int) -> tuple[str, str]:
    edges = scenario.axis.edges_s
    start, end = (datetime.fromtimestamp(int(edges[i]), UTC).isoformat() for i in (first, last))
    return start, end


def _site_rows(scenario: Scenario, ledger: Ledger) -> Iterator[StatementLine]:
    sites = scenario.sites
    for energy, cash in zip(ledger.entries("energy"), ledger.entries("cash"), strict=True):
        imported = ledger.detail(energy.detail)["import_wh"]
        price = np.asarray(ledger.detail(cash.detail)["price"])[sites.bus]
        owed = amounts(np.asarray(imported), price)
        start, end = _span(scenario, energy.step, energy.step + 1)
        for d in range(len(sites)):
            yield StatementLine(
                str(sites.party[d]),
                MARKET,
                str(sites.tariff[d]),
                f"energy {sites.id[d]}",
                start,
                end,
                f"{int(imported[d]) / WH_PER_MWH:.6f}",
                "MWh",
                f"{price[d]:.6f}",
                _cents(int(owed[d])),
                scenario.currency,
                "nodal: price × energy",
            )


def _other_rows(scenario: Scenario, ledger: Ledger) -> Iterator[StatementLine]:
    totals: dict[str, int] = {}
    for entry in ledger.entries("cash"):
        for account, value in entry.accounts.items():
            totals[account] = totals.get(account, 0) + value
    energy = dict.fromkeys((f"site:{s}" for s in scenario.sites.id.tolist()), 0)
    for e, cash in zip(ledger.entries("energy"), ledger.entries("cash"), strict=True):
        price = np.asarray(ledger.detail(cash.detail)["price"])[scenario.sites.bus]
        owed = amounts(np.asarray(ledger.detail(e.detail)["import_wh"]), price)
        for name, value in zip(energy, owed.tolist(), strict=True):
            energy[name] += value
    whole = _span(scenario, 0, scenario.axis.n)
    party = {
        f"site:{s}": str(p)
        for s, p in zip(scenario.sites.id.tolist(), scenario.sites.party.tolist(), strict=True)
    }
    for account in sorted(totals):
        owed_total, item = -totals[account], "net of energy, fuel and carbon"
        if account in energy:
            owed_total, item = (
                owed_total - energy[account],
                f"data transfer {account.partition(':')[2]}",
            )
        if owed_total:
            yield StatementLine(
                party.get(account, account),
                MARKET,
                "settlement",
                item,
                *whole,
                "",
                "",
                "",
                _cents(owed_total),
                scenario.currency,
                "ledger book cash",
            )


def _cents(value: int) -> str:
    """Return 1/10000 units as cents, half to even."""
    return f"{round(value / (LEDGER_PER_CURRENCY / 100)) / 100:.2f}"
