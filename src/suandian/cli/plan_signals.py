"""Signals of a plan as tables."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from suandian.api.planning import FirstPlan

Columns = list[tuple[str, Any]]
NONE = "no price of computing: this policy has no problem with both computing and power"


def show(first: FirstPlan) -> None:
    """Print electricity at the sites, and computing by workload and site."""
    scenario = first.scenario
    signals = first.signals
    if signals is None:
        return
    money = f"{scenario.currency}/MWh"
    buses = len(scenario.grid.buses)
    sites = scenario.sites.id.tolist()
    columns: Columns = []
    for d, name in enumerate(sites):
        # places are buses first, then sites
        columns.append((f"{name} {money}", signals.price[:, scenario.sites.bus[d]]))
        columns.append((f"{name} avg g/kWh", signals.average[:, buses + d]))
        columns.append((f"{name} marg g/kWh", signals.places.kg[:, buses + d]))
    _table(first, "electricity at the sites: nodal price, average and marginal CO2", columns)
    work = [*scenario.services.id.tolist(), *scenario.classes.id.tolist()]
    # services and classes of jobs are both workloads to a reader
    cost = np.hstack([signals.services.cost, signals.classes.cost])
    kg = np.hstack([signals.services.kg, signals.classes.kg])
    if not cost.shape[1]:
        print(NONE)
        return
    columns = []
    for i, name in enumerate(work):
        columns.append((f"{name} {money}", cost[:, i]))
        columns.append(("marg g/kWh", kg[:, i]))
    columns += [(f"run at {name}", signals.run.cost[:, d]) for d, name in enumerate(sites)]
    _table(first, "one more MWh of IT energy: its price, and what it emits", columns)


def _table(first: FirstPlan, title: str, columns: Columns) -> None:
    from rich.console import Console
    from rich.table import Table

    scenario = first.scenario
    signals = first.signals
    assert signals is not None
    table = Table(title=f"{scenario.name}: {title}", title_justify="left")
    table.add_column("from", no_wrap=True)
    for name, _ in columns:
        table.add_column(name, justify="right")
    zone = ZoneInfo(scenario.zone)
    for t, start in enumerate(signals.axis.edges_s[:-1].tolist()):
        local = datetime.fromtimestamp(start, zone).strftime("%a %d %H:%M")
        # undefined where nobody can give one MWh more: no number, and not 0
        cells = [f"{v[t]:.1f}" if np.isfinite(v[t]) else "–" for _, v in columns]
        table.add_row(local, *cells)
    Console().print(table)
