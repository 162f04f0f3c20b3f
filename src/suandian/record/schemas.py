"""The files of a run folder: names, columns, types (the contract that outside tools may rely on).

Names. Columns `node`, `from_node`, `to_node` and `element` hold node names, `kind:id` (`bus:309`,
`site:west`, `generator:309_WIND_1`, `work:training`, `load:309`); the nodes that stand for one
thing only have no id: `curtailment`, `unserved`, `plate`, `rounding`. All other text columns hold
ids as written in the scenario. Times are UTC. A null says "does not apply", "not known" or, for a
capacity, "no limit".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suandian.model.grid import Ints, Names
from suandian.model.issues import RecordError

SCHEMA_VERSION = 3
"""Raised with every change of what a run folder or its ledger holds; other versions are refused.

2: the CO2 of the energy in store is booked in the carbon book, not in that of energy.
3: steps.parquet says which steps there are; nothing has to flow in each.
"""
STATES = ("running", "done", "failed")

RUN = "run.json"
SCENARIO = "scenario.toml"
LEDGER = "ledger.db"
STATEMENT = "statement.csv"
KPIS = "kpis.json"
CERTIFICATE = "certificate.json"
PROBLEM = "problem/last.npz"
REPORT = "report.html"

CURTAILMENT = "curtailment"
UNSERVED = "unserved"
PLATE = "plate"
ROUNDING = "rounding"
ELECTRICITY = "electricity"
POTENTIAL = "potential"
VIRTUAL = "virtual"
TIME: Any = pl.Datetime("us", "UTC")

TABLES: dict[str, pl.Schema] = {
    "nodes": pl.Schema(
        {
            "node": pl.String,  # unique
            # bus, line, link, site, cluster, cooling, work, idle, generator, load, storage, …
            "kind": pl.String,
            "role": pl.String,  # junction, source, sink, store
            "party": pl.String,  # site's party; supply; grid; load:<area>
            "bus": pl.String,  # id of the bus it stands at (a line: its from bus)
            "site": pl.String,  # id of the site that it belongs to, or stands behind the meter of
            "zone": pl.String,  # area of the bus; a site's own zone
            "carrier": pl.String,  # of generators and storage
            "lat": pl.Float64,
            "lon": pl.Float64,
            # generator, storage (either direction), line rating, link, connection, cluster
            "capacity_mw": pl.Float64,
            "export_mw": pl.Float64,  # of a site's connection
            # of generators: share in balancing a loss is in proportion to it
            "balancing_mw": pl.Float64,
            "full_load_mw": pl.Float64,  # of sites: drawn when all load is there
            "energy_mwh": pl.Float64,
            "charge_efficiency": pl.Float64,
            "discharge_efficiency": pl.Float64,
            "standing_loss_per_h": pl.Float64,
            "initial_mwh": pl.Float64,
            "final_mwh": pl.Float64,
            "emission_g_per_kwh": pl.Float64,  # mean over the run, of generators that ran
            # of committed generators: least output while on, least time on and off
            "min_mw": pl.Float64,
            "min_up_h": pl.Float64,
            "min_down_h": pl.Float64,
        }
    ),
    "network": pl.Schema(
        {
            "line": pl.String,
            "from_node": pl.String,
            "to_node": pl.String,
            "r_pu": pl.Float64,
            "x_pu": pl.Float64,
            "susceptance_mw": pl.Float64,  # base · x/(r²+x²) [MW/rad]
            "rating_mw": pl.Float64,
            "emergency_mw": pl.Float64,
        }
    ),
    "security": pl.Schema(
        {
            "phase": pl.String,  # unsecured: the step dispatched without N-1; realised
            "start": TIME,
            "kind": pl.String,  # line, link, generator, site-loss, site-return
            "contingency": pl.String,  # id of what is lost (or returns)
            "line": pl.String,
            "flow_mw": pl.Float64,  # after the loss
            "limit_mw": pl.Float64,
        }
    ),
    "ac_check": pl.Schema(
        {
            "phase": pl.String,  # planned: the part of a published plan in force; realised
            "start": TIME,
            "converged": pl.Boolean,  # all that follows is null where it did not
            "losses_mw": pl.Float64,
            "least_voltage_pu": pl.Float64,
            "least_voltage_bus": pl.String,
            "most_voltage_pu": pl.Float64,
            "most_voltage_bus": pl.String,
            "voltages_outside": pl.Int64,  # buses outside their limits
            "most_loading": pl.Float64,  # apparent power / rating [1]
            "most_loaded_line": pl.String,
            "overloads": pl.Int64,  # lines whose apparent power exceeds their rating
            # units that would need more reactive power than they have
            "reactive_outside": pl.Int64,
        }
    ),
    # every step that was executed, in order: something need not flow in each
    "steps": pl.Schema({"start": TIME, "end": TIME}),
    "flows": pl.Schema(
        {
            "phase": pl.String,  # realised
            "start": TIME,
            "end": TIME,
            "from_node": pl.String,
            "to_node": pl.String,
            # electricity; potential (curtailed) and virtual (unserved) are not physical
            "carrier": pl.String,
            "energy_wh": pl.Int64,  # > 0
        }
    ),
    "levels": pl.Schema({"time": TIME, "node": pl.String, "energy_wh": pl.Int64}),
    "prices": pl.Schema(
        {
            "start": TIME,
            "node": pl.String,  # every bus and site
            "price_per_mwh": pl.Float64,
            # of what is taken there, by flow tracing; a site's with its own supply
            "average_g_per_kwh": pl.Float64,
            # change of the step's emissions per kWh more taken there
            "marginal_g_per_kwh": pl.Float64,
            "marginal_reason": pl.String,  # why that is null; null where it is not
        }
    ),
    "bills": pl.Schema(
        {
            "start": TIME,
            "node": pl.String,  # a site
            "kind": pl.String,  # of charge: energy, export, demand, other
            "amount": pl.Int64,  # owed by the site [1/10000 currency]; zeros are left out
        }
    ),
    "plans": pl.Schema(
        {
            "issued": TIME,
            "start": TIME,
            "element": pl.String,
            # service_mw, waiting_mw, started_mw, work_mw; planned_mw; charge_mw, discharge_mw;
            # output_mw; on
            "quantity": pl.String,
            "value": pl.Float64,
            # planned price [currency/MWh] of energy there; of work_mw, planned_mw: of computing
            "dual": pl.Float64,
        }
    ),
    "jobs": pl.Schema(
        {
            "job": pl.String,
            "workload": pl.String,
            "count": pl.Int64,
            "origin": pl.String,
            # where most of its energy ran (a suspended job may restart elsewhere); null: never ran
            "site": pl.String,
            "submit": TIME,
            "start": TIME,  # of the first step it ran in
            "end": TIME,  # inside the last step; null: not completed
            "due": TIME,
            "deadline": TIME,  # when it is late: due, or the first end that its steps allow
            "work_wh": pl.Int64,  # asked for
            "width_mw": pl.Float64,
            "energy_wh": pl.Int64,  # IT energy run, with the overhead of suspensions
            "cost": pl.Float64,  # energy · PUE · nodal price + data transfer [currency]
            "average_g": pl.Float64,  # its CO2 by average intensity [g]
            # its CO2 by marginal intensity [g]; null: undefined in a step that it ran in
            "marginal_g": pl.Float64,
            "suspensions": pl.Int64,
            "moved_gb": pl.Float64,  # data that had to be at a site other than home
            "late_s": pl.Int64,  # after its deadline, of a job not completed up to the end
        }
    ),
    "series": pl.Schema(
        {
            "feed": pl.String,
            "column": pl.String,
            "start": TIME,
            "actual": pl.Float64,
            "actual_known": TIME,
            "ahead": pl.Float64,
            "ahead_known": TIME,
        }
    ),
}

OPTIONAL = ("security", "ac_check")  # written where the scenario asks for them

# columns that never hold a null
REQUIRED: dict[str, tuple[str, ...]] = {
    "nodes": ("node", "kind", "role"),
    "network": ("line", "from_node", "to_node", "r_pu", "x_pu", "susceptance_mw"),
    "steps": tuple(TABLES["steps"]),
    "flows": tuple(TABLES["flows"]),
    "levels": tuple(TABLES["levels"]),
    "prices": ("start", "node", "price_per_mwh", "average_g_per_kwh"),
    "bills": ("start", "node", "kind", "amount"),
    "plans": ("issued", "start", "element", "quantity", "value"),
    "jobs": (
        "job",
        "workload",
        "count",
        "origin",
        "submit",
        "due",
        "deadline",
        "work_wh",
        "width_mw",
        "energy_wh",
        "cost",
        "average_g",
        "suspensions",
        "moved_gb",
        "late_s",
    ),
    "series": ("feed", "column", "start", "actual", "actual_known"),
}

SEALED = (SCENARIO, *(f"{name}.parquet" for name in TABLES), STATEMENT, KPIS, CERTIFICATE, PROBLEM)


def node(kind: str, ids: Names) -> Names:
    """Return the node names of `ids`.

    Examples
    --------
    >>> node("bus", np.array(["1", "2"])).tolist()
    ['bus:1', 'bus:2']
    """
    return np.char.add(f"{kind}:", ids.astype(np.str_)) if len(ids) else np.zeros(0, np.str_)


def chosen(ids: Names, index: Ints) -> pl.Series:
    """Return `ids[index]` as text; null where the index is -1. Fast for many rows of few names."""
    return pl.Series([*ids.tolist(), None], dtype=pl.String).gather(
        np.where(index < 0, len(ids), index)
    )


def utc(seconds: Ints | NDArray[np.float64], missing: NDArray[np.bool_] | None = None) -> pl.Series:
    """Return UTC seconds as times; null where `missing`."""
    whole = pl.Series(np.rint(np.asarray(seconds, dtype=np.float64)).astype(np.int64) * 1_000_000)
    if missing is not None:
        whole = (
            whole.to_frame("t").select(pl.when(pl.Series(~missing)).then(pl.col("t"))).to_series()
        )
    return whole.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def frame(name: str, columns: Mapping[str, Any]) -> pl.DataFrame:
    """Return table `name`; columns in the order and of the types of its schema, those left out are
    null.
    """
    schema = TABLES[name]
    unknown = set(columns) - set(schema)
    if unknown:
        raise TypeError(f"{name} has no column {', '.join(sorted(unknown))}")
    made = pl.DataFrame({k: _series(v) for k, v in columns.items()})
    absent = [pl.lit(None).cast(schema[k]).alias(k) for k in schema if k not in columns]
    return made.with_columns(absent).select(pl.col(k).cast(t) for k, t in schema.items())


def _series(values: Any) -> pl.Series:
    if isinstance(values, pl.Series):
        return values
    if isinstance(values, np.ndarray) and values.dtype.kind == "U":
        return pl.Series(values.tolist(), dtype=pl.String)
    made = pl.Series(values)
    return made.fill_nan(None) if made.dtype == pl.Float64 else made


def require_schema(name: str, found: Mapping[str, Any]) -> None:
    """Check that a file has the columns of table `name`.

    Raises
    ------
    RecordError
        A column is missing or of another type.
    """
    for column, kind in TABLES[name].items():
        if column not in found:
            raise RecordError(f"{name}.parquet has no column {column!r}")
        if found[column] != kind:
            raise RecordError(f"{name}.parquet: column {column!r} is {found[column]}, not {kind}")
