"""A schematic map: lines coloured by their highest loading, sites sized by their energy. No tiles,
no network.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import polars as pl

from suandian.report.figures.style import MUTED, site_colours, styled
from suandian.report.reasons import energy

if TYPE_CHECKING:
    from suandian.report.measures import Measures

TITLE = "Grid: where lines were full"
CLASSES = (
    (0.0, "below 50 %", "#c3cbd4", 1.6),
    (0.5, "50–80 %", "#7fb3d5", 2.2),
    (0.8, "80–99 %", "#e6a23c", 3.0),
    (0.99, "99 % and more: full", "#c0392b", 4.2),
)
Place = tuple[float, float]


def places(m: Measures) -> dict[str, Place]:
    """Return bus → (x, y): longitude scaled to true shape and latitude, or a circle where positions
    are not given.
    """
    buses = m.facts.nodes.filter(pl.col("kind") == "bus").select("node", "lat", "lon").sort("node")
    # without coordinates, or with all in one spot: a circle shows the connections at least
    known = buses.drop_nulls()
    if len(known) < len(buses) or known.select(pl.struct("lat", "lon").n_unique()).item() < 2:
        step = 2 * math.pi / max(len(buses), 1)
        return {
            node: (math.cos(i * step), math.sin(i * step)) for i, node in enumerate(buses["node"])
        }
    # a degree of longitude is shorter than one of latitude, away from the equator
    squeeze = math.cos(math.radians(float(known["lat"].mean())))  # type: ignore[arg-type]
    return {node: (lon * squeeze, lat) for node, lat, lon in known.iter_rows()}


def edges(m: Measures) -> pl.DataFrame:
    """Return line, kind, a, b (buses), loading (highest), mean, full_share of intervals at 99 % or
    more.
    """
    flows = m.facts.lines.group_by("line", "kind").agg(
        loading=pl.col("loading").max(),
        total=pl.col("loading").sum(),
        full=(pl.col("loading") >= 0.99).sum(),
    )
    steps = len(m.facts.steps)
    # lines that never carried anything are drawn too
    network = m.run.network.select("line", "from_node", "to_node")
    network = network.select(line="line:" + pl.col("line"), a="from_node", b="to_node")
    crossed = m.facts.between(["bus"], ["line", "link"]).select(line="to_node", bus="from_node")
    left = m.facts.between(["line", "link"], ["bus"]).select(line="from_node", bus="to_node")
    ends = (
        pl.concat([crossed, left])
        .unique()
        .sort("line", "bus")
        .group_by("line", maintain_order=True)
        .agg(pl.col("bus"))
    )
    seen = ends.filter(pl.col("bus").list.len() == 2).select(
        "line", a=pl.col("bus").list.get(0), b=pl.col("bus").list.get(1)
    )
    every = pl.concat([network, seen.join(network, on="line", how="anti")])
    kinds = m.facts.nodes.select(line="node", kind="kind")
    joined = (
        every.join(kinds, on="line", how="left")
        .join(flows.drop("kind"), on="line", how="left")
        .fill_null(0)
    )
    return joined.with_columns(
        mean=pl.col("total") / steps, full_share=pl.col("full") / steps
    ).sort("line")


def figure(m: Measures) -> go.Figure:
    """Return the map."""
    at = places(m)
    lines = edges(m)
    fig = go.Figure()
    for link in (False, True):
        rows = lines.filter(
            (pl.col("kind") == "link") if link else (pl.col("kind") != "link").fill_null(True)
        )
        _lines(fig, rows, at, link)
    # plotly shows texts at points, not along lines: an invisible point in the middle of each
    hover = [
        (at[a], at[b], line, top, mean, full)
        for line, a, b, top, mean, full in lines.select(
            "line", "a", "b", "loading", "mean", "full_share"
        ).iter_rows()
        if a in at and b in at
    ]
    fig.add_scatter(
        x=[(p[0] + q[0]) / 2 for p, q, *_ in hover],
        y=[(p[1] + q[1]) / 2 for p, q, *_ in hover],
        mode="markers",
        marker={"size": 9, "opacity": 0},
        showlegend=False,
        hovertemplate="%{text}<extra></extra>",
        text=[
            f"{n}: at most {t:.0%}, mean {u:.0%}, full in {f:.0%} of intervals"
            for *_, n, t, u, f in hover
        ],
    )
    _buses(fig, m, at)
    _sites(fig, m, at)
    styled(
        fig,
        560,
        hovermode="closest",
        margin={
            "l": 16,
            "r": 16,
            "t": 64,
            "b": 16,
        },
    )
    fig.update_xaxes(visible=False)
    fig.update_yaxes(visible=False, scaleanchor="x", scaleratio=1)
    return fig


def _lines(fig: go.Figure, rows: pl.DataFrame, at: dict[str, Place], link: bool) -> None:
    for i, (low, name, colour, width) in enumerate(CLASSES):
        high = CLASSES[i + 1][0] if i + 1 < len(CLASSES) else math.inf
        mine = rows.filter((pl.col("loading") >= low) & (pl.col("loading") < high))
        x: list[float | None] = []
        y: list[float | None] = []
        for a, b in mine.select("a", "b").iter_rows():
            if a in at and b in at:
                x += [at[a][0], at[b][0], None]
                y += [at[a][1], at[b][1], None]
        # a legend of DC links only where there are any
        if x or not link:
            fig.add_scatter(
                x=x or [None],
                y=y or [None],
                mode="lines",
                hoverinfo="skip",
                name=f"DC link, {name}" if link else name,
                line={"color": colour, "width": width, "dash": "dash" if link else "solid"},
            )


def _buses(fig: go.Figure, m: Measures, at: dict[str, Place]) -> None:
    price = dict(m.facts.bus_prices.group_by("bus").agg(pl.col("price_per_mwh").mean()).iter_rows())
    names = [node.partition(":")[2] for node in at]
    fig.add_scatter(
        x=[p[0] for p in at.values()],
        y=[p[1] for p in at.values()],
        mode="markers",
        showlegend=False,
        marker={"size": 7, "color": "white", "line": {"color": MUTED, "width": 1.4}},
        hovertemplate="%{text}<extra></extra>",
        text=[f"bus {n}: mean price {price.get(n, 0.0):.1f} {m.facts.currency}/MWh" for n in names],
    )


def _sites(fig: go.Figure, m: Measures, at: dict[str, Place]) -> None:
    colours = site_colours(m.facts.sites)
    used = dict(m.facts.site_energy.group_by("site").agg(pl.col("total_mwh").sum()).iter_rows())
    # area, not radius, is energy
    most = max(used.values(), default=1.0) or 1.0
    for site, bus in (
        m.facts.nodes.filter(pl.col("kind") == "site").select("label", "bus").iter_rows()
    ):
        place = at.get(f"bus:{bus}")
        if place is None:
            continue
        mwh = used.get(site, 0.0)
        fig.add_scatter(
            x=[place[0]],
            y=[place[1]],
            mode="markers",
            showlegend=False,
            marker={
                "size": 12 + 26 * math.sqrt(mwh / most),
                "color": colours[site],
                "opacity": 0.85,
                "line": {"color": "white", "width": 1.5},
            },
            hovertemplate=f"site {site} at bus {bus}: {energy(mwh)}<extra></extra>",
        )
        fig.add_annotation(
            x=place[0],
            y=place[1],
            text=f"<b>{site}</b> {energy(mwh)}",
            showarrow=False,
            yshift=18 + 13 * math.sqrt(mwh / most),
            bgcolor="rgba(255,255,255,0.82)",
            bordercolor=colours[site],
            borderpad=2,
        )


def caption(m: Measures) -> str:
    """Say which lines were full, and how often."""
    lines = edges(m)
    full = lines.filter(pl.col("full_share") > 0).sort(
        ["full_share", "line"], descending=[True, False]
    )
    if not len(full):
        top = max(lines["loading"].to_list(), default=0.0)
        return f"No line was full; the highest loading was {top:.0%}."
    names = ", ".join(
        f"{line.partition(':')[2]} ({share:.0%} of the time)"
        for line, share in full.select("line", "full_share").head(4).iter_rows()
    )
    return (
        f"{len(full)} of {len(lines)} lines and links were full (99 % or more) at some time, "
        f"most often {names}."
    )
