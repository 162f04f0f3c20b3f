"""Changes of a case that mean nothing, and by what factor they change its cost."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from suandian.testing.fuzz.draw import DrawnCase, Table
from suandian.testing.fuzz.reference import number

Changed = tuple[DrawnCase, float] | None


def split_a_generator(case: DrawnCase) -> Changed:
    """Half of a unit beside the other half."""
    other = deepcopy(case)
    name = next(iter(other.generators))
    half = dict(other.generators[name])
    half["power"] = _scaled(half["power"], 0.5)
    # two halves ramp as the whole did
    if "ramp" in half:
        half["ramp"] = _scaled(half["ramp"], 0.5)
    other.generators[name] = half
    other.generators[f"{name}-twin"] = deepcopy(half)
    return other, 1.0


def another_order(case: DrawnCase) -> Changed:
    """All tables from the last member to the first."""
    other = deepcopy(case)
    for name in ("buses", "lines", "links", "generators", "loads", "storage", "sites"):
        table: dict[str, Table] = getattr(other, name)
        setattr(other, name, dict(reversed(table.items())))
    return other, 1.0


def members_of_no_size(case: DrawnCase) -> Changed:
    """A unit without power and a bus without anything, tied to the first."""
    other = deepcopy(case)
    first = next(iter(other.buses))
    other.generators["nothing"] = {"bus": first, "power": "1e-9 MW", "cost": "1 USD/MWh"}
    other.buses["nowhere"] = {}
    other.lines["nowhere"] = {"from": first, "to": "nowhere", "x": 0.1, "rating": "1 MW"}
    return other, 1.0


def swapped_twins(case: DrawnCase) -> Changed:
    """Jobs of each workload in another order of lines."""
    if not case.jobs:
        return None
    other = deepcopy(case)
    other.jobs = {name: list(reversed(rows)) for name, rows in case.jobs.items()}
    return other, 1.0


def other_units(case: DrawnCase) -> Changed:
    """The same powers in kW."""
    other = deepcopy(case)
    for unit in other.generators.values():
        unit["power"] = f"{number(unit['power']) * 1000:g} kW"
    return other, 1.0


def other_money(case: DrawnCase) -> Changed:
    """Everything twice as dear."""
    other = deepcopy(case)
    for unit in other.generators.values():
        if "cost" in unit:
            unit["cost"] = _scaled(unit["cost"], 2.0)
    for store in other.storage.values():
        store["wear"] = _scaled(store["wear"], 2.0)
    for way in other.routes:
        way["price_per_gb"] *= 2.0
    other.goal["carbon_price"] = _scaled(other.goal["carbon_price"], 2.0)
    other.goal["unserved_price"] = {
        "load": "20000 USD/MWh",
        "service": "10000 USD/MWh",
        "jobs": "2000 USD/MWh",
    }
    return other, 2.0


def _scaled(quantity: str, factor: float) -> str:
    value, _, unit = str(quantity).partition(" ")
    return f"{float(value) * factor:.10g} {unit}"


RELATIONS: dict[str, Callable[[DrawnCase], Changed]] = {
    "split a generator": split_a_generator,
    "another order": another_order,
    "members of no size": members_of_no_size,
    "swapped jobs": swapped_twins,
    "other units": other_units,
    "other money": other_money,
}
