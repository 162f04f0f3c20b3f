"""Were committed units run as units can run: at their minimum output or above, on and off long
enough.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.model.units import WH_PER_MWH
from suandian.record.schemas import CURTAILMENT, VIRTUAL
from suandian.verify.finding import Finding, first
from suandian.verify.tables import HOURS, START, Tables

TOLERANCE = 1e-6
SLACK_WH = 1.0 + 1e-6
SLACK_H = 1e-6


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
    below = steps.filter(
        (pl.col("wh") > 0)
        & (pl.col("wh") < pl.col("min_mw") * pl.col(HOURS) * WH_PER_MWH - SLACK_WH)
    )
    where = [
        f"{n} at {t}: {wh / WH_PER_MWH / h:.3f} of {least:.3f} MW"
        for n, t, wh, h, least in below.select("node", START, "wh", HOURS, "min_mw")
        .head(3)
        .iter_rows()
    ]
    yield Finding(
        "minimum output",
        not where,
        len(below),
        first(where, len(below)) or f"below it, of {len(steps)}",
    )
    spells = _spells(steps)
    for name, on, least in (
        ("minimum up times", True, "min_up_h"),
        ("minimum down times", False, "min_down_h"),
    ):
        kind = spells.filter((pl.col("on") == on) & ~pl.col("cut"))
        short = kind.filter(pl.col(HOURS) < pl.col(least) - SLACK_H)
        where = [
            f"{n} from {t}: {h:g} of {most:g} h"
            for n, t, h, most in short.select("node", START, HOURS, least).head(3).iter_rows()
        ]
        yield Finding(
            name,
            not where,
            len(short),
            first(where, len(short)) or f"shorter, of {len(kind)} spells",
        )


def check_gaps(tables: Tables) -> Iterator[Finding]:
    """Yield the finding about what plans with commitment say of their gap: whole numbers, bounds in
    order, the sum.
    """
    told = [c for c in tables.run.certificates if "commitment" in (c.get("certificate") or {})]
    if not told:
        return
    wrong = []
    worst = 0.0
    limited = 0
    for c in told:
        made = c["certificate"]["commitment"]
        objective = c["certificate"]["objective"]
        slack = TOLERANCE * (1.0 + abs(objective))
        gap = max(objective - made["bound"], 0.0) / max(abs(objective), 1e-9)
        worst, limited = max(worst, gap), limited + (made["status"] == "time limit")
        sound = made["relaxation"] - slack <= made["bound"] <= objective + slack
        sound &= abs(made["objective"] - objective) <= slack and abs(made["gap"] - gap) <= TOLERANCE
        if not sound or not made["integrality"] <= TOLERANCE:
            wrong.append(f"{c.get('name')} at step {c.get('step')}")
    detail = f"largest gap of {len(told)} plans with commitment; {limited} ended by the time limit"
    yield Finding("commitment gaps", not wrong, worst, first(wrong) or detail)


def _steps(tables: Tables, units: pl.DataFrame) -> pl.DataFrame:
    """node, start, hours, wh made (delivered, or spilled at minimum output), in order, every
    interval.
    """
    made = tables.flows.filter(
        (pl.col("from_kind") == "generator")
        & ((pl.col("to_node") != CURTAILMENT) | (pl.col("carrier") == VIRTUAL))
    )
    wh = made.group_by(START, pl.col("from_node").alias("node")).agg(
        pl.col("energy_wh").sum().alias("wh")
    )
    every = units.join(tables.intervals.select(START, HOURS), how="cross")
    return (
        every.join(wh, on=[START, "node"], how="left")
        .with_columns(pl.col("wh").fill_null(0))
        .sort("node", START)
    )


def _spells(steps: pl.DataFrame) -> pl.DataFrame:
    """Runs of equal state by unit: their hours, and `cut` where they reach over an end of the
    study.
    """
    on = steps.with_columns(on=pl.col("wh") > 0)
    on = on.with_columns(spell=pl.col("on").rle_id().over("node"))
    keys = ["node", "spell", "on", "min_up_h", "min_down_h"]
    found = on.group_by(keys).agg(pl.col(HOURS).sum(), pl.col(START).min()).sort("node", "spell")
    last = pl.col("spell").max().over("node")
    return found.with_columns(cut=(pl.col("spell") == 0) | (pl.col("spell") == last))
