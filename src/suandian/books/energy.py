"""The energy book: every Wh that was made, moved, used, stored and lost in a step.

What is measured is rounded; what follows from it (the import of a site, the flows of a spanning
tree of lines) is computed from the rounded values, so that every junction balances to the Wh.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from suandian.books.book import Earlier
from suandian.books.rounding import Tree
from suandian.books.stores import StoreWh
from suandian.books.whole import Accounts, whole
from suandian.ledger.ledger import Posting
from suandian.model.grid import Bools, Ints
from suandian.model.places import Places
from suandian.model.readings import Readings, Unsecured
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.units import WH_PER_MWH
from suandian.record.details import EnergyDetail


@dataclass(frozen=True, eq=False)
class EnergyBook:
    """Book `energy` of a scenario [Wh]: sources are negative, sinks and stores' gains positive."""

    scenario: Scenario
    name: str = EnergyDetail.BOOK

    @cached_property
    def _tree(self) -> Tree:
        """Spanning forest that takes up the rounding."""
        return Tree.of(self.scenario.grid)

    @cached_property
    def _places(self) -> Places:
        return Places(len(self.scenario.grid.buses), len(self.scenario.sites))

    @cached_property
    def _committed(self) -> Bools:
        """Units that are on or off (units,)."""
        return self.scenario.commitment.of(self.scenario.grid.generators)

    def post(self, step: int, readings: Readings, state: State, earlier: Earlier) -> Posting:
        """Return the posting of `step`; it needs no other book."""
        del earlier  # this is the first of the books: the others build on its integers
        hours = float(self.scenario.axis.hours[step])
        detail = self._detail(readings, state, hours)
        memo = {
            "planned_overloads": readings.planned_overloads,
            "redispatch_wh": round(readings.redispatch_mw * hours * WH_PER_MWH),
        }
        if detail.on_s is not None:
            memo["unit_starts"] = int(state.started(detail.on_s).sum())
        return Posting(
            step,
            self.name,
            self._accounts(detail),
            memo,
            detail.columns(),
        )

    def _detail(self, readings: Readings, state: State, hours: float) -> EnergyDetail:
        grid = self.scenario.grid
        sites = self.scenario.sites
        axis = self.scenario.axis.window(state.step, state.step + 1)
        placement = readings.placement
        wh = hours * WH_PER_MWH
        # what nobody took is booked apart: it was burnt, but it did not flow
        spilled = whole(readings.spilled_mw * wh)
        output = whole(readings.output_mw * wh) - spilled
        stores = StoreWh.of(grid.storage, readings, state.level_wh, wh)
        # most jobs neither run nor pay in a step: only those touched are kept
        touched = np.flatnonzero((placement.energy_wh > 0) | (placement.overhead_wh > 0))
        unserved_idle = np.zeros(len(sites), np.int64)
        if readings.idle_cut_mw is not None:
            unserved_idle = whole(readings.idle_cut_mw * wh)
        idle = whole(sites.idle_mw * wh) - unserved_idle
        drawn = readings.serve_wh.sum(axis=0) + placement.by_site(len(sites)) + idle
        # what was drawn beyond computing, at the PUE of this very step
        cooling = whole((self.scenario.pue(axis)[0] - 1.0) * drawn)
        # what a site uses and its own supply does not give comes through the connection
        imported = drawn + cooling - self._behind_meters(output, stores.net)
        load = whole(readings.load_mw * wh)
        shed = whole(readings.shed_mw * wh)
        link = whole(readings.link_mw * wh)
        surplus = self._surplus(shed - load, output, stores.net, imported, link)
        line, plate, residual = self._lines(surplus, whole(readings.line_mw * wh))
        return EnergyDetail(
            job=touched,
            job_site=placement.site[touched],
            job_energy_wh=placement.energy_wh[touched],
            job_overhead_wh=placement.overhead_wh[touched],
            job_suspended=placement.suspended[touched].astype(np.int64),
            serve_wh=readings.serve_wh,
            unserved_service_wh=readings.unserved_service_wh,
            output_wh=output,
            potential_wh=self._potential(readings, output, wh),
            charge_wh=stores.charge,
            discharge_wh=stores.discharge,
            charge_loss_wh=stores.charge_loss,
            discharge_loss_wh=stores.discharge_loss,
            inflow_wh=stores.inflow,
            spill_wh=stores.spill,
            level_wh=stores.level,
            line_wh=line,
            link_wh=link,
            plate_wh=plate,
            import_wh=imported,
            idle_wh=idle,
            unserved_idle_wh=unserved_idle,
            cooling_wh=cooling,
            load_wh=load,
            shed_wh=shed,
            rounding_wh=residual,
            spilled_wh=spilled,
            **self._commitment(readings, state, hours),
            **_unsecured(readings.unsecured, wh),
        )

    def _behind_meters(self, output: Ints, net: Ints) -> Ints:
        """Return what units and stores behind each site's meter give [Wh], shape (sites,)."""
        # what stands behind a meter saves its site the import, whoever owns it
        grid = self.scenario.grid
        supply = np.zeros(len(self.scenario.sites), dtype=np.int64)
        for values, node in ((output, grid.generators.node), (net, grid.storage.node)):
            behind = self._places.behind_meter(node)
            np.add.at(supply, self._places.site_of(node[behind]), values[behind])
        return supply

    def _surplus(self, balance: Ints, output: Ints, net: Ints, imported: Ints, link: Ints) -> Ints:
        """Return what all but the lines put in at each bus [Wh], shape (buses,).

        `balance` (buses,) is unserved load less load.
        """
        grid = self.scenario.grid
        surplus = balance.copy()
        for values, node in ((output, grid.generators.node), (net, grid.storage.node)):
            here = self._places.at_bus(node)
            np.add.at(surplus, node[here], values[here])
        # import is negative for a site that exports, and then adds to the surplus
        np.subtract.at(surplus, self.scenario.sites.bus, imported)
        np.subtract.at(surplus, grid.links.from_bus, link)
        np.add.at(surplus, grid.links.to_bus, link)
        return surplus

    def _lines(self, surplus: Ints, measured: Ints) -> tuple[Ints, Ints, Ints]:
        """Return line flows, what buses give to the copper plate, and the rounding left [Wh]."""
        if self.scenario.network == "copper":
            # no line carries anything: every bus hands its surplus to the one plate
            residual = np.array([surplus.sum()])
            return np.zeros(len(measured), np.int64), surplus, residual
        line, residual = self._tree.balanced(surplus, measured, self.scenario.grid)
        return line, np.zeros(0, np.int64), residual

    def _potential(self, readings: Readings, output: Ints, wh: float) -> Ints:
        """Return what fed units could have given beyond their output [Wh], shape (units,)."""
        fed = self.scenario.grid.generators.feed >= 0
        potential = np.zeros(len(fed), dtype=np.int64)
        available = whole(readings.available_mw[fed] * wh)
        # rounded each for itself, output may be a Wh above what was available
        potential[fed] = np.maximum(available - output[fed], 0)
        return potential

    def _commitment(self, readings: Readings, state: State, hours: float) -> dict[str, Ints]:
        """Return the columns that are booked where units are committed."""
        if not self._committed.any():
            return {}
        on_s = state.on_after(readings.on > 0, round(hours * 3600))
        return {"on_s": np.where(self._committed, on_s, 0)}

    def _accounts(self, e: EnergyDetail) -> dict[str, int]:
        grid = self.scenario.grid
        sites = self.scenario.sites
        accounts = Accounts()
        # what a store gains is what reaches it less all that leaves it, losses included
        gain = e.charge_wh - e.charge_loss_wh + e.inflow_wh
        gain = gain - e.discharge_wh - e.discharge_loss_wh - e.spill_wh
        lost = e.charge_loss_wh + e.discharge_loss_wh + e.spill_wh
        accounts.add_each("generator", grid.generators.id, -e.output_wh)
        accounts.add_each("load", grid.buses.area, e.load_wh - e.shed_wh)
        accounts.add_each("store", grid.storage.id, gain)
        accounts.add_each("loss", grid.storage.id, lost)
        accounts.add_each("inflow", grid.storage.id, -e.inflow_wh)
        accounts.add_each("work", sites.id, e.serve_wh.sum(axis=0) + e.jobs_by_site())
        accounts.add_each("idle", sites.id, e.idle_wh)
        accounts.add_each("cooling", sites.id, e.cooling_wh)
        accounts.add("rounding", int(e.rounding_wh.sum()))
        return accounts.values


def _unsecured(before: Unsecured | None, wh: float) -> dict[str, Ints]:
    """Return the columns that say what the step would have been without N-1."""
    if before is None:
        return {}
    return {
        "unsecured_line_wh": whole(before.line_mw * wh),
        "unsecured_link_wh": whole(before.link_mw * wh),
        "unsecured_output_wh": whole(before.output_mw * wh),
        "unsecured_import_wh": whole(before.import_mw * wh),
    }
