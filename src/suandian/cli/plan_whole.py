"""What `suandian plan --whole` prints."""

from __future__ import annotations

from typing import Any


def show(told: dict[str, Any]) -> None:
    """Print cost, bound, their gap and what flexibility is worth; then the ratios of direct
    supply.
    """
    from rich.console import Console
    from rich.table import Table

    money = told["currency"]
    # none of a bound of nothing
    gap = told["gap_of_cost"]
    # none where flexibility is worth nothing: a share of 0
    share = told["gap_of_flexibility_value"]
    title = f"{told['name']}: {told['steps']:,} steps as a whole, perfect foresight"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("value", justify="right")
    rows = {
        f"cost of the plan, {money}": f"{told['cost']:,.0f}",
        f"proven bound, {money}": f"{told['bound']:,.0f}",
        "gap, % of cost": "–" if gap is None else f"{100 * gap:.4f}",
        f"cost without shifting, {money}": f"{told['cost_without_shifting']:,.0f}",
        f"value of flexibility (to the bound), {money}": f"{told['flexibility_value']:,.0f}",
        "gap, % of the value of flexibility": "–" if share is None else f"{100 * share:.2f}",
        "windows": f"{told['windows']:,}",
        "columns": f"{told['columns']:,}",
        "CPU of the solves, s": f"{told['solver_cpu_s']:.1f}",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    Console().print(table)
    if told["ratios"]:
        _show_ratios(told["ratios"])


def _show_ratios(ratios: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Ratios of direct supply over the study", title_justify="left")
    for column in ("site", "ratio"):
        table.add_column(column)
    for column in ("limit, %", "reached, %"):
        table.add_column(column, justify="right")
    for each in ratios:
        # exports are capped, the two shares of own supply have a floor
        sign = "≤" if each["ratio"] == "export" else "≥"
        limit = f"{sign} {100 * each['limit']:.1f}"
        table.add_row(each["site"], each["ratio"], limit, f"{100 * each['reached']:.2f}")
    Console().print(table)
