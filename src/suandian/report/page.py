"""One self-contained page: what was done, what came out, why, and the evidence. Plotly comes out of
its wheel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from suandian.report import evidence, headline, secure
from suandian.report.compare import Comparison, compare, references
from suandian.report.experiment import CaseRun, groups
from suandian.report.figures import (
    computing,
    cost,
    grid_map,
    moves,
    queue,
    signals,
    storage,
    supply,
    vary,
)
from suandian.report.measures import Measures
from suandian.report.reasons import chapters, leading
from suandian.report.standing import FLEXIBILITY, SYNERGY
from suandian.report.table import lines

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from suandian.record.read import Run

_CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtons": [["toImage", "resetScale2d"]],
}


@dataclass(frozen=True, eq=False)
class Panel:
    """A figure with its title and the sentence under it."""

    title: str
    figure: go.Figure
    caption: str

    @property
    def html(self) -> Markup:
        """The figure as a part of the page, which brings the JavaScript once for all."""
        name = "".join(ch if ch.isalnum() else "-" for ch in self.title.lower())
        text = self.figure.to_html(
            full_html=False,
            include_plotlyjs=False,
            include_mathjax=False,
            div_id=f"figure-{name}",
            config=_CONFIG,
        )
        return Markup(text)


def write_report(run: Run, against: Sequence[Run], path: Path) -> None:
    """Write the page of `run`, compared with `against` (or with the reference runs that its
    run.json names).

    Raises
    ------
    InputError
        A run of `against` cannot be compared with `run`.
    RecordError
        A folder is incomplete or damaged.
    """
    lead, comparison = _compared(run, against)
    path.write_text(render(lead, comparison), encoding="utf-8")


def panels(run: Run, against: Sequence[Run] = ()) -> list[Panel]:
    """Return the figures of the page of `run`, compared as `write_report` compares it.

    Raises
    ------
    InputError
        A run of `against` cannot be compared with `run`.
    RecordError
        A folder is incomplete or damaged.
    """
    return list(_panels(*_compared(run, against)))


def _compared(run: Run, against: Sequence[Run]) -> tuple[Measures, Comparison]:
    """Return the measures of `run`, and its comparison with `against` or its reference runs."""
    # late: a page about one run needs no other
    from suandian.record.read import open_run

    # nobody named a run to compare with: those that the run itself names
    others = list(against) or [open_run(folder) for folder in references(run)]
    comparison = compare([run, *others])
    lead = next(m for m in comparison.runs if m.run is run)
    return lead, comparison


def write_comparison(runs: Sequence[Run | CaseRun], path: Path) -> None:
    """Write the page of a comparison; cases of an experiment that differ in more than the policy
    get one table each.

    The page is about the last candidate of the group with most policies (else its last that cannot
    see the future).

    Raises
    ------
    InputError
        Runs of one group cannot be compared.
    """
    cases = [run if isinstance(run, CaseRun) else CaseRun(run) for run in runs]
    # the page is about the group with most policies: it has most to say
    grouped = sorted(groups(cases), key=lambda group: -len(group))
    compared = [compare([case.run for case in group]) for group in grouped]
    lead = leading(compared[0].runs)
    path.write_text(render(lead, compared[0], _others(grouped, compared)), encoding="utf-8")


@dataclass(frozen=True, eq=False)
class Group:
    """One case of an experiment: how it is called, and its comparison."""

    name: str
    comparison: Comparison
    values: dict[str, Any]


def _others(grouped: Sequence[Sequence[CaseRun]], compared: Sequence[Comparison]) -> list[Group]:
    if len(grouped) < 2:
        return []
    several = [(group, c) for group, c in zip(grouped, compared, strict=True) if group[0].place]
    return [
        Group(", ".join(f"{k} = {v}" for k, v in group[0].place), c, group[0].values)
        for group, c in several
    ]


def render(lead: Measures, comparison: Comparison, cases: Sequence[Group] = ()) -> str:
    """Return the page as text."""
    # late: half a second that no other verb should pay
    from plotly.offline import get_plotlyjs

    several = len(comparison.runs) > 1
    template = _environment().get_template("page.html.j2")
    return template.render(
        lead=lead,
        comparison=comparison,
        several=several,
        title=headline.title(lead),
        subtitle=headline.subtitle(lead),
        story=headline.story(lead, comparison),
        cards=headline.cards(lead, comparison),
        table=list(lines(comparison)) if several else [],
        panels=[*_experiment(cases), *_panels(lead, comparison)],
        cases=[(group.name, list(lines(group.comparison)), group.comparison) for group in cases],
        chapters=chapters(_lead_first(lead, comparison), comparison.bound),
        kpis=_kpi_rows(lead, comparison),
        security=secure.section(lead.run),
        warnings=evidence.warnings(lead),
        provenance=evidence.notes(lead)[0],
        workloads=evidence.workloads(lead),
        hashes=list(evidence.hashes(lead)),
        solves=evidence.solves(lead),
        versions=evidence.versions(lead),
        plotly=Markup(get_plotlyjs().replace("</script", "<\\/script")),
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("suandian.report", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _lead_first(lead: Measures, comparison: Comparison) -> list[Measures]:
    """Return the runs such that the sentences are about `lead`, whoever else is a candidate."""
    return comparison.runs if leading(comparison.runs) is lead else [lead]


def _panels(lead: Measures, c: Comparison) -> Iterator[Panel]:
    """Yield the figures that apply."""
    # against whoever shifts nothing; where nobody does, against planning apart
    base = next(
        (
            m
            for m in (c.serving(FLEXIBILITY), c.serving(SYNERGY))
            if m is not None and m is not lead
        ),
        None,
    )
    # one policy alone has no cost to compare
    if len(c.runs) > 1:
        yield Panel(cost.TITLE, cost.figure(c), cost.caption(c))
    yield Panel(supply.TITLE, supply.figure(lead), supply.caption(lead))
    if lead.facts.sites:
        yield Panel(computing.TITLE, computing.figure(lead, base), computing.caption(lead))
        yield Panel(signals.CARBON_TITLE, signals.carbon_figure(lead), signals.carbon_caption(lead))
        if len(lead.facts.computing_prices):
            yield Panel(
                signals.PRICE_TITLE, signals.price_figure(lead), signals.price_caption(lead)
            )
        yield Panel(moves.WHERE_TITLE, moves.where_figure(lead), moves.where_caption(lead))
        if base is not None:
            yield Panel(
                moves.WHEN_TITLE, moves.when_figure(lead, base), moves.when_caption(lead, base)
            )
        if len(lead.facts.jobs):
            yield Panel(queue.TITLE, queue.figure(lead, base), queue.caption(lead, base))
    if len(lead.facts.lines):
        yield Panel(grid_map.TITLE, grid_map.figure(lead), grid_map.caption(lead))
    if storage.stores(lead):
        yield Panel(storage.TITLE, storage.figure(lead), storage.caption(lead))


def _experiment(cases: Sequence[Group]) -> Iterator[Panel]:
    if len(cases) < 2:
        return
    found = [vary.VariedRun(group.values, m) for group in cases for m in group.comparison.runs]
    if len({case.place for case in found}) > 1:
        yield Panel(vary.TITLE, vary.figure(found), vary.caption(found))


def _kpi_rows(lead: Measures, c: Comparison) -> list[tuple[str, str, str, list[str]]]:
    """Return name, unit, method (of the lead where it has it) and the value in each run."""
    # every figure that any of them has, the lead's first
    names = list(dict.fromkeys(name for m in (lead, *c.runs) for name in m.kpis))
    rows = []
    for name in names:
        item = next(m.kpis[name] for m in (lead, *c.runs) if name in m.kpis)
        values = [headline.number(m.kpis[name]["value"]) if name in m.kpis else "–" for m in c.runs]
        rows.append((name, str(item["unit"]), str(item["method"]), values))
    return rows
