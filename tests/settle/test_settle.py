"""The nodal tariff and the statement: one description of the price, cents that add up
to nothing.
"""

import csv
from dataclasses import astuple, fields, replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from run.scenes import finished, lively
from small import make_grid, make_services, make_sites
from suandian.ledger.ledger import Ledger, Posting
from suandian.maths.prepared import Prepared
from suandian.maths.solving import solve_window
from suandian.maths.window import FixedWork, Groups, Window
from suandian.model.ports.tariff import Terms
from suandian.model.scenario import Goal
from suandian.record.details import EnergyDetail, declared
from suandian.run.loop import simulate
from suandian.settle import statement as statements
from suandian.settle.statement import MARKET, StatementLine, statement, write
from suandian.tariffs.lines import amounts

CENT = Decimal("0.01")


def test_amounts_by_hand() -> None:
    # 1.234567 MWh · 31.25 = 38.58021875; exports are negative; a negative price turns the sign
    owed = amounts(
        np.array([1_234_567, -2_000_000, 500_000, 0]), np.array([31.25, 10.0, -3.0, 99.0])
    )
    assert owed.tolist() == [385_802, -200_000, -15_000, 0]


def _computing(hours: np.ndarray, price: np.ndarray, **changes: object):
    """The computing problem at fixed prices: two sites, one service, no grid."""
    steps = len(hours)
    grid = make_grid(2, [(0, 1, 1.0)], [(0, 1, 999, 0)])
    prepared = Prepared(
        grid, "dc", make_sites([0, 1], pue=1.25, idle_mw=2.4), make_services([[1, 1]]), Goal()
    )
    window = Window(
        hours,
        np.zeros((steps, 2)),
        np.zeros((steps, 0)),
        np.zeros((steps, 0)),
        np.full((steps, 1), 17.0),
        Groups.none(steps, 2),
        np.zeros(0),
        np.zeros(0),
        np.full(1, np.nan),
        power=Terms(buy=price, sell=price),
    )
    return solve_window(prepared, replace(window, **changes))


@given(
    seed=st.integers(0, 2**16), steps=st.integers(1, 30), minutes=st.sampled_from([5, 15, 30, 60])
)
@settings(deadline=None, max_examples=25)
def test_the_cost_of_realised_flows_in_the_problem_is_the_bill(seed, steps, minutes) -> None:
    # realised work is fixed in whole Wh; what the problem pays for the import and what the tariff
    # bills agree to the cent, give or take the rounding of each amount to 1/10000
    rng = np.random.default_rng(seed)
    hours, price = np.full(steps, minutes / 60), rng.uniform(-20, 300, (steps, 2)).round(4)
    work_wh = rng.integers(0, 30_000_000, (steps, 2)) * minutes // 60 // 4 * 4
    result = _computing(hours, price, computing=FixedWork.services(work_wh / 1e6 / hours[:, None]))
    energy_wh = work_wh * 5 // 4 + np.rint(3e6 * hours).astype(np.int64)[:, None]
    bill = int(amounts(energy_wh, price).sum())
    assert result.column("import") * hours[:, None] * 1e6 == pytest.approx(energy_wh, abs=0.1)
    assert result.solution.objective == pytest.approx(
        bill / 1e4, abs=0.5e-4 * energy_wh.size + 1e-5
    )


def test_the_planned_cost_of_deferrable_work_is_the_bill_too() -> None:
    # 30 MWh due by the end, prices 50 20 30, PUE 1.25: the problem's optimum is the tariff on its
    # own import
    price = np.array([[50.0, 99.0], [20.0, 99.0], [30.0, 99.0]])
    groups = Groups(
        np.array([[1, 0]], bool),
        np.zeros((1, 2)),
        np.full((3, 1), 30.0),
        np.array([[0.0], [0.0], [30.0]]),
    )
    result = _computing(np.ones(3), price, computing=groups)
    # services 17 MW at d0 in each step, idle 2.4; jobs in the cheap step: 47.6 - 17 = 30.6 MW are
    # free
    assert result.solution.objective == pytest.approx(
        1.25 * (50 * 19.4 + 20 * 49.4 + 30 * 19.4 + 99 * 2.4 * 3)
    )
    energy = np.rint(result.column("import") * 1e6).astype(np.int64)
    assert int(amounts(energy, price).sum()) / 1e4 == pytest.approx(
        result.solution.objective, abs=0.005
    )


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    scenario = lively("joint", steps=12)
    with Ledger(tmp_path_factory.mktemp("settled") / "ledger.db", scenario.hash) as ledger:
        simulate(scenario, ledger)
        made = [
            (ledger.detail(e.detail), ledger.detail(c.detail), c.accounts)
            for e, c in zip(ledger.entries("energy"), ledger.entries("cash"), strict=True)
        ]
        yield scenario, statement(scenario, ledger), made


def test_the_bill_is_nodal_price_times_energy_to_the_cent(settled) -> None:
    scenario, rows, details = settled
    bills = [row for row in rows if row.item.startswith("energy ")]
    assert len(bills) == 2 * scenario.axis.n
    for i, row in enumerate(bills):
        step, d = divmod(i, 2)
        energy, cash, _ = details[step]
        exact = (
            Decimal(int(energy["import_wh"][d]))
            * Decimal(float(cash["price"][scenario.sites.bus[d]]))
            / 10**6
        )
        assert abs(Decimal(row.amount) - exact) <= Decimal(
            "0.00505"
        )  # to 1/10000, then to the cent
        assert abs(Decimal(row.quantity) * Decimal(row.price) - Decimal(row.amount)) <= Decimal(
            "0.0052"
        )
        assert (row.item, row.unit, row.currency) == (f"energy d{d}", "MWh", "USD")
        assert row.start < row.end


def test_a_site_owes_its_energy_and_its_data(settled) -> None:
    scenario, rows, details = settled
    for d in range(2):
        owed = sum(
            Decimal(r.amount) for r in rows if r.item in (f"energy d{d}", f"data transfer d{d}")
        )
        booked = -sum(accounts.get(f"site:d{d}", 0) for *_, accounts in details)
        assert abs(owed - Decimal(booked) / 10**4) <= CENT / 2 * (scenario.axis.n + 1)


def test_a_statement_sums_to_nothing_in_whole_cents(settled) -> None:
    rows = settled[1]
    assert all(Decimal(row.amount) == Decimal(row.amount).quantize(CENT) for row in rows)
    assert sum(Decimal(row.amount) for row in rows) == 0
    rest = [row for row in rows if row.item == "rounding to cents"]
    assert len(rest) <= 1
    assert all(abs(Decimal(row.amount)) < Decimal("0.3") for row in rest)
    assert {row.counterparty for row in rows} == {MARKET}


def test_cents_are_counted_in_integers() -> None:
    # a float has no more than 15 digits for certain: 0.1 + 0.2 cents must not appear or vanish
    large = 123_456_789_012_345_678
    assert statements._cents(100 * large + 50) == "1234567890123456.78"  # half to even
    assert statements._cents(100 * (large + 1) + 50) == "1234567890123456.80"
    assert [statements._cents(v) for v in (50, 150, -50, -150, -149, 0)] == [
        "0.00",
        "0.02",
        "0.00",
        "-0.02",
        "-0.01",
        "0.00",
    ]
    assert statements.cents_of("1234567890123456.79") == large + 1


def test_a_statement_by_hand(tmp_path) -> None:
    # d0 takes 2 MWh at 31.2525 = 62.505, to the even cent 62.50; d1 gives 1 MWh at 10.001 and pays
    # 4 for data; the unit is owed 50.006, the grid keeps 2.498: 62.50 - 10.00 + 4.00 - 4.00 - 50.01
    # - 2.50 leaves a cent over
    scenario = replace(lively(steps=1), sites=make_sites([0, 1]))
    cash = {
        "site:d0": -625_050,
        "site:d1": 100_010 - 40_000,
        "data": 40_000,
        "supply:g0": 500_060,
        "grid": 24_980,
    }
    settled_at = {
        "price": np.array([31.2525, 10.001, 99.0]),
        "bill": np.array([625_050, 0, 0, -100_010, 0, 0, 0, 0]),
    }
    energy = {name: np.zeros(2, np.int64) for name in declared(EnergyDetail)}
    energy["import_wh"] = np.array([2_000_000, -1_000_000])
    with Ledger(tmp_path / "ledger.db", "") as ledger:
        ledger.append(
            [
                Posting(0, "energy", {}, {}, energy),
                Posting(0, "cash", cash, {}, settled_at),
            ]
        )
        rows = statement(scenario, ledger)
    assert [(r.party, r.item, r.amount) for r in rows] == [
        ("d0", "energy d0", "62.50"),
        ("d1", "export d1", "-10.00"),
        ("data", "net of energy, fuel and carbon", "-4.00"),
        ("grid", "net of energy, fuel and carbon", "-2.50"),
        ("d1", "data transfer d1", "4.00"),
        ("supply:g0", "net of energy, fuel and carbon", "-50.01"),
        ("grid", "rounding to cents", "0.01"),
    ]
    assert (rows[0].quantity, rows[0].price) == ("2.000000", "31.252500")
    assert (rows[0].start, rows[0].end) == (
        "2020-09-13T12:00:00+00:00",
        "2020-09-13T13:00:00+00:00",
    )


HARMLESS = ("", "62.50", "-62.50", "-1e5", "a=b", "d0", "2020-11-09T00:00:00+00:00")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "@SUM(A1)", "-1+cmd|' /C calc'!A0", '=HYPERLINK("x")', "-", "-2-3"]
)
def test_a_formula_in_a_name_is_quoted(tmp_path, text) -> None:
    for field in fields(StatementLine):
        values = {f.name: "x" for f in fields(StatementLine)}
        write([StatementLine(**{**values, field.name: text})], tmp_path / "s.csv")
        with (tmp_path / "s.csv").open(newline="", encoding="utf-8") as stream:
            cell = next(csv.DictReader(stream))[field.name]
        assert cell == f"'{text}"


def test_ordinary_cells_stay_as_they_are(tmp_path) -> None:
    row = StatementLine(*((*HARMLESS, 'x,"y"', "两地", "a\nb", "USD", "rule")))
    write([row, row], tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(newline="", encoding="utf-8") as stream:
        head, *cells = list(csv.reader(stream))
    assert head == [f.name for f in fields(StatementLine)]
    assert cells == [list(astuple(row))] * 2


def test_the_grid_keeps_the_congestion_rent() -> None:
    # on a congested step: what load and sites pay less what supply is paid
    run = finished("joint")
    rents = [entry.accounts.get("grid", 0) for entry, _ in run.book("cash")]
    spreads = [np.ptp(detail["price"]) for _, detail in run.book("cash")]
    assert min(rents) > -100  # never negative, but for rounding
    assert all((rent > 1000) == (spread > 1) for rent, spread in zip(rents, spreads, strict=True))
