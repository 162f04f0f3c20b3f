"""`[tariffs]`: kinds with options, parts, and everything that can be wrong with them at once."""

from pathlib import Path

import pytest

from suandian.model.issues import InputError
from suandian.reading import load
from suandian.reading.templates import folder

TOWN = """
[tariffs.spot.energy]
kind = "nodal"
[tariffs.spot.network]
kind = "fixed"
buy = "1.2 ct"
[tariffs.spot.demand]
kind = "demand"
price = "118 EUR/kW"
window = "15 min"
[tariffs.other]
kind = "nodol"
[tariffs.empty]
[tariffs.plain]
price = 3
[tariffs.bare.energy]
buy = "3 EUR/MWh"
[tariffs.pump]
kind = "fixed"
buy = "30 EUR/MWh"
sell = "40 EUR/MWh"
[tariffs.number]
kind = "demand"
price = 118
"""


def scenario(tmp_path: Path, tariffs: str) -> Path:
    for file in folder("two-sites").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    text = (tmp_path / "scenario.toml").read_text(encoding="utf-8")
    # prices in the file are in the currency that this template chose
    text = text.replace("USD", "EUR")
    (tmp_path / "scenario.toml").write_text(text + tariffs, encoding="utf-8")
    return tmp_path


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(scenario(tmp_path, TOWN))
    told = {issue.place: issue for issue in caught.value.issues}
    assert set(told) >= {
        "tariffs.spot.network.buy",
        "tariffs.other.kind",
        "tariffs.empty",
        "tariffs.plain.price",
        "tariffs.bare.energy.kind",
        "tariffs.pump",
        "tariffs.number.price",
    }
    assert "nodal" in told["tariffs.other.kind"].remedy
    assert "sell is above buy" in told["tariffs.pump"].message
    assert told["tariffs.number.price"].allowed == '"118 EUR/kW"'
    assert "tariffs.spot.demand" not in " ".join(told)


def test_parts_and_their_options_are_read_in_the_units_inside(tmp_path: Path) -> None:
    text = TOWN[: TOWN.index("[tariffs.other]")].replace("1.2 ct", "0.012 EUR/kWh")
    loaded = load(scenario(tmp_path, text))
    energy, network, demand = loaded.tariffs["spot"]
    assert (energy.name, energy.kind) == ("energy", "nodal")
    assert network.options.buy == pytest.approx(12.0)
    assert (demand.options.price, demand.options.window) == pytest.approx((118_000.0, 0.25))
    # the resolved text reads back to the same
    assert '[tariffs.spot.demand]\nkind = "demand"' in loaded.text


def test_a_site_that_names_none_pays_the_spot_price(tmp_path: Path) -> None:
    loaded = load(scenario(tmp_path, ""))
    assert [part.kind for part in loaded.tariffs["spot"]] == ["nodal"]
