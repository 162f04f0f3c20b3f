"""The books that every run keeps, in the order in which they are posted."""

from __future__ import annotations

from suandian.books.book import Book
from suandian.books.carbon import CarbonBook
from suandian.books.cash import CashBook
from suandian.books.energy import EnergyBook
from suandian.maths.supply import SupplyCurves
from suandian.model.scenario import Scenario


def house_books(scenario: Scenario, curves: SupplyCurves) -> tuple[Book, ...]:
    """Return the books energy, carbon and cash of `scenario`, whose units burn by `curves`."""
    return EnergyBook(scenario), CarbonBook(scenario, curves), CashBook(scenario, curves)
