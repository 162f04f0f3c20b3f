"""Sentences that say where a difference between two runs comes from; the same data always give the
same words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from suandian.report.standing import FLEXIBILITY, SYNERGY
from suandian.report.technology import rank

if TYPE_CHECKING:
    from suandian.report.measures import Measures

_MATTERS = 0.0005  # relative differences below this are called equal


def reasons(measures: Sequence[Measures], bound: float | None = None) -> list[str]:
    """Return sentences about the leading run against each baseline."""
    return [sentence for _, told in chapters(measures, bound) for sentence in told]


def chapters(
    measures: Sequence[Measures], bound: float | None = None
) -> list[tuple[str, list[str]]]:
    """Return the sentences under headings: one per baseline, then what holds of the leading run
    alone.
    """
    lead = leading(measures)
    told = [
        (f"{lead.label} against {base.label}", list(versus(lead, base)))
        for base in baselines(measures, lead)
    ]
    return [
        *told,
        (
            f"Safety of {lead.label}, and distance to the best possible",
            [*_trust(lead), *_distance(lead, bound, measures)],
        ),
    ]


def leading(measures: Sequence[Measures]) -> Measures:
    """Return the run that a page is about: the last candidate, else the last that cannot see the
    future, else the last.
    """
    # the newest idea is what a page is about; it is installed last
    candidates = [m for m in measures if m.standing.role == "candidate"]
    blind = [m for m in measures if m.standing.role != "bound"]
    return (candidates or blind or list(measures))[-1]


def baselines(measures: Sequence[Measures], lead: Measures) -> list[Measures]:
    """Return what the lead is measured against: planning apart, and no shifting at all; the others
    where neither is there.
    """
    others = [m for m in measures if m is not lead]
    # against planning apart first: that is what most operators do today
    chosen = [m for purpose in (SYNERGY, FLEXIBILITY) for m in others if m.standing.serves(purpose)]
    return chosen or [m for m in others if m.standing.role != "bound"]


def versus(run: Measures, base: Measures) -> Iterator[str]:
    """Yield sentences: cost, where, when, curtailment, supply, CO2."""
    yield _cost(run, base)
    yield from _where(run, base)
    yield from _when(run, base)
    yield from _curtailment(run, base)
    yield from _supply(run, base)
    yield _carbon(run, base)


def amount(value: float, unit: str) -> str:
    """Return an amount as people write it: 18.34 M USD, 412 k USD, 87 USD."""
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:,.2f} M {unit}"
    return f"{value / 1e3:,.1f} k {unit}" if size >= 1e4 else f"{value:,.0f} {unit}"


def energy(mwh: float) -> str:
    """Return an energy in GWh, or in MWh where it is small."""
    return f"{mwh / 1e3:,.2f} GWh" if abs(mwh) >= 1e3 else f"{mwh:,.0f} MWh"


def percent(part: float, whole: float) -> str:
    """Return part/whole in percent with sensible digits."""
    share = 100 * part / whole if whole else 0.0
    # "0.0 %" would say that nothing happened
    if 0 < abs(share) < 0.05:
        return "<0.1 %"
    return f"{share:.0f} %" if abs(share) >= 10 else f"{share:.1f} %"


def _equal(a: float, b: float) -> bool:
    return abs(a - b) <= _MATTERS * max(abs(a), abs(b), 1.0)


def _cost(run: Measures, base: Measures) -> str:
    money = run.facts.currency
    change = run.cost - base.cost
    if _equal(run.cost, base.cost):
        return f"{run.label} costs the same as {base.label}: {amount(run.cost, money)}."
    moved = {
        name: run.parts.get(name, 0.0) - base.parts.get(name, 0.0)
        for name in run.parts | base.parts
    }
    # parts that moved by less than a hundredth of the change explain nothing
    largest = sorted(
        (n for n in moved if abs(moved[n]) > 0.01 * abs(change)), key=lambda n: -abs(moved[n])
    )
    shown = ", ".join(
        f"{n.replace('_', ' ')} {'+' if moved[n] > 0 else '−'}{amount(abs(moved[n]), money)}"
        for n in largest
    )
    word = "less" if change < 0 else "more"
    return (
        f"{run.label} costs {amount(run.cost, money)}, {amount(abs(change), money)} "
        f"({percent(abs(change), base.cost)}) {word} than {base.label}: {shown}."
    )


def _where(run: Measures, base: Measures) -> Iterator[str]:
    away, whole = run.moved("jobs")
    away_base, _ = base.moved("jobs")
    served, served_whole = run.moved("service")
    # nothing moved: a sentence about it would be noise
    if whole <= 0 or max(away, away_base) < 1e-3 * whole:
        return
    text = (
        f"{run.label} runs {percent(away, whole)} of job energy away from its origin "
        f"({base.label}: {percent(away_base, whole)})"
    )
    if served > 1e-3 * served_whole:
        text += f" and serves {percent(served, served_whole)} of service energy elsewhere"
    net = run.net_moves
    to = max(net, key=lambda s: net[s])
    out = min(net, key=lambda s: net[s])
    if net[to] > 1.0:
        text += f"; {energy(net[to])} net go to {to} ({_terms(run, base, to)})"
        if net[out] < -1.0:
            text += f", most of it from {out} ({_terms(run, base, out)})"
    yield text + "."


def _terms(run: Measures, base: Measures, site: str) -> str:
    """Return what makes a site cheap or dear: its mean price, and its PUE where sites
    differ in it.
    """
    text = f"mean price {run.mean_price.get(site, 0.0):.1f} {run.facts.currency}/MWh"
    pue = {**base.overhead, **run.overhead}
    # a PUE that all sites share pulls nobody anywhere
    differ = pue and max(pue.values()) - min(pue.values()) > 5e-3
    return f"{text}, PUE {pue[site]:.2f}" if differ and site in pue else text


def _when(run: Measures, base: Measures) -> Iterator[str]:
    # schedules are compared at the same prices, else each would look best at its own
    place, hour = run.shifted(base)
    mine = run.job_price(run)
    theirs = base.job_price(run)
    if max(place, hour) < 0.005 or mine is None or theirs is None:
        return
    money = run.facts.currency
    text = (
        f"Against {base.label}, {percent(hour, 1)} of job energy runs at another time and "
        f"{percent(place, 1)} "
        "at another site (net)"
    )
    pay = f"{text}; at this run's prices (overhead included, data transfer not)"
    if _equal(mine, theirs):
        yield f"{pay} both schedules pay {mine:.1f} {money} per MWh of IT."
        return
    yield (
        f"{pay} its jobs pay {mine:.1f} {money} per MWh of IT, the schedule of {base.label} "
        f"would pay {theirs:.1f}."
    )


def _curtailment(run: Measures, base: Measures) -> Iterator[str]:
    now = run.value("renewable_curtailed_mwh")
    before = base.value("renewable_curtailed_mwh")
    # a megawatt-hour is the least that a reader would notice
    if abs(now - before) < max(1.0, 0.002 * before):
        return
    word = "falls" if now < before else "rises"
    change = {
        t: run.curtailed.get(t, 0.0) - base.curtailed.get(t, 0.0)
        for t in run.curtailed | base.curtailed
    }
    most = max(change, key=lambda t: abs(change[t]))
    against = f" ({percent(abs(now - before), before)})" if before > 0 else ""
    yield f"Curtailment {word} from {energy(before)} to {energy(now)}{against}, mostly {most}."


def _changes(run: Measures, base: Measures) -> dict[str, float]:
    """Return the change of output by technology where it matters, largest first."""
    names = sorted(run.generation | base.generation, key=rank)
    change = {n: run.generation.get(n, 0.0) - base.generation.get(n, 0.0) for n in names}
    # of all supply: smaller changes are the solver's choice among equals
    floor = max(1.0, 1e-4 * sum(run.generation.values()))
    return {
        n: change[n]
        for n in sorted(change, key=lambda n: -abs(change[n]))
        if abs(change[n]) >= floor
    }


def _list(items: dict[str, float]) -> str:
    return ", ".join(
        f"{name} {'+' if mwh > 0 else '−'}{energy(abs(mwh))}" for name, mwh in items.items()
    )


def _supply(run: Measures, base: Measures) -> Iterator[str]:
    change = _changes(run, base)
    if change:
        yield f"Supply changes: {_list(change)}."


def _carbon(run: Measures, base: Measures) -> str:
    """Say how CO2 moved with cost; a plan that costs less may emit more."""
    now = run.value("carbon_system_t")
    before = base.value("carbon_system_t")
    if _equal(now, before):
        return f"CO2 is that of {base.label}: {now:,.0f} t."
    shown = f"{abs(now - before):,.0f} t ({percent(abs(now - before), before)})"
    cause = _sources(run, base)
    if now < before:
        end = "" if run.cost < base.cost else "; cost does not fall with it"
        return f"CO2 falls by {shown} to {now:,.0f} t{cause}{end}."
    # dearer and dirtier: there is nothing to explain away
    if run.cost >= base.cost:
        return f"CO2 rises by {shown} to {now:,.0f} t{cause}."
    price = float(run.facts.record.get("carbon_price", 0.0))
    money = run.facts.currency
    why = (
        "nothing in the goal weighs against it"
        if price == 0
        else "the rest of the saving is worth more than that"
    )
    return (
        f"Cheaper is not cleaner here: cost falls, but CO2 rises by {shown} to {now:,.0f} "
        f"t{cause}; "
        f"at a carbon price of {price:g} {money}/t {why}."
    )


def _sources(run: Measures, base: Measures) -> str:
    """Return which technologies emit more or less, with the change of what they make."""
    names = run.emissions | base.emissions
    change = {n: run.emissions.get(n, 0.0) - base.emissions.get(n, 0.0) for n in names}
    # sources that matter: a fiftieth of all that changed
    floor = max(1.0, 0.02 * sum(abs(v) for v in change.values()))
    told = []
    for name in sorted(change, key=lambda n: -abs(change[n])):
        if abs(change[name]) >= floor:
            made = run.generation.get(name, 0.0) - base.generation.get(name, 0.0)
            told.append(
                f"{name} {_signed(change[name], f'{abs(change[name]):,.0f} t')} with "
                f"{_signed(made, energy(abs(made)))}"
            )
    return f" ({'; '.join(told)})" if told else ""


def _signed(value: float, text: str) -> str:
    return f"{'+' if value > 0 else '−'}{text}"


def _trust(run: Measures) -> Iterator[str]:
    late = int(run.value("jobs_late"))
    unserved = run.value("unserved_mwh")
    over = int(run.value("line_overloads"))
    planned = int(run.value("planned_overloads"))
    yield (
        f"{run.label}: {late:,} late jobs, {unserved:,.3g} MWh unserved, {over} line overloads "
        "in the realised flows; "
        f"the plans alone would have caused {planned} and took "
        f"{energy(run.value('redispatch_mwh'))} of redispatch."
    )


def _distance(run: Measures, bound: float | None, measures: Sequence[Measures]) -> Iterator[str]:
    # who sees the future is not measured against it
    if bound is None or run.standing.role == "bound":
        return
    money = run.facts.currency
    text = (
        f"No plan could have cost less than {amount(bound, money)} (perfect foresight, fluid); "
        f"{run.label} lies {percent(run.cost - bound, abs(bound))} above"
    )
    separate = next((m for m in measures if m.standing.serves(SYNERGY)), None)
    if separate is not None and separate is not run and separate.cost - bound > 1e-6 * abs(bound):
        share = percent(separate.cost - run.cost, separate.cost - bound)
        text += f" and goes {share} of the way from {separate.label} to it"
    yield text + "."
