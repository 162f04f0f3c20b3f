"""A run by hand, every Wh of it: four hours, three buses in a row, one battery, one site, three
jobs.

Bus a has gas, b load and the site, c wind and the battery. The site has a service, a class of jobs
and panels behind its meter; in hour 2 it exports. Job j0 completes, j1 is suspended once and does
not, j2 never runs.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from small import as_text
from suandian.ledger.ledger import Ledger, Posting
from suandian.model.feed import Feed
from suandian.model.grid import Buses, Generators, Grid, Lines, Links, StorageUnits, table
from suandian.model.scenario import Goal, PolicySpec, Scenario
from suandian.model.system import JobClasses, Jobs, Routes, Services, Sites
from suandian.model.time import TimeAxis
from suandian.record import seal as sealing
from suandian.record.folder import RunFolder
from suandian.record.schemas import SCHEMA_VERSION
from suandian.record.tables import write_tables

START, HOUR, STEPS, MWH = 1_700_000_000 // 3600 * 3600, 3600, 4, 1_000_000
LOAD = [10_000_000, 10_000_000, 10_000_000, 10_000_000]
SHED = [0, 0, 0, 1_000_000]
SERVE = [2_000_000] * 4
UNSERVED = [0, 0, 500_000, 0]
COOLING = [900_000, 900_000, 500_000, 700_000]
GAS = [12_400_001, 9_400_000, 1_000_000, 10_750_000]  # the odd Wh of hour 0 is left over
WIND = [3_000_000, 6_000_000, 8_000_000, 2_000_000]
SUN = [0, 1_000_000, 4_000_000, 0]
POTENTIAL = [0, 1_000_000, 2_000_000, 0]
CHARGE, CHARGE_LOSS = [0, 1_000_000, 0, 0], [0, 100_000, 0, 0]
DISCHARGE, DISCHARGE_LOSS = [0, 0, 0, 450_000], [0, 0, 0, 50_000]
LEVEL = [2_000_000, 2_900_000, 2_900_000, 2_400_000]
AB = [12_400_000, 9_400_000, 1_000_000, 10_750_000]
BC = [-3_000_000, -5_000_000, -8_000_000, -2_450_000]
IMPORT = [5_400_000, 4_400_000, -1_000_000, 4_200_000]
IDLE = 500_000
RAN = [  # job, energy, overhead, suspended
    [(0, 2_000_000, 0, 0)],
    [(0, 1_000_000, 0, 0), (1, 1_000_000, 0, 0)],
    [(1, 0, 100_000, 1)],
    [(1, 1_000_000, 0, 0)],
]
PRICE = [20.0, 30.0, 10.0]
MARGINAL = [600.0, 0.0, 0.0, float("nan")]  # at bus b and at the site; 500 elsewhere
# bus b takes gas (500 g/kWh) from a and wind from c, in hour 2 also sun from the site; the site
# takes that mix and sun
AVERAGE_B = [500.0 * a / (a - c + max(-i, 0)) for a, c, i in zip(AB, BC, IMPORT, strict=True)]
AVERAGE_SITE = [
    b * max(i, 0) / (max(i, 0) + s) for b, i, s in zip(AVERAGE_B, IMPORT, SUN, strict=True)
]
KPIS = {
    "jobs_total": 7,
    "jobs_completed": 1,
    "jobs_late": 6,
    "energy_it_mwh": 15.0,
    "energy_site_mwh": 18.0,
    "energy_import_mwh": 14.0,
    "energy_export_mwh": 1.0,
    "renewable_curtailed_mwh": 3.0,
    "unserved_mwh": 1.5,
    "line_overloads": 0,
    "system_cost": 0.0004,
}


def make_scenario(network: str = "dc") -> Scenario:
    """The scenario of the run; in a copper network the lines carry nothing."""
    axis = TimeAxis.regular(START, HOUR, STEPS)
    known = axis.edges_s[1:]
    wind = (np.array(WIND) + np.array(POTENTIAL))[:, None] / MWH
    wind = np.hstack([wind, np.array(SUN)[:, None] / MWH])
    grid = Grid(
        "hand",
        100.0,
        table(
            Buses, 3, id=["a", "b", "c"], area="1", load_mw=[0, 10, 0], lat=[40, 41, 42], lon=-100
        ),
        table(
            Lines,
            2,
            id=["ab", "bc"],
            from_bus=[0, 1],
            to_bus=[1, 2],
            r_pu=0.01,
            x_pu=0.1,
            susceptance_mw=100 * 0.1 / (0.01**2 + 0.1**2),
            rating_mw=[15, 9],
        ),
        table(Links, 0),
        table(
            Generators,
            3,
            id=["gas", "wind", "sun"],
            node=[0, 2, 3],
            carrier=["gas", "wind", "solar"],
            p_max_mw=[20, 10, 5],
            segment_mw=[[20], [10], [5]],
            feed=[-1, 0, 1],
        ),
        table(
            StorageUnits,
            1,
            id=["bat"],
            node=2,
            charge_mw=2,
            discharge_mw=2,
            energy_mwh=4,
            charge_efficiency=0.9,
            discharge_efficiency=0.9,
            initial_mwh=2,
        ),
    )
    one = np.array(["dc"])
    sites = Sites(
        one,
        np.array([1]),
        *(np.array([text]) for text in ("owner", "US", "zone", "USD", "spot")),
        *(np.array([mw]) for mw in (6.0, 2.0, 5.0, 0.5)),
        np.array([1.2]),
    )
    text = as_text("hand", network, sites)
    classes = JobClasses(
        np.array(["batch"]),
        np.array([1]),
        np.array([-1]),
        np.ones((1, 1), np.bool_),
        np.array([100.0]),
        np.array([[2.0]]),
        np.array([0.1]),
        np.array([True]),
        np.array([False]),
    )
    submit = START + np.array([0, 600, 7200])
    jobs = Jobs(
        np.array(["j0", "j1", "j2"]),
        np.zeros(3, np.int64),
        np.array([1, 1, 5]),
        submit,
        START + np.array([7200, 10800, 99999]),
        START + np.array([0, 3600, 7200]),
        START + np.array([7200, 10800, 97200]),
        np.array([3, 2, 1]) * MWH,
        np.array([2.0, 1.0, 1.0]),
    )
    none = np.zeros((STEPS, 0))
    feeds = {
        "available": Feed(
            "available", "MW", np.array(["wind", "sun"]), axis, wind, known, wind * 2, known - 86400
        ),
        "service": Feed("service", "MW", np.array(["web"]), axis, np.full((STEPS, 1), 2.0), known),
        "load": Feed("load", "MW", np.zeros(0, np.str_), axis, none, known),
        "inflow": Feed("inflow", "MW", np.zeros(0, np.str_), axis, none, known),
    }
    return Scenario(
        name="hand",
        currency="USD",
        zone="UTC",
        seed=1,
        axis=axis,
        n_main=STEPS,
        grid=grid,
        network=network,
        sites=sites,
        routes=Routes(
            np.array(["dc", "far"]), np.ones((2, 1)), np.full((2, 1), 0.02), np.full((2, 1), np.inf)
        ),
        services=Services(
            np.array(["web"]),
            np.array([0]),
            np.array([0]),
            np.array([0]),
            np.ones((1, 1), np.bool_),
            np.zeros((1, 1)),
            np.array([20.0]),
        ),
        classes=classes,
        jobs=jobs,
        past_jobs=jobs.rows(np.zeros(3, np.bool_)),
        feeds=feeds,
        goal=Goal(),
        policy=PolicySpec("asap"),
        text=text,
        hash=hashlib.sha256((text + "{}").encode()).hexdigest(),
    )


def postings(scenario: Scenario, t: int) -> list[Posting]:
    """The postings of hour `t`."""
    whole = np.array
    job, energy, overhead, suspended = np.array(RAN[t], dtype=np.int64).reshape(-1, 4).T
    left = GAS[t] - AB[t]
    line, plate = whole([AB[t], BC[t]]), np.zeros(0, np.int64)
    if scenario.network == "copper":
        plate = whole([GAS[t], SHED[t] - LOAD[t] - IMPORT[t], WIND[t] - CHARGE[t] + DISCHARGE[t]])
        line = 0 * line
    detail = {
        "job": job,
        "job_site": 0 * job,
        "job_energy_wh": energy,
        "job_overhead_wh": overhead,
        "job_suspended": suspended,
        "serve_wh": whole([[SERVE[t]]]),
        "unserved_service_wh": whole([UNSERVED[t]]),
        "output_wh": whole([GAS[t], WIND[t], SUN[t]]),
        "potential_wh": whole([0, POTENTIAL[t], 0]),
        "charge_wh": whole([CHARGE[t]]),
        "discharge_wh": whole([DISCHARGE[t]]),
        "charge_loss_wh": whole([CHARGE_LOSS[t]]),
        "discharge_loss_wh": whole([DISCHARGE_LOSS[t]]),
        "inflow_wh": whole([0]),
        "spill_wh": whole([0]),
        "level_wh": whole([LEVEL[t]]),
        "line_wh": line,
        "link_wh": np.zeros(0, np.int64),
        "plate_wh": plate,
        "import_wh": whole([IMPORT[t]]),
        "idle_wh": whole([IDLE]),
        "unserved_idle_wh": whole([0]),
        "spilled_wh": whole([0, 0, 0]),
        "cooling_wh": whole([COOLING[t]]),
        "load_wh": whole([0, LOAD[t], 0]),
        "shed_wh": whole([0, SHED[t], 0]),
        "rounding_wh": whole([left]),
    }
    loss = CHARGE_LOSS[t] + DISCHARGE_LOSS[t]
    accounts = {
        "generator:gas": -GAS[t],
        "generator:wind": -WIND[t],
        "generator:sun": -SUN[t],
        "load:1": LOAD[t] - SHED[t],
        "store:bat": CHARGE[t] - DISCHARGE[t] - loss,
        "loss:bat": loss,
        "work:dc": SERVE[t] + int(energy.sum()),
        "idle:dc": IDLE,
        "cooling:dc": COOLING[t],
        "rounding": left,
    }
    site_g = round((IMPORT[t] + SUN[t]) * AVERAGE_SITE[t] / 1000)
    grams = GAS[t] // 2
    carbon = {
        "emission_g": whole([grams, 0, 0]),
        "average_g_per_kwh": whole([500.0, AVERAGE_B[t], 0.0]),
        "site_g": whole([site_g]),
        "level_g": whole([0]),
        "site_average_g_per_kwh": whole([AVERAGE_SITE[t]]),
        "marginal_g_per_kwh": whole([500.0, MARGINAL[t]] * 2),
        "marginal_reason": np.isnan([500.0, MARGINAL[t]] * 2).astype(np.int8),
    }
    return [
        Posting(t, "energy", accounts, {}, detail),
        Posting(t, "carbon", {"generator:gas": -grams, "rounding": grams}, {}, carbon),
        Posting(
            t,
            "cash",
            {"site:dc": -5, "grid": 5},
            {"fuel": 1},
            {"price": whole(PRICE), "bill": np.array([5, 0, 0, 0])},
        ),
    ]


def plan(t: int, steps: int) -> Posting:
    """A plan issued before hour `t`; the value tells the hour it is for."""
    hour = np.arange(t, t + steps, dtype=np.float64)[:, None]
    detail = {
        "plan_serve_mw": np.full((steps, 1, 1), 2.0),
        "plan_waiting_mw": hour[:, :, None],
        "plan_started_mw": 0.0 * hour,
        "plan_charge_mw": 0.0 * hour,
        "plan_discharge_mw": 0.5 + 0.0 * hour,
        "plan_output_mw": hour * [[1.0, 0.0, 0.0]],
        "plan_price": 30.0 + hour,
        "plan_work_price": 40.0 + hour * [[1.0, np.nan]],
        "plan_computing_price": 36.0 + hour,
        "memory_joint_columns": np.zeros(3, np.int8),
    }
    return Posting(t, "plan", {}, {"policy": "asap", "issued": t, "steps": steps}, detail)


def make_run(path: Path, network: str = "dc") -> Path:
    """Write the whole folder, sealed and done."""
    scenario = make_scenario(network)
    path.mkdir(parents=True)
    with Ledger(path / "ledger.db", scenario.hash) as ledger:
        for t in range(STEPS):
            if t % 2 == 0:
                ledger.append([plan(t, 3)])
            ledger.append(postings(scenario, t))
        write_tables(path, scenario, ledger)
        head = ledger.head
    (path / "scenario.toml").write_text(scenario.text)
    certificate = {
        "objective": 1.0,
        "bound": 1.0,
        "primal": 0.0,
        "dual": 0.0,
        "gap": 0.0,
        "holds": True,
    }
    solve = {"name": "asap", "step": 0, "solver": "x", "status": "optimal"}
    (path / "certificate.json").write_text(json.dumps([solve | {"certificate": certificate}]))
    (path / "kpis.json").write_text(
        json.dumps({k: {"value": v, "unit": ""} for k, v in KPIS.items()})
    )
    (path / "problem").mkdir()
    one = np.ones(1)
    np.savez(
        path / "problem" / "last.npz",
        cost=2 * one,
        lower=0 * one,
        upper=one * np.inf,
        row_lower=one,
        row_upper=one * np.inf,
        indptr=np.array([0, 1]),
        indices=np.array([0]),
        data=one,
        offset=3.0,
        x=one,
        row_dual=2 * one,
    )
    record = {
        "state": "done",
        "schema_version": SCHEMA_VERSION,
        "name": "hand",
        "scenario_hash": scenario.hash,
        "inputs": {},
        "policy": "asap",
        "solves": [solve],
        "ledger_head": head,
    }
    seal(path, record)
    return path


def seal(path: Path, record: dict[str, object] | None = None) -> None:
    """Seal the folder as it is now, as if it had never been sealed before."""
    folder = RunFolder(path)
    folder.write(dict(record or folder.read()))
    written = folder.read()
    with closing(sqlite3.connect(path / "ledger.db")) as db:
        db.executescript("DROP TRIGGER IF EXISTS entries_last")
        db.execute("DELETE FROM entries WHERE book = ?", (sealing.BOOK,))
        db.commit()
    with Ledger(path / "ledger.db", written["scenario_hash"]) as ledger:
        contents = sealing.contents(folder.hashes(), written)
        head = ledger.append([Posting(STEPS - 1, sealing.BOOK, {}, contents)])
    folder.write({**written, "files": folder.hashes(), "seal": head})
