"""Committed units by hand: half hours, a unit of 10 MW at least, two hours on and one off."""

import pytest

from suandian.verify.commitment import check_commitment
from verify import by_hand as hand

UNIT = {"min_mw": 10.0, "min_up_h": 2.0, "min_down_h": 1.0}
HALF_HOUR_AT_LEAST = 5_000_000


def failed(*made_wh: int) -> set[str]:
    """Return what is found of a unit that makes so much a step, beside one that always runs."""
    rows = [(step, "generator:g", "bus:b", wh) for step, wh in enumerate(made_wh)]
    rows += [(step, "generator:h", "bus:b", 1) for step in range(len(made_wh))]
    nodes = hand.nodes({"generator:g": UNIT, "generator:h": {}, "bus:b": {}})
    tables = hand.tables(flows=hand.flows(rows), nodes=nodes)
    return {finding.check for finding in check_commitment(tables) if not finding.ok}


def test_least_output_is_energy_of_the_step() -> None:
    least = HALF_HOUR_AT_LEAST
    assert failed(least, least, 2 * least) == set()
    # a Wh less is rounding
    assert failed(least - 1, least) == set()
    assert failed(least - 2, least) == {"minimum output"}


@pytest.mark.parametrize(("on", "wrong"), [(3, {"minimum up times"}), (4, set())])
def test_a_spell_is_as_long_as_its_steps(on: int, wrong: set[str]) -> None:
    least = HALF_HOUR_AT_LEAST
    assert failed(0, *[least] * on, 0) == wrong


@pytest.mark.parametrize(("off", "wrong"), [(1, {"minimum down times"}), (2, set())])
def test_a_unit_stays_off(off: int, wrong: set[str]) -> None:
    least = HALF_HOUR_AT_LEAST
    assert failed(*[least] * 2, *[0] * off, least) == wrong


def test_a_spell_that_the_study_cuts_may_be_longer_than_it_shows() -> None:
    least = HALF_HOUR_AT_LEAST
    assert failed(least, 0, 0, least) == set()
    assert failed(0, *[least] * 4, 0) == set()
