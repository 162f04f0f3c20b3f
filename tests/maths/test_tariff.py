"""Block `tariff`: the optimum under each kind, by hand, and the bill on its flows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from small import make_grid, make_sites
from suandian.maths.prepared import Prepared
from suandian.maths.solving import solve_window
from suandian.maths.window import Groups, Window
from suandian.model.ports.tariff import Terms
from suandian.model.scenario import Goal, TariffPart
from suandian.model.system import no_services
from suandian.model.time import TimeAxis
from suandian.tariffs.demand import DemandOptions
from suandian.tariffs.fixed import FixedOptions
from suandian.tariffs.site_tariffs import SiteTariffs

NOTHING = np.zeros(0, np.int64)
START_S = 1_767_225_600  # 2026-01-01 00:00 UTC
TOWN = (
    TariffPart("energy", "nodal"),
    TariffPart("network", "fixed", FixedOptions(buy=12.0)),
    TariffPart("demand", "demand", DemandOptions(price=100.0, window=1.0)),
)


def tariffs(sites, *parts: TariffPart) -> SiteTariffs:
    sites = replace(sites, zone=np.full(len(sites), "UTC"))
    return SiteTariffs.of(sites, {"spot": parts}, "USD")


def answered(terms: Terms, due_mwh: float, hours: np.ndarray, own_mw: float = 0.0):
    """What computing draws that must run `due_mwh` by the end, at one site of 50 MW and PUE 1, with
    `own_mw` of free supply behind the meter that may be given away.
    """
    steps = len(hours)
    # place 1 is behind the meter of the site at bus 0
    grid = make_grid(1, [], [(1, own_mw, 0.0, 0.0)])
    sites = make_sites([0], pue=1.0, export_mw=own_mw)
    prepared = Prepared(grid, "dc", sites, no_services(sites=1), Goal())
    due = np.zeros((steps, 1))
    due[-1] = due_mwh
    groups = Groups(np.ones((1, 1), bool), np.zeros((1, 1)), np.full((steps, 1), due_mwh), due)
    window = Window(
        hours,
        np.zeros((steps, 1)),
        np.zeros((steps, 0)),
        np.zeros((steps, 0)),
        np.zeros((steps, 0)),
        groups,
        np.zeros(0),
        np.zeros(0),
        np.full(1, np.nan),
        power=terms,
    )
    return solve_window(prepared, window)


def test_a_demand_charge_spreads_work_that_a_price_would_heap() -> None:
    # 60 MWh in three hours at 50, 20, 30. By price alone: 50 MWh at 20 and 10 at 30. A MW of the
    # peak costs 100: nothing that a price saves (30 at most) is worth it, so 20 MW all the time.
    sites = make_sites([0])
    axis = TimeAxis.regular(START_S, 3600, 3)
    price = np.array([[50.0], [20.0], [30.0]])
    by_price = answered(tariffs(sites, TOWN[0]).terms(axis, price, NOTHING), 60.0, np.ones(3))
    assert by_price.column("import")[:, 0] == pytest.approx([0.0, 50.0, 10.0])
    under = answered(tariffs(sites, *TOWN).terms(axis, price, NOTHING), 60.0, np.ones(3))
    assert under.column("import")[:, 0] == pytest.approx([20.0, 20.0, 20.0])
    # energy 20·(50 + 20 + 30), network 60·12, demand 20·100
    assert under.solution.objective == pytest.approx(2000 + 720 + 2000)


def test_what_was_paid_for_the_peak_so_far_is_free() -> None:
    # 40 MW were reached earlier in the month: the cheap hour takes 40, the next 20
    sites = make_sites([0])
    town = tariffs(sites, *TOWN)
    before = TimeAxis.regular(START_S, 3600, 1)
    past = town.bill(before, np.array([[40_000_000]]), np.array([[50.0]]), NOTHING)
    axis = TimeAxis.regular(START_S + 3600, 3600, 3)
    terms = town.terms(axis, np.array([[50.0], [20.0], [30.0]]), past.lasting)
    result = answered(terms, 60.0, np.ones(3))
    assert result.column("import")[:, 0] == pytest.approx([0.0, 40.0, 20.0])


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**16), minutes=st.sampled_from([15, 30, 60]))
def test_what_the_plan_counts_on_is_what_the_bill_says(seed: int, minutes: int) -> None:
    # random prices in both directions, a battery's worth of export: the problem's optimum is the
    # bill on its own flows, to the rounding of each line
    draw = np.random.default_rng(seed)
    steps = int(draw.integers(1, 9))
    axis = TimeAxis.regular(START_S, minutes * 60, steps)
    price = draw.uniform(-20, 120, (steps, 1)).round(3)
    sites = make_sites([0])
    town = tariffs(sites, *TOWN)
    energy = float(draw.uniform(0, 40)) * float(axis.hours.sum())
    own_mw = float(draw.choice([0.0, 30.0]))
    result = answered(town.terms(axis, price, NOTHING), energy, axis.hours, own_mw)
    drawn_wh = np.rint(result.column("import") * axis.hours[:, None] * 1e6).astype(np.int64)
    bill = town.bill(axis, drawn_wh, price, NOTHING)
    owed = bill.by_kind(1).sum() / 1e4
    # a Wh of rounding at 120 + 12 per MWh, or in the mean of a window at 100 per MW
    assert result.solution.objective == pytest.approx(owed, abs=1e-4 * (3 * steps + 2))


def test_what_is_given_costs_the_difference_of_both_prices_for_as_long_as_it_lasts() -> None:
    # equal prices are one line through both directions, and need no column
    hours = np.array([0.5, 0.25])
    apart = answered(Terms(np.full((2, 1), 50.0), np.full((2, 1), 20.0)), 0.0, hours)
    problem = apart.compiled.problem
    assert problem.columns["import"].of(problem.cost).ravel().tolist() == [25.0, 12.5]
    assert problem.columns["given"].of(problem.cost).ravel().tolist() == [15.0, 7.5]
    alike = answered(Terms(np.full((2, 1), 50.0), np.full((2, 1), 50.0)), 0.0, hours)
    assert "given" not in alike.compiled.problem.columns
