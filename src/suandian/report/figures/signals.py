"""Carbon signals at the sites, and the price of computing beside the price of electricity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from suandian.report.figures.clock import LocalTimes
from suandian.report.figures.computing import shown_sites
from suandian.report.figures.style import INK, SITES, dates, site_colours, stairs, styled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from suandian.report.measures import Measures

CARBON_TITLE = "Carbon of electricity at the sites: average and marginal"
PRICE_TITLE = "Price of computing and of electricity"
HEIGHT = 170


def carbon_figure(m: Measures) -> go.Figure:
    """Return average (dotted) and marginal (full) intensity [g/kWh], one panel a site."""
    sites = shown_sites(m)
    clock = LocalTimes.of(m.facts)
    average, marginal = (
        clock.level(m.facts.prices, "site", f"{kind}_g_per_kwh", None)
        for kind in ("average", "marginal")
    )
    fig = _panels(sites, "g/kWh")
    for row, site in enumerate(sites, start=1):
        for name, values, dash in (("average", average, "dot"), ("marginal", marginal, "solid")):
            colour = site_colours(m.facts.sites)[site] if name == "marginal" else INK
            _line(
                fig,
                clock,
                values[site],
                row,
                {"name": name, "color": colour, "dash": dash},
                row == 1,
            )
    return _finished(fig, clock, len(sites))


def carbon_caption(m: Measures) -> str:
    """Say how far the two are apart, and what each is for."""
    each = m.facts.prices.group_by("site").agg(
        pl.col("average_g_per_kwh", "marginal_g_per_kwh").mean()
    )
    rows = {site: (a, b) for site, a, b in each.iter_rows()}
    parts = [
        f"{site} {rows[site][0]:,.0f} against "
        f"{'–' if rows[site][1] is None else format(rows[site][1], ',.0f')}"
        for site in shown_sites(m)
    ]
    return (
        f"Mean of average against marginal intensity, g/kWh: {'; '.join(parts)}. Average "
        "(dotted): the mix of what is "
        "taken there, by flow tracing; it shares out what was emitted. Marginal (full): what one "
        "kWh more in that "
        "interval would add, units, lines and ramps as they stood; gaps are undefined. Neither "
        "is a price."
    )


def price_figure(m: Measures) -> go.Figure:
    """Return the planned price of running at each site over the nodal price; below, that of each
    workload.
    """
    sites = shown_sites(m)
    clock = LocalTimes.of(m.facts)
    found = m.facts.computing_prices
    run, work = (
        clock.level(found.filter(pl.col("kind") == k), "name", "price", None)
        for k in ("site", "work")
    )
    nodal = clock.level(m.facts.prices, "site", "price_per_mwh")
    colours = site_colours(m.facts.sites)
    fig = _panels(
        [*(f"running at {site}" for site in sites), "one more MWh of each workload"],
        f"{m.facts.currency}/MWh",
    )
    for row, site in enumerate(sites, start=1):
        look = {"name": "electricity, nodal price in the run", "color": INK, "dash": "dot"}
        _line(fig, clock, nodal[site], row, look, row == 1)
        look = {
            "name": "computing, planned price of IT energy",
            "color": colours[site],
            "dash": "solid",
        }
        _line(
            fig,
            clock,
            run.get(site, []),
            row,
            look,
            row == 1,
        )
    for i, (name, values) in enumerate(work.items()):
        dash = "solid" if m.facts.kinds.get(name) == "jobs" else "dash"
        look = {"name": name, "color": SITES[i % len(SITES)], "dash": dash}
        _line(fig, clock, values, len(sites) + 1, look, True)
    return _finished(fig, clock, len(sites) + 1)


def price_caption(m: Measures) -> str:
    """Say what one more MWh of each workload cost on average, and how to read it."""
    work = (
        m.facts.computing_prices.filter(pl.col("kind") == "work")
        .group_by("name")
        .agg(pl.col("price").mean())
    )
    parts = [f"{name} {price:,.1f}" for name, price in work.sort("name").iter_rows()]
    return (
        "What one more MWh of IT energy costs the plan, mean over the run, "
        f"{m.facts.currency}/MWh: "
        f"{'; '.join(parts)}. Running at a site: electricity × PUE, and a rent where its cluster "
        "is full. A workload: "
        "the cheapest site, and for jobs (full lines) the cheapest hour before they are due, "
        "with data transfer; "
        "services (dashed) cannot wait."
    )


def _panels(titles: Sequence[str], unit: str) -> go.Figure:
    fig = make_subplots(
        rows=len(titles),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.22 / len(titles),
        subplot_titles=list(titles),
    )
    for row in range(1, len(titles) + 1):
        fig.update_yaxes(title_text=unit, row=row, col=1)
    return fig


def _line(
    fig: go.Figure,
    clock: LocalTimes,
    values: Sequence[float | None],
    row: int,
    look: Mapping[str, str],
    legend: bool,
) -> None:
    line = stairs(clock.starts, clock.end, values)
    fig.add_scatter(
        row=row,
        col=1,
        name=look["name"],
        legendgroup=look["name"],
        mode="lines",
        x=line["x"],
        y=line["y"],
        showlegend=legend,
        hovertemplate=look["name"] + " %{y:,.1f}<extra></extra>",
        line={
            "shape": "hv",
            "width": 1.8,
            "color": look["color"],
            "dash": look["dash"],
        },
    )


def _finished(fig: go.Figure, clock: LocalTimes, rows: int) -> go.Figure:
    styled(fig, HEIGHT * rows + 110)
    fig.update_annotations(x=0, xanchor="left")
    fig.update_layout(margin_t=84, legend_y=1 + 34 / (HEIGHT * rows))
    fig.update_xaxes(title_text=clock.axis_title, row=rows, col=1)
    clock.mark(fig, rows)
    dates(fig)
    return fig
