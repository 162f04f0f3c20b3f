"""Quantities written with their unit (`"40 MW"`, `"0.35 CNY/kWh"`) as plain numbers in the units
used inside.

`pint` is the judge of every unit; a small table of the units that occur in nearly every scenario
answers first, because importing pint and building its registry costs about half a second (a test
holds the table against pint).
"""

from __future__ import annotations

import difflib
import math
import re
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from suandian.reading.text.currencies import CODES

if TYPE_CHECKING:
    import pint

EXAMPLES = {
    "MW": "40 MW",
    "MWh": "80 MWh",
    "h": "24 h",
    "ms": "20 ms",
    "GB/MWh": "200 GB/MWh",
    "Mbit/s": "10 Gbit/s",
    "currency/MWh": "0.35 {currency}/kWh",
    "currency/t": "80 {currency}/t",
    "currency/GB": "0.02 {currency}/GB",
    "currency/h": "100 {currency}/h",
    "currency/MW": "118 {currency}/kW",
    "kg/MWh": "400 kg/MWh",
    "MW/h": "60 MW/h",
    "W": "250 W",
    "currency": "5000 {currency}",
    "kg": "900 kg",
    "t": "1000 t",
    "s": "60 s",
}
_PREFIX = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
}
_ATOMS: dict[str, tuple[str, Fraction]] = {
    **{f"{p}W": ("power", Fraction(f)) for p, f in _PREFIX.items()},
    **{f"{p}Wh": ("energy", Fraction(f)) for p, f in _PREFIX.items()},
    **{f"{p}B": ("data", Fraction(8 * f)) for p, f in _PREFIX.items()},
    **{f"{p}bit": ("data", Fraction(f)) for p, f in _PREFIX.items()},
    "ms": ("time", Fraction(1, 1000)),
    "s": ("time", Fraction(1)),
    "min": ("time", Fraction(60)),
    "h": ("time", Fraction(3600)),
    "d": ("time", Fraction(86400)),
    "g": ("mass", Fraction(1)),
    "kg": ("mass", Fraction(1000)),
    "t": ("mass", Fraction(10**6)),
}
_NUMBER = re.compile(r"[+-]?(?:\d+(?:_\d+)*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_UNIT = re.compile(r"[A-Za-zµ%·*/() ]{1,40}")


class QuantityError(ValueError):
    """A text is not a usable quantity; says what is wrong, what is allowed and how to mend it."""

    def __init__(self, message: str, allowed: str, remedy: str = "") -> None:
        self.allowed, self.remedy = allowed, remedy
        super().__init__(message)


def example(target: str, currency: str = "USD") -> str:
    """Return how a quantity in `target` units is written.

    Examples
    --------
    >>> example("currency/t", "EUR")
    '80 EUR/t'
    """
    return EXAMPLES.get(target, f"1 {target}").format(currency=currency)


@lru_cache(maxsize=65536)
def parse(text: str, target: str, currency: str = "USD") -> float:
    """Return `text` in `target` units; "currency" in a target stands for the scenario's currency.

    Raises
    ------
    QuantityError
        No number, no unit, an unknown unit, another dimension or another currency.

    Examples
    --------
    >>> parse("40 kW", "MW"), parse("0.35 CNY/kWh", "currency/MWh", "CNY"), parse("7 d", "h")
    (0.04, 350.0, 168.0)
    """
    allowed = f'"{example(target, currency)}"'
    match = _NUMBER.match(text)
    if match is None:
        raise QuantityError("does not begin with a number", allowed, "write number, space, unit")
    rest = text[match.end() :]
    if rest[:1] == ",":
        raise QuantityError(
            "a comma inside a number", allowed, "decimal point, no thousands separator"
        )
    unit = rest.strip()
    if not unit:
        raise QuantityError("the unit is missing", allowed, f"write for example {allowed}")
    number = float(match.group().replace("_", ""))
    if not math.isfinite(number):
        raise QuantityError("the number is too large", allowed)
    numerator, denominator = _factor(unit, target, currency)
    return number * numerator / denominator


@lru_cache(maxsize=4096)
def _factor(unit: str, target: str, currency: str) -> tuple[float, float]:
    """Return the factor from `unit` to `target` as numerator and denominator (so that "5 min" is
    exactly 5/60 h).
    """
    # "t CO2" and "t CO2e" are tonnes: what is weighed is said by the key, not by the unit
    plain = re.sub(r"CO2e?\b", "", unit).replace(" ", "")
    quick = _quick(plain, target, currency)
    if quick is not None:
        return float(quick.numerator), float(quick.denominator)
    factor = _judged(unit, plain, target, currency)
    # pint works in floats: a factor that is a whole number or one over a whole number is restored
    # to it, so that "5 min" is 5/60 h and not 0.08333333333333334 h
    for numerator, denominator in ((factor, 1.0), (1.0, 1 / factor)):
        large = numerator if denominator == 1.0 else denominator
        if large >= 0.5 and math.isclose(large, round(large), rel_tol=1e-12):
            return (float(round(large)), 1.0) if denominator == 1.0 else (1.0, float(round(large)))
    return factor, 1.0


def _quick(unit: str, target: str, currency: str) -> Fraction | None:
    """Return the exact factor where both are quotients of units of the small table with the same
    dimensions.
    """
    parts = unit.split("/")
    wanted = target.split("/")
    if len(parts) != len(wanted):
        return None
    factor = Fraction(1)
    for i, (part, want) in enumerate(zip(parts, wanted, strict=True)):
        if want == "currency":
            if part != currency:
                return None
            continue
        if part not in _ATOMS or _ATOMS[part][0] != _ATOMS[want][0]:
            return None
        ratio = _ATOMS[part][1] / _ATOMS[want][1]
        # what stands behind the slash divides
        factor = factor / ratio if i else factor * ratio
    return factor


def _judged(unit: str, plain: str, target: str, currency: str) -> float:
    """Return the factor as pint has it, or explain why there is none."""
    allowed = f'"{example(target, currency)}"'
    if not _UNIT.fullmatch(plain):
        raise QuantityError(f"the unit {unit!r} cannot be read", allowed)
    # money is of its own dimension by currency: a rate is needed, and a scenario without one must
    # not convert
    foreign = [
        code for code in re.findall(r"[A-Z]{3}", plain) if code in CODES and code != currency
    ]
    if foreign and "currency" in target:
        raise QuantityError(
            f"is in {foreign[0]}, the scenario's currency is {currency}",
            allowed,
            "convert it, or change `currency`",
        )
    import pint

    units = registry()
    for code in {*foreign, currency}:
        # each currency is a base unit of its own, so pint refuses to add or convert two of them
        if code not in units:
            units.define(f"{code} = [currency_{code}]")
    try:
        return float(
            units.Quantity(1.0, plain.replace("·", "*"))
            .to(target.replace("currency", currency))
            .magnitude
        )
    except pint.DimensionalityError as error:
        message = (
            f"the unit {unit!r} measures something else than {target.replace('currency', currency)}"
        )
        raise QuantityError(message, allowed) from error
    except (
        pint.UndefinedUnitError,
        pint.DefinitionSyntaxError,
        ValueError,
        AttributeError,
        TypeError,
    ) as error:
        raise QuantityError(
            f"the unit {unit!r} is not known", allowed, _suggest(plain, currency)
        ) from error


def _suggest(unit: str, currency: str) -> str:
    known = [*_ATOMS, *(text.format(currency=currency).split(" ")[1] for text in EXAMPLES.values())]
    same = [name for name in known if name.lower() == unit.lower()]
    close = same or difflib.get_close_matches(unit, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[float]:
    """Return the one registry of units, made when first needed."""
    import pint

    return pint.UnitRegistry()
