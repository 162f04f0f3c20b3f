"""Statements: the ledger's cash book as rows a party can check, in whole cents that sum to zero."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from suandian.ledger.ledger import Ledger
from suandian.model.scenario import Scenario
from suandian.model.units import LEDGER_PER_CURRENCY
from suandian.record.details import CashDetail
from suandian.settle.bills import study_bill
from suandian.tariffs.site_tariffs import Bill

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
    """Return all rows: the lines of the sites' bills, every other account in total, and the
    rounding to cents.

    Raises
    ------
    RecordError
        Nothing is booked, or bills and bookings differ.
    """
    bill = study_bill(scenario, ledger)
    rows = [*_bill_rows(scenario, bill), *_other_rows(scenario, ledger, bill)]
    # each line is rounded for itself, so that the sum may miss by some cents: they get a line too
    cents = sum(cents_of(row.amount) for row in rows)
    if cents:
        rows.append(_rounding(scenario, -cents))
    return rows


def _rounding(scenario: Scenario, cents: int) -> StatementLine:
    start, end = _span(scenario, 0, scenario.axis.n)
    return StatementLine(
        party="grid",
        counterparty=MARKET,
        contract="settlement",
        item="rounding to cents",
        start=start,
        end=end,
        quantity="",
        unit="",
        price="",
        amount=_text(cents),
        currency=scenario.currency,
        rule="grid keeps the remainder",
    )


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


def _bill_rows(scenario: Scenario, bill: Bill) -> Iterator[StatementLine]:
    """Yield the lines of the sites' bills, in the order of their steps."""
    sites = scenario.sites
    for contract, lines in bill.lines:
        for i in range(len(lines.amount)):
            site = int(lines.meter[i])
            start, end = _span(scenario, int(lines.first[i]), int(lines.last[i]))
            yield StatementLine(
                party=str(sites.party[site]),
                counterparty=MARKET,
                contract=contract,
                item=f"{lines.item} {sites.id[site]}",
                start=start,
                end=end,
                quantity=f"{lines.quantity[i]:.6f}",
                unit=lines.unit,
                price=f"{lines.price[i]:.6f}",
                amount=_cents(int(lines.amount[i])),
                currency=scenario.currency,
                rule=lines.rule,
            )


def _other_rows(scenario: Scenario, ledger: Ledger, bill: Bill) -> Iterator[StatementLine]:
    """Yield what each account owes over the study, of sites what is not on their bills."""
    sites = scenario.sites
    owed: dict[str, int] = {}
    for entry in ledger.entries(CashDetail.BOOK):
        for account, value in entry.accounts.items():
            owed[account] = owed.get(account, 0) - value
    billed = bill.by_kind(len(sites)).sum(axis=0)
    party = {}
    for site, owner, amount in zip(sites.id, sites.party, billed.tolist(), strict=True):
        account = f"site:{site}"
        party[account] = str(owner)
        # what a site owes beside its bill is the cost of its data
        owed[account] = owed.get(account, 0) - amount
    start, end = _span(scenario, 0, scenario.axis.n)
    for account in sorted(owed):
        if not owed[account]:
            continue
        item = "net of energy, fuel and carbon"
        if account in party:
            item = f"data transfer {account.partition(':')[2]}"
        yield StatementLine(
            party=party.get(account, account),
            counterparty=MARKET,
            contract="settlement",
            item=item,
            start=start,
            end=end,
            quantity="",
            unit="",
            price="",
            amount=_cents(owed[account]),
            currency=scenario.currency,
            rule="ledger book cash",
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
