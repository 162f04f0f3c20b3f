"""Every kind of the house keeps the contract, and the contract finds those that do not."""

from dataclasses import replace

import numpy as np
import pytest

from suandian.model.ports.tariff import TariffKind
from suandian.reading.registry import built_in
from suandian.tariffs.demand import KIND as DEMAND
from suandian.tariffs.demand import Demand
from suandian.tariffs.nodal import KIND as NODAL
from suandian.tariffs.nodal import Nodal
from suandian.testing import ContractError, check_tariff

OPTIONS = {
    "nodal": [{}],
    "fixed": [{"buy": "0.14 USD/kWh"}, {"buy": "140 USD/MWh", "sell": "-5 USD/MWh"}],
    "demand": [
        {"price": "118 USD/kW"},
        {"price": "9.5 USD/kW", "window": "60 min", "period": "year"},
        {"price": "9.5 USD/kW", "window": "30 min"},
        # shorter than a step: the step's own mean counts
        {"price": "9.5 USD/kW", "window": "5 min"},
    ],
}
CASES = [
    pytest.param(plugin.load(), options, id=f"{name} {i}")
    for name, plugin in built_in("tariff").items()
    for i, options in enumerate([None, *OPTIONS[name]])
]


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_the_kinds_of_the_house_keep_it(kind: TariffKind, options: dict[str, object]) -> None:
    assert len(check_tariff(kind, options)) > 10


class Generous(Nodal):
    """Pays more for energy given than for energy drawn costs."""

    def terms(self, axis, price, lasting):
        return replace(super().terms(axis, price, lasting), sell=price + 1.0)


class Forgetful(Demand):
    """Charges the highest power again after each bill."""

    def after(self, axis, energy_mwh, lasting):
        return np.zeros_like(super().after(axis, energy_mwh, lasting))


class Vague(Nodal):
    """Remembers in floats."""

    def after(self, axis, energy_mwh, lasting):
        return np.zeros((self.meters, 1))


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (replace(NODAL, make=Generous.of), "energy given is not paid above energy drawn"),
        (replace(DEMAND, make=Forgetful.of), "bills of parts of the time add up to the bill"),
        (replace(NODAL, make=Vague.of), "what lasts is whole numbers by meter"),
        (replace(NODAL, summary=" "), "it has a name and says in a few words"),
    ],
)
def test_a_kind_that_breaks_it_is_told(kind: TariffKind, rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        check_tariff(kind)
