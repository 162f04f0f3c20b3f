"""jobs.parquet: what became of each job bundle."""

from __future__ import annotations

import numpy as np
import polars as pl

from suandian.model.grid import Bools, Floats, Ints
from suandian.record.history import History
from suandian.record.schemas import chosen, frame, utc


def jobs(history: History) -> pl.DataFrame:
    """Return the table of jobs, in the scenario's order."""
    scenario = history.scenario
    table, classes = scenario.jobs, scenario.classes
    energy, overhead, suspended = (_total(history, k) for k in ("job_energy_wh", "job_overhead_wh", "job_suspended"))
    site = _site(history)
    started, done = energy > 0, table.work_wh + overhead == energy
    first, end_s = _span(history)
    edges = history.axis.edges_s
    cost, grams = _cost_and_carbon(history)
    home = classes.home[table.kind]
    moved = np.where(started & (site != home), table.work_wh / 1e6 * classes.gb_per_mwh[table.kind], 0.0)
    late = np.maximum(np.where(done, end_s, edges[-1]) - table.due_s, 0)
    columns = {
        "job": table.id,
        "workload": classes.id[table.kind],
        "count": table.count,
        "origin": scenario.routes.origin[classes.origin[table.kind]],
        "site": chosen(scenario.sites.id, site),
        "submit": utc(table.submit_s),
        "start": utc(edges[first], missing=~started),
        "end": utc(end_s, missing=~done),
        "due": utc(table.due_s),
        "work_wh": table.work_wh,
        "width_mw": table.width_mw,
        "energy_wh": energy,
        "cost": cost,
        "average_g": grams,
        "suspensions": suspended,
        "moved_gb": moved,
        "late_s": late,
    }
    return frame("jobs", columns)


def _total(history: History, column: str) -> Ints:
    made = np.zeros(len(history.scenario.jobs), dtype=np.int64)
    np.add.at(made, history.ran["job"], history.ran[column])
    return made


def _running(history: History) -> Bools:
    return history.ran["job_energy_wh"] > 0


def _site(history: History) -> Ints:
    """Site of each job, -1 where it never ran (a job stays where it started)."""
    made = np.full(len(history.scenario.jobs), -1, dtype=np.int64)
    some = _running(history)
    made[history.ran["job"][some]] = history.ran["job_site"][some]
    return made


def _span(history: History) -> tuple[Ints, Ints]:
    """Return the first step of each job and its end [UTC s] inside the last: the share of a full-width step it took."""
    table, axis, some = history.scenario.jobs, history.axis, _running(history)
    job, step, energy = (history.ran[k][some] for k in ("job", "step", "job_energy_wh"))
    first, last = np.full(len(table), history.n - 1), np.zeros(len(table), dtype=np.int64)
    np.minimum.at(first, job, step)
    np.maximum.at(last, job, step)
    final = np.zeros(len(table))
    at_end = step == last[job]
    final[job[at_end]] = energy[at_end]
    hours = axis.hours[last]
    full = table.width_mw * 1e6 * hours
    share = np.clip(np.divide(final, full, out=np.ones(len(table)), where=full > 0), 0.0, 1.0)
    return first, axis.edges_s[last] + np.ceil(share * hours * 3600.0 - 1e-6).astype(np.int64)


def _cost_and_carbon(history: History) -> tuple[Floats, Floats]:
    """Return cost [currency] and CO2 by average intensity [g] of each job."""
    scenario, some = history.scenario, _running(history)
    job, step, site, energy = (history.ran[k][some] for k in ("job", "step", "job_site", "job_energy_wh"))
    sites, count, mwh = scenario.sites, len(scenario.jobs), energy / 1e6
    drawn = mwh * sites.pue[site]
    move = scenario.classes.move_per_mwh[scenario.jobs.kind[job], site]
    paid = drawn * history.price[step, sites.bus[site]] + mwh * move
    grams = drawn * 1000.0 * history.site_average[step, site]
    return np.bincount(job, paid, count), np.bincount(job, grams, count)
