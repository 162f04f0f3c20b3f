"""The sites' bills of a study, from what the ledger holds of energy and prices."""

from __future__ import annotations

import numpy as np

from suandian.ledger.ledger import Ledger
from suandian.model.issues import RecordError
from suandian.model.ports.tariff import CHARGE_KINDS
from suandian.model.scenario import Scenario
from suandian.record.details import CashDetail, EnergyDetail
from suandian.tariffs.site_tariffs import Bill, SiteTariffs


def study_bill(scenario: Scenario, ledger: Ledger) -> Bill:
    """Return the bill over all booked steps at once.

    The ledger was billed step by step; a bill over many steps has a line where a month has one.

    Raises
    ------
    RecordError
        Nothing is booked, or the bill is not the sum of what was booked step by step.
    """
    energy = ledger.entries(EnergyDetail.BOOK)
    cash = ledger.entries(CashDetail.BOOK)
    drawn_wh = [EnergyDetail.of(ledger.detail(entry.detail)).import_wh for entry in energy]
    settled = [CashDetail.of(ledger.detail(entry.detail)) for entry in cash]
    if not drawn_wh or len(drawn_wh) != len(settled):
        raise RecordError(f"{len(drawn_wh)} steps of energy are booked, {len(settled)} of cash")
    tariffs = SiteTariffs.of(scenario.sites, scenario.tariffs, scenario.currency)
    price = np.array([step.price[scenario.sites.bus] for step in settled])
    # nothing lasts from before a study
    nothing = np.zeros(0, np.int64)
    axis = scenario.axis.window(0, len(drawn_wh))
    bill = tariffs.bill(axis, np.array(drawn_wh), price, nothing)
    sites = len(scenario.sites)
    booked = np.sum([step.bill for step in settled], axis=0).reshape(len(CHARGE_KINDS), sites)
    wrong = np.flatnonzero((bill.by_kind(sites) != booked).any(axis=0))
    if len(wrong):
        names = ", ".join(scenario.sites.id[wrong].tolist())
        raise RecordError(f"the bill of {names} is not the sum of what was booked step by step")
    return bill
