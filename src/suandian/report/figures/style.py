"""One look for all figures: the same colour for the same technology, site and policy everywhere.

Sites and policies use the colour-blind safe set of Okabe and Ito; technologies that can be confused
in hue differ in lightness as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import plotly.graph_objects as go

from suandian.model.ports.policy import Role
from suandian.report.standing import Standing

FONT = (
    "Inter, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', "
    "Helvetica, Arial, sans-serif"
)
INK, MUTED, RULE = "#1f2933", "#5f6b7a", "#e3e7ec"
TECHNOLOGY = {
    "nuclear": "#8c6bb1",
    "coal": "#3b3b3b",
    "steam": "#5a5a5a",
    "biomass": "#6b7f3a",
    "oil": "#8a4b32",
    "gas": "#d0955b",
    "combustion turbine": "#b5764a",
    "other": "#9aa3ad",
    "hydro": "#2b6ca3",
    "CSP": "#c77d0a",
    "wind": "#7cc0d8",
    "solar": "#f2c230",
    "rooftop solar": "#f8e08e",
    "battery": "#c08bb8",
}
SITES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5c00", "#5e3c99")
# by role, in the order in which policies of that role are listed; from the start again beyond
POLICY: dict[Role, tuple[str, ...]] = {
    "baseline": ("#9aa3ad", "#009e73", "#56b4e9", "#5f6b7a"),
    "candidate": ("#d55e00", "#cc79a7", "#e69f00", "#0072b2", "#7a5c00"),
    "bound": ("#4b3f72", "#8c6bb1"),
}
PARTS = {
    "fuel": "#8a6d4b",
    "carbon": "#3b3b3b",
    "wear": "#c08bb8",
    "transfer": "#0072b2",
    "unserved_load": "#b2182b",
    "unserved_service": "#ef8a62",
    "late": "#e69f00",
    "start": "#c9a227",
    "spilled": "#7f0000",
    "n1_violation": "#762a83",
}


def site_colours(sites: Sequence[str]) -> dict[str, str]:
    """Return site → colour, by the order of the scenario."""
    return {site: SITES[i % len(SITES)] for i, site in enumerate(sites)}


def policy_colour(standing: Standing) -> str:
    """Return the colour of a policy."""
    colours = POLICY[standing.role]
    return colours[standing.place % len(colours)]


def faded(colour: str, opacity: float) -> str:
    """Return a hex colour with opacity.

    Examples
    --------
    >>> faded("#0072b2", 0.5)
    'rgba(0,114,178,0.5)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def styled(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    """Return the figure with the common look."""
    figure.update_layout(
        height=height,
        template="none",
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor="white",
        plot_bgcolor="white",
        margin={"l": 64, "r": 24, "t": 56, "b": 44},
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.0,
            "yanchor": "bottom",
            "yref": "paper",
            "traceorder": "normal",
        },
        hovermode="x unified",
        hoverlabel={"font": {"family": FONT, "size": 12}, "bgcolor": "rgba(255,255,255,0.94)"},
    )
    axis = {
        "gridcolor": RULE,
        "zeroline": False,
        "linecolor": "#b8c0ca",
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": "#b8c0ca",
        "automargin": True,
        "title": {"standoff": 8, "font": {"size": 13}},
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_annotations(font={"family": FONT, "size": 13, "color": INK})
    figure.update_layout(**layout)
    return figure


def dates(figure: go.Figure) -> None:
    """Give all x axes readable dates: the day under midnight, hours between."""
    figure.update_xaxes(
        type="date",
        hoverformat="%a %d %b %H:%M",
        tickformatstops=[
            {"dtickrange": [None, 86_399_999], "value": "%H:%M\n%a %d %b"},
            {"dtickrange": [86_400_000, 7 * 86_400_000], "value": "%a\n%d %b"},
            {"dtickrange": [7 * 86_400_000 + 1, None], "value": "%d %b\n%Y"},
        ],
    )


def stairs(
    starts: Sequence[datetime], end: datetime, values: Sequence[float | None]
) -> dict[str, Any]:
    """Return x, y of a value that holds from each start to the next (the last one to `end`); None
    leaves a gap.
    """
    y = [None if v is None else round(float(v), 3) for v in values]
    x = [t.isoformat() for t in (*starts, end)]
    return {"x": x, "y": [*y, y[-1] if y else None], "line": {"shape": "hv"}}
