"""`suandian plan --whole`: the whole study planned at once in windows, with its cost, its bound and
their gap.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suandian.horizon.whole import Cut, Whole
    from suandian.model.scenario import Scenario


@dataclass(frozen=True)
class Asked:
    """Options of `plan --whole`: the cut, processes here or the address of a Dask cluster, where to
    write.
    """

    cut: Cut
    workers: int = 1
    cluster: str = ""
    out: Path | None = None
    as_json: bool = False


def plan_whole(scenario: Scenario, asked: Asked) -> None:
    """Plan `scenario` as a whole, and without shifting any work, and print both beside
    the bound.
    """
    from suandian.cli.progress import bar
    from suandian.horizon import whole
    from suandian.maths.prepared import Prepared
    from suandian.scale.executors import executor

    prepared = Prepared.of(scenario)
    unlimited = replace(prepared, totals=None)
    with (
        executor(asked.workers, asked.cluster) as pool,
        bar(f"plan {scenario.name} as a whole") as tick,
    ):
        made = whole.plan_whole(prepared, whole.whole_window(scenario), asked.cut, pool, tick)
        fixed = whole.plan_whole(
            unlimited, whole.inflexible_window(scenario), asked.cut, pool, tick
        )
    told = _told(scenario, made, fixed)
    if asked.out is not None:
        _write(asked.out, scenario, made, told)
    if asked.as_json:
        print(json.dumps(told, allow_nan=False))
        return
    _show(told)
    if asked.out is not None:
        print(f"written to {asked.out}")


def _told(scenario: Scenario, made: Whole, fixed: Whole) -> dict[str, Any]:
    worth = fixed.cost - made.bound
    return {
        "name": scenario.name,
        "currency": scenario.currency,
        "scenario_hash": scenario.hash,
        "steps": made.result.compiled.window.n,
        "columns": made.result.compiled.problem.shape[1],
        "windows": len(made.windows),
        "cost": made.cost,
        "bound": made.bound,
        "gap": made.cost - made.bound,
        "gap_of_cost": (made.cost - made.bound) / abs(made.bound),
        "cost_without_shifting": fixed.cost,
        "flexibility_value": worth,
        "gap_of_flexibility_value": (made.cost - made.bound) / worth if worth > 0 else None,
        "solver_cpu_s": made.seconds,
        "certificate": made.certificate.as_dict(),
        "ratios": _ratios(scenario, made),
    }


def _ratios(scenario: Scenario, made: Whole) -> list[dict[str, Any]]:
    """Return what each limited site asks for and reaches."""
    from suandian.maths.blocks.direct_supply import reached

    totals, found = scenario.totals, reached(made.result)
    if totals is None:
        return []
    return [
        {
            "site": str(scenario.sites.id[d]),
            "ratio": name,
            "limit": float(asked[d]),
            "reached": float(shares[i]),
        }
        for i, d in enumerate(found.site.tolist())
        for name, asked, shares in (
            ("self_use", totals.self_use, found.self_use),
            ("green_share", totals.green_share, found.green_share),
            ("export", totals.export, found.export),
        )
        if asked[d] == asked[d]
    ]


def _show(told: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    money, share = told["currency"], told["gap_of_flexibility_value"]
    table = Table(
        title=f"{told['name']}: {told['steps']:,} steps as a whole, perfect foresight",
        title_justify="left",
    )
    table.add_column("")
    table.add_column("value", justify="right")
    for name, value in (
        (f"cost of the plan, {money}", f"{told['cost']:,.0f}"),
        (f"proven bound, {money}", f"{told['bound']:,.0f}"),
        ("gap, % of cost", f"{100 * told['gap_of_cost']:.4f}"),
        (f"cost without shifting, {money}", f"{told['cost_without_shifting']:,.0f}"),
        (f"value of flexibility (to the bound), {money}", f"{told['flexibility_value']:,.0f}"),
        ("gap, % of the value of flexibility", "–" if share is None else f"{100 * share:.2f}"),
        ("windows", f"{told['windows']:,}"),
        ("columns", f"{told['columns']:,}"),
        ("CPU of the solves, s", f"{told['solver_cpu_s']:.1f}"),
    ):
        table.add_row(name, value)
    Console().print(table)
    if not told["ratios"]:
        return
    ratios = Table(title="Ratios of direct supply over the study", title_justify="left")
    for column in ("site", "ratio"):
        ratios.add_column(column)
    for column in ("limit, %", "reached, %"):
        ratios.add_column(column, justify="right")
    for each in told["ratios"]:
        sign = "≤" if each["ratio"] == "export" else "≥"
        ratios.add_row(
            each["site"],
            each["ratio"],
            f"{sign} {100 * each['limit']:.1f}",
            f"{100 * each['reached']:.2f}",
        )
    Console().print(ratios)


def _write(out: Path, scenario: Scenario, made: Whole, told: dict[str, Any]) -> None:
    """Write whole.json, scenario.toml and the plan's work, price and levels by step as
    whole.parquet.
    """
    import polars as pl

    from suandian.record.schemas import utc

    out.mkdir(parents=True, exist_ok=True)
    result, sites = made.result, scenario.sites
    work, price = result.column("work"), result.price()[:, sites.bus]
    columns: dict[str, Any] = {"start": utc(scenario.axis.edges_s[:-1])}
    for d, name in enumerate(sites.id.tolist()):
        columns |= {f"work_mw:{name}": work[:, d], f"price_per_mwh:{name}": price[:, d]}
    for s, name in enumerate(scenario.grid.storage.id.tolist()):
        columns[f"level_mwh:{name}"] = result.column("level")[:, s]
    pl.DataFrame(columns).write_parquet(out / "whole.parquet")
    (out / "scenario.toml").write_text(scenario.text, encoding="utf-8", newline="\n")
    (out / "whole.json").write_text(
        json.dumps(told, indent=1, allow_nan=False), encoding="utf-8", newline="\n"
    )
