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


def figure(cases: Sequence[Case]) -> go.Figure:
    """Return grouped bars of system cost and direct CO2 by case and policy; axes are cut to show differences."""
    places = list(dict.fromkeys(case.place for case in cases))
    policies = list(dict.fromkeys(case.run.policy for case in cases))
    money = cases[0].run.facts.currency
    scale, unit = (1e6, f"M {money}") if max(case.run.cost for case in cases) >= 1e6 else (1e3, f"k {money}")
    fig = make_subplots(
        rows=1,
        cols=2,
        horizontal_spacing=0.09,
        subplot_titles=[f"system cost [{unit}]", "direct CO2 of all supply [kt]"],
    )
    labels = _axis(places)
    for policy in policies:
        mine = {case.place: case.run for case in cases if case.run.policy == policy}
        for col, what in ((1, lambda m: m.cost / scale), (2, lambda m: m.value("carbon_system_t") / 1e3)):
            values = [what(mine[p]) if p in mine else None for p in places]
            fig.add_bar(
                row=1,
                col=col,
                x=labels,
                y=values,
                name=policy,
                legendgroup=policy,
                showlegend=col == 1,
                marker_color=policy_colour(policy),
                text=[None if v is None else f"{v:.2f}" for v in values],
                textposition="outside",
                textfont={"size": 10},
                cliponaxis=False,
                hovertemplate=policy + " %{y:,.3f}<extra></extra>",
            )
    styled(fig, 430, barmode="group", bargap=0.25, margin_t=82, legend_y=1.1, hovermode="closest")
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
