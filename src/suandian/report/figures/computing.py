"""Computing by site, over the price and the carbon intensity that each site sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from suandian.report.figures.clock import LocalTimes
from suandian.report.figures.style import INK, dates, faded, site_colours, stairs, styled
from suandian.report.reasons import energy

if TYPE_CHECKING:
    from suandian.report.measures import Measures

TITLE = "Computing by site, price and carbon intensity"
MOST = 6  # sites shown, the largest first chosen


def shown_sites(m: Measures) -> list[str]:
    """Return the sites with most IT energy, in the scenario's order."""
    used = dict(m.facts.site_energy.group_by("site").agg(pl.col("it_mwh").sum()).iter_rows())
    # more panels than these could not be read on one page
    largest = sorted(m.facts.sites, key=lambda s: -used.get(s, 0.0))[:MOST]
    # in the scenario's order: a site keeps its place from page to page
    return [site for site in m.facts.sites if site in largest]


def figure(m: Measures, base: Measures | None = None) -> go.Figure:
    """Return IT power of services and jobs by site [MW], with the total of `base`; below, prices
    and intensities.
    """
    sites = shown_sites(m)
    clock = LocalTimes.of(m.facts)
    colours = site_colours(m.facts.sites)
    rows = len(sites) + 2
    titles = [
        *sites,
        f"nodal price at the site [{m.facts.currency}/MWh]",
        "average carbon intensity at the site [g/kWh]",
    ]
    fig = make_subplots(
        rows=rows,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.28 / rows,
        subplot_titles=titles,
        row_heights=[1.0] * len(sites) + [0.9, 0.9],
    )
    for row, site in enumerate(sites, start=1):
        _site(fig, m, clock, (site, colours[site]), row, base)
    for row, column, shape in (
        (rows - 1, "price_per_mwh", "%{y:,.1f}"),
        (rows, "average_g_per_kwh", "%{y:,.0f}"),
    ):
        for site, values in clock.level(m.facts.prices, "site", column).items():
            if site in sites:
                line = stairs(clock.starts, clock.end, values)
                fig.add_scatter(
                    row=row,
                    col=1,
                    name=site,
                    mode="lines",
                    x=line["x"],
                    y=line["y"],
                    legendgroup=site,
                    showlegend=row == rows,
                    hovertemplate=f"{site} {shape}<extra></extra>",
                    line={"shape": "hv", "width": 1.8, "color": colours[site]},
                )
    styled(fig, 130 * rows + 110, barmode="stack")
    fig.update_annotations(x=0, xanchor="left")
    fig.update_layout(margin_t=78, legend_y=1 + 34 / (130 * rows))
    for row in range(1, len(sites) + 1):
        fig.update_yaxes(title_text="MW of IT", rangemode="tozero", row=row, col=1)
    fig.update_xaxes(title_text=clock.axis_title, row=rows, col=1)
    clock.mark(fig, rows)
    dates(fig)
    return fig


def _site(
    fig: go.Figure,
    m: Measures,
    clock: LocalTimes,
    site: tuple[str, str],
    row: int,
    base: Measures | None,
) -> None:
    name, colour = site
    mine = m.work.filter(pl.col("site") == name)
    for kind, fill, label in (
        ("service", faded(colour, 0.85), "services (dark)"),
        ("jobs", faded(colour, 0.35), "jobs (light)"),
    ):
        line = stairs(clock.starts, clock.end, clock.whole(mine, kind))
        fig.add_scatter(
            row=row,
            col=1,
            name=label,
            stackgroup=f"site{row}",
            mode="lines",
            x=line["x"],
            y=line["y"],
            fillcolor=fill,
            showlegend=False,
            hovertemplate=kind + " %{y:,.0f} MW<extra></extra>",
            line={"shape": "hv", "width": 0.5, "color": colour},
        )
    # dotted: where the same work would have run without this policy
    if base is not None:
        theirs = base.work.filter(pl.col("site") == name).with_columns(
            both=pl.col("service") + pl.col("jobs")
        )
        line = stairs(clock.starts, clock.end, clock.whole(theirs, "both"))
        fig.add_scatter(
            row=row,
            col=1,
            name=f"{base.label} (services + jobs)",
            mode="lines",
            x=line["x"],
            y=line["y"],
            showlegend=row == 1,
            legendgroup="base",
            hovertemplate=base.label + " %{y:,.0f} MW<extra></extra>",
            line={"shape": "hv", "width": 1.4, "color": INK, "dash": "dot"},
        )
    _capacity(fig, m, clock, name, row)


def _capacity(fig: go.Figure, m: Measures, clock: LocalTimes, name: str, row: int) -> None:
    nodes = m.facts.nodes
    cluster = nodes.filter((pl.col("kind") == "cluster") & (pl.col("label") == name))
    # a cluster without a stated capacity has no line
    cap = cluster["capacity_mw"]
    if len(cap) and cap[0] is not None:
        fig.add_scatter(
            row=row,
            col=1,
            name="IT capacity",
            mode="lines",
            x=[clock.starts[0].isoformat(), clock.end.isoformat()],
            y=[cap[0]] * 2,
            showlegend=row == 1,
            legendgroup="cap",
            hoverinfo="skip",
            line={"width": 1.2, "color": "#8a94a0", "dash": "dash"},
        )


def caption(m: Measures) -> str:
    """Say how much each site computed and at what mean price."""
    sums = m.work.group_by("site").agg(pl.col("service").sum(), pl.col("jobs").sum())
    rows = {site: (service, jobs) for site, service, jobs in sums.iter_rows()}
    parts = [
        f"{site} {energy(sum(rows[site]))} (jobs {energy(rows[site][1])}) "
        f"at a mean price of {m.mean_price.get(site, 0.0):.1f}"
        for site in shown_sites(m)
    ]
    return (
        f"IT energy by site: {'; '.join(parts)} {m.facts.currency}/MWh. Dark: services, "
        "light: jobs."
    )
