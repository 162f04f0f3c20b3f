"""Block `commitment`: units that are on or off, start costs, minimum output, minimum times, ramps
through a start.

The three-binary formulation with the turn-on/turn-off inequalities of D. Rajan and S. Takriti,
"Minimum up/down polytopes of the unit commitment problem with start-up costs", IBM Research Report
RC23628 (2005): on, start and stop by step, of which only `on` needs to be declared integer (start
and stop follow).
"""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_power
from suandian.maths.blocks.generation import ROUNDING_MW
from suandian.maths.prepared import Prepared
from suandian.maths.window import Window, per_step
from suandian.model.grid import Bools, Floats, Ints

TIME_H = 1e-6


def add(draft: Draft) -> None:
    """Add columns `on`, `start`, `stop_unit` [1] (T, committed units) and their rows; none if
    relaxed.
    """
    prepared = draft.prepared
    window = draft.window
    builder = draft.builder
    mine = prepared.committed
    units = prepared.units
    curves = prepared.curves
    if not len(mine):
        return
    shape = (window.n, len(mine))
    before = _before(window, mine)
    low, high = bounds(prepared, window)
    free = bool((low < high).any())
    on = builder.add_columns(
        "on",
        shape,
        low,
        high,
        per_step(curves.base_cost[mine], window.hours),
        unit="1",
        integer=free,
    )
    most = np.ones(shape)
    most[0] = before != 0  # where the past is not known, the first state is no change
    start = builder.add_columns(
        "start",
        shape,
        0.0,
        most,
        units.start_cost[mine],
        unit="1",
    )
    stop = builder.add_columns("stop_unit", shape, 0.0, most, unit="1")
    draft.injections.append((on, units.node[mine], curves.base_mw[mine]))
    # what a unit makes at its minimum may be dumped too
    owner = np.searchsorted(prepared.dumping(window.hours), mine)
    builder.add_entries(draft.rows("dump")[:, owner], on, -curves.base_mw[mine])
    _changes(draft, before, on, start, stop)
    _minimum_times(draft, on, start, stop)
    segment = draft.columns("segment")
    place = np.full(len(units), -1)
    place[mine] = np.arange(len(mine))
    parts = np.flatnonzero(place[curves.unit] >= 0)
    owner = place[curves.unit[parts]]
    rows = builder.add_rows(
        "on_segment",
        (window.n, len(parts)),
        -np.inf,
        0.0,
    )
    builder.add_entries(rows, segment[:, parts], 1.0)
    builder.add_entries(rows, on[:, owner], -curves.width_mw[parts])
    _ramps(draft, before, (on, start, stop, segment[:, parts]), owner)


def _before(window: Window, mine: Ints) -> Ints:
    return np.zeros(len(mine), np.int64) if window.on_s is None else window.on_s[mine]


def bounds(prepared: Prepared, window: Window) -> tuple[Floats, Floats]:
    """Return the bounds of `on` (T, committed units): those given, or what the past leaves."""
    given = window.on_bounds
    return obliged(prepared, window) if given is None else (given[0], given[1])


def obliged(prepared: Prepared, window: Window) -> tuple[Floats, Floats]:
    """Return the bounds of `on` (T, committed units) that the past leaves.

    Minimum times since the last change have to be completed, and a unit comes down by its ramp
    before it stops.
    """
    units = prepared.units
    mine = prepared.committed
    apart = window.apart_h()[:, None]
    on_s = _before(window, mine)
    # hours from now to the begin of each step
    begin = (np.cumsum(window.hours) - window.hours)[:, None]
    ramped = np.cumsum(apart, axis=0) - apart
    ramp = units.ramp_mw_per_h[mine]
    p_min = units.p_min_mw[mine]
    above = np.where(
        np.isfinite(window.last_mw[mine]), window.last_mw[mine] - p_min - ROUNDING_MW, 0.0
    )
    with np.errstate(invalid="ignore"):  # no limit of ramps: inf · 0
        lowest = above - np.where(ramped > 0, ramp * ramped, 0.0)
    # what is left of the minimum time since the last change
    stay_on = begin < units.min_up_h[mine] - on_s / 3600.0 - TIME_H
    # above what it can come down from in one step it cannot stop yet
    stay_on |= lowest > np.maximum(ramp * apart - p_min, 0.0)
    stay_off = begin < units.min_down_h[mine] + on_s / 3600.0 - TIME_H
    return (stay_on & (on_s > 0)).astype(np.float64), 1.0 - (stay_off & (on_s < 0)).astype(
        np.float64
    )


def within(hours: Floats, least_h: Floats) -> Bools:
    """Return (T, T, units): True where step t begins less than `least_h` after step τ ≤ t began, or
    is that step.
    """
    begin = np.cumsum(hours) - hours
    since = begin[:, None] - begin[None, :]
    return np.asarray(
        ((since >= 0)[..., None] & (since[..., None] < least_h - TIME_H)) | (since == 0)[..., None]
    )


def _changes(draft: Draft, before: Ints, on: Ints, start: Ints, stop: Ints) -> None:
    side = np.zeros((2, *on.shape))
    side[:, 0] = before > 0
    side[0, 0, before == 0], side[1, 0, before == 0] = -np.inf, np.inf
    # on[t] - on[t-1] = start[t] - stop[t]
    rows = draft.builder.add_rows(
        "on_change",
        on.shape,
        side[0],
        side[1],
        unit="1",
    )
    draft.builder.add_entries(rows, on, 1.0)
    draft.builder.add_entries(rows[1:], on[:-1], -1.0)
    draft.builder.add_entries(rows, start, -1.0)
    draft.builder.add_entries(rows, stop, 1.0)


def _minimum_times(draft: Draft, on: Ints, start: Ints, stop: Ints) -> None:
    units = draft.prepared.units
    mine = draft.prepared.committed
    builder = draft.builder
    for name, change, sign, least, upper in (
        ("min_up", start, -1.0, units.min_up_h[mine], 0.0),
        ("min_down", stop, 1.0, units.min_down_h[mine], 1.0),
    ):
        rows = builder.add_rows(name, on.shape, -np.inf, upper, unit="1")
        builder.add_entries(rows, on, sign)
        # Rajan and Takriti (2005): starts within the minimum time before t keep the unit on at t
        t, tau, unit = np.nonzero(within(draft.window.hours, least))
        builder.add_entries(rows[t, unit], change[tau, unit], 1.0)


def _ramps(draft: Draft, before: Ints, columns: tuple[Ints, Ints, Ints, Ints], owner: Ints) -> None:
    """Ramps on the output above the minimum; a start begins and a stop ends within max(p_min,
    ramp·h).
    """
    window = draft.window
    units = draft.prepared.units
    mine = draft.prepared.committed
    builder = draft.builder
    on, start, stop, above = columns
    ramped = np.flatnonzero(units.ramp_mw_per_h[mine] * window.hours.min() < units.p_max_mw[mine])
    if not len(ramped):
        return
    on, start, stop, at = on[:, ramped], start[:, ramped], stop[:, ramped], mine[ramped]
    # from the middle of one step to the middle of the next
    reach = np.multiply.outer(window.apart_h(), units.ramp_mw_per_h[at])
    # a start reaches the minimum at once, so that ramp is left above it
    less = np.minimum(reach, units.p_min_mw[at])
    was_on = before[ramped] > 0
    last = window.last_mw[at]
    known = np.isfinite(last) & (before[ramped] != 0)
    last = np.where(was_on & known, np.maximum(last - units.p_min_mw[at] - ROUNDING_MW, 0.0), 0.0)
    place = np.full(len(mine), -1)
    place[ramped] = np.arange(len(ramped))
    parts = np.flatnonzero(place[owner] >= 0)
    row_of, above = place[owner[parts]], above[:, parts]
    upper = np.zeros((2, *on.shape))
    upper[0, 0] = np.where(known, last, np.inf)
    upper[1, 0] = np.where(known, reach[0] * was_on - last, np.inf)
    up = builder.add_rows("ramp_up", on.shape, -np.inf, upper[0])
    builder.add_entries(up[:, row_of], above, 1.0)
    builder.add_entries(up[1:, row_of], above[:-1], -1.0)
    builder.add_entries(up, on, -reach)
    builder.add_entries(up, start, less)
    down = builder.add_rows("ramp_down", on.shape, -np.inf, upper[1])
    builder.add_entries(down[:, row_of], above, -1.0)
    builder.add_entries(down[1:, row_of], above[:-1], 1.0)
    builder.add_entries(down[1:], on[:-1], -reach[1:])
    builder.add_entries(down, stop, less)


BLOCK = Block(
    "commitment",
    'Where a scenario asks for it (`commitment.mode = "mip"`), thermal units are on or off. '
    "Their curve then begins at "
    "the minimum output with the no-load cost; above it, increments that fall are repaired by "
    "their convex hull (the "
    "only approximation). A unit whose output must stay above what anybody takes dumps the rest "
    "at the price of "
    "unserved load. Where the past is not known, the first state costs no start. Supply fed by "
    "weather or water and "
    "stores are not committed. The block is left out under relaxed commitment and in the bound; "
    "for prices, `on` is "
    "given.",
    (
        "p[g,t] = p_min[g]·on[g,t] + Σ_s segment[g,s,t],  0 ≤ segment[g,s,t] ≤ "
        "width[g,s]·on[g,t],  on ∈ {0, 1}",
        "on[g,t] - on[g,t-1] = start[g,t] - stop[g,t],   0 ≤ start, stop ≤ 1",
        "Σ_{τ ≤ t begun less than min_up[g] ago} start[g,τ] ≤ on[g,t]",
        "Σ_{τ ≤ t begun less than min_down[g] ago} stop[g,τ] ≤ 1 - on[g,t]",
        "r[g,t] - r[g,t-1] ≤ R·on[g,t] - min(R, p_min)·start[g,t],   r = Σ_s segment,  R = "
        "ramp[g]·(h[t-1]+h[t])/2",
        "r[g,t-1] - r[g,t] ≤ R·on[g,t-1] - min(R, p_min)·stop[g,t]   (so a start or stop is at "
        "most at max(R, p_min))",
        "cost: Σ_{g,t} h[t]·no_load[g]·on[g,t] + start_cost[g]·start[g,t]",
    ),
    add,
    needs=("generation", "dump"),
    when=with_power,
)
