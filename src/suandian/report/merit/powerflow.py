"""Figures of the AC power flow that checked the plans and the executed steps of a run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from suandian.report.merit.item import Item


def powerflow_items(checks: pl.DataFrame) -> Iterator[Item]:
    """Yield the figures of the AC power flow of every step (pandapower)."""
    plans = checks.filter(pl.col("phase") == "planned")
    executed = checks.filter(pl.col("phase") == "realised")
    good = executed.filter("converged")
    # A step without a solution is a finding of its own (docs/concepts.md), not silence.
    failed = int((~plans["converged"]).sum())
    yield (
        "ac_plans_not_converged",
        failed,
        "intervals",
        f"AC power flow of published plans: no solution, of {len(plans)}",
    )
    yield (
        "ac_not_converged",
        len(executed) - len(good),
        "intervals",
        f"AC power flow without solution, of {len(executed)}",
    )
    # A step that does not converge has no losses and no voltages to speak of.
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
