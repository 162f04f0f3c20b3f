"""The top of the page in plain words: what was done, what came out, and the few numbers to
remember.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from suandian.report.reasons import amount, energy, percent
from suandian.report.standing import FLEXIBILITY, SYNERGY

if TYPE_CHECKING:
    from suandian.report.compare import Comparison
    from suandian.report.measures import Measures

NETWORKS = {
    "dc": "DC approximation by angles with line limits",
    "ptdf": "DC approximation by PTDF with line limits",
    "transport": "transport model with line limits",
    "copper": "copper plate, no line limits",
}


@dataclass(frozen=True)
class Card:
    """A number to remember: what, how much, and how it stands against the baseline (`tone` good,
    bad or plain).
    """

    name: str
    value: str
    note: str = ""
    tone: str = "plain"


def number(value: float | int) -> str:
    """Return a value with as many digits as can be read.

    Examples
    --------
    >>> [number(v) for v in (18_342_110.4, 12.3456, 0.0412345, 7)]
    ['18,342,110', '12.35', '0.0412', '7']
    """
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}".replace("-", "−")
    # three to five digits: enough to compare, few enough to read
    size = abs(value)
    digits = 0 if size >= 10_000 else 1 if size >= 100 else 2 if size >= 1 else 4
    return f"{value:,.{digits}f}".replace("-", "−")


def title(m: Measures) -> str:
    """Return the scenario's name and the policy."""
    return (
        f"{m.facts.record.get('name') or m.facts.scenario.get('name', m.run.path.name)} · {m.label}"
    )


def subtitle(m: Measures) -> str:
    """Return when, and in what steps."""
    local = m.facts.steps.select(m.facts.local("start"), m.facts.local("end"))
    first: datetime = local["start"].to_list()[0]
    last: datetime = local["end"].to_list()[-1]
    hours = float(m.facts.steps["hours"].sum())
    # the first step stands for all: a study has one length of step
    step = float(m.facts.steps["hours"][0]) * 60
    span = f"{first:%-d %B %Y %H:%M} to {last:%-d %B %Y %H:%M}"
    return (
        f"{span} ({m.facts.zone}) · {hours:,.0f} h in {len(m.facts.steps):,} steps of {step:g} "
        "min · "
        f"amounts in {m.facts.currency}"
    )


def story(m: Measures, c: Comparison) -> Iterator[str]:
    """Yield two or three sentences: the system, the work, the outcome."""
    facts = m.facts
    kinds = m.facts.nodes.group_by("kind").len()
    count = dict(kinds.iter_rows())
    it = facts.nodes.filter(pl.col("kind") == "cluster")["capacity_mw"].sum()
    network = str(facts.scenario.get("grid", {}).get("network", "dc"))
    tie = _plural(count.get("line", 0), "line") + (
        f" and {_plural(count['link'], 'DC link')}" if count.get("link") else ""
    )
    yield (
        f"{_plural(len(facts.sites), 'data centre')} with {it:,.0f} MW of computing on a grid of "
        f"{_plural(count.get('bus', 0), 'bus', 'buses')}, {tie} and "
        f"{_plural(count.get('generator', 0), 'generator')}; "
        f"power flow: {NETWORKS.get(network, network)}."
    )
    jobs = float(m.work["jobs"].sum())
    served = m.value("served_service_mwh")
    yield (
        f"The sites did {energy(jobs + served)} of IT work: services with {energy(served)} and "
        f"{int(m.value('jobs_total')):,} jobs with {energy(jobs)}. "
        f"Policy {m.policy} planned it {_plans(m)}; each plan was booked, then executed on what "
        "really happened."
    )
    yield _outcome(m, c)


def _plural(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _plans(m: Measures) -> str:
    # several solves of one step are one plan
    steps = {solve.get("step") for solve in m.facts.record.get("solves", [])}
    return (
        "once"
        if len(steps) == 1
        else f"{len(steps)} times"
        if steps
        else "without solving anything"
    )


def _outcome(m: Measures, c: Comparison) -> str:
    text = (
        f"It cost {amount(m.cost, c.currency)} and emitted {m.value('carbon_system_t'):,.0f} "
        "t of CO2"
    )
    told = []
    for purpose in (FLEXIBILITY, SYNERGY):
        base = c.serving(purpose)
        # a run is not measured against itself
        if base is not None and base is not m:
            saved = base.cost - m.cost
            word = "less" if saved >= 0 else "more"
            told.append(
                f"{amount(abs(saved), c.currency)} ({percent(abs(saved), base.cost)}) {word} "
                f"than {_gloss(base)}"
            )
    text += f": {' and '.join(told)}" if told else ""
    return f"{text}. {_carbon_too(m, c)}".strip()


def _gloss(m: Measures) -> str:
    """Say what a policy does, and its name."""
    summary = m.standing.summary
    return f"{summary} ({m.policy})" if summary else m.policy


def _carbon_too(m: Measures, c: Comparison) -> str:
    """Say at the top when the cheaper plan is the dirtier one."""
    base = c.serving(FLEXIBILITY) or c.serving(SYNERGY)
    # who saves money and emits more must say so in the same breath
    if base is None or base is m or m.cost >= base.cost:
        return ""
    before = base.value("carbon_system_t")
    more = m.value("carbon_system_t") - before
    # below this it would be rounding
    if more <= 5e-4 * before:
        return ""
    return (
        f"It is cheaper but not cleaner: CO2 is {more:,.0f} t ({percent(more, before)}) above "
        f"{base.label}."
    )


def cards(m: Measures, c: Comparison) -> Iterator[Card]:
    """Yield the numbers to remember."""
    base = next(
        (b for b in (c.serving(SYNERGY), c.serving(FLEXIBILITY)) if b is not None and b is not m),
        None,
    )
    yield Card("system cost", amount(m.cost, c.currency), *_against(m, base, "system_cost"))
    yield Card(
        "CO2 of all supply",
        f"{m.value('carbon_system_t'):,.0f} t",
        *_against(m, base, "carbon_system_t"),
    )
    # cards: what a reader asks first, each against the same baseline
    lost = m.value("renewable_curtailed_mwh")
    yield Card("curtailment", energy(lost), *_against(m, base, "renewable_curtailed_mwh"))
    late = int(m.value("jobs_late"))
    done = int(m.value("jobs_completed"))
    yield Card("late jobs", f"{late:,}", f"of {done:,} completed", "good" if late == 0 else "bad")
    if "gap" in m.kpis or c.bound is not None:
        gap = m.value("gap", (m.cost - (c.bound or 0.0)) / abs(c.bound or 1.0))
        yield Card(
            "gap to the bound",
            f"{100 * gap:.2f} %",
            f"proven bound {amount(c.bound or m.value('bound'), c.currency)}",
        )


def _against(m: Measures, base: Measures | None, name: str) -> tuple[str, str]:
    if base is None:
        return "", "plain"
    now = m.value(name)
    before = base.value(name)
    if before == 0 or abs(now - before) < 5e-4 * abs(before):
        return f"as {base.label}", "plain"
    less = now < before
    # a fifth of a percent is no news in either colour
    tone = "plain" if abs(now - before) < 2e-3 * abs(before) else "good" if less else "bad"
    return (
        f"{'−' if less else '+'}{percent(abs(now - before), abs(before))} against {base.label}",
        tone,
    )
