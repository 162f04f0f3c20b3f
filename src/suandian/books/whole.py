"""From powers and prices to the integers of the ledger."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from suandian.model.grid import Floats, Ints, Names
from suandian.model.units import LEDGER_PER_CURRENCY, WH_PER_MWH


def whole(values: Floats) -> Ints:
    """Return values rounded to integers, half to even."""
    # half to even: halves that come in great numbers do not add up in one direction
    return np.rint(values).astype(np.int64)


def money(wh: Ints | Floats, per_mwh: Floats | float) -> Ints:
    """Return the value of energy at a price [1/10000 currency unit], shape of `wh`.

    Examples
    --------
    >>> int(money(np.array(2_000_000), 31.25))
    625000
    """
    # price first, then the ledger's unit: one rounding of the whole product
    return whole(np.asarray(wh / WH_PER_MWH * per_mwh * LEDGER_PER_CURRENCY))


class Accounts:
    """Accounts under construction: values with the same name add up."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def add(self, name: str, value: int) -> None:
        """Add `value` to the account `name`."""
        self.values[name] = self.values.get(name, 0) + int(value)

    def add_each(self, kind: str, names: Names | Iterable[str], values: Ints) -> None:
        """Add the values of members to their accounts `kind:name`."""
        for name, value in zip(names, values.tolist(), strict=True):
            self.add(f"{kind}:{name}", value)
