"""plans.parquet: of each booked plan the part that was in force, until the next decision."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from suandian.ledger.ledger import Entry, Ledger
from suandian.model.grid import Floats, Ints, Names
from suandian.model.scenario import Scenario
from suandian.record.details import PlanDetail
from suandian.record.schemas import TABLES, chosen, frame, node, utc

# what a solver leaves of a zero: a mW is no plan
NOISE_MW = 1e-9
PRICED = ("work_mw", "planned_mw")  # quantities whose price says something where they are zero


def plans(scenario: Scenario, ledger: Ledger) -> pl.DataFrame:
    """Return the table of plans."""
    booked = list(ledger.entries(PlanDetail.BOOK))
    # a plan is in force until the next one is booked
    ends = [entry.step for entry in booked[1:]] + [scenario.axis.n]
    parts = [_part(scenario, ledger, entry, end) for entry, end in zip(booked, ends, strict=True)]
    return pl.concat(parts) if parts else pl.DataFrame(schema=TABLES["plans"])


def _part(scenario: Scenario, ledger: Ledger, entry: Entry, end: int) -> pl.DataFrame:
    plan = PlanDetail.of(ledger.detail(entry.detail))
    # a step of the plan may stand for several of the scenario, each with the same values
    many = plan.plan_steps
    covers = np.ones(len(plan.plan_price), np.int64) if many is None else many
    rows = np.repeat(np.arange(len(covers)), covers)[: end - entry.step]
    price = plan.plan_price[rows]
    serve = plan.plan_serve_mw[rows]
    waiting = plan.plan_waiting_mw[rows]
    started = plan.plan_started_mw[rows]
    # services first, as everywhere where workloads are numbered
    by_work = np.concatenate([serve.sum(axis=2), waiting.sum(axis=2)], axis=1)
    total = serve.sum(axis=1) + waiting.sum(axis=1) + started
    work = node("work", np.concatenate([scenario.services.id, scenario.classes.id]))
    site = node("site", scenario.sites.id)
    store = node("storage", scenario.grid.storage.id)
    generator = node("generator", scenario.grid.generators.id)
    return pl.concat(
        [
            _rows(scenario, entry.step, site, "service_mw", serve.sum(axis=1), price),
            _rows(scenario, entry.step, site, "waiting_mw", waiting.sum(axis=1), price),
            _rows(scenario, entry.step, site, "started_mw", started, price),
            _rows(scenario, entry.step, site, "work_mw", total, plan.plan_computing_price[rows]),
            _rows(scenario, entry.step, work, "planned_mw", by_work, plan.plan_work_price[rows]),
            _rows(scenario, entry.step, store, "charge_mw", plan.plan_charge_mw[rows]),
            _rows(scenario, entry.step, store, "discharge_mw", plan.plan_discharge_mw[rows]),
            _rows(scenario, entry.step, generator, "output_mw", plan.plan_output_mw[rows]),
            *_on(scenario, entry.step, generator, plan, rows),
        ]
    )


def _on(
    scenario: Scenario, issued: int, generator: Names, plan: PlanDetail, rows: Ints
) -> Iterator[pl.DataFrame]:
    """Yield the steps in which committed units are planned to be on."""
    if plan.plan_on is not None:
        members = generator[scenario.commitment.of(scenario.grid.generators)]
        yield _rows(scenario, issued, members, "on", plan.plan_on[rows])


def _rows(
    scenario: Scenario,
    issued: int,
    members: Names,
    quantity: str,
    values: Floats,
    price: Floats | None = None,
) -> pl.DataFrame:
    """Rows of (steps, members) values that are not zero; with a price of computing, also those that
    are.
    """
    # zeros are left out: most of a plan is zeros
    kept = np.abs(values) > NOISE_MW
    if quantity in PRICED and price is not None:
        kept |= np.isfinite(price)
    step, member = np.nonzero(kept)
    edges = scenario.axis.edges_s
    columns = {
        "issued": utc(np.full(len(step), edges[issued])),
        "start": utc(edges[issued + step]),
        "element": chosen(members, member),
        "quantity": pl.repeat(quantity, len(step), dtype=pl.String, eager=True),
        "value": values[step, member],
    }
    return frame("plans", columns if price is None else columns | {"dual": price[step, member]})
