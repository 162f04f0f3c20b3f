"""The contract of tariff plug-ins: what a plan counts on is what the bill says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from suandian.model.grid import Floats, Ints
from suandian.model.ports.tariff import Meters, Peak, Tariff, TariffKind, Terms
from suandian.model.time import TimeAxis
from suandian.model.units import LEDGER_PER_CURRENCY, WH_PER_MWH
from suandian.tariffs.lines import lines_of
from suandian.testing.contract import Contract

# two days around the end of a month, in zones on both sides of it, in steps of a quarter of an hour
AXIS = TimeAxis.regular(1_767_139_200, 900, 192)
METERS = Meters(np.array(["north", "south"]), np.array(["Europe/Berlin", "Asia/Shanghai"]), "USD")
SEED = 20_260_101
PIECES = (1, 2, 5, 40, 48, 96)  # steps of the parts that a bill is made of: they add up to the axis


def check_tariff(plugin: TariffKind, options: Mapping[str, Any] | None = None) -> list[str]:
    """Check a tariff plug-in with `options` (its own example unless given) on two meters over two
    days in which a month ends; returns the rules kept.

    Raises
    ------
    ContractError
        With every rule that it breaks.
    InputError
        The options do not fit.
    """
    contract = Contract("tariff")
    named = bool(plugin.name.strip()) and bool(plugin.summary.strip())
    contract.rule("it has a name and says in a few words what it charges", named)
    chosen = contract.options(plugin.Options, plugin.example if options is None else options)
    draw = np.random.default_rng(SEED)
    price = draw.uniform(-20.0, 200.0, (AXIS.n, len(METERS))).round(4)
    # meters draw most of the time and give at times: a bill must be right in both directions
    energy_wh = draw.integers(-2_000_000, 8_000_000, price.shape)
    with contract.trying("it charges meters that draw and give"):
        tariff = plugin.make(METERS, chosen)
        nothing = np.zeros((len(METERS), 0), np.int64)
        terms = tariff.terms(AXIS, price, nothing)
        _shapes(contract, terms)
        _bill_is_optimum(contract, terms, energy_wh)
        _adds_up(contract, tariff, price, energy_wh)
    return contract.result()


def _shapes(contract: Contract, terms: Terms) -> None:
    shape = (AXIS.n, len(METERS))
    right = terms.buy.shape == terms.sell.shape == shape
    contract.rule("prices have the shape (steps, meters)", right)
    finite = np.isfinite(terms.buy).all() and np.isfinite(terms.sell).all()
    contract.rule("prices are finite", bool(finite))
    # a plan would else buy and sell at once, without end
    convex = bool(np.all(terms.sell <= terms.buy))
    contract.rule("energy given is not paid above energy drawn", convex)
    rising = all(bool(np.all(peak.price >= 0)) for peak in terms.peaks)
    contract.rule("no peak is paid for", rising)
    paid = all(bool(np.all(peak.billed <= peak.least)) for peak in terms.peaks)
    contract.rule("what was billed of a peak is not taken back", paid)


def _bill_is_optimum(contract: Contract, terms: Terms, energy_wh: Ints) -> None:
    """A problem that has the tariff's columns, rows and costs pays what the lines add up to."""
    lines = list(lines_of(terms, energy_wh))
    billed = np.zeros(len(METERS))
    for some in lines:
        np.add.at(billed, some.meter, some.amount / LEDGER_PER_CURRENCY)
    optimum = np.array(
        [_optimum(terms, energy_wh / WH_PER_MWH, meter) for meter in range(len(METERS))]
    )
    # each line is rounded to 1/10000 for itself; so much may be between them, and no more
    room = 0.5 / LEDGER_PER_CURRENCY * sum(len(some.amount) for some in lines) + 1e-6
    off = np.abs(billed - optimum)
    same = bool((off <= room).all())
    contract.rule("the bill is the optimum of a problem with its terms", same, off)
    off = np.abs(billed - terms.cost(energy_wh / WH_PER_MWH))
    contract.rule("the bill is the cost of its terms", bool((off <= room).all()), off)


def _optimum(terms: Terms, energy_mwh: Floats, meter: int) -> float:
    """Return the least cost of a meter's energy [currency], as a problem would find it.

    Its energy given, no column of a tariff stands in another's row: each lies on the highest of its
    own rows, where it costs anything.
    """
    energy = energy_mwh[:, meter]
    margin = terms.buy[:, meter] - terms.sell[:, meter]
    # drawing is priced in both directions, and giving takes the difference back
    cost = float(terms.buy[:, meter] @ energy) + float(margin @ np.maximum(-energy, 0.0))
    for peak in terms.peaks:
        height = _least(peak, energy, meter)
        cost += float(peak.price[:, meter] @ (height - peak.billed[:, meter]))
    return cost


def _least(peak: Peak, energy_mwh: Floats, meter: int) -> Floats:
    """Return what each quantity of a meter is at least, row by row as a problem would have it."""
    least = peak.least[:, meter].astype(float)
    for row, quantity in enumerate(peak.quantity.tolist()):
        inside = energy_mwh[peak.row == row].sum()
        reached = peak.scale[row] * inside + peak.offset[row, meter]
        least[quantity] = max(least[quantity], reached)
    return least


def _adds_up(contract: Contract, tariff: Tariff, price: Floats, energy_wh: Ints) -> None:
    """Bills of parts of the time add up to the bill of all of it, whatever the parts."""
    nothing = np.zeros((len(METERS), 0), np.int64)
    whole = _billed(tariff.terms(AXIS, price, nothing), energy_wh)
    parts = np.zeros(len(METERS), np.int64)
    lasting = nothing
    first = 0
    for size in PIECES:
        steps = slice(first, first + size)
        axis = AXIS.window(first, first + size)
        parts += _billed(tariff.terms(axis, price[steps], lasting), energy_wh[steps])
        lasting = tariff.after(axis, energy_wh[steps] / WH_PER_MWH, lasting)
        first += size
    contract.rule(
        "bills of parts of the time add up to the bill of all of it",
        bool((whole == parts).all()),
        f"{whole.tolist()} at once, {parts.tolist()} in parts [1/10000 currency]",
    )
    contract.rule("what lasts is whole numbers by meter", _is_lasting(lasting))
    again = tariff.after(AXIS, energy_wh / WH_PER_MWH, nothing)
    same = again.shape == lasting.shape and bool((again == lasting).all())
    contract.rule("what lasts does not depend on the parts", same, f"{again} or {lasting}")


def _billed(terms: Terms, energy_wh: Ints) -> Ints:
    owed = np.zeros(len(METERS), np.int64)
    for some in lines_of(terms, energy_wh):
        np.add.at(owed, some.meter, some.amount)
    return owed


def _is_lasting(lasting: Ints) -> bool:
    return lasting.dtype == np.int64 and lasting.shape[:1] == (len(METERS),)
