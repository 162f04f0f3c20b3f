"""`plan`: one turn of the loop, decided from what is known at the start and executed by nobody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from suandian.api.signals import signal_rows
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.signals import PlanSignals, plan_signals
from suandian.record.schemas import utc
from suandian.run import accheck
from suandian.run.planning import first_plan, write_plan


@dataclass(frozen=True, eq=False)
class FirstPlan:
    """The first plan of a scenario, with its evidence.

    `plan` holds its arrays (steps, members) in MW and currency/MWh, `notebook` what the policy
    remembers of its last problem, `signals` what one more MWh costs and emits (None where it was
    not asked for, or where the policy solves no problem), `ac_check` the AC power flow of each step
    (None unless the scenario asks for it).
    """

    scenario: Scenario
    plan: Plan
    notebook: Notebook
    signals: PlanSignals | None = None
    ac_check: pl.DataFrame | None = None

    @property
    def solves(self) -> list[dict[str, object]]:
        """One record per solve: name, solver, status, objective, bound, gap, size, certificate."""
        return [dict(solve) for solve in self.plan.solves]

    @cached_property
    def table(self) -> pl.DataFrame:
        """The plan by step and site.

        Columns: `start` (UTC), `site`, `service_mw` and `jobs_mw` of IT power [MW], `price_per_mwh`
        of electricity at the site [currency/MWh].
        """
        plan = self.plan
        sites = self.scenario.sites.id
        starts = self.scenario.axis.edges_s[plan.starts()][: plan.n]
        # jobs draw what waiting work is started with and what was running before
        jobs = plan.waiting_mw.sum(axis=1) + plan.started_mw
        return pl.DataFrame(
            {
                "start": utc(np.repeat(starts, len(sites))),
                "site": np.tile(sites, plan.n),
                "service_mw": plan.serve_mw.sum(axis=1).ravel(),
                "jobs_mw": jobs.ravel(),
                "price_per_mwh": plan.price[:, : len(sites)].ravel(),
            }
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as `suandian plan --json` prints them."""
        # JSON has no times: UTC seconds, as everywhere in --json
        rows = _with_seconds(self.table)
        plain: dict[str, Any] = {
            "policy": self.plan.policy,
            "currency": self.scenario.currency,
            "solves": self.solves,
            "plan": rows.to_dicts(),
        }
        if self.signals is not None:
            plain["signals"] = signal_rows(self.scenario, self.signals)
        if self.ac_check is not None:
            checked = _with_seconds(self.ac_check.drop("phase"))
            plain["ac_check"] = checked.to_dicts()
        return plain

    @property
    def ac_summary(self) -> str:
        """What the AC power flow says of the whole plan, in a sentence; empty where none ran."""
        return "" if self.ac_check is None else accheck.summary(self.ac_check)

    def write(self, out: str | Path, reproducible: bool = False) -> Path:
        """Write the plan and its evidence into an empty folder; returns the folder.

        `reproducible` leaves out what differs from run to run: the same input, seed and versions
        then give the same bytes.

        Raises
        ------
        InputError
            `out` holds something, or a reproducible plan has a time limit.
        """
        return write_plan(self.scenario, self.plan, self.notebook, Path(out), reproducible)


def _with_seconds(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table with UTC seconds `start_s` for its column `start` (JSON has no times)."""
    seconds = table["start"].dt.epoch("s").alias("start_s")
    return table.drop("start").insert_column(0, seconds)


def plan(scenario: Scenario, signals: bool = False) -> FirstPlan:
    """Make the first plan of a scenario from what is known at its start.

    `signals` also asks what one more MWh costs and emits, by bus, site, workload and step.

    Raises
    ------
    InfeasibleError
        No plan satisfies every limit; says which, and by how much.
    SolveError
        The solver found nothing that may be used.

    Examples
    --------
    >>> import suandian
    >>> scenario = suandian.load(suandian.template("two-sites"), ["policy.name=asap"])
    >>> first = suandian.plan(scenario)
    >>> first.table.columns
    ['start', 'site', 'service_mw', 'jobs_mw', 'price_per_mwh']
    >>> round(first.table["service_mw"].mean(), 6)  # 20 MW of service, at one of two sites
    10.0
    """
    decided, notebook = first_plan(scenario)
    # a policy that solves no problem has no last solve, and so no slopes and no dispatch
    last = notebook.last
    slopes = None
    if signals and last is not None:
        slopes = plan_signals(View.at(scenario, State.initial(scenario)), last)
    checked = None
    if scenario.ac_check and last is not None:
        dispatch = accheck.Dispatch.of_result(last)
        starts = scenario.axis.edges_s[decided.starts()[: decided.n]]
        flows = accheck.checks(scenario.grid, dispatch)
        checked = accheck.table(scenario.grid, flows, starts)
    return FirstPlan(scenario, decided, notebook, slopes, checked)
