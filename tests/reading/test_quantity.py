"""Quantities: exact, judged by pint, and refused with the reason."""

import math

import pytest

from suandian.reading.text import quantity
from suandian.reading.text.quantity import QuantityError, parse


@pytest.mark.parametrize(
    ("text", "target", "value"),
    [
        ("40 MW", "MW", 40.0),
        ("40MW", "MW", 40.0),
        ("1_000 kW", "MW", 1.0),
        ("0.35 CNY/kWh", "currency/MWh", 350.0),
        ("-12.5 CNY/MWh", "currency/MWh", -12.5),
        ("80 CNY/tCO2", "currency/t", 80.0),
        ("24 h", "h", 24.0),
        ("7 d", "h", 168.0),
        ("5 min", "h", 5 / 60),
        ("200 GB/MWh", "GB/MWh", 200.0),
        ("20 ms", "ms", 20.0),
        ("10 Gbit/s", "Mbit/s", 10_000.0),
        ("1 MB/s", "Mbit/s", 8.0),
        ("3.6 GJ", "MWh", 1.0),
        ("2 kW*h", "MWh", 0.002),
        ("1 week", "h", 168.0),
        ("0.4 t/MWh", "kg/MWh", 400.0),
        ("60 MW/h", "MW/h", 60.0),
        ("1 MW/min", "MW/h", 60.0),
    ],
)
def test_values(text, target, value):
    assert parse(text, target, "CNY") == value


@pytest.mark.parametrize(
    ("text", "target", "words"),
    [
        ("40", "MW", "unit is missing"),
        ("MW", "MW", "does not begin with a number"),
        ("nan MW", "MW", "does not begin with a number"),
        ("1e999 MW", "MW", "too large"),
        ("1,5 MW", "MW", "comma"),
        ("40 mw", "MW", "not known"),
        ("40 kV", "MW", "something else"),
        ("40 m**9999999", "MW", "cannot be read"),
        ("40 __import__('os')", "MW", "cannot be read"),
        ("1 USD/MWh", "currency/MWh", "is in USD"),
        ("1 cup/MWh", "currency/MWh", "something else"),
        ("50 %", "MW", "something else"),
    ],
)
def test_refusals(text, target, words):
    with pytest.raises(QuantityError, match=words):
        parse(text, target, "EUR")


def test_the_quick_table_agrees_with_pint():
    units = quantity.registry()
    base = {"power": "W", "energy": "W*h", "data": "bit", "time": "s", "mass": "g"}
    for name, (kind, factor) in quantity._ATOMS.items():
        assert math.isclose(
            units.Quantity(1.0, name).to(base[kind]).magnitude, float(factor), rel_tol=1e-12
        ), name


def test_every_example_reads():
    for target, text in quantity.EXAMPLES.items():
        assert parse(text.format(currency="EUR"), target, "EUR") > 0
