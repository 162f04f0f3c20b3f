"""Does energy balance: at every junction and store, to the Wh, in one direction, with the losses of
the formula.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from suandian.model.units import WH_PER_MWH
from suandian.verify.finding import Finding, first
from suandian.verify.tables import FROM_KIND, HOURS, NODE, START, TO_KIND, WH, Tables

# Charging and discharging losses are rounded to whole Wh, each by half a Wh at most; the small part
# is for the formula's own floating point.
LOSS_WH = 1.0 + 1e-6
# A level may exceed the store's size by the rounding of what was charged.
FULL_WH = 1
# The scenario states its first level in MWh, booked is a whole number of Wh: half a Wh, and room
# for floating point.
END_WH = 1.0


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
    both = flows.join(back, on=[START, "from_node", "to_node"], how="semi")
    # A pair meets itself twice, once from each end: the order of names keeps one of them.
    both = both.filter(pl.col("from_node") < pl.col("to_node"))
    shown = both.sort(START, "from_node").head(3)
    where = [f"{a} ⇄ {b} at {t}" for t, a, b in shown.iter_rows()]
    return Finding(
        "one direction",
        not where,
        len(both),
        first(where, len(both)) or "pairs of nodes with energy both ways at once",
    )


def _junctions(tables: Tables) -> Finding:
    """What enters a junction leaves it, exactly: the residual of rounding has a node of its own, so
    that there is nothing to be tolerant of.
    """
    surplus = pl.col("into_wh") - pl.col("out_wh")
    junctions = tables.throughput.filter(pl.col("role") == "junction")
    nodes = junctions.select(START, "node", off=surplus)
    # the largest first: it is the place to begin to look
    wrong = nodes.filter(pl.col("off") != 0).sort(pl.col("off").abs(), descending=True)
    where = [f"{node} at {t}: in − out = {wh} Wh" for t, node, wh in wrong.head(3).iter_rows()]
    worst = abs(int(wrong["off"][0])) if len(wrong) else 0
    return Finding(
        "junctions balance",
        not where,
        worst,
        first(where, len(wrong)) or f"Wh at most, of {len(nodes)} balances",
    )


def _rounding(tables: Tables) -> Finding:
    """What is left over by rounding is at most 1 Wh per node of the system."""
    residual = tables.net.filter(NODE.eq("rounding"))
    sizes = residual.select((pl.col("into_wh") - pl.col("out_wh")).abs())
    worst = int(sizes.max().item()) if len(sizes) else 0
    # Every node may leave a Wh by rounding (docs/run-folder.md), and all may point one way; beyond
    # that a residual would hide energy.
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
    # Every store in every interval, flows or not: a level that changes without any flow is what
    # a join from the flows would never see.
    steps = tables.intervals.join(stores, how="cross")
    for time, name in ((START, "before"), ("end", "after")):
        level = levels.rename({"time": time, "energy_wh": name})
        steps = steps.join(level, on=[time, "node"], how="left")
    lost = TO_KIND.is_in(["loss", "spill"])
    parts = {
        # Inflow enters without loss (docs/mathematics.md, storage): it is no charge.
        "charge": ("to_node", FROM_KIND.ne("inflow")),
        "inflow": ("to_node", FROM_KIND.eq("inflow")),
        "loss": ("from_node", TO_KIND.eq("loss")),
        "spill": ("from_node", TO_KIND.eq("spill")),
        "discharge": ("from_node", ~lost),
    }
    for name, (end, rule) in parts.items():
        flows = tables.physical.filter(rule).rename({end: "node"})
        part = flows.group_by(START, "node").agg(WH.sum().alias(name))
        steps = steps.join(part, on=[START, "node"], how="left")
        # rows without a flow are not written (docs/run-folder.md): a missing flow is 0
        steps = steps.with_columns(pl.col(name).fill_null(0))
    return steps


def _ends(tables: Tables, stores: pl.DataFrame) -> Finding:
    """First and last level are those of nodes.parquet; there is one level per store and edge."""
    levels = tables.run.levels.sort("time")
    ends = levels.group_by("node").agg(begin=WH.first(), end=WH.last())
    begin = (pl.col("begin") - pl.col("initial_mwh") * WH_PER_MWH).abs()
    end = (pl.col("end") - pl.col("final_mwh") * WH_PER_MWH).abs()
    # a store without any level is as wrong as can be, and not a gap to pass over
    off = pl.max_horizontal(begin, end).fill_null(float("inf"))
    compared = stores.join(ends, on="node", how="left").select("node", off=off)
    wrong = compared.filter(pl.col("off") > END_WH)["node"].to_list()
    # an edge more than there are intervals
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
    """level' = level + charge + inflow − discharge − loss − spill, exactly, and within the size."""
    into = pl.col("charge") + pl.col("inflow")
    out = pl.col("discharge") + pl.col("loss") + pl.col("spill")
    rise = pl.col("after") - pl.col("before")
    # The size is stated in MWh: compared in whole Wh, as levels are.
    full = (pl.col("energy_mwh") * WH_PER_MWH).round() + FULL_WH
    outside = (pl.col("after") < 0) | (pl.col("after") > full)
    # A store without a stated size has no upper bound: null is not outside.
    levels = steps.select(
        START,
        "node",
        off=rise - (into - out),
        out=outside.fill_null(False),
    )
    # a null difference is a level that is missing
    unlike = pl.col("off").is_null() | (pl.col("off") != 0)
    wrong = levels.filter(unlike | pl.col("out"))
    shown = wrong.sort(START, "node").head(3)
    where = []
    for time, node, wh, beyond in shown.iter_rows():
        what = "outside its bounds" if beyond else f"level' − level − in + out = {wh} Wh"
        where.append(f"{node} at {time}: {what}")
    return Finding(
        "levels",
        not where,
        len(wrong),
        first(where, len(wrong)) or f"of {len(steps)} levels do not follow from flows",
    )


def _losses(steps: pl.DataFrame) -> Finding:
    """loss = charge·(1 − η_c) + discharge·(1/η_d − 1) + level·standing·h."""
    # Charge and discharge are metered outside the store: of what is taken, η_c arrives; to give one
    # Wh, 1/η_d leaves (docs/mathematics.md, storage).
    charging = pl.col("charge") * (1.0 - pl.col("charge_efficiency").fill_null(1.0))
    giving = pl.col("discharge") * (1.0 / pl.col("discharge_efficiency").fill_null(1.0) - 1.0)
    # Of the level at the start of the step. Our own stores leak nothing so far; the column is there
    # for those that do.
    standing = pl.col("standing_loss_per_h").fill_null(0.0)
    leaking = pl.col("before") * standing * pl.col(HOURS)
    off = (pl.col("loss") - (charging + giving + leaking)).abs()
    compared = steps.select(START, "node", off=off).sort("off", descending=True)
    worst = float(compared["off"].item(0)) if len(compared) else 0.0
    wrong = compared.filter(pl.col("off") > LOSS_WH)
    where = [f"{node} at {t}: {wh:.1f} Wh" for t, node, wh in wrong.head(3).iter_rows()]
    return Finding(
        "store losses",
        not where,
        worst,
        first(where) or "Wh off the formula at most",
    )
