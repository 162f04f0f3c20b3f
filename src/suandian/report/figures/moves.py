"""Where work moved, when, and why: origin against site, change against a baseline, and the prices
that pulled it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from suandian.report.figures.clock import LocalTimes
from suandian.report.figures.style import INK, dates, faded, site_colours, stairs, styled
from suandian.report.reasons import energy, percent

if TYPE_CHECKING:
    from suandian.report.measures import Measures

WHERE_TITLE = "Where work went"
WHEN_TITLE = "When work moved, and the prices that pulled it"


def where_figure(m: Measures) -> go.Figure:
    """Return a table of IT energy by origin (rows) and site (columns) [GWh] for jobs, and for
    services if any moved.
    """
    kinds = [kind for kind in ("jobs", "service") if m.moved(kind)[1] > 0] or ["jobs"]
    titles = {
        "jobs": "jobs: energy by origin and site",
        "service": "services: energy by origin and site",
    }
    fig = make_subplots(
        rows=1, cols=len(kinds), subplot_titles=[titles[k] for k in kinds], horizontal_spacing=0.12
    )
    for col, kind in enumerate(kinds, start=1):
        rows = m.moves.filter(pl.col("kind") == kind)
        origins = [
            *(s for s in m.facts.sites if s in rows["origin"]),
            *sorted(set(rows["origin"]) - set(m.facts.sites)),
        ]
        value = {(o, s): mwh for _, o, s, mwh in rows.iter_rows()}
        table = [[value.get((o, s), 0.0) for s in m.facts.sites] for o in origins]
        shares = [[v / (sum(r) or 1.0) for v in r] for r in table]
        text = [
            [
                f"<b>{energy(v)}</b><br>{_share(p)}" if v > 0 else "–"
                for v, p in zip(r, q, strict=True)
            ]
            for r, q in zip(table, shares, strict=True)
        ]
        fig.add_heatmap(
            row=1,
            col=col,
            z=shares,
            x=list(m.facts.sites),
            y=origins,
            text=text,
            texttemplate="%{text}",
            showscale=False,
            zmin=0,
            zmax=1,
            xgap=3,
            ygap=3,
            colorscale=[[0, "#f4f6f8"], [0.5, "#a9cfe3"], [1, "#4d9ac4"]],
            hovertemplate="from %{y} to %{x}<extra></extra>",
        )
        fig.update_yaxes(
            autorange="reversed", title_text="origin" if col == 1 else None, row=1, col=col
        )
        fig.update_xaxes(title_text="ran at site", row=1, col=col)
    styled(fig, 130 + 64 * max(len(m.facts.sites), 2), hovermode="closest")
    fig.update_xaxes(showgrid=False, ticks="")
    fig.update_yaxes(showgrid=False, ticks="")
    return fig


def _share(part: float) -> str:
    return "<1 %" if part < 0.01 else f"{100 * part:.0f} %"


def where_caption(m: Measures) -> str:
    """Say how much ran away from its origin and who gained."""
    away, whole = m.moved("jobs")
    served, served_whole = m.moved("service")
    net = ", ".join(
        f"{site} {'+' if mwh >= 0 else '−'}{energy(abs(mwh))}" for site, mwh in m.net_moves.items()
    )
    text = f"{percent(away, whole)} of job energy ran away from its origin"
    if served_whole > 0:
        text += f", {percent(served, served_whole)} of service energy"
    return f"{text}; net of what came and went: {net}; {m.moved_tb:,.1f} TB of job data were moved."


def when_figure(m: Measures, base: Measures) -> go.Figure:
    """Return IT power of this run less that of `base` by site [MW], over the sites' prices in this
    run.
    """
    clock = LocalTimes.of(m.facts)
    fig = make_subplots(
        rows=3,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.09,
        row_heights=[0.34, 0.38, 0.28],
        subplot_titles=[
            f"all sites: jobs of {m.label} (filled) and {base.label} (dotted) [MW of IT]",
            f"computing of {m.label} less that of {base.label}, by site [MW of IT]",
            f"price at the site in {m.label} [{m.facts.currency}/MWh]",
        ],
    )
    _jobs(fig, m, base, clock)
    _changes(fig, m, base, clock)
    _prices(fig, m, clock)
    styled(fig, 620, barmode="relative", bargap=0, margin_t=82, legend_y=1.06)
    fig.update_annotations(x=0, xanchor="left")
    fig.update_yaxes(rangemode="tozero", row=1, col=1)
    fig.update_yaxes(zeroline=True, zerolinecolor="#b8c0ca", row=2, col=1)
    fig.update_xaxes(title_text=clock.axis_title, row=3, col=1)
    clock.mark(fig, 3)
    dates(fig)
    return fig


def _jobs(fig: go.Figure, m: Measures, base: Measures, clock: LocalTimes) -> None:
    for who, dash, width in ((m, "solid", 1.2), (base, "dot", 1.8)):
        line = stairs(clock.starts, clock.end, clock.whole(who.work, "jobs"))
        fig.add_scatter(
            row=1,
            col=1,
            x=line["x"],
            y=line["y"],
            name=f"jobs, {who.label}",
            mode="lines",
            showlegend=False,
            fill="tozeroy" if who is m else None,
            fillcolor=faded("#5f6b7a", 0.25),
            hovertemplate=who.label + " %{y:,.0f} MW<extra></extra>",
            line={"shape": "hv", "color": INK, "dash": dash, "width": width},
        )


def _changes(fig: go.Figure, m: Measures, base: Measures, clock: LocalTimes) -> None:
    colours = site_colours(m.facts.sites)
    both = m.work.join(base.work, on=["start", "site"], suffix="_base").with_columns(
        change=pl.col("service") + pl.col("jobs") - pl.col("service_base") - pl.col("jobs_base")
    )
    # A bar stands on the middle of its step, where a stair spans the whole of it.
    half = (clock.steps["end"] - clock.steps["start"]) / 2
    middles = (clock.steps["start"] + half).to_frame("start")
    x = [t.isoformat() for t in middles.select(m.facts.local("start")).to_series()]
    change = clock.power(both, "site", "change")
    for site in m.facts.sites:
        fig.add_bar(
            row=2,
            col=1,
            x=x,
            y=[round(v, 3) for v in change.get(site, [])],
            name=site,
            legendgroup=site,
            marker_color=colours[site],
            hovertemplate=site + " %{y:+,.0f} MW<extra></extra>",
        )


def _prices(fig: go.Figure, m: Measures, clock: LocalTimes) -> None:
    colours = site_colours(m.facts.sites)
    prices = clock.level(m.facts.prices, "site", "price_per_mwh")
    for site in m.facts.sites:
        line = stairs(clock.starts, clock.end, prices.get(site, [0.0] * len(clock.starts)))
        fig.add_scatter(
            row=3,
            col=1,
            x=line["x"],
            y=line["y"],
            name=site,
            legendgroup=site,
            showlegend=False,
            mode="lines",
            hovertemplate=site + " %{y:,.1f}<extra></extra>",
            line={"shape": "hv", "width": 1.8, "color": colours[site]},
        )


def when_caption(m: Measures, base: Measures) -> str:
    """Say how much moved in place and time, and what the prices say about it."""
    place, hour = m.shifted(base)
    spread = m.facts.prices.group_by("start").agg(
        d=pl.col("price_per_mwh").max() - pl.col("price_per_mwh").min()
    )
    money = m.facts.currency
    mean = float(spread["d"].mean() or 0.0)  # type: ignore[arg-type]
    text = (
        f"Net, {percent(place, 1)} of job energy runs at another site and {percent(hour, 1)} at "
        "another "
        f"time than under {base.label}; the price spread between sites is {mean:.1f} {money}/MWh "
        "on average"
    )
    mine = m.job_price(m)
    theirs = base.job_price(m)
    if mine is None or theirs is None:
        return text + "."
    return (
        f"{text}. Overhead included, jobs pay {mine:.1f} {money} per MWh of IT; at the same "
        "prices the schedule of "
        f"{base.label} would pay {theirs:.1f}."
    )
