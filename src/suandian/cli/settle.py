"""`suandian settle`: the statement of a run, from its ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from suandian.api.results import Settlement

# a screen of rows; statement.csv has all
SHOWN = 25


def settle(
    run: Annotated[Path, typer.Argument(help="run folder")],
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Settle a finished run again from its ledger: rewrites statement.csv and prints what each
    party owes.

    Example: suandian settle runs/joint
    """
    from suandian import api

    settlement = api.settle(run)
    if as_json:
        print(json.dumps(settlement.as_dict()))
    else:
        _show(settlement, f"{run}: owed to the market, {settlement.currency}")


def _show(settlement: Settlement, title: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("party")
    table.add_column("amount", justify="right")
    # the largest debts and claims first: a hundred generators would push the sites off the screen
    totals = settlement.totals
    for party in sorted(totals, key=lambda p: -abs(totals[p]))[:SHOWN]:
        table.add_row(party, f"{totals[party]:,.2f}")
    table.add_row("sum of all parties", f"{sum(totals.values()):,.2f}")
    Console().print(table)
