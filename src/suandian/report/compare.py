"""Runs of one scenario side by side; refuses runs that did not do the same work on the
same inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from suandian.model.issues import InputError, Issue
from suandian.report.measures import Measures, measured, serving
from suandian.report.reasons import reasons
from suandian.report.references import reference_cost, reference_path
from suandian.report.standing import BOUND, FLEXIBILITY, SYNERGY, Standing

if TYPE_CHECKING:
    from suandian.record.read import Run

_SHORT = 1e-3  # of cost: below this a share of the way says nothing
_FREE = ("policy", "vary", "name")  # parts of a scenario in which compared runs may differ


@dataclass(frozen=True)
class ComparedRun:
    """One run in the table; None where a run that it needs is absent.

    Costs in the scenario's currency, CO2 in t, energies in GWh, ratios in 1. `regret` = cost −
    bound; `closed_bound` and `closed_oracle` are the shares of the way from separate to the bound,
    and to the executed oracle, that this run goes; `flexibility_used` is the share of
    flexibility_value = cost of asap − bound.
    """

    label: str
    policy: str
    role: str
    system_cost: float
    versus_separate: float | None
    carbon_t: float
    sites_carbon_t: float
    curtailed_gwh: float
    jobs_late: int
    redispatch_mwh: float
    planned_overloads: int
    line_overloads: int
    unserved_mwh: float
    moved_gwh: float
    moved_tb: float
    mean_wait_h: float
    regret: float | None
    gap: float | None
    synergy_value: float | None
    flexibility_used: float | None
    closed_bound: float | None
    closed_oracle: float | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Rows by policy, the bound, the value of flexibility, and sentences that say where differences
    come from.
    """

    runs: list[Measures]
    rows: list[ComparedRun]
    bound: float | None
    flexibility_value: float | None
    reasons: list[str]

    @property
    def currency(self) -> str:
        """Currency of the costs."""
        return self.runs[0].facts.currency

    def serving(self, purpose: str) -> Measures | None:
        """Return the first run from which `purpose` is measured (see Standing.serves)."""
        return serving(self.runs, purpose)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for `--json`."""
        return {
            "currency": self.currency,
            "bound": self.bound,
            "flexibility_value": self.flexibility_value,
            "rows": [asdict(row) for row in self.rows],
            "reasons": self.reasons,
        }


def compare(runs: Sequence[Run]) -> Comparison:
    """Return the comparison of `runs`, baselines first, then candidates, the bound last.

    Raises
    ------
    InputError
        No runs, or runs whose state, inputs, scenario (but for the policy), horizon or completed
        work differ.
    """
    # an empty comparison would be a page about nothing
    if not runs:
        raise InputError([Issue("compare", "RUN", None, "no run given", "one run folder or more")])
    # by role, then place: the order of columns does not depend on who was named first
    ranked = sorted(runs, key=lambda run: Standing.of(run.record).rank)
    measures = measured(list(ranked))
    # a run that is compared with nothing may be unfinished: its own page says so
    issues = [*_unfinished(measures), *_different(measures)] if len(measures) > 1 else []
    if issues:
        raise InputError(issues)
    # whichever run knows it: the bound is of the scenario, not of a policy
    bound = _first(m.value("bound", float("nan")) for m in measures if "bound" in m.kpis)
    cost = {purpose: _cost(measures, purpose) for purpose in (FLEXIBILITY, SYNERGY, BOUND)}
    rigid = cost[FLEXIBILITY]
    # what shifting could save at most
    flexibility = None if bound is None or rigid is None else rigid - bound
    rows = [_row(m, bound, cost) for m in measures]
    return Comparison(measures, rows, bound, flexibility, reasons(measures, bound))


def _first(values: Iterator[float]) -> float | None:
    return next(values, None)


def _cost(measures: Sequence[Measures], purpose: str) -> float | None:
    """Return system_cost of what `purpose` is measured from: a compared run, else a reference run
    that one of them names.
    """
    here = serving(measures, purpose)
    if here is not None:
        return here.cost
    named = (reference_cost(m.facts, purpose) for m in measures)
    return _first(cost for cost in named if cost is not None)


def _row(m: Measures, bound: float | None, cost: Mapping[str, float | None]) -> ComparedRun:
    def way(start: float | None, end: float | None) -> float | None:
        """Share of the way from start to end; None where the way is too short to be divided."""
        # a share of a way that hardly exists is noise
        if start is None or end is None or abs(start - end) < _SHORT * abs(start):
            return None
        return (start - m.cost) / (start - end)

    separate = cost[SYNERGY]
    # the way from planning apart to the best possible says nothing of other baselines
    on_the_way = m.standing.role != "baseline" or m.standing.serves(SYNERGY)
    moved = m.moved("jobs")[0] + m.moved("service")[0]
    return ComparedRun(
        label=m.label,
        policy=m.policy,
        role=m.standing.role,
        system_cost=m.cost,
        versus_separate=None if separate is None else m.cost - separate,
        carbon_t=m.value("carbon_system_t"),
        sites_carbon_t=m.value("carbon_location_t"),
        curtailed_gwh=m.value("renewable_curtailed_mwh") / 1e3,
        jobs_late=int(m.value("jobs_late")),
        redispatch_mwh=m.value("redispatch_mwh"),
        planned_overloads=int(m.value("planned_overloads")),
        line_overloads=int(m.value("line_overloads")),
        unserved_mwh=m.value("unserved_mwh"),
        moved_gwh=moved / 1e3,
        moved_tb=m.moved_tb,
        mean_wait_h=m.value("mean_wait_h"),
        regret=None if bound is None else m.cost - bound,
        gap=None if not bound else (m.cost - bound) / abs(bound),
        synergy_value=None if not separate else (separate - m.cost) / separate,
        flexibility_used=way(cost[FLEXIBILITY], bound),
        closed_bound=way(separate, bound) if on_the_way else None,
        closed_oracle=way(separate, cost[BOUND]) if on_the_way else None,
    )


def _unfinished(measures: Sequence[Measures]) -> Iterator[Issue]:
    for m in measures:
        state = m.facts.record["state"]
        if state != "done":
            yield Issue(
                str(m.run.path),
                "run.json state",
                state,
                "the run is not done",
                "done",
                "resume it: suandian simulate with the same --out",
            )


def _different(measures: Sequence[Measures]) -> Iterator[Issue]:
    """Yield what keeps each run from being compared with the first."""
    # all must be of one study: costs of different work cannot be compared
    first = measures[0]
    for m in measures[1:]:
        where = str(m.run.path)
        than = f"as in {first.run.path}"
        keys = list(_unequal(m.facts.scenario, first.facts.scenario))
        if keys:
            yield Issue(
                where,
                f"scenario.toml {keys[0]}",
                _at(m.facts.scenario, keys[0]),
                "another scenario",
                f"{_at(first.facts.scenario, keys[0])!r} {than}; only [policy] may differ",
            )
        # the same text may name files that have changed since
        if m.facts.record.get("inputs") != first.facts.record.get("inputs"):
            yield Issue(where, "run.json inputs", None, "other input files", than)
        if _horizon(m) != _horizon(first):
            yield Issue(
                where,
                "steps.parquet",
                " … ".join(_horizon(m)),
                "another horizon",
                " … ".join(_horizon(first)),
            )
        # a policy that leaves work undone is cheap: completed work must be the same
        done = _completed(m)
        wanted = _completed(first)
        if not done.equals(wanted):
            yield Issue(
                where,
                "jobs.parquet",
                f"{done['count'].sum()} jobs completed",
                "other completed work",
                f"the {wanted['count'].sum()} jobs completed in {first.run.path}",
            )


def _unequal(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted keys in which two scenarios differ, but for those in which they may."""
    for key in sorted({*one, *other}):
        name = f"{prefix}{key}"
        a = one.get(key)
        b = other.get(key)
        if name in _FREE or a == b:
            continue
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            yield from _unequal(a, b, f"{name}.")
        else:
            yield name


def _at(scenario: Mapping[str, Any], dotted: str) -> Any:
    value: Any = scenario
    for key in dotted.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _horizon(m: Measures) -> tuple[str, str]:
    steps = m.facts.steps
    return (str(steps["start"].min()), str(steps["end"].max()))


def _completed(m: Measures) -> pl.DataFrame:
    columns = ["job", "workload", "count", "submit", "due", "work_wh"]
    return m.facts.jobs.filter(pl.col("end").is_not_null()).select(columns).sort("job")


def references(run: Run) -> list[Path]:
    """Return the folders of the reference runs that `run` names and that are there."""
    m = Measures(run, "")
    found = [reference_path(m.facts, name) for name in run.record.get("reference_runs", {})]
    here = run.path.resolve()
    return [
        path
        for path in found
        if path is not None and path.resolve() != here and (path / "run.json").exists()
    ]
