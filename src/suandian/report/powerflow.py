"""Figures of the AC power flow that checked the plans and the executed steps of a run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

# Name, value, unit, method.
Item = tuple[str, float | int, str, str]


def powerflow_items(checks: pl.DataFrame) -> Iterator[Item]:
    """Yield the figures of the AC power flow of every step (pandapower)."""
    plans, checks = (checks.filter(pl.col("phase") == phase) for phase in ("planned", "realised"))
    good = checks.filter("converged")
    failed = int((~plans["converged"]).sum())
    yield (
        "ac_plans_not_converged",
        failed,
        "intervals",
        f"AC power flow of published plans: no solution, of {len(plans)}",
    )
    yield (
        "ac_not_converged",
        len(checks) - len(good),
        "intervals",
        f"AC power flow without solution, of {len(checks)}",
    )
    # no step converged: means of nothing are not figures
    if not len(good):
        return
    hours = "AC power flow of every executed interval"
    losses = good["losses_mw"].to_numpy()
    yield "ac_losses_mw", float(np.mean(losses)), "MW", f"mean losses; {hours}"
    yield "ac_least_voltage", float(np.min(good["least_voltage_pu"].to_numpy())), "pu", hours
    yield "ac_most_voltage", float(np.max(good["most_voltage_pu"].to_numpy())), "pu", hours
    yield (
        "ac_overloads",
        int(good["overloads"].sum()),
        "line-intervals",
        f"apparent power above rating; {hours}",
    )
