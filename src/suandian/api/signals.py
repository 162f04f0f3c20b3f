"""The signals of a plan as rows: what one more MWh costs and emits, by place, workload and step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from suandian.model.grid import Names
from suandian.model.scenario import Scenario
from suandian.model.signals import DEFINED, REASONS
from suandian.policy.signals import PlanSignals, Slope


def signal_rows(scenario: Scenario, signals: PlanSignals) -> dict[str, list[dict[str, Any]]]:
    """Return rows of plain values: `places` (every bus and site), `work` (every workload), `run`
    (at every site).

    Prices in currency/MWh, CO2 in g/kWh; null where undefined, with the reason.
    """
    buses = scenario.grid.buses.id
    sites = scenario.sites.id
    at_bus = np.char.add("bus:", buses.astype(np.str_))
    at_site = np.char.add("site:", sites.astype(np.str_))
    names = np.concatenate([at_bus, at_site])
    places = list(_rows(signals, signals.places, names, "node"))
    # a site pays the price of its bus
    nodal = np.hstack([signals.price, signals.price[:, scenario.sites.bus]])
    average = signals.average.ravel().tolist()
    for row, price, mean in zip(places, nodal.ravel().tolist(), average, strict=True):
        row |= {"nodal_price_per_mwh": price, "average_g_per_kwh": mean}
    # services and classes of jobs are both workloads of the scenario
    work = [
        *_rows(signals, signals.services, scenario.services.id, "workload"),
        *_rows(signals, signals.classes, scenario.classes.id, "workload"),
    ]
    return {"places": places, "work": work, "run": list(_rows(signals, signals.run, sites, "site"))}


def _rows(signals: PlanSignals, slope: Slope, names: Names, key: str) -> Iterator[dict[str, Any]]:
    steps, members = slope.cost.shape
    for t in range(steps):
        for i in range(members):
            # NaN is no JSON: an undefined slope is null with its reason
            reason = int(slope.reason[t, i])
            yield {
                "start_s": int(signals.axis.edges_s[t]),
                key: str(names[i]),
                "price_per_mwh": _number(slope.cost[t, i]),
                "marginal_g_per_kwh": _number(slope.kg[t, i]),
                "reason": None if reason == DEFINED else REASONS[reason],
            }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
