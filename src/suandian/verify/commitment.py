"""Were committed units run as units can run: at their minimum output or above, on and off long
enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from suandian.model.units import WH_PER_MWH
from suandian.record.schemas import CURTAILMENT, VIRTUAL
from suandian.verify.finding import Finding, first
from suandian.verify.tables import FROM_KIND, HOURS, START, TO_NODE, WH, Tables

# of what plans state: relative, as in their certificates
TOLERANCE = 1e-6
# an output is a whole number of Wh; the small part is for the minimum's own floating point
SLACK_WH = 1.0 + 1e-6
# hours of steps are added in floating point
SLACK_H = 1e-6

ON = pl.col("on")
CUT = pl.col("cut")


def check_commitment(tables: Tables) -> Iterator[Finding]:
    """Yield the findings about units with a minimum output in nodes.parquet (only runs with
    commitment have them).
    """
    units = tables.run.nodes.filter(pl.col("min_mw") > 0).select(
        "node", "min_mw", "min_up_h", "min_down_h"
    )
    if not len(units):
        return
    steps = _steps(tables, units)
    yield _least_output(steps)
    spells = _spells(steps)
    yield _least_times("minimum up times", spells.filter(ON), "min_up_h")
    yield _least_times("minimum down times", spells.filter(~ON), "min_down_h")


def _least_output(steps: pl.DataFrame) -> Finding:
    """A unit that is on gives its minimum at least."""
    least_wh = pl.col("min_mw") * pl.col(HOURS) * WH_PER_MWH
    # a unit without output is off, and owes nothing
    running = steps.filter(pl.col("wh") > 0)
    below = running.filter(pl.col("wh") < least_wh - SLACK_WH)
    shown = below.select("node", START, "wh", HOURS, "min_mw").head(3)
    where = []
    for node, time, wh, hours, least in shown.iter_rows():
        power = wh / WH_PER_MWH / hours
        where.append(f"{node} at {time}: {power:.3f} of {least:.3f} MW")
    return Finding(
        "minimum output",
        not where,
        len(below),
        first(where, len(below)) or f"below it, of {len(steps)}",
    )


def _least_times(name: str, spells: pl.DataFrame, least: str) -> Finding:
    """A spell that is seen from its begin to its end lasts as long as it must."""
    # How long a spell lasted that reaches over an end of the study is not known.
    whole = spells.filter(~CUT)
    short = whole.filter(pl.col(HOURS) < pl.col(least) - SLACK_H)
    shown = short.select("node", START, HOURS, least).head(3)
    where = []
    for node, time, hours, most in shown.iter_rows():
        where.append(f"{node} from {time}: {hours:g} of {most:g} h")
    return Finding(
        name,
        not where,
        len(short),
        first(where, len(short)) or f"shorter, of {len(whole)} spells",
    )


def check_gaps(tables: Tables) -> Iterator[Finding]:
    """Yield the finding about what plans with commitment say of their gap: whole numbers, bounds in
    order, the sum.
    """
    solves = []
    for solve in tables.run.certificates:
        # a solve that a time limit ended may have no certificate at all
        if "commitment" in (solve.get("certificate") or {}):
            solves.append(solve)
    if not solves:
        return
    wrong = []
    worst = 0.0
    limited = 0
    for solve in solves:
        claim = solve["certificate"]["commitment"]
        objective = solve["certificate"]["objective"]
        gap = _gap(objective, claim["bound"])
        worst = max(worst, gap)
        limited += claim["status"] == "time limit"
        if not _sound(claim, objective, gap):
            wrong.append(f"{solve.get('name')} at step {solve.get('step')}")
    detail = (
        f"largest gap of {len(solves)} plans with commitment; {limited} ended by the time limit"
    )
    yield Finding(
        "commitment gaps",
        not wrong,
        worst,
        first(wrong) or detail,
    )


def _gap(objective: float, bound: float) -> float:
    """Return (objective − bound) / |objective|, as docs/concepts.md states it."""
    # A bound above the objective by rounding is a gap of 0; nor is there one of a cost of 0.
    return max(objective - bound, 0.0) / max(abs(objective), 1e-9)


def _sound(claim: dict[str, Any], objective: float, gap: float) -> bool:
    """Tell whether what a plan claims of its commitment fits together."""
    slack = TOLERANCE * (1.0 + abs(objective))
    # No commitment costs less than the relaxation, and none was found that costs less than the
    # plan: the bound lies between them.
    in_order = claim["relaxation"] - slack <= claim["bound"] <= objective + slack
    same_plan = abs(claim["objective"] - objective) <= slack
    same_gap = abs(claim["gap"] - gap) <= TOLERANCE
    # not "above": a measure that is no number must fail
    whole = claim["integrality"] <= TOLERANCE
    return bool(in_order and same_plan and same_gap and whole)


def _steps(tables: Tables, units: pl.DataFrame) -> pl.DataFrame:
    """node, start, hours, wh made (delivered, or spilled at minimum output), in order, every
    interval.
    """
    # Curtailed output was never made; spilled output was, and counts as running (both go to the
    # same node, and differ by carrier).
    real = TO_NODE.ne(CURTAILMENT) | (pl.col("carrier") == VIRTUAL)
    output = tables.flows.filter(FROM_KIND.eq("generator") & real)
    energy = output.group_by(START, node="from_node").agg(wh=WH.sum())
    # a unit that is off has no flows: its steps are there all the same
    every = units.join(tables.intervals.select(START, HOURS), how="cross")
    steps = every.join(energy, on=[START, "node"], how="left")
    return steps.with_columns(pl.col("wh").fill_null(0)).sort("node", START)


def _spells(steps: pl.DataFrame) -> pl.DataFrame:
    """Runs of equal state by unit: their hours, and `cut` where they reach over an end of the
    study.
    """
    states = steps.with_columns(on=pl.col("wh") > 0)
    # numbered by unit, else a spell would run on from one unit into the next
    states = states.with_columns(spell=ON.rle_id().over("node"))
    keys = ["node", "spell", "on", "min_up_h", "min_down_h"]
    spells = states.group_by(keys).agg(pl.col(HOURS).sum(), pl.col(START).min())
    number = pl.col("spell")
    last = number.max().over("node")
    return spells.sort("node", "spell").with_columns(cut=(number == 0) | (number == last))
