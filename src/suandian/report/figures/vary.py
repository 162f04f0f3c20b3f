"""An experiment: cost and CO2 of each policy over the cases of `[vary]`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from suandian.report.figures.style import policy_colour, styled
from suandian.report.measures import serving
from suandian.report.reasons import amount, leading, percent
from suandian.report.standing import FLEXIBILITY

if TYPE_CHECKING:
    from suandian.report.measures import Measures

TITLE = "The experiment: cost and CO2 over all cases"


@dataclass(frozen=True, eq=False)
class VariedRun:
    """One case of an experiment: what was set (dotted key → value), and the run measured."""

    values: dict[str, Any]
    run: Measures

    @property
    def place(self) -> tuple[str, ...]:
        """The case but for its policy, as short labels."""
        return (*self.choice, *self.goal)

    @property
    def choice(self) -> tuple[str, ...]:
        """What the case chooses (labels), apart from policy and goal."""
        return _labels(
            {k: v for k, v in self.values.items() if not k.startswith(("policy.", "goal."))}
        )

    @property
    def goal(self) -> tuple[str, ...]:
        """How the case weighs cost and carbon (labels); costs compare only between cases of one
        goal.
        """
        return _labels({k: v for k, v in self.values.items() if k.startswith("goal.")})


def _labels(values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{key.split('.')[-1].replace('_', ' ')} {value}" for key, value in values.items())


def shown_policies(cases: Sequence[VariedRun]) -> tuple[str, str] | None:
    """Return the policies that shift nothing and that the page is about; None where one of them did
    not run.
    """
    runs = [case.run for case in cases]
    base = serving(runs, FLEXIBILITY)
    lead = leading(runs)
    both = base is not None and lead.standing.role == "candidate"
    return (base.policy, lead.policy) if base is not None and both else None


def figure(cases: Sequence[VariedRun]) -> go.Figure:
    """Return grouped bars of system cost and direct CO2 by case, for the policy that shifts nothing
    and the leading one (all where one of them did not run).
    """
    standing = {case.run.policy: case.run.standing for case in cases}
    shown = shown_policies(cases) or tuple(standing)
    places = list(dict.fromkeys(case.place for case in cases))
    money = cases[0].run.facts.currency
    scale, unit = (
        (1e6, f"M {money}") if max(case.run.cost for case in cases) >= 1e6 else (1e3, f"k {money}")
    )
    titles = [f"system cost [{unit}]", "direct CO2 of all supply [kt]"]
    fig = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12, subplot_titles=titles
    )
    bars: dict[int, list[_Bars]] = {1: [], 2: []}
    for policy in shown:
        runs = {case.place: case.run for case in cases if case.run.policy == policy}
        cost = [runs[place].cost / scale if place in runs else None for place in places]
        carbon = [_kilotonnes(runs[place]) if place in runs else None for place in places]
        colour = policy_colour(standing[policy])
        bars[1].append(_Bars(policy, colour, cost))
        bars[2].append(_Bars(policy, colour, carbon))
    for i in range(len(shown)):
        for row, groups in bars.items():
            _add(fig, places, row, groups[i], groups[0].values)
    styled(
        fig,
        600,
        barmode="group",
        bargap=0.3,
        bargroupgap=0.06,
        margin_t=82,
        legend_y=1.08,
        hovermode="closest",
    )
    fig.update_annotations(x=0, xanchor="left")
    for row, groups in bars.items():
        heights = [value for group in groups for value in group.values if value]
        # Room above the highest bar for its two lines of text.
        fig.update_yaxes(range=[0, 1.22 * max(heights, default=1)], row=row, col=1)
    return fig


@dataclass(frozen=True)
class _Bars:
    """A policy and its values by place; None where it did not run there."""

    policy: str
    colour: str
    values: list[float | None]


def _kilotonnes(run: Measures) -> float:
    return run.value("carbon_system_t") / 1e3


def _add(
    fig: go.Figure,
    places: Sequence[tuple[str, ...]],
    row: int,
    bars: _Bars,
    first: Sequence[float | None],
) -> None:
    """Add a policy's bars to a row; their texts compare with the `first` policy's values."""
    fig.add_bar(
        row=row,
        col=1,
        x=_axis(places),
        y=bars.values,
        name=bars.policy,
        legendgroup=bars.policy,
        showlegend=row == 1,
        marker_color=bars.colour,
        text=_texts(bars.values, first),
        textposition="outside",
        textangle=0,
        constraintext="none",
        textfont={"size": 12},
        cliponaxis=False,
        hovertemplate=bars.policy + " %{y:,.3f}<extra></extra>",
    )


def _axis(places: Sequence[tuple[str, ...]]) -> Any:
    """Return category labels: two levels where two things vary, else one."""
    if places and all(len(p) == 2 for p in places):
        return [[p[0] for p in places], [p[1] for p in places]]
    return [", ".join(p) or "case" for p in places]


def _texts(values: Sequence[float | None], first: Sequence[float | None]) -> list[str | None]:
    """Return what stands on the bars: the value, and its distance to the first policy's."""
    return [
        None
        if v is None
        else f"{v:,.4g}"
        if values is first or not f
        else f"{v:,.4g}<br>{_sign(v, f)}"
        for v, f in zip(values, first, strict=True)
    ]


def caption(cases: Sequence[VariedRun]) -> str:
    """Say, for each goal, what the best choice saves, what the lead policy saves, and what both
    save together.
    """
    runs = {(case.goal, case.choice, case.run.policy): case.run for case in cases}
    told = []
    policies = shown_policies(cases)
    if policies is None:
        return f"{len(cases)} runs."
    base, lead = policies
    for goal in dict.fromkeys(case.goal for case in cases):
        choices = [choice for g, choice, policy in runs if g == goal and policy == base]
        if choices and all((goal, choice, lead) in runs for choice in choices):
            told.append(_finding(runs, goal, choices, (base, lead)))
    return " ".join(told) or f"{len(cases)} runs."


def _finding(
    runs: Mapping[tuple[tuple[str, ...], tuple[str, ...], str], Measures],
    goal: tuple[str, ...],
    choices: Sequence[tuple[str, ...]],
    policies: tuple[str, str],
) -> str:
    """Return one sentence: choice alone, policy alone, both, from the first choice under the base
    policy.
    """
    base, lead = policies
    start = runs[goal, choices[0], base]
    best = min(choices, key=lambda choice: runs[goal, choice, lead].cost)
    where = runs[goal, best, base]
    when = runs[goal, choices[0], lead]
    both = runs[goal, best, lead]
    money = start.facts.currency
    name = ", ".join(choices[0])
    there = ", ".join(best)

    def saved(run: Measures) -> str:
        return (
            f"{amount(start.cost - run.cost, money)} ({percent(start.cost - run.cost, start.cost)})"
        )

    at = f"At {', '.join(goal)}: " if goal else ""
    emitted = [
        f"{label} {_sign(run.value('carbon_system_t'), start.value('carbon_system_t'))}"
        for label, run in ((there, where), (lead, when), ("both", both))
        if run is not start
    ]
    moved = f"{there} instead of {name} saves {saved(where)}; " if best != choices[0] else ""
    together = f"; both together {saved(both)}" if best != choices[0] else ""
    return (
        f"{at}{moved}{lead} instead of {base} at {name} saves {saved(when)}{together}. CO2: "
        f"{', '.join(emitted)}."
    )


def _sign(now: float, before: float) -> str:
    return f"{'+' if now > before else '−'}{percent(abs(now - before), abs(before))}"
