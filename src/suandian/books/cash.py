"""The cash book: who owes whom for the step, and what the step cost the system.

The accounts are payments between parties and sum to zero; the memo holds the parts of
`system_cost`, which are no payments.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from suandian.books.book import Earlier
from suandian.books.supply import Burnt
from suandian.books.whole import Accounts, money, whole
from suandian.ledger.ledger import Posting
from suandian.maths.supply import SupplyCurves
from suandian.model.grid import Floats, Ints
from suandian.model.places import Places
from suandian.model.readings import Readings
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.units import KG_PER_T, LEDGER_PER_CURRENCY, WH_PER_MWH
from suandian.record.details import CashDetail, EnergyDetail
from suandian.tariffs.lines import amounts
from suandian.tariffs.site_tariffs import Bill, SiteTariffs

# what floating point may lose of a Wh
ROUND_WH = 1e-3


@dataclass(frozen=True, eq=False)
class Settled:
    """What is paid for energy in the step [1/10000 currency unit].

    `earned` (units,) and `traded` (stores,) by those at a bus, `load_paid` (buses,), at the price
    of the bus; `bill` of the sites, by their tariffs.
    """

    earned: Ints
    traded: Ints
    load_paid: Ints
    bill: Bill

    def site_paid(self, sites: int) -> Ints:
        """Return what each site owes (sites,)."""
        return np.asarray(self.bill.by_kind(sites).sum(axis=0))

    def rent(self, sites: int) -> int:
        """Return what consumers pay and suppliers do not get: congestion rent, and whatever tariffs
        charge beyond the price at the bus.
        """
        paid = self.load_paid.sum() + self.site_paid(sites).sum()
        return int(paid - self.earned.sum() - self.traded.sum())


@dataclass(frozen=True, eq=False)
class Spent:
    """What supply and data movement cost [1/10000 currency unit]: `fuel`, `levy`, `start` (units,),
    `wear` (stores,), `transfer` (sites,).
    """

    fuel: Ints
    levy: Ints
    start: Ints
    wear: Ints
    transfer: Ints


@dataclass(frozen=True, eq=False)
class CashBook:
    """Book `cash` of a scenario [1/10000 currency unit]: what is received is positive."""

    scenario: Scenario
    curves: SupplyCurves
    name: str = CashDetail.BOOK

    @cached_property
    def _places(self) -> Places:
        return Places(len(self.scenario.grid.buses), len(self.scenario.sites))

    def post(self, step: int, readings: Readings, state: State, earlier: Earlier) -> Posting:
        """Return the posting of `step`, from the energies booked before it."""
        energy = earlier.detail(EnergyDetail)
        units = self.scenario.grid.generators
        hours = float(self.scenario.axis.hours[step])
        burnt = Burnt.of(units, self.curves, readings, state, energy, hours)
        settled = self._settled(step, state, energy, readings.price)
        spent = self._spent(energy, burnt)
        memo = self._cost(step, state, energy, spent)
        if self.scenario.security is not None:
            # flows above an emergency limit are a risk, not energy: priced, and paid to nobody
            excess_wh = readings.n1_excess_mw * hours * WH_PER_MWH
            memo["n1_violation"] = int(money(np.asarray(excess_wh), self.scenario.security.price))
        lasting = settled.bill.lasting
        detail = CashDetail(
            price=readings.price,
            bill=settled.bill.by_kind(len(self.scenario.sites)).ravel(),
            lasting=lasting if lasting.size else None,
        )
        accounts = self._accounts(settled, spent, committed=energy.on_s is not None)
        return Posting(step, self.name, accounts, memo, detail.columns())

    @cached_property
    def _tariffs(self) -> SiteTariffs:
        return SiteTariffs.of(self.scenario.sites, self.scenario.tariffs, self.scenario.currency)

    def _settled(self, step: int, state: State, energy: EnergyDetail, price: Floats) -> Settled:
        """Settle energy: sites by their tariffs, all others at the price of their bus.

        What stands behind a meter trades with its site, not with the market: it is in the import.
        """
        axis = self.scenario.axis.window(step, step + 1)
        grid = self.scenario.grid
        sites = self.scenario.sites
        # a place behind a meter has the price of its site's bus, though nobody is paid it there
        at_place = np.concatenate([price, price[sites.bus]])

        def at_buses(wh: Ints, node: Ints) -> Ints:
            return np.where(self._places.at_bus(node), amounts(wh, at_place[node]), 0)

        return Settled(
            earned=at_buses(energy.output_wh, grid.generators.node),
            traded=at_buses(energy.discharge_wh - energy.charge_wh, grid.storage.node),
            load_paid=amounts(energy.load_wh - energy.shed_wh, price),
            bill=self._tariffs.bill(
                axis, energy.import_wh[None, :], price[None, sites.bus], state.lasting
            ),
        )

    def _spent(self, energy: EnergyDetail, burnt: Burnt) -> Spent:
        goal = self.scenario.goal
        stores = self.scenario.grid.storage
        # a levy on direct emissions, starts included, whoever takes the energy
        levy = burnt.kg / KG_PER_T * goal.carbon_price
        return Spent(
            fuel=whole(burnt.fuel_cost * LEDGER_PER_CURRENCY),
            levy=whole(levy * LEDGER_PER_CURRENCY),
            start=whole(burnt.start_cost * LEDGER_PER_CURRENCY),
            wear=money(energy.discharge_wh, stores.wear_per_mwh),
            transfer=whole(self._transfer(energy) * LEDGER_PER_CURRENCY),
        )

    def _transfer(self, energy: EnergyDetail) -> Floats:
        """Return the resource cost of data movement by site [currency], shape (sites,)."""
        classes = self.scenario.classes
        services = self.scenario.services
        cost = np.zeros(len(self.scenario.sites))
        # data move with the work: a job that was suspended and did not run moves none
        ran = energy.job_energy_wh > 0
        kind = self.scenario.jobs.kind[energy.job[ran]]
        site = energy.job_site[ran]
        mwh = energy.job_energy_wh[ran] / WH_PER_MWH
        np.add.at(cost, site, mwh * classes.move_per_mwh[kind, site])
        cost += (energy.serve_wh / WH_PER_MWH * services.move_per_mwh).sum(axis=0)
        return cost

    def _accounts(self, settled: Settled, spent: Spent, *, committed: bool) -> dict[str, int]:
        grid = self.scenario.grid
        sites = self.scenario.sites
        accounts = Accounts()
        # suppliers pay their own fuel, levy, starts and wear out of what they earn
        profit = settled.earned - spent.fuel - spent.levy - spent.start
        accounts.add_each("supply", grid.generators.id, profit)
        accounts.add_each("supply", grid.storage.id, settled.traded - spent.wear)
        accounts.add_each("load", grid.buses.area, -settled.load_paid)
        accounts.add_each("site", sites.id, -(settled.site_paid(len(sites)) + spent.transfer))
        accounts.add("fuel", int(spent.fuel.sum()))
        accounts.add("wear", int(spent.wear.sum()))
        accounts.add("carbon levy", int(spent.levy.sum()))
        if committed:
            accounts.add("start", int(spent.start.sum()))
        accounts.add("data transfer", int(spent.transfer.sum()))
        accounts.add("grid", settled.rent(len(sites)))
        return accounts.values

    def _cost(
        self, step: int, state: State, energy: EnergyDetail, spent: Spent
    ) -> dict[str, int | float | str]:
        """Return the parts of `system_cost` [1/10000 currency unit]; no account has penalties."""
        goal = self.scenario.goal
        late_wh = self._late_wh(step, state, energy)
        # idle machines are a load like any other
        unserved_wh = energy.shed_wh.sum() + energy.unserved_idle_wh.sum()
        cost: dict[str, int | float | str] = {
            "fuel": int(spent.fuel.sum()),
            "carbon": int(spent.levy.sum()),
            "wear": int(spent.wear.sum()),
            "transfer": int(spent.transfer.sum()),
            "unserved_load": int(money(unserved_wh, goal.unserved_load)),
            "unserved_service": int(money(energy.unserved_service_wh.sum(), goal.unserved_service)),
            "late": int(money(np.asarray(late_wh), goal.unserved_jobs)),
        }
        # output that nobody takes must be got rid of: as dear as load not served
        cost["spilled"] = int(money(energy.spilled_wh.sum(), goal.unserved_load))
        if step == self.scenario.axis.n - 1:
            # stores give back what they were lent: what is missing has been sold, what is too much
            # bought by nobody
            lent_wh = np.rint(self.scenario.grid.storage.initial_mwh * WH_PER_MWH)
            off_wh = np.abs(energy.level_wh - lent_wh).astype(np.int64)
            cost["end_level"] = int(money(off_wh.sum(), goal.unserved_load))
        if energy.on_s is not None:
            cost["start"] = int(spent.start.sum())
        return cost

    def _late_wh(self, step: int, state: State, energy: EnergyDetail) -> int:
        """Return the work of this step that was due before it [Wh]; in the last step, also what is
        never done, which is charged like what is late, once.
        """
        jobs = self.scenario.jobs
        axis = self.scenario.axis
        # a job takes the first part of the step, at its width: what is left at its deadline is late
        left_s = np.maximum(jobs.deadline_s[energy.job] - int(axis.edges_s[step]), 0)
        per_s = jobs.width_mw[energy.job] * WH_PER_MWH / 3600.0
        # a job at its full width is booked in whole Wh, rounded up
        in_time_wh = np.ceil(per_s * left_s - ROUND_WH)
        late = int(np.maximum(energy.job_energy_wh - in_time_wh, 0.0).sum())
        if step == axis.n - 1:
            undone = state.remaining_wh.sum() + energy.job_overhead_wh.sum()
            late += int(undone - energy.job_energy_wh.sum())
        return late
