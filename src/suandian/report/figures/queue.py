"""Jobs: how much work is submitted and not done, and how long jobs wait."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from suandian.model.units import WH_PER_MWH
from suandian.report.figures.clock import LocalTimes
from suandian.report.figures.style import dates, faded, policy_colour, stairs, styled

if TYPE_CHECKING:
    from suandian.report.measures import Measures

TITLE = "Jobs: work in hand and waiting times"


def in_hand(m: Measures, clock: LocalTimes) -> list[float]:
    """Return work submitted and not yet done at the start of each interval, and at the end [MWh of
    IT].
    """
    jobs = m.facts.jobs.select(m.facts.local("submit"), mwh=pl.col("work_wh") / WH_PER_MWH).sort(
        "submit"
    )
    come = np.concatenate([[0.0], jobs["mwh"].to_numpy().cumsum()])
    edges = np.array([*clock.starts, clock.end], dtype="datetime64[us]")
    before = np.searchsorted(jobs["submit"].to_numpy().astype("datetime64[us]"), edges, side="left")
    done = np.concatenate(
        [[0.0], np.cumsum(np.array(clock.whole(m.work, "jobs")) * clock.steps["hours"].to_numpy())]
    )
    return [round(float(v), 3) for v in np.maximum(come[before] - done, 0.0)]


def waits(m: Measures, edges: np.ndarray) -> np.ndarray:
    """Return the share of jobs (by count) whose wait [h] falls in each bin."""
    jobs = m.facts.jobs.filter(pl.col("start").is_not_null())
    wait = (
        jobs.select((pl.col("start") - pl.col("submit")).dt.total_seconds() / 3600.0)
        .to_series()
        .to_numpy()
    )
    counts, _ = np.histogram(np.clip(wait, 0, None), bins=edges, weights=jobs["count"].to_numpy())
    return np.asarray(counts / max(counts.sum(), 1))


def figure(m: Measures, base: Measures | None = None) -> go.Figure:
    """Return work in hand over time [MWh] and the distribution of waiting times [h]; `base` beside
    it.
    """
    clock = LocalTimes.of(m.facts)
    fig = make_subplots(
        rows=1,
        cols=2,
        column_widths=[0.6, 0.4],
        horizontal_spacing=0.1,
        subplot_titles=[
            "work submitted and not yet done [MWh of IT]",
            "wait from submission to start, share of jobs",
        ],
    )
    edges = _bins(m, base)
    middles = ((edges[1:] + edges[:-1]) / 2).round(3).tolist()
    for who in (m,) if base is None else (base, m):
        colour = policy_colour(who.standing)
        line = stairs(_all(clock)[:-1], clock.end, in_hand(who, clock)[:-1])
        fig.add_scatter(
            row=1,
            col=1,
            x=line["x"],
            y=in_hand(who, clock),
            name=who.label,
            legendgroup=who.label,
            mode="lines",
            line={"color": colour, "width": 2},
            fill="tozeroy" if who is m else None,
            fillcolor=faded(colour, 0.15),
            hovertemplate=who.label + " %{y:,.0f} MWh<extra></extra>",
        )
        fig.add_bar(
            row=1,
            col=2,
            x=middles,
            y=waits(who, edges).round(5).tolist(),
            name=who.label,
            legendgroup=who.label,
            showlegend=False,
            marker_color=faded(colour, 0.85),
            hovertemplate=who.label + " %{y:.1%}<extra></extra>",
        )
    styled(fig, 380, barmode="group", bargap=0.1, margin_t=78, legend_y=1.11)
    fig.update_yaxes(rangemode="tozero")
    fig.update_yaxes(tickformat=".0%", row=1, col=2)
    clock.mark(fig)
    dates(fig)
    fig.update_xaxes(title_text=clock.axis_title, row=1, col=1)
    fig.update_xaxes(
        type="linear",
        title_text="hours",
        tickformat="",
        hoverformat=".1f",
        tickformatstops=[],
        row=1,
        col=2,
    )
    return fig


def _all(clock: LocalTimes) -> list[datetime]:
    return [*clock.starts, clock.end]


def _bins(m: Measures, base: Measures | None) -> np.ndarray:
    top = 1.0
    for who in (m, base):
        if who is not None and len(who.facts.jobs):
            wait = (pl.col("start") - pl.col("submit")).dt.total_seconds().max() / 3600.0
            top = max(top, float(who.facts.jobs.select(wait).item() or 0.0))
    width = next(w for w in (0.25, 0.5, 1, 2, 4, 8, 12, 24, 48, 168, 8760) if top / w <= 24)
    return np.arange(0, top + width, width)


def caption(m: Measures, base: Measures | None = None) -> str:
    """Say how many jobs, how long they waited, how many were late."""
    text = (
        f"{int(m.value('jobs_completed')):,} of {int(m.value('jobs_total')):,} jobs completed "
        f"({len(m.facts.jobs):,} bundles), {int(m.value('jobs_late')):,} late; mean wait "
        f"{m.value('mean_wait_h'):.1f} h"
    )
    return (
        f"{text} ({base.label}: {base.value('mean_wait_h'):.1f} h)."
        if base is not None
        else f"{text}."
    )
