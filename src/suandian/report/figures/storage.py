"""What is in store, and the power in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from suandian.report.facts import STORES
from suandian.report.figures.clock import LocalTimes
from suandian.report.figures.style import SITES, TECHNOLOGY, dates, faded, stairs, styled
from suandian.report.reasons import energy

if TYPE_CHECKING:
    from suandian.report.measures import Measures

TITLE = "Storage"
MOST = 8  # stores shown, the most used first chosen


def stores(m: Measures) -> list[str]:
    """Return the stores that moved most energy."""
    if not len(m.facts.levels):
        return []
    spread = (
        m.facts.levels.group_by("store").agg(used=pl.col("mwh").max()).filter(pl.col("used") > 0)
    )
    flows = m.facts.storage.group_by("store").agg(
        moved=(pl.col("charge_mwh") + pl.col("discharge_mwh")).sum()
    )
    ranked = (
        spread.join(flows, on="store", how="left")
        .fill_null(0.0)
        .sort(["moved", "store"], descending=[True, False])
    )
    return ranked["store"].to_list()[:MOST]


def figure(m: Measures) -> go.Figure:
    """Return levels [MWh] above, discharge (up) and charge (down) [MW] below."""
    clock = LocalTimes.of(m.facts)
    facts = m.facts
    fig = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.12,
        subplot_titles=["energy in store [MWh]", "discharge (up) and charge (down) [MW]"],
    )
    out = clock.power(facts.storage, "store", "discharge_mwh")
    into = clock.power(facts.storage, "store", "charge_mwh")
    colours = _colours(m)
    for i, name in enumerate(stores(m)):
        colour = colours[name]
        rows = facts.levels.filter(pl.col("store") == name).select(facts.local("time"), "mwh")
        fig.add_scatter(
            row=1,
            col=1,
            name=name,
            mode="lines",
            legendgroup=name,
            x=[t.isoformat() for t in rows["time"]],
            y=rows["mwh"].round(3).to_list(),
            fill="tozeroy" if i == 0 else None,
            fillcolor=faded(colour, 0.15),
            hovertemplate=name + " %{y:,.1f} MWh<extra></extra>",
            line={"width": 2, "color": colour},
        )
        for values, sign, word in ((out, 1, "discharge"), (into, -1, "charge")):
            line = stairs(
                clock.starts,
                clock.end,
                [sign * v for v in values.get(name, [0.0] * len(clock.starts))],
            )
            fig.add_scatter(
                row=2,
                col=1,
                name=name,
                mode="lines",
                legendgroup=name,
                showlegend=False,
                x=line["x"],
                y=line["y"],
                stackgroup=word,
                fillcolor=faded(colour, 0.6),
                line={"shape": "hv", "width": 0.8, "color": colour},
                hovertemplate=f"{name} {word} %{{y:,.1f}} MW<extra></extra>",
            )
    styled(fig, 430, margin_t=78, legend_y=1.09)
    fig.update_annotations(x=0, xanchor="left")
    fig.update_yaxes(rangemode="tozero", row=1, col=1)
    fig.update_yaxes(zeroline=True, zerolinecolor="#b8c0ca", row=2, col=1)
    fig.update_xaxes(title_text=clock.axis_title, row=2, col=1)
    dates(fig)
    return fig


def _colours(m: Measures) -> dict[str, str]:
    """Return store → colour: that of its technology, and others where several are of one
    technology.
    """
    words = dict(
        m.facts.nodes.filter(pl.col("kind").is_in(list(STORES)))
        .select("label", "technology")
        .iter_rows()
    )
    colours: dict[str, str] = {}
    for i, name in enumerate(stores(m)):
        own = TECHNOLOGY.get(words.get(name, ""), TECHNOLOGY["battery"])
        colours[name] = SITES[-1 - i % len(SITES)] if own in colours.values() else own
    return colours


def caption(m: Measures) -> str:
    """Say how much went in and came out."""
    into = float(m.facts.storage["charge_mwh"].sum())
    out = float(m.facts.storage["discharge_mwh"].sum())
    given = float(m.facts.between(["inflow"], STORES)["mwh"].sum())
    lost, spilt = (
        float(m.facts.between(STORES, [kind])["mwh"].sum()) for kind in ("loss", "spill")
    )
    if into + out + given <= 0:
        return "The stores did not move any energy in this run."
    sun = f" and {energy(given)} of inflow (sun or water)" if given else ""
    end = f" and spilt {energy(spilt)}" if spilt else ""
    return (
        f"Stores took {energy(into)} from the grid{sun}, gave {energy(out)}, lost "
        f"{energy(lost)}{end}."
    )
