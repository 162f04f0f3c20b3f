"""Stores in whole Wh, by hand."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from run.test_world import OneUnit, scene
from suandian.books.stores import StoreWh
from suandian.model.grid import StorageUnits, table
from suandian.model.state import State

MEASURED = OneUnit(scene()).advance(State.initial(scene()), None)


def stored(level_wh: int, energy_mwh: float = 1.0, **mw: float) -> StoreWh:
    """Return an hour of one store of 80 % each way that holds `level_wh`."""
    store = table(
        StorageUnits,
        1,
        energy_mwh=energy_mwh,
        charge_efficiency=0.8,
        discharge_efficiency=0.8,
    )
    names = ("charge_mw", "discharge_mw", "spill_mw", "inflow_mw")
    readings = replace(MEASURED, **{name: np.array([mw.get(name, 0.0)]) for name in names})
    return StoreWh.of(store, readings, np.array([level_wh]), 1e6)


def test_losses_are_explicit_and_the_level_follows() -> None:
    # 0.5 MWh in, a fifth is lost: 0.4 arrive; 0.2 MWh out take 0.25 from the store
    step = stored(100_000, charge_mw=0.5, discharge_mw=0.2)
    assert (step.charge.tolist(), step.charge_loss.tolist()) == ([500_000], [100_000])
    assert (step.discharge.tolist(), step.discharge_loss.tolist()) == ([200_000], [50_000])
    assert step.level.tolist() == [100_000 + 400_000 - 250_000]
    assert step.net.tolist() == [-300_000]


def test_no_more_is_given_than_is_held() -> None:
    # 100 Wh give 80: a measured 81 is a rounding of the meter, and would leave less than nothing
    step = stored(100, discharge_mw=81e-6)
    assert (step.discharge.tolist(), step.discharge_loss.tolist()) == ([80], [20])
    assert step.level.tolist() == [0]


def test_what_is_above_the_brim_is_spilled_whatever_was_measured() -> None:
    step = stored(900_000, inflow_mw=0.3, spill_mw=0.1)
    assert (step.spill.tolist(), step.level.tolist()) == ([200_000], [1_000_000])
    # and no more is spilled than is there
    step = stored(0, inflow_mw=0.1, spill_mw=0.3)
    assert (step.spill.tolist(), step.level.tolist()) == ([100_000], [0])


@given(
    st.integers(0, 1_000_000),
    st.floats(0, 0.5),
    st.floats(0, 0.5),
    st.floats(0, 0.5),
    st.floats(0, 0.5),
)
def test_a_level_stays_between_empty_and_full(level, charge, discharge, inflow, spill) -> None:
    step = stored(level, charge_mw=charge, discharge_mw=discharge, inflow_mw=inflow, spill_mw=spill)
    assert 0 <= step.level[0] <= 1_000_000
    gain = step.charge - step.charge_loss + step.inflow
    loss = step.discharge + step.discharge_loss + step.spill
    assert step.level.tolist() == (level + gain - loss).tolist()
