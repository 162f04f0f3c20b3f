"""Statements: the ledger's cash book as rows a party can check, in whole cents that sum to zero."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from suandian.ledger.ledger import Entry, Ledger
from suandian.model.grid import Floats, Ints
from suandian.model.scenario import Scenario
from suandian.model.units import LEDGER_PER_CURRENCY, WH_PER_MWH
from suandian.record.details import CashDetail, EnergyDetail
from suandian.tariffs.nodal import amounts

MARKET = "market"
LEDGER_PER_CENT = LEDGER_PER_CURRENCY // 100


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
    # each line is rounded for itself, so that the sum may miss by some cents: they get a line too
    cents = sum(cents_of(row.amount) for row in rows)
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
                _text(-cents),
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
    # a spreadsheet runs what looks like a formula: a name must not be able to do that
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
    for energy, cash in zip(
        ledger.entries(EnergyDetail.BOOK), ledger.entries(CashDetail.BOOK), strict=True
    ):
        imported, price = _drawn_at(scenario, ledger, energy, cash)
        owed = amounts(imported, price)
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


def _drawn_at(
    scenario: Scenario, ledger: Ledger, energy: Entry, cash: Entry
) -> tuple[Ints, Floats]:
    """Return what each site drew in a step [Wh] and the price it paid [currency/MWh] (sites,)."""
    drawn = EnergyDetail.of(ledger.detail(energy.detail)).import_wh
    price = CashDetail.of(ledger.detail(cash.detail)).price
    return drawn, price[scenario.sites.bus]


def _other_rows(scenario: Scenario, ledger: Ledger) -> Iterator[StatementLine]:
    totals: dict[str, int] = {}
    for entry in ledger.entries(CashDetail.BOOK):
        for account, value in entry.accounts.items():
            totals[account] = totals.get(account, 0) + value
    energy = dict.fromkeys((f"site:{s}" for s in scenario.sites.id.tolist()), 0)
    for e, cash in zip(
        ledger.entries(EnergyDetail.BOOK), ledger.entries(CashDetail.BOOK), strict=True
    ):
        owed = amounts(*_drawn_at(scenario, ledger, e, cash))
        for name, value in zip(energy, owed.tolist(), strict=True):
            energy[name] += value
    whole = _span(scenario, 0, scenario.axis.n)
    party = {
        f"site:{s}": str(p)
        for s, p in zip(scenario.sites.id.tolist(), scenario.sites.party.tolist(), strict=True)
    }
    for account in sorted(totals):
        # what a site owes beside its energy is the cost of its data
        owed_total = -totals[account]
        item = "net of energy, fuel and carbon"
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
    """Return 1/10000 units as an amount in cents, half to even."""
    whole, rest = divmod(value, LEDGER_PER_CENT)
    # integers throughout: a float would lose the last cent of a large bill
    up = 2 * rest > LEDGER_PER_CENT or (2 * rest == LEDGER_PER_CENT and whole % 2 == 1)
    return _text(whole + up)


def _text(cents: int) -> str:
    """Return whole cents as an amount with two decimals."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def cents_of(amount: str) -> int:
    """Return an amount with two decimals as whole cents.

    Examples
    --------
    >>> cents_of("-90071992547409.93")
    -9007199254740993
    """
    return int(Decimal(amount).scaleb(2))
