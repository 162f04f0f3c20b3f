"""An experiment: cost and CO2 of each policy over the cases of `[vary]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from suandian.report.figures.style import policy_colour, styled
from suandian.report.reasons import amount, percent

if TYPE_CHECKING:
    from suandian.report.measures import Measures

TITLE = "The experiment: cost and CO2 over all cases"


@dataclass(frozen=True, eq=False)
class Case:
    """One case of an experiment: what was set (dotted key → value), and the run measured."""

    values: dict[str, Any]
    run: Measures

    @property
    def place(self) -> tuple[str, ...]:
        """The case but for its policy, as short labels."""
        return tuple(
            f"{key.split('.')[-1].replace('_', ' ')} {value}"
            for key, value in self.values.items()
            if key != "policy.name"
        )


def figure(cases: Sequence[Case], policies: Sequence[str] = ("asap", "joint")) -> go.Figure:
    """Return grouped bars of system cost and direct CO2 by case, for `policies` (all where none of them ran)."""
    ran = list(dict.fromkeys(case.run.policy for case in cases))
    shown = [policy for policy in policies if policy in ran] or ran
    places = list(dict.fromkeys(case.place for case in cases))
    money = cases[0].run.facts.currency
    scale, unit = (1e6, f"M {money}") if max(case.run.cost for case in cases) >= 1e6 else (1e3, f"k {money}")
    titles = [f"system cost [{unit}]", "direct CO2 of all supply [kt]"]
    fig = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12, subplot_titles=titles)
    for policy in shown:
        mine = {case.place: case.run for case in cases if case.run.policy == policy}
        cost = [mine[place].cost / scale if place in mine else None for place in places]
        carbon = [mine[place].value("carbon_system_t") / 1e3 if place in mine else None for place in places]
        for row, values in ((1, cost), (2, carbon)):
            fig.add_bar(
                row=row,
                col=1,
                x=_axis(places),
                y=values,
                name=policy,
                legendgroup=policy,
                showlegend=row == 1,
                marker_color=policy_colour(policy),
                text=[None if v is None else f"{v:,.2f}" for v in values],
                textposition="outside",
                textangle=0,
                constraintext="none",
                textfont={"size": 12},
                cliponaxis=False,
                hovertemplate=policy + " %{y:,.3f}<extra></extra>",
            )
    styled(fig, 520, barmode="group", bargap=0.3, bargroupgap=0.06, margin_t=82, legend_y=1.08, hovermode="closest")
    fig.update_annotations(x=0, xanchor="left")
    fig.update_yaxes(rangemode="tozero")
    return fig


def _axis(places: Sequence[tuple[str, ...]]) -> Any:
    """Return category labels: two levels where two things vary, else one."""
    if places and all(len(p) == 2 for p in places):
        return [[p[0] for p in places], [p[1] for p in places]]
    return [", ".join(p) or "case" for p in places]


def caption(cases: Sequence[Case], base: str = "asap", lead: str = "joint") -> str:
    """Say what the lead policy saves in each case, and which case is cheapest of all."""
    runs = {(case.place, case.run.policy): case.run for case in cases}
    told = []
    for place in dict.fromkeys(case.place for case in cases):
        one, other = runs.get((place, lead)), runs.get((place, base))
        if one is not None and other is not None:
            before, after = other.value("carbon_system_t"), one.value("carbon_system_t")
            told.append(f"{', '.join(place)}: cost {_sign(one.cost, other.cost)}, CO2 {_sign(after, before)}")
    best = min(cases, key=lambda case: case.run.cost)
    money = best.run.facts.currency
    end = f"Least cost of all: {best.run.policy}, {', '.join(best.place)} with {amount(best.run.cost, money)}."
    return f"{lead} against {base}: {'; '.join(told)}. {end}" if told else end


def _sign(now: float, before: float) -> str:
    return f"{'+' if now > before else '−'}{percent(abs(now - before), abs(before))}"
