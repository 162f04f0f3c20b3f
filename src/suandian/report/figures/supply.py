"""Supply by technology, what was curtailed above it, and the load below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import polars as pl

from suandian.report.figures.clock import LocalTimes
from suandian.report.figures.style import INK, TECHNOLOGY, dates, faded, stairs, styled
from suandian.report.reasons import energy, percent
from suandian.report.technology import rank

if TYPE_CHECKING:
    from suandian.report.measures import Measures

TITLE = "Supply and load"


def figure(m: Measures) -> go.Figure:
    """Return stacked average power by technology [MW], curtailed power hatched above, loads as
    lines.
    """
    facts = m.facts
    clock = LocalTimes.of(m.facts)
    fig = go.Figure()
    made = clock.power(facts.supply, "technology", "mwh")
    out = clock.power(facts.storage, "store", "discharge_mwh")
    stored = [sum(values) for values in zip(*out.values(), strict=True)] if out else []
    layers = {name: made[name] for name in sorted(made, key=rank)}
    if any(stored):
        layers["storage discharge"] = stored
    for name, values in layers.items():
        colour = TECHNOLOGY.get(name, TECHNOLOGY["battery"])
        line = stairs(clock.starts, clock.end, values)
        fig.add_scatter(
            name=name,
            stackgroup="supply",
            mode="lines",
            fillcolor=colour,
            hovertemplate="%{y:,.0f} MW",
            x=line["x"],
            y=line["y"],
            line={"shape": "hv", "width": 0, "color": colour},
        )
    lost = clock.power(
        facts.curtailed.with_columns(technology=pl.lit("curtailed")), "technology", "mwh"
    )
    if lost and max(lost["curtailed"]) > 0:
        line = stairs(clock.starts, clock.end, lost["curtailed"])
        fig.add_scatter(
            name="curtailed",
            stackgroup="supply",
            mode="lines",
            x=line["x"],
            y=line["y"],
            hovertemplate="%{y:,.0f} MW",
            line={"shape": "hv", "width": 1, "color": "#4a90a8"},
            fillcolor="white",
            fillpattern={
                "shape": "/",
                "fgcolor": "#4a90a8",
                "bgcolor": "white",
                "size": 6,
                "solidity": 0.25,
            },
        )
    _loads(fig, m, clock)
    styled(
        fig, 470, yaxis_title_text="MW", yaxis_rangemode="tozero", xaxis_title_text=clock.axis_title
    )
    clock.mark(fig)
    dates(fig)
    return fig


def _loads(fig: go.Figure, m: Measures, clock: LocalTimes) -> None:
    base = clock.power(m.facts.load.with_columns(name=pl.lit("load")), "name", "mwh").get(
        "load", [0.0] * len(clock.starts)
    )
    sites = clock.power(
        m.facts.meters.with_columns(name=pl.lit("sites")), "name", "import_mwh"
    ).get("sites")
    line = stairs(clock.starts, clock.end, base)
    fig.add_scatter(
        name="load without computing",
        mode="lines",
        x=line["x"],
        y=line["y"],
        hovertemplate="%{y:,.0f} MW",
        line={
            "shape": "hv",
            "width": 1.6,
            "color": faded(INK, 0.8),
            "dash": "dot",
        },
    )
    if sites:
        line = stairs(clock.starts, clock.end, [a + b for a, b in zip(base, sites, strict=True)])
        fig.add_scatter(
            name="load + computing",
            mode="lines",
            x=line["x"],
            y=line["y"],
            hovertemplate="%{y:,.0f} MW",
            line={"shape": "hv", "width": 2.2, "color": "#b2182b"},
        )


def caption(m: Measures) -> str:
    """Say how much was made, from what, and how much was curtailed."""
    whole = sum(m.generation.values())
    top = sorted(m.generation, key=lambda n: -m.generation[n])[:3]
    shown = ", ".join(f"{n} {percent(m.generation[n], whole)}" for n in top)
    lost = m.value("renewable_curtailed_mwh")
    offered = m.value("renewable_available_mwh")
    return (
        f"{energy(whole)} were made ({shown}); {energy(lost)} or {percent(lost, offered)} of "
        "what wind, "
        f"sun and water offered were curtailed (hatched)."
    )
