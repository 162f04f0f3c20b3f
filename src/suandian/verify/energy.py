"""Does energy balance: at every junction and store, to the Wh, in one direction, with the losses of
the formula.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.model.units import WH_PER_MWH
from suandian.verify.finding import Finding, first
from suandian.verify.tables import HOURS, START, Tables

LOSS_WH = 1.0 + 1e-6  # two roundings to whole Wh
FULL_WH = 1  # a level may exceed the store's size by a rounding


def check_energy(tables: Tables) -> Iterator[Finding]:
    """Yield the findings about flows and levels."""
    yield _directions(tables)
    yield _junctions(tables)
    yield _rounding(tables)
    stores = tables.run.nodes.filter(pl.col("role") == "store")
    if len(stores):
        steps = _store_steps(tables, stores)
        yield _ends(tables, stores)
        yield _levels(steps)
        yield _losses(steps)


def _directions(tables: Tables) -> Finding:
    """No line, connection or store runs both ways in one interval."""
    flows = tables.physical.select(START, "from_node", "to_node").unique()
    back = flows.rename({"from_node": "to_node", "to_node": "from_node"})
    both = flows.join(back, on=[START, "from_node", "to_node"], how="semi").filter(
        pl.col("from_node") < pl.col("to_node")
    )
    where = [f"{a} ⇄ {b} at {t}" for t, a, b in both.sort(START, "from_node").head(3).iter_rows()]
    return Finding(
        "one direction",
        not where,
        len(both),
        first(where, len(both)) or "pairs of nodes with energy both ways at once",
    )


def _junctions(tables: Tables) -> Finding:
    off = (pl.col("into_wh") - pl.col("out_wh")).alias("off")
    nodes = tables.throughput.filter(pl.col("role") == "junction").select(START, "node", off)
    wrong = nodes.filter(pl.col("off") != 0).sort(pl.col("off").abs(), descending=True)
    where = [f"{node} at {t}: in − out = {wh} Wh" for t, node, wh in wrong.head(3).iter_rows()]
    worst = 0 if not len(wrong) else abs(int(wrong["off"][0]))
    return Finding(
        "junctions balance",
        not where,
        worst,
        first(where, len(wrong)) or f"Wh at most, of {len(nodes)} balances",
    )


def _rounding(tables: Tables) -> Finding:
    """What is left over by rounding is at most 1 Wh per node of the system."""
    left = tables.net.filter(pl.col("node") == "rounding").select(
        (pl.col("into_wh") - pl.col("out_wh")).abs()
    )
    worst = 0 if not len(left) else int(left.max().item())
    most = len(tables.run.nodes)
    return Finding(
        "rounding",
        worst <= most,
        worst,
        f"Wh left over in an interval at most; 1 Wh per node would be {most}",
    )


def _store_steps(tables: Tables, stores: pl.DataFrame) -> pl.DataFrame:
    """Return every store and interval: levels before and after, flows in and out, loss."""
    levels = tables.run.levels
    physical = tables.physical
    steps = tables.intervals.join(stores, how="cross")
    for time, name in ((START, "before"), ("end", "after")):
        level = levels.rename({"time": time, "energy_wh": name})
        steps = steps.join(level, on=[time, "node"], how="left")
    parts = {
        "charge": ("to_node", pl.col("from_kind") != "inflow"),
        "inflow": ("to_node", pl.col("from_kind") == "inflow"),
        "loss": ("from_node", pl.col("to_kind") == "loss"),
        "spill": ("from_node", pl.col("to_kind") == "spill"),
        "discharge": ("from_node", ~pl.col("to_kind").is_in(["loss", "spill"])),
    }
    for name, (end, rule) in parts.items():
        part = (
            physical.filter(rule)
            .group_by(START, pl.col(end).alias("node"))
            .agg(pl.col("energy_wh").sum().alias(name))
        )
        steps = steps.join(part, on=[START, "node"], how="left").with_columns(
            pl.col(name).fill_null(0)
        )
    return steps


def _ends(tables: Tables, stores: pl.DataFrame) -> Finding:
    """First and last level are those of nodes.parquet; there is one level per store and edge."""
    levels = tables.run.levels.sort("time")
    ends = levels.group_by("node").agg(
        pl.col("energy_wh").first().alias("a"), pl.col("energy_wh").last().alias("b")
    )
    found = stores.join(ends, on="node", how="left").select(
        "node",
        off=pl.max_horizontal(
            (pl.col("a") - pl.col("initial_mwh") * WH_PER_MWH).abs(),
            (pl.col("b") - pl.col("final_mwh") * WH_PER_MWH).abs(),
        ).fill_null(float("inf")),
    )
    wrong = found.filter(pl.col("off") > 1.0)["node"].to_list()
    many = (len(tables.intervals) + 1) * len(stores)
    if len(levels) != many:
        wrong.append(f"{len(levels)} levels instead of {many}")
    return Finding(
        "store ends",
        not wrong,
        len(stores),
        first(wrong) or "stores with the first and last level of nodes.parquet",
    )


def _levels(steps: pl.DataFrame) -> Finding:
    gain = (
        pl.col("charge") + pl.col("inflow") - pl.col("discharge") - pl.col("loss") - pl.col("spill")
    )
    off = (pl.col("after") - pl.col("before") - gain).alias("off")
    out = (pl.col("after") < 0) | (
        pl.col("after") > (pl.col("energy_mwh") * WH_PER_MWH).round() + FULL_WH
    )
    wrong = steps.select(START, "node", off, out.fill_null(False).alias("out")).filter(
        pl.col("off").is_null() | (pl.col("off") != 0) | pl.col("out")
    )
    where = [
        f"{node} at {t}: "
        + ("outside its bounds" if bad else f"level' − level − in + out = {wh} Wh")
        for t, node, wh, bad in wrong.sort(START, "node").head(3).iter_rows()
    ]
    return Finding(
        "levels",
        not where,
        len(wrong),
        first(where, len(wrong)) or f"of {len(steps)} levels do not follow from flows",
    )


def _losses(steps: pl.DataFrame) -> Finding:
    """loss = charge·(1 − η_c) + discharge·(1/η_d − 1) + level·standing·h."""
    formula = (
        pl.col("charge") * (1.0 - pl.col("charge_efficiency").fill_null(1.0))
        + pl.col("discharge") * (1.0 / pl.col("discharge_efficiency").fill_null(1.0) - 1.0)
        + pl.col("before") * pl.col("standing_loss_per_h").fill_null(0.0) * pl.col(HOURS)
    )
    off = steps.select(START, "node", (pl.col("loss") - formula).abs().alias("off")).sort(
        "off", descending=True
    )
    worst = float(off["off"].item(0)) if len(off) else 0.0
    where = [
        f"{node} at {t}: {wh:.1f} Wh"
        for t, node, wh in off.filter(pl.col("off") > LOSS_WH).head(3).iter_rows()
    ]
    return Finding("store losses", not where, worst, first(where) or "Wh off the formula at most")
