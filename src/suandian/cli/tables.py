"""Tables a person can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def kpi_table(kpis: Mapping[str, Mapping[str, Any]], title: str) -> None:
    """Print name, value and unit of each figure."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in ("figure", "value", "unit"):
        table.add_column(name, justify="right" if name == "value" else "left")
    for name, item in kpis.items():
        table.add_row(name, _number(item["value"]), str(item["unit"]))
    Console().print(table)


def _number(value: object) -> str:
    # 1.500 and 1.5 are the same figure; zeros would say more than is known
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)
