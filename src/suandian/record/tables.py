"""From a ledger to the tables of a run folder. The same ledger always gives the same tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from suandian.ledger.ledger import Ledger
from suandian.model.feed import Feed
from suandian.model.grid import Floats
from suandian.model.ports.tariff import CHARGE_KINDS
from suandian.model.scenario import Scenario
from suandian.model.signals import DEFINED, REASONS
from suandian.model.time import TimeAxis
from suandian.model.units import WH_PER_MWH
from suandian.record.flows import flows
from suandian.record.history import History
from suandian.record.jobs import jobs
from suandian.record.nodes import network, nodes
from suandian.record.plans import plans
from suandian.record.schemas import TABLES, chosen, frame, node, utc


def write_tables(folder: Path, scenario: Scenario, ledger: Ledger) -> None:
    """Write every parquet file of a run folder from what `ledger` holds of `scenario`.

    Raises
    ------
    RecordError
        The ledger has no complete step.
    """
    for name, table in tables(scenario, ledger).items():
        table.write_parquet(folder / f"{name}.parquet")


def tables(scenario: Scenario, ledger: Ledger) -> dict[str, pl.DataFrame]:
    """Return the tables of `record.schemas` by name."""
    history = History.of(scenario, ledger)
    return {
        "nodes": nodes(history),
        "network": network(scenario),
        "steps": steps(history.axis),
        "flows": flows(history),
        "levels": levels(history),
        "prices": prices(history),
        "bills": bills(history),
        "plans": plans(scenario, ledger),
        "jobs": jobs(history),
        "series": series(scenario, history.axis),
    }


def steps(axis: TimeAxis) -> pl.DataFrame:
    """Return begin and end of each step."""
    return frame("steps", {"start": utc(axis.edges_s[:-1]), "end": utc(axis.edges_s[1:])})


def levels(history: History) -> pl.DataFrame:
    """Return the level of each store at the start and at the end of each step."""
    stores = history.scenario.grid.storage
    before = np.rint(stores.initial_mwh * WH_PER_MWH).astype(np.int64)
    # the first row is the level before the first step: n steps have n + 1 levels
    level = np.vstack([before[None, :], history.energy.level_wh])
    columns = {
        "time": utc(np.repeat(history.axis.edges_s, len(stores))),
        "node": np.tile(node("storage", stores.id), len(level)),
        "energy_wh": level.ravel(),
    }
    return frame("levels", columns)


def prices(history: History) -> pl.DataFrame:
    """Return price, average and marginal carbon intensity at each bus and site."""
    bus = history.scenario.sites.bus
    carbon = history.carbon
    at_bus = history.cash.price
    price = np.hstack([at_bus, at_bus[:, bus]])  # a site pays the price of its bus
    average = np.hstack([carbon.average_g_per_kwh, carbon.site_average_g_per_kwh])
    reason = carbon.marginal_reason.ravel().astype(np.int64)
    columns = {
        "start": utc(np.repeat(history.axis.edges_s[:-1], len(history.places))),
        "node": np.tile(history.places, history.n),
        "price_per_mwh": price.ravel(),
        "average_g_per_kwh": average.ravel(),
        "marginal_g_per_kwh": carbon.marginal_g_per_kwh.ravel(),
        "marginal_reason": chosen(np.array(REASONS), np.where(reason > DEFINED, reason, -1)),
    }
    return frame("prices", columns)


def bills(history: History) -> pl.DataFrame:
    """Return what each site owes for each step by kind of charge, where it owes anything."""
    sites = history.scenario.sites
    amount = history.cash.bill.reshape(history.n, len(CHARGE_KINDS), len(sites))
    # nearly all sites owe for energy only: rows of zeros would be most of the table
    step, kind, site = np.nonzero(amount)
    columns = {
        "start": utc(history.axis.edges_s[step]),
        "node": node("site", sites.id)[site],
        "kind": np.array(CHARGE_KINDS)[kind],
        "amount": amount[step, kind, site],
    }
    return frame("bills", columns)


def series(scenario: Scenario, axis: TimeAxis) -> pl.DataFrame:
    """Return the time-varying inputs on `axis` with their known times; history before the study is
    left out.
    """
    parts = [
        _feed(name, feed, axis)
        for name, feed in sorted(scenario.feeds.items())
        if len(feed.columns)
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=TABLES["series"])


def _feed(name: str, feed: Feed, axis: TimeAxis) -> pl.DataFrame:
    rows = feed.rows(axis)
    many = len(feed.columns)

    def flat(values: Floats) -> Floats:
        return values[rows].T.ravel()

    columns = {
        "feed": pl.repeat(name, axis.n * many, dtype=pl.String, eager=True),
        "column": np.repeat(feed.columns, axis.n),
        "start": utc(np.tile(axis.edges_s[:-1], many)),
        "actual": flat(feed.actual),
        "actual_known": utc(np.tile(feed.actual_known_s[rows], many)),
    }
    if feed.ahead is not None and feed.ahead_known_s is not None:
        columns |= {
            "ahead": flat(feed.ahead),
            "ahead_known": utc(np.tile(feed.ahead_known_s[rows], many)),
        }
    return frame("series", columns)
