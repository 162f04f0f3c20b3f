"""jobs.parquet: what became of each job bundle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from suandian.model.grid import Floats, Ints
from suandian.model.places import Places
from suandian.model.units import KWH_PER_MWH, WH_PER_MWH
from suandian.record.history import History
from suandian.record.schemas import chosen, frame, utc


def jobs(history: History) -> pl.DataFrame:
    """Return the table of jobs, in the scenario's order."""
    scenario = history.scenario
    table = scenario.jobs
    classes = scenario.classes
    energy = _total(history, history.energy.job_energy_wh)
    overhead = _total(history, history.energy.job_overhead_wh)
    suspended = _total(history, history.energy.job_suspended)
    site, away_mwh = _sites(history)
    started = energy > 0
    # a job is done when its work and all of its restarts are
    done = table.work_wh + overhead == energy
    first, end_s = _span(history)
    edges = history.axis.edges_s
    # one without any work is done when it comes
    end_s = np.where(started, end_s, table.submit_s)
    cost, grams, marginal = _cost_and_carbon(history)
    # of a job that is not done, up to the end of the run
    late = np.maximum(np.where(done, end_s, edges[-1]) - table.deadline_s, 0)
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
        "deadline": utc(table.deadline_s),
        "work_wh": table.work_wh,
        "width_mw": table.width_mw,
        "energy_wh": energy,
        "cost": cost,
        "average_g": grams,
        "marginal_g": marginal,
        "suspensions": suspended,
        "moved_gb": away_mwh * classes.gb_per_mwh[table.kind],
        "late_s": late,
    }
    return frame("jobs", columns)


ROUND_WH = 1e-3


@dataclass(frozen=True, eq=False)
class Ran:
    """Energy of jobs by step, only where there is some: columns of equal length (rows,)."""

    job: Ints
    step: Ints
    site: Ints
    energy_wh: Ints

    @classmethod
    def of(cls, history: History) -> Ran:
        """Return what ran in `history`."""
        energy = history.energy
        ran = history.energy.job_energy_wh > 0
        return cls(
            energy.job[ran], history.job_step[ran], energy.job_site[ran], energy.job_energy_wh[ran]
        )


def _total(history: History, values: Ints) -> Ints:
    """Return the sum of a column over jobs touched by job, shape (jobs,)."""
    total = np.zeros(len(history.scenario.jobs), dtype=np.int64)
    np.add.at(total, history.energy.job, values)
    return total


def _sites(history: History) -> tuple[Ints, Floats]:
    """Return the site where most of each job's energy ran (-1 never ran), and its energy away from
    home [MWh].

    A suspended job may restart at another site; of equal sites the first counts.
    """
    table = history.scenario.jobs
    many = len(history.scenario.sites)
    ran = Ran.of(history)
    # one number for each pair of job and site, so that equal pairs are found at once
    key, place = np.unique(ran.job * many + ran.site, return_inverse=True)
    energy = np.zeros(len(key), dtype=np.int64)
    np.add.at(energy, place, ran.energy_wh)
    job = key // max(many, 1)
    site = key % max(many, 1)
    order = np.lexsort((-site, energy, job))  # the last row of each job is its largest
    largest = np.full(len(table), -1, dtype=np.int64)
    largest[job[order]] = site[order]
    away = np.where(site != history.scenario.classes.home[table.kind[job]], energy, 0)
    return largest, np.bincount(job, away / WH_PER_MWH, len(table)).astype(np.float64)


def _span(history: History) -> tuple[Ints, Ints]:
    """Return the first step of each job and its end [UTC s] inside the last: the share of a
    full-width step it took.
    """
    table = history.scenario.jobs
    axis = history.axis
    ran = Ran.of(history)
    job = ran.job
    step = ran.step
    energy = ran.energy_wh
    first = np.full(len(table), history.n - 1)
    last = np.zeros(len(table), dtype=np.int64)
    np.minimum.at(first, job, step)
    np.maximum.at(last, job, step)
    # a job that needs a part of its last step ends after that part of it, at full width
    final = np.zeros(len(table))
    at_end = step == last[job]
    final[job[at_end]] = energy[at_end]
    hours = axis.hours[last]
    full = table.width_mw * WH_PER_MWH * hours
    share = np.clip(
        np.divide(
            final,
            full,
            out=np.ones(len(table)),
            where=full > 0,
        ),
        0.0,
        1.0,
    )
    # floating point may lose so much of a Wh, as where jobs are placed
    per_s = np.maximum(table.width_mw * WH_PER_MWH / 3600.0, 1e-12)
    seconds = np.ceil(share * hours * 3600.0 - ROUND_WH / per_s - 1e-6)
    return first, axis.edges_s[last] + np.maximum(seconds, 0.0).astype(np.int64)


def _cost_and_carbon(history: History) -> tuple[Floats, Floats, Floats]:
    """Return cost [currency], CO2 by average and by marginal intensity [g] of each job."""
    scenario = history.scenario
    ran = Ran.of(history)
    job = ran.job
    step = ran.step
    site = ran.site
    sites = scenario.sites
    count = len(scenario.jobs)
    mwh = ran.energy_wh / WH_PER_MWH
    behind = Places(len(scenario.grid.buses), len(sites)).behind(site)
    # a job pays for its cooling too, at the price and intensity of its site then
    # IT energy with its cooling: what the meter saw
    drawn = mwh * scenario.pue(history.axis)[step, site]
    move = scenario.classes.move_per_mwh[scenario.jobs.kind[job], site]
    paid = drawn * history.cash.price[step, sites.bus[site]] + mwh * move
    grams = drawn * KWH_PER_MWH * history.carbon.site_average_g_per_kwh[step, site]
    marginal = drawn * KWH_PER_MWH * history.carbon.marginal_g_per_kwh[step, behind]
    return tuple(
        np.bincount(job, values, count).astype(np.float64) for values in (paid, grams, marginal)
    )  # type: ignore[return-value]
