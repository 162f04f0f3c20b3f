"""What a run is worth against others: the proven bound, planning apart, and no shifting at all."""

from __future__ import annotations

from collections.abc import Iterator

from suandian.report.facts import Facts
from suandian.report.merit.item import Item
from suandian.report.references import reference_bound, reference_cost
from suandian.report.standing import BOUND, FLEXIBILITY, SYNERGY


def against(facts: Facts, own: float) -> Iterator[Item]:
    """Yield figures that compare system_cost `own` [currency] with the reference runs named in
    run.json.
    """
    # A run that proved the bound states it itself, and has no reference for it.
    bound = facts.record.get("bound") if facts.standing.serves(BOUND) else reference_bound(facts)
    if bound is not None:
        yield from _bound(float(bound), own, facts.currency)
    separate = reference_cost(facts, SYNERGY)
    # a share of the cost of planning apart: of 0 there is none, and of itself it would be 0
    if separate and not facts.standing.serves(SYNERGY):
        yield (
            "synergy_value",
            (separate - own) / separate,
            "1",
            "(system_cost of separate − of this run) / of separate",
        )
    asap = own if facts.standing.serves(FLEXIBILITY) else reference_cost(facts, FLEXIBILITY)
    # Against the bound and not against this run: what moving work could be worth at most belongs
    # to the study and is the same for all its policies.
    if asap is not None and bound is not None:
        yield (
            "flexibility_value",
            asap - float(bound),
            facts.currency,
            "system_cost without any shifting (asap) − bound",
        )


def _bound(bound: float, own: float, money: str) -> Iterator[Item]:
    yield (
        "bound",
        bound,
        money,
        "proven lower bound of system_cost under perfect foresight (fluid; oracle's first solve)",
    )
    # |bound|, for costs may be negative where export earns more than supply costs
    if bound:
        yield "gap", (own - bound) / abs(bound), "1", "(system_cost − bound) / |bound|"
