"""The tariffs of sites: parts add up, what lasts is one array, unknown names are refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from small import make_sites
from suandian.model.issues import InputError
from suandian.model.scenario import TariffPart, spot_only
from suandian.model.time import TimeAxis
from suandian.tariffs.demand import DemandOptions
from suandian.tariffs.fixed import FixedOptions
from suandian.tariffs.site_tariffs import SiteTariffs

NOTHING = np.zeros(0, np.int64)
AXIS = TimeAxis.regular(1_767_225_600, 3600, 4)  # 2026-01-01
PRICE = np.array([[50.0, 20.0]] * 4)
PARTS = {
    "spot": (TariffPart("", "nodal"),),
    "town": (
        TariffPart("energy", "nodal"),
        TariffPart("network", "fixed", FixedOptions(buy=12.0)),
        TariffPart("demand", "demand", DemandOptions(price=1000.0, window=1.0)),
    ),
}


def sites(*tariffs: str):
    made = make_sites([0, 0])
    zone = np.array(["UTC", "UTC"])
    return replace(made, tariff=np.array(tariffs), zone=zone)


def of(*tariffs: str) -> SiteTariffs:
    return SiteTariffs.of(sites(*tariffs), PARTS, "USD")


def test_parts_add_up_by_site() -> None:
    # d0 pays the price; d1 price 20 and 12 for the network, and 1000 for its highest 3 MW
    energy_wh = np.array([[2, 1], [2, 3], [0, 0], [2, 2]]) * 1_000_000
    bill = of("spot", "town").bill(AXIS, energy_wh, PRICE, NOTHING)
    assert bill.by_kind(2).tolist() == [
        [6 * 50 * 10_000, 6 * (20 + 12) * 10_000],
        [0, 0],
        [0, 3 * 1000 * 10_000],
        [0, 0],
    ]
    names = {contract for contract, lines in bill.lines if len(lines.amount)}
    assert names == {"spot", "town.energy", "town.network", "town.demand"}


def test_what_is_given_back_costs_no_network() -> None:
    energy_wh = np.array([[0, -1]] * 4) * 1_000_000
    bill = of("spot", "town").bill(AXIS, energy_wh, PRICE, NOTHING)
    # -1 MWh at 20 in four hours; the network pays nothing for it, and no power was drawn
    assert bill.by_kind(2)[:, 1].tolist() == [0, -4 * 20 * 10_000, 0, 0]


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**16), cut=st.integers(1, 3))
def test_bills_in_parts_are_the_bill_at_once(seed: int, cut: int) -> None:
    draw = np.random.default_rng(seed)
    energy_wh = draw.integers(-1_000_000, 3_000_000, (4, 2))
    tariffs = of("town", "town")
    whole = tariffs.bill(AXIS, energy_wh, PRICE, NOTHING)
    first = tariffs.bill(AXIS.window(0, cut), energy_wh[:cut], PRICE[:cut], NOTHING)
    second = tariffs.bill(AXIS.window(cut, 4), energy_wh[cut:], PRICE[cut:], first.lasting)
    assert (first.by_kind(2) + second.by_kind(2)).tolist() == whole.by_kind(2).tolist()
    assert second.lasting.tolist() == whole.lasting.tolist()


def test_tariffs_that_remember_nothing_book_nothing() -> None:
    bill = of("spot", "spot").bill(AXIS, np.zeros((4, 2), np.int64), PRICE, NOTHING)
    assert bill.lasting.size == 0


def test_a_site_whose_tariff_is_not_there_is_refused() -> None:
    # it would be billed nothing
    with pytest.raises(InputError, match=r"d1\.connection\.tariff = town: no such tariff"):
        SiteTariffs.of(sites("spot", "town"), spot_only(), "USD")
