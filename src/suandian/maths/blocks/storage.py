"""Block `storage`: charge, discharge, level, inflow and spill."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_power
from suandian.maths.window import per_step
from suandian.model.grid import Floats, Ints


def add(draft: Draft) -> None:
    """Add columns `charge`, `discharge`, `spill` [MW], `level` [MWh] and rows `level`
    (T, stores).
    """
    window = draft.window
    stores = draft.prepared.stores
    builder = draft.builder
    shape = (window.n, len(stores))
    if not len(stores):
        return
    charge, discharge = _power(draft)
    inflow = np.zeros(shape)
    fed = stores.inflow_feed >= 0
    inflow[:, fed] = window.inflow_mw[:, stores.inflow_feed[fed]]
    spill = builder.add_columns("spill", shape, 0.0, inflow + np.where(fed, stores.energy_mwh, 0.0))
    lower = np.zeros(shape)
    if window.final_mwh is not None:
        lower[-1] = window.final_mwh
    cost = np.zeros(shape)
    cost[-1] = -window.level_value * stores.discharge_efficiency
    energy = draft.capacity("storage.energy")
    upper = energy.upper(window.n)
    if window.final_mwh is not None:
        upper = np.array(upper)
        upper[-1] = window.final_mwh
    level = builder.add_columns("level", shape, lower, upper, cost, unit="MWh")
    energy.bound(builder, level)
    hours = window.hours[:, None]
    start = hours * inflow
    start[0] += window.level_mwh
    rows = builder.add_rows("level", shape, start, start, unit="MWh")
    builder.add_entries(rows, level, 1.0)
    builder.add_entries(rows[1:], level[:-1], -1.0)
    builder.add_entries(rows, charge, -hours * stores.charge_efficiency)
    builder.add_entries(rows, discharge, hours / stores.discharge_efficiency)
    builder.add_entries(rows, spill, hours * np.ones(len(stores)))
    if window.final_mwh is not None:
        _add_ends(draft, rows, window.final_mwh)
    one = np.ones(len(stores))
    draft.injections += [(charge, stores.node, -one), (discharge, stores.node, one)]


def _add_ends(draft: Draft, rows: Ints, final_mwh: Floats) -> None:
    """Let stores end below or above their final level, at the price of unserved load.

    Where it cannot be reached there is an answer all the same; and who ends fuller has spent on it
    what others did not.
    """
    stores = draft.prepared.stores
    price = draft.prepared.goal.unserved_load
    at_end = np.arange(draft.window.n)[:, None] == draft.window.n - 1
    for name, most, sign in (
        ("end_short", final_mwh, -1.0),
        ("end_over", stores.energy_mwh - final_mwh, 1.0),
    ):
        upper = np.where(at_end, np.maximum(most, 0.0), 0.0)
        off = draft.builder.add_columns(name, upper.shape, 0.0, upper, price, unit="MWh")
        draft.builder.add_entries(rows, off, sign)


def _power(draft: Draft) -> tuple[Ints, Ints]:
    """Add columns `charge` and `discharge` (T, stores) [MW], within capacity or as bounded."""
    window = draft.window
    builder = draft.builder
    wear = per_step(draft.prepared.stores.wear_per_mwh, window.hours)
    # wear is paid once a cycle, on the way out
    columns = []
    for direction, (name, cost) in enumerate((("charge", 0.0 * wear), ("discharge", wear))):
        capacity = draft.capacity(f"storage.{name}")
        low: float | Floats = 0.0
        high = capacity.upper(window.n)
        if window.storage_mw is not None:
            low, high = window.storage_mw[direction]
        power = builder.add_columns(name, high.shape, low, high, cost)
        capacity.bound(builder, power)
        columns.append(power)
    return columns[0], columns[1]


BLOCK = Block(
    "storage",
    "Stores follow their level; inflow (hydro, CSP) fills them and surplus spills. They end at "
    "their initial level, or pay for what is off it, or have a terminal value where the window "
    "ends earlier than the study.",
    (
        "level[s,t] = level[s,t-1] + h[t]·(η_c·charge[s,t] - discharge[s,t]/η_d + inflow[s,t] - "
        "spill[s,t])",
        "0 ≤ level ≤ energy,  0 ≤ charge ≤ charge_max,  0 ≤ discharge ≤ discharge_max,  "
        "level[s,T] + short[s] - over[s] = final[s]",
        "cost: Σ_t h[t]·wear[s]·discharge[s,t] - value·η_d·level[s,T] + "
        "unserved_load·(short[s] + over[s])",
    ),
    add,
    when=with_power,
)
