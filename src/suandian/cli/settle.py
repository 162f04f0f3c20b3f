"""`suandian settle`: the statement of a run, from its ledger."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def settle(
    run: Annotated[Path, typer.Argument(help="run folder")],
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Settle a finished run again from its ledger: rewrites statement.csv and prints what each
    party owes.

    Example: suandian settle runs/joint
    """
    from suandian.ledger.ledger import Ledger
    from suandian.model.issues import RecordError
    from suandian.reading import load_text
    from suandian.record.folder import RunFolder
    from suandian.settle.statement import statement, write

    record = RunFolder(run).read()
    scenario = load_text(
        (run / "scenario.toml").read_text(encoding="utf-8"), run / record.get("source", ".")
    )
    if scenario.hash != record["scenario_hash"]:
        raise RecordError(
            f"{run}/scenario.toml or its inputs are not those of the run (hash "
            f"{scenario.hash[:12]})"
        )
    with Ledger(run / "ledger.db", scenario.hash) as ledger:
        rows = statement(scenario, ledger)
    write(rows, run / "statement.csv")
    totals: dict[str, float] = {}
    for row in rows:
        totals[row.party] = totals.get(row.party, 0.0) + float(row.amount)
    if as_json:
        print(
            json.dumps(
                {"currency": scenario.currency, "totals": totals, "rows": [asdict(r) for r in rows]}
            )
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{run}: owed to the market, {scenario.currency}", title_justify="left")
    table.add_column("party")
    table.add_column("amount", justify="right")
    for party in sorted(totals, key=lambda p: -abs(totals[p]))[:25]:
        table.add_row(party, f"{totals[party]:,.2f}")
    table.add_row("sum of all parties", f"{sum(totals.values()):,.2f}")
    Console().print(table)
