"""From readings to postings: integers that balance, in the books energy, carbon and cash."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from suandian.ledger.ledger import Posting
from suandian.maths import signals
from suandian.maths.prepared import Prepared
from suandian.maths.result import Result
from suandian.maths.tracing import Mix, Paths
from suandian.model.grid import Floats, Ints
from suandian.model.issues import SolveError
from suandian.model.scenario import Scenario
from suandian.model.signals import DEFINED, UNSOLVED
from suandian.model.state import State
from suandian.model.units import LEDGER_PER_CURRENCY, WH_PER_MWH
from suandian.run.rounding import Tree
from suandian.run.twin import Readings

Columns = dict[str, NDArray[np.generic]]


def _whole(values: Floats) -> Ints:
    return np.rint(values).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Booker:
    """Turns the readings of a step into its postings."""

    scenario: Scenario
    prepared: Prepared

    @cached_property
    def tree(self) -> Tree:
        """Spanning forest that takes up the rounding."""
        return Tree.of(self.scenario.grid)

    @cached_property
    def paths(self) -> Paths:
        """Where power and its CO2 may go."""
        return Paths.of(self.scenario.grid, self.scenario.sites, self.prepared.network)

    def postings(self, state: State, readings: Readings) -> tuple[Posting, ...]:
        """Return the postings of step `state.step`, to be appended together."""
        hours = float(self.scenario.axis.hours[state.step])
        energy = self._energy(state, readings, hours)
        if readings.unsecured is not None:
            energy |= self._before(readings.unsecured, hours)
        carbon = self._carbon(state, readings, energy) | self._marginal(readings)
        energy["level_g"] = carbon.pop("level_g")
        memo = {
            "planned_overloads": readings.planned_overloads,
            "redispatch_wh": round(readings.redispatch_mw * hours * WH_PER_MWH),
        }
        if "on_s" in energy:
            memo["unit_starts"] = int(self._starts(state, energy).sum())
        cash, price, cost = self._cash(state, readings, energy, hours)
        return (
            Posting(state.step, "energy", self._energy_accounts(energy), memo, energy),
            Posting(state.step, "carbon", carbon.pop("accounts"), {}, carbon),  # type: ignore[arg-type]
            Posting(state.step, "cash", cash, cost, {"price": price}),
        )

    def _energy(self, state: State, readings: Readings, hours: float) -> Columns:
        grid, sites, stores = self.scenario.grid, self.scenario.sites, self.scenario.grid.storage
        result, placement, buses = (
            readings.result,
            readings.placement,
            len(self.scenario.grid.buses),
        )
        wh = hours * WH_PER_MWH
        spilled = _whole(result.dump_mw()[0] * wh)
        output = _whole(result.output_mw()[0] * wh) - spilled
        charge, discharge, spill = (
            _whole(result.column(name)[0] * wh) if len(stores) else np.zeros(0, np.int64)
            for name in ("charge", "discharge", "spill")
        )
        inflow = np.zeros(len(stores), dtype=np.int64)
        fed = stores.inflow_feed >= 0
        inflow[fed] = _whole(result.compiled.window.inflow_mw[0, stores.inflow_feed[fed]] * wh)
        charge_loss = _whole(charge * (1.0 - stores.charge_efficiency))
        discharge = np.minimum(
            discharge,
            np.floor(
                (state.level_wh + charge - charge_loss + inflow) * stores.discharge_efficiency
            ).astype(np.int64),
        )
        discharge_loss = _whole(discharge * (1.0 / stores.discharge_efficiency - 1.0))
        level = state.level_wh + charge - charge_loss + inflow - discharge - discharge_loss
        full = _whole(stores.energy_mwh * WH_PER_MWH)
        spill = np.maximum(np.minimum(spill, level), level - full)
        level = level - spill
        active = np.flatnonzero((placement.energy_wh > 0) | (placement.overhead_wh > 0))
        served = readings.serve_wh.sum(axis=0)
        job_wh = np.zeros(len(sites), dtype=np.int64)
        ran = active[placement.energy_wh[active] > 0]
        np.add.at(job_wh, placement.site[ran], placement.energy_wh[ran])
        idle = _whole(sites.idle_mw * wh)
        cooling = _whole((sites.pue - 1.0) * (served + job_wh + idle))
        demand = served + job_wh + idle + cooling
        behind = np.zeros(len(sites), dtype=np.int64)
        for values, node in ((output, grid.generators.node), (discharge - charge, stores.node)):
            mine = node >= buses
            np.add.at(behind, node[mine] - buses, values[mine])
        imported = demand - behind
        load = _whole(result.compiled.window.load_mw[0] * wh)
        shed = _whole(result.column("shed")[0] * wh)
        link = _whole(result.column("link")[0] * wh) if len(grid.links) else np.zeros(0, np.int64)
        surplus = shed - load
        for values, node in (
            (output, grid.generators.node),
            (discharge - charge, stores.node),
            (-imported, sites.bus),
        ):
            mine = node < buses
            np.add.at(surplus, node[mine], values[mine])
        np.subtract.at(surplus, grid.links.from_bus, link)
        np.add.at(surplus, grid.links.to_bus, link)
        plate = np.zeros(0, np.int64)
        if self.prepared.network == "copper":
            line, plate = np.zeros(len(grid.lines), np.int64), surplus
            residual = np.array([surplus.sum()])
        else:
            line, residual = self.tree.balanced(surplus, _whole(result.flow_mw()[0] * wh), grid)
        units = grid.generators
        potential = np.zeros(len(units), dtype=np.int64)
        fed = units.feed >= 0
        potential[fed] = np.maximum(
            _whole(result.compiled.window.available_mw[0, units.feed[fed]] * wh) - output[fed], 0
        )
        committed: Columns = {}
        if len(self.prepared.committed):
            on_s = state.on_after(self._on(readings) > 0, round(hours * 3600))
            committed = {
                "on_s": np.where(self.prepared.committed_mask, on_s, 0),
                "spilled_wh": spilled,
            }
        return {
            **committed,
            "job": active,
            "job_site": placement.site[active],
            "job_energy_wh": placement.energy_wh[active],
            "job_overhead_wh": placement.overhead_wh[active],
            "job_suspended": placement.suspended[active],
            "serve_wh": readings.serve_wh,
            "unserved_service_wh": readings.unserved_service_wh,
            "output_wh": output,
            "potential_wh": potential,
            "charge_wh": charge,
            "discharge_wh": discharge,
            "charge_loss_wh": charge_loss,
            "discharge_loss_wh": discharge_loss,
            "inflow_wh": inflow,
            "spill_wh": spill,
            "level_wh": level,
            "line_wh": line,
            "link_wh": link,
            "plate_wh": plate,
            "import_wh": imported,
            "idle_wh": idle,
            "cooling_wh": cooling,
            "load_wh": load,
            "shed_wh": shed,
            "rounding_wh": residual,
        }

    def _on(self, readings: Readings) -> Floats:
        """Return 1 where a unit was on, 0 where it was committed off (units,)."""
        on = np.ones(len(self.prepared.units))
        on[self.prepared.committed] = np.rint(readings.result.on()[0])
        return on

    def _starts(self, state: State, energy: Columns) -> NDArray[np.bool_]:
        """Return which units started in the step (units,)."""
        on_s = np.asarray(energy.get("on_s", np.zeros_like(state.on_s)), dtype=np.int64)
        return (on_s > 0) & (state.on_s < 0)

    def _burnt(self, readings: Readings, energy: Columns, hours: float) -> tuple[Floats, Floats]:
        """Return cost [currency] and CO2 [kg] of the step's output by unit, with what was spilled
        of it.
        """
        gross = np.asarray(energy["output_wh"], dtype=np.int64)
        if "spilled_wh" in energy:
            gross = gross + np.asarray(energy["spilled_wh"], dtype=np.int64)
        cost, kg = self.prepared.curves.at(gross / WH_PER_MWH / hours, self._on(readings))
        return cost * hours, kg * hours

    def _before(self, unsecured: Result, hours: float) -> Columns:
        """What the step would have been without N-1: lines, links, output and import."""
        values = {
            "line": unsecured.flow_mw(),
            "link": unsecured.column("link"),
            "output": unsecured.output_mw(),
            "import": unsecured.column("import"),
        }
        return {
            f"unsecured_{name}_wh": _whole(mw[0] * hours * WH_PER_MWH)
            for name, mw in values.items()
        }

    def _energy_accounts(self, energy: Columns) -> dict[str, int]:
        """Totals by account: sources are negative, sinks and stores' gains positive; the sum is
        zero.
        """
        grid, sites = self.scenario.grid, self.scenario.sites
        accounts: dict[str, int] = {}

        def add(kind: str, names: NDArray[np.str_], values: NDArray[np.generic]) -> None:
            for name, value in zip(names.tolist(), values.tolist(), strict=True):
                accounts[f"{kind}:{name}"] = accounts.get(f"{kind}:{name}", 0) + int(value)

        e = {
            k: np.asarray(v, dtype=np.int64)
            for k, v in energy.items()
            if np.asarray(v).dtype.kind in "iu"
        }
        add("generator", grid.generators.id, -e["output_wh"])
        add("load", grid.buses.area, e["load_wh"] - e["shed_wh"])
        gain = (
            e["charge_wh"]
            - e["charge_loss_wh"]
            + e["inflow_wh"]
            - e["spill_wh"]
            - e["discharge_wh"]
            - e["discharge_loss_wh"]
        )
        add("store", grid.storage.id, gain)
        add("loss", grid.storage.id, e["charge_loss_wh"] + e["discharge_loss_wh"] + e["spill_wh"])
        add("inflow", grid.storage.id, -e["inflow_wh"])
        jobs = np.zeros(len(sites), dtype=np.int64)
        np.add.at(jobs, e["job_site"], e["job_energy_wh"])
        add("work", sites.id, e["serve_wh"].sum(axis=0) + jobs)
        add("idle", sites.id, e["idle_wh"])
        add("cooling", sites.id, e["cooling_wh"])
        accounts["rounding"] = int(e["rounding_wh"].sum())
        return accounts

    def _carbon(self, state: State, readings: Readings, energy: Columns) -> Columns:
        """Emissions by unit, and who consumed them by flow tracing; grams, the residual named."""
        grid, sites, buses = self.scenario.grid, self.scenario.sites, len(self.scenario.grid.buses)
        units, stores = grid.generators, grid.storage
        hours = float(self.scenario.axis.hours[state.step])
        output = np.asarray(energy["output_wh"], dtype=np.int64)
        start_kg = np.where(self._starts(state, energy), units.start_kg, 0.0)
        grams = _whole((self._burnt(readings, energy, hours)[1] + start_kg) * 1000.0)
        discharge = np.asarray(energy["discharge_wh"], dtype=float)
        drawn = discharge + np.asarray(energy["discharge_loss_wh"], dtype=float)
        held = np.where(state.level_wh > 0, state.level_g / np.maximum(state.level_wh, 1), 0.0)
        out_g = np.minimum(_whole(held * drawn), state.level_g)
        mix = Mix(output / WH_PER_MWH, grams / 1e3, discharge / WH_PER_MWH, out_g / 1e3)
        branch = (
            np.concatenate(
                [np.asarray(energy[k], dtype=float) for k in ("line_wh", "link_wh", "import_wh")]
            )
            / WH_PER_MWH
        )
        average = self.paths.average(*mix.at_places(grid, buses + len(sites)), branch)
        used = np.asarray(energy["idle_wh"], dtype=float) + np.asarray(
            energy["cooling_wh"], dtype=float
        )
        used += np.asarray(energy["serve_wh"], dtype=float).sum(axis=0)
        np.add.at(
            used,
            np.asarray(energy["job_site"], dtype=np.int64),
            np.asarray(energy["job_energy_wh"], dtype=float),
        )
        site_g = _whole(used / 1e3 * average[buses:])
        served = np.asarray(energy["load_wh"], dtype=float) - np.asarray(
            energy["shed_wh"], dtype=float
        )
        load_g = _whole(served / 1e3 * average[:buses])
        into_g = _whole(np.asarray(energy["charge_wh"], dtype=float) / 1e3 * average[stores.node])
        accounts: dict[str, int] = {}
        for kind, names, values in (
            ("generator", units.id, -grams),
            ("site", sites.id, site_g),
            ("load", grid.buses.area, load_g),
            ("store", stores.id, into_g - out_g),
        ):
            for name, value in zip(names.tolist(), values.tolist(), strict=True):
                accounts[f"{kind}:{name}"] = accounts.get(f"{kind}:{name}", 0) + int(value)
        accounts["rounding"] = -sum(accounts.values())
        return {
            "accounts": accounts,  # type: ignore[dict-item]
            "emission_g": grams,
            "average_g_per_kwh": average[:buses],
            "site_average_g_per_kwh": average[buses:],
            "site_g": site_g,
            "level_g": state.level_g + into_g - out_g,
        }

    def _marginal(self, readings: Readings) -> Columns:
        """Change of this step's emissions per MWh more at each bus and site; not a number where
        undefined.

        Rounded, so that the last digits of a factorisation do not reach the ledger. A signal that
        cannot be had does not stop a run: its reason is booked.
        """
        places = len(self.scenario.grid.buses) + len(self.scenario.sites)
        try:
            stand = signals.footing(readings.result)
        except SolveError:
            kg, reason = np.full(places, np.nan), np.full(places, UNSOLVED, dtype=np.int8)
        else:
            found = signals.response(
                stand, [signals.at_buses(stand.compiled), signals.at_sites(stand.compiled)]
            )
            kg = np.concatenate([np.where(d.reason == DEFINED, d.measure, np.nan) for d in found])
            reason = np.concatenate([d.reason for d in found]).astype(np.int8)
        return {"marginal_g_per_kwh": np.round(kg, 6) + 0.0, "marginal_reason": reason}

    def _cash(
        self, state: State, readings: Readings, energy: Columns, hours: float
    ) -> tuple[dict[str, int], Floats, dict[str, int]]:
        """Nodal settlement, fuel, carbon levy, data transfer; congestion rent goes to the grid."""
        grid, sites, goal, buses = (
            self.scenario.grid,
            self.scenario.sites,
            self.scenario.goal,
            len(self.scenario.grid.buses),
        )
        price = readings.result.price()[0]
        e = {k: np.asarray(v, dtype=float) for k, v in energy.items()}

        def money(wh: Floats, per_mwh: Floats | float) -> Ints:
            return _whole(wh / WH_PER_MWH * per_mwh * LEDGER_PER_CURRENCY)

        node_price = np.concatenate([price, price[sites.bus]])
        units, started = grid.generators, self._starts(state, energy)
        burnt, kg = self._burnt(readings, energy, hours)
        kg += np.where(started, units.start_kg, 0.0)
        fuel, levy = (
            _whole(burnt * LEDGER_PER_CURRENCY),
            _whole(kg / 1000.0 * goal.carbon_price * LEDGER_PER_CURRENCY),
        )
        start = _whole(np.where(started, units.start_cost, 0.0) * LEDGER_PER_CURRENCY)
        wear = money(e["discharge_wh"], grid.storage.wear_per_mwh)
        on_grid = grid.generators.node < buses
        earned = np.where(on_grid, money(e["output_wh"], node_price[grid.generators.node]), 0)
        traded = np.where(
            grid.storage.node < buses,
            money(e["discharge_wh"] - e["charge_wh"], node_price[grid.storage.node]),
            0,
        )
        site_paid = money(e["import_wh"], price[sites.bus])
        load_paid = money(e["load_wh"] - e["shed_wh"], price)
        transfer = self._transfer(energy)
        accounts: dict[str, int] = {}

        def add(name: str, value: int) -> None:
            accounts[name] = accounts.get(name, 0) + int(value)

        for name, value in zip(
            grid.generators.id.tolist(), (earned - fuel - levy - start).tolist(), strict=True
        ):
            add(f"supply:{name}", value)
        for name, value in zip(grid.storage.id.tolist(), (traded - wear).tolist(), strict=True):
            add(f"supply:{name}", value)
        for name, value in zip(grid.buses.area.tolist(), load_paid.tolist(), strict=True):
            add(f"load:{name}", -value)
        for name, value in zip(sites.id.tolist(), (site_paid + transfer).tolist(), strict=True):
            add(f"site:{name}", -value)
        add("fuel", int(fuel.sum()))
        add("wear", int(wear.sum()))
        add("carbon levy", int(levy.sum()))
        if "on_s" in energy:
            add("start", int(start.sum()))
        add("data transfer", int(transfer.sum()))
        add("grid", int(load_paid.sum() + site_paid.sum() - earned.sum() - traded.sum()))
        now = int(self.scenario.axis.edges_s[state.step])
        late = float(
            e["job_energy_wh"][
                self.scenario.jobs.deadline_s[np.asarray(energy["job"], np.int64)] <= now
            ].sum()
        )
        if (
            state.step == self.scenario.axis.n - 1
        ):  # what is never done is charged like what is late, once
            left = state.remaining_wh.sum() + (e["job_overhead_wh"] - e["job_energy_wh"]).sum()
            late += float(left)
        committed = {}
        if "on_s" in energy:
            spilled = money(np.asarray(energy["spilled_wh"], dtype=float).sum(), goal.unserved_load)
            committed = {"start": int(start.sum()), "spilled": int(spilled)}
        cost = {
            **committed,
            "fuel": int(fuel.sum()),
            "carbon": int(levy.sum()),
            "wear": int(wear.sum()),
            "transfer": int(transfer.sum()),
            "unserved_load": int(money(e["shed_wh"].sum(), goal.unserved_load)),
            "unserved_service": int(money(e["unserved_service_wh"].sum(), goal.unserved_service)),
            "late": int(money(np.asarray(late), goal.unserved_jobs)),
        }
        security = self.scenario.security
        if security is not None:
            result = readings.result
            over = float(result.column("n1_over").sum() + result.column("n1_under").sum())
            cost["n1_violation"] = int(money(np.asarray(over * hours * WH_PER_MWH), security.price))
        return accounts, price, cost

    def _transfer(self, energy: Columns) -> Ints:
        """Resource cost of data movement by site [1/10000]."""
        scenario = self.scenario
        site = np.asarray(energy["job_site"], dtype=np.int64)
        kind = scenario.jobs.kind[np.asarray(energy["job"], dtype=np.int64)]
        job_wh = np.asarray(energy["job_energy_wh"], dtype=float)
        made = np.zeros(len(scenario.sites))
        ran = job_wh > 0
        np.add.at(
            made,
            site[ran],
            job_wh[ran] / WH_PER_MWH * scenario.classes.move_per_mwh[kind[ran], site[ran]],
        )
        made += (
            np.asarray(energy["serve_wh"], dtype=float)
            / WH_PER_MWH
            * scenario.services.move_per_mwh
        ).sum(axis=0)
        return _whole(made * LEDGER_PER_CURRENCY)
