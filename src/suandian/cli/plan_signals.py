"""Signals of a plan as JSON and as tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from suandian.model.signals import DEFINED, REASONS

if TYPE_CHECKING:
    from suandian.model.grid import Names
    from suandian.model.scenario import Scenario
    from suandian.policy.signals import PlanSignals, Slope


def as_json(scenario: Scenario, made: PlanSignals) -> dict[str, list[dict[str, Any]]]:
    """Return rows for machines: `places` (every bus and site), `work` (every workload), `run` (at
    every site).
    """
    buses, sites = scenario.grid.buses.id, scenario.sites.id
    names = np.concatenate(
        [np.char.add("bus:", buses.astype(np.str_)), np.char.add("site:", sites.astype(np.str_))]
    )
    nodal = np.hstack([made.price, made.price[:, scenario.sites.bus]])
    places = list(_rows(made, made.places, names, "node", "price_per_mwh"))
    for row, price, average in zip(
        places, nodal.ravel().tolist(), made.average.ravel().tolist(), strict=True
    ):
        row |= {"nodal_price_per_mwh": price, "average_g_per_kwh": average}
    work = [
        *_rows(made, made.services, scenario.services.id, "workload", "price_per_mwh"),
        *_rows(made, made.classes, scenario.classes.id, "workload", "price_per_mwh"),
    ]
    return {
        "places": places,
        "work": work,
        "run": list(_rows(made, made.run, sites, "site", "price_per_mwh")),
    }


def _rows(
    made: PlanSignals, slope: Slope, names: Names, key: str, price: str
) -> Iterator[dict[str, Any]]:
    for t in range(len(slope.cost)):
        for i in range(slope.cost.shape[1]):
            reason = int(slope.reason[t, i])
            yield {
                "start_s": int(made.axis.edges_s[t]),
                key: str(names[i]),
                price: _number(slope.cost[t, i]),
                "marginal_g_per_kwh": _number(slope.kg[t, i]),
                "reason": None if reason == DEFINED else REASONS[reason],
            }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def show(scenario: Scenario, made: PlanSignals) -> None:
    """Print electricity at the sites, and computing by workload and site."""
    sites, buses = scenario.sites.id.tolist(), len(scenario.grid.buses)
    columns = [
        (f"{name} {what}", values)
        for d, name in enumerate(sites)
        for what, values in (
            (f"{scenario.currency}/MWh", made.price[:, scenario.sites.bus[d]]),
            ("avg g/kWh", made.average[:, buses + d]),
            ("marg g/kWh", made.places.kg[:, buses + d]),
        )
    ]
    _table(
        scenario, made, "electricity at the sites: nodal price, average and marginal CO2", columns
    )
    work = [*scenario.services.id.tolist(), *scenario.classes.id.tolist()]
    cost, kg = (
        np.hstack([getattr(s, k) for s in (made.services, made.classes)]) for k in ("cost", "kg")
    )
    if not cost.shape[1]:
        print("no price of computing: this policy has no problem with both computing and power")
        return
    columns = [
        column
        for i, name in enumerate(work)
        for column in ((f"{name} {scenario.currency}/MWh", cost[:, i]), ("marg g/kWh", kg[:, i]))
    ]
    columns += [(f"run at {name}", made.run.cost[:, d]) for d, name in enumerate(sites)]
    _table(scenario, made, "one more MWh of IT energy: its price, and what it emits", columns)


def _table(
    scenario: Scenario, made: PlanSignals, title: str, columns: list[tuple[str, Any]]
) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{scenario.name}: {title}", title_justify="left")
    table.add_column("from", no_wrap=True)
    for name, _ in columns:
        table.add_column(name, justify="right")
    for t, start in enumerate(made.axis.edges_s[:-1].tolist()):
        local = datetime.fromtimestamp(start, ZoneInfo(scenario.zone)).strftime("%a %d %H:%M")
        table.add_row(local, *(f"{v[t]:.1f}" if np.isfinite(v[t]) else "–" for _, v in columns))
    Console().print(table)
