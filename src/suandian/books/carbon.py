"""The carbon book: what was emitted, and by flow tracing who consumed it; grams, the residual
named.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from suandian.books.book import Earlier
from suandian.books.supply import Burnt
from suandian.books.whole import Accounts, whole
from suandian.ledger.ledger import Posting
from suandian.maths.supply import SupplyCurves
from suandian.maths.tracing import Mix, Paths
from suandian.model.grid import Floats, Ints
from suandian.model.places import Places
from suandian.model.readings import Readings
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.units import G_PER_KG, WH_PER_KWH, WH_PER_MWH
from suandian.record.details import CarbonDetail, EnergyDetail

DIGITS = (
    6  # of a marginal intensity: further ones are those of a factorisation, and would be booked
)


@dataclass(frozen=True, eq=False)
class CarbonBook:
    """Book `carbon` of a scenario [g]: units are negative, who took what they emitted positive."""

    scenario: Scenario
    curves: SupplyCurves
    name: str = CarbonDetail.BOOK

    @cached_property
    def _paths(self) -> Paths:
        """Where power and its CO2 may go."""
        return Paths.of(self.scenario.grid, self.scenario.sites, self.scenario.network)

    def post(self, step: int, readings: Readings, state: State, earlier: Earlier) -> Posting:
        """Return the posting of `step`, from the energies booked before it."""
        energy = earlier.detail(EnergyDetail)
        grid = self.scenario.grid
        sites = self.scenario.sites
        buses = len(self.scenario.grid.buses)
        hours = float(self.scenario.axis.hours[step])
        burnt = Burnt.of(grid.generators, self.curves, readings, state, energy, hours)
        # what was emitted is known; who took it is traced and rounded after it
        grams = whole(burnt.kg * G_PER_KG)
        out_g = _given_back_g(state, energy)
        average = self._average(energy, grams, out_g)
        site_g = whole(_used_wh(energy) / WH_PER_KWH * average[buses:])
        load_g = whole((energy.load_wh - energy.shed_wh) / WH_PER_KWH * average[:buses])
        # a store takes the mix of its place, and gives back the mix that it holds
        into_g = whole(energy.charge_wh / WH_PER_KWH * average[grid.storage.node])
        accounts = Accounts()
        accounts.add_each("generator", grid.generators.id, -grams)
        accounts.add_each("site", sites.id, site_g)
        accounts.add_each("load", grid.buses.area, load_g)
        accounts.add_each("store", grid.storage.id, into_g - out_g)
        # what is consumed is rounded member by member: the difference has an account of its own
        accounts.add("rounding", -sum(accounts.values.values()))
        detail = CarbonDetail(
            emission_g=grams,
            average_g_per_kwh=average[:buses],
            site_average_g_per_kwh=average[buses:],
            site_g=site_g,
            level_g=state.level_g + into_g - out_g,
            marginal_g_per_kwh=np.round(readings.marginal_kg_per_mwh, DIGITS) + 0.0,  # no -0.0
            marginal_reason=readings.marginal_reason,
        )
        return Posting(
            step,
            self.name,
            accounts.values,
            {},
            detail.columns(),
        )

    def _average(self, energy: EnergyDetail, grams: Ints, out_g: Ints) -> Floats:
        """Return the flow-traced intensity at buses, then sites (places,) [g/kWh]."""
        places = Places(len(self.scenario.grid.buses), len(self.scenario.sites))
        mix = Mix(
            energy.output_wh / WH_PER_MWH,
            grams / G_PER_KG,
            energy.discharge_wh / WH_PER_MWH,
            out_g / G_PER_KG,
        )
        # branches in the order in which Paths was built
        branch_wh = np.concatenate([energy.line_wh, energy.link_wh, energy.import_wh])
        supply = mix.at_places(self.scenario.grid, len(places))
        return self._paths.average(*supply, branch_wh / WH_PER_MWH)


def _given_back_g(state: State, energy: EnergyDetail) -> Ints:
    """Return the CO2 that leaves each store with its discharge [g], shape (stores,).

    The mass follows the energy drawn, losses included: what is lost in discharging is emitted by
    whoever takes the rest. It is never more than the store holds.
    """
    drawn = (energy.discharge_wh + energy.discharge_loss_wh).astype(float)
    g_per_wh = np.where(state.level_wh > 0, state.level_g / np.maximum(state.level_wh, 1), 0.0)
    return np.minimum(whole(g_per_wh * drawn), state.level_g)


def _used_wh(energy: EnergyDetail) -> Ints:
    """Return what each site used, whoever supplied it [Wh], shape (sites,)."""
    work = energy.serve_wh.sum(axis=0) + energy.jobs_by_site()
    return np.asarray(energy.idle_wh + energy.cooling_wh + work)
