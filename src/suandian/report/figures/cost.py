"""What each policy costs: the whole against the proven bound, and by part against one baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from suandian.report.books import PARTS as ORDER
from suandian.report.figures.style import INK, PARTS, policy_colour, styled
from suandian.report.reasons import amount, percent
from suandian.report.standing import FLEXIBILITY, SYNERGY

if TYPE_CHECKING:
    from suandian.report.compare import Comparison
    from suandian.report.measures import Measures

TITLE = "Cost of each policy"


def baseline(c: Comparison) -> Measures:
    """Return what costs are shown against: planning apart, else no shifting, else the first run."""
    return c.serving(SYNERGY) or c.serving(FLEXIBILITY) or c.runs[0]


def figure(c: Comparison) -> go.Figure:
    """Return system cost as points with the bound as a line, and differences by part as stacked
    bars [k currency].
    """
    base = baseline(c)
    money = c.currency
    scale, unit = (
        (1e6, f"M {money}") if max(abs(m.cost) for m in c.runs) >= 1e6 else (1e3, f"k {money}")
    )
    fig = make_subplots(
        rows=1,
        cols=2,
        column_widths=[0.42, 0.58],
        horizontal_spacing=0.14,
        subplot_titles=[
            f"system cost [{unit}]; the axis does not start at 0",
            f"difference to {base.label}, by part [k {money}]",
        ],
    )
    labels = [m.label for m in c.runs]
    _whole(fig, c, scale, unit)
    _parts(fig, c, base)
    styled(
        fig,
        150 + 44 * len(labels),
        barmode="relative",
        hovermode="closest",
        margin_t=88,
        legend_y=1.16,
    )
    fig.update_xaxes(zeroline=True, zerolinecolor=INK, row=1, col=2)
    fig.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=labels)
    fig.update_yaxes(showticklabels=False, row=1, col=2)
    return fig


def _whole(fig: go.Figure, c: Comparison, scale: float, unit: str) -> None:
    """Add the system cost of each run as a point, and the bound as a line."""
    labels = [m.label for m in c.runs]
    fig.add_scatter(
        row=1,
        col=1,
        x=[m.cost / scale for m in c.runs],
        y=labels,
        mode="markers+text",
        showlegend=False,
        cliponaxis=False,
        text=[f"{m.cost / scale:,.3f}" for m in c.runs],
        textposition="middle right",
        hovertemplate="%{y} %{x:,.4f}<extra></extra>",
        marker={"size": 13, "color": [policy_colour(m.standing) for m in c.runs]},
    )
    if c.bound is not None:
        fig.add_vline(
            x=c.bound / scale, line={"color": INK, "dash": "dash", "width": 1.4}, row=1, col=1
        )
        fig.add_scatter(
            row=1,
            col=1,
            x=[None],
            y=[labels[0]],
            mode="lines",
            name=f"proven bound {c.bound / scale:,.3f} {unit}",
            line={"color": INK, "dash": "dash", "width": 1.4},
        )
    values = [m.cost / scale for m in c.runs]
    if c.bound is not None:
        values.append(c.bound / scale)
    # policies differ by percents: an axis from zero would show equal dots
    low = min(values)
    high = max(values)
    room = max(high - low, 1e-3 * abs(high))
    fig.update_xaxes(range=[low - 0.12 * room, high + 0.35 * room], nticks=6, row=1, col=1)


def _parts(fig: go.Figure, c: Comparison, base: Measures) -> None:
    """Add the difference to `base` by part as stacked bars, and its sum."""
    labels = [m.label for m in c.runs]
    moved = {
        p: max(abs(m.parts.get(p, 0.0) - base.parts.get(p, 0.0)) for m in c.runs) for p in ORDER
    }
    # A part that hardly differs would be a colour in the legend and nothing to see.
    parts = [p for p in ORDER if moved[p] > 5e-3 * max(moved.values()) > 0]
    for part in parts:
        fig.add_bar(
            row=1,
            col=2,
            orientation="h",
            y=labels,
            x=[(m.parts.get(part, 0.0) - base.parts.get(part, 0.0)) / 1e3 for m in c.runs],
            name=part.replace("_", " "),
            marker_color=PARTS[part],
            hovertemplate=part.replace("_", " ") + " %{x:+,.1f} k<extra></extra>",
        )
    # the diamond is the sum of the bars: gains and losses of parts may cancel
    change = [(m.cost - base.cost) / 1e3 for m in c.runs]
    fig.add_scatter(
        row=1,
        col=2,
        x=change,
        y=labels,
        mode="markers",
        name="sum",
        hovertemplate="sum %{x:+,.1f} k<extra></extra>",
        marker={
            "symbol": "diamond",
            "size": 10,
            "color": "white",
            "line": {"color": INK, "width": 1.8},
        },
    )


def caption(c: Comparison) -> str:
    """Say who is cheapest and how far from the bound."""
    candidates = [m for m in c.runs if m.standing.role != "bound"]
    ranked = sorted(candidates, key=lambda m: m.cost) or c.runs
    best = ranked[0]
    worst = ranked[-1]
    text = (
        f"Of the policies that cannot see the future, {best.label} is cheapest with "
        f"{amount(best.cost, c.currency)}"
    )
    if worst is not best:
        text += f", {percent(worst.cost - best.cost, worst.cost)} below {worst.label}"
    if c.bound is not None:
        text += f"; no plan can cost less than {amount(c.bound, c.currency)} (perfect foresight)"
    return text + "."
