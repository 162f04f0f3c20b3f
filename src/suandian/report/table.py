"""The comparison as a table of text: one row per figure, one column per run, for terminal and page
alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suandian.report.compare import ComparedRun, Comparison

Number = float | int | None


@dataclass(frozen=True)
class Metric:
    """One line of the table: its unit, how it is taken from a row and shown, and whether less or
    more is better.
    """

    name: str
    unit: str
    take: Callable[[ComparedRun], Number]
    digits: int = 0
    signed: bool = False
    better: str = ""  # "low", "high" or ""


@dataclass(frozen=True)
class Line:
    """A row of text; `best` marks the columns with the best value among policies that cannot see
    the future.
    """

    name: str
    unit: str
    cells: tuple[str, ...]
    best: tuple[bool, ...]


def _percent(take: Callable[[ComparedRun], Number]) -> Callable[[ComparedRun], Number]:
    def taken(row: ComparedRun) -> Number:
        value = take(row)
        return None if value is None else 100.0 * value

    return taken


def _scaled(take: Callable[[ComparedRun], Number], scale: float) -> Callable[[ComparedRun], Number]:
    def taken(row: ComparedRun) -> Number:
        value = take(row)
        return None if value is None else value / scale

    return taken


def metrics(c: Comparison) -> Sequence[Metric]:
    """Return the lines of the table, costs in millions where they are large."""
    # all of a table in one unit: columns are for comparing
    big = max(abs(row.system_cost) for row in c.rows) >= 1e6
    scale, money, digits = (1e6, f"M {c.currency}", 3) if big else (1.0, c.currency, 0)
    small, little, few = (1e3, f"k {c.currency}", 1) if big else (1.0, c.currency, 0)
    return (
        Metric("system cost", money, _scaled(lambda r: r.system_cost, scale), digits, better="low"),
        Metric(
            "difference to separate",
            little,
            _scaled(lambda r: r.versus_separate, small),
            few,
            signed=True,
        ),
        Metric(
            "synergy value (saving against separate)",
            "%",
            _percent(lambda r: r.synergy_value),
            2,
            signed=True,
        ),
        Metric("regret (above the bound)", little, _scaled(lambda r: r.regret, small), few),
        Metric("gap to the bound", "%", _percent(lambda r: r.gap), 2),
        Metric("share of the way separate → bound", "%", _percent(lambda r: r.closed_bound), 1),
        Metric(
            "share of the way separate → oracle (executed)",
            "%",
            _percent(lambda r: r.closed_oracle),
            1,
        ),
        Metric(
            "share of flexibility used (asap → bound)",
            "%",
            _percent(lambda r: r.flexibility_used),
            1,
        ),
        Metric("CO2, all supply", "t", lambda r: r.carbon_t, 0, better="low"),
        Metric("CO2, sites (traced)", "t", lambda r: r.sites_carbon_t, 0, better="low"),
        Metric("curtailment", "GWh", lambda r: r.curtailed_gwh, 2, better="low"),
        Metric("late jobs", "", lambda r: r.jobs_late, 0),
        Metric("mean wait", "h", lambda r: r.mean_wait_h, 2),
        Metric("unserved", "MWh", lambda r: r.unserved_mwh, 2),
        Metric("redispatch", "MWh", lambda r: r.redispatch_mwh, 0, better="low"),
        Metric("planned overloads", "line-intervals", lambda r: r.planned_overloads, 0),
        Metric("line overloads", "line-intervals", lambda r: r.line_overloads, 0),
        Metric("work run away from its origin", "GWh", lambda r: r.moved_gwh, 2),
        Metric("job data moved", "TB", lambda r: r.moved_tb, 1),
    )


def lines(c: Comparison) -> Iterator[Line]:
    """Yield the rows of the table that have at least one value."""
    for metric in metrics(c):
        values = [metric.take(row) for row in c.rows]
        # a line without any value is left out: no such run is there
        if any(value is not None for value in values):
            yield Line(
                metric.name,
                metric.unit,
                tuple(_text(v, metric) for v in values),
                _best(values, metric, c),
            )


def _text(value: Number, metric: Metric) -> str:
    if value is None:
        return "–"
    text = f"{abs(value):,.{metric.digits}f}"
    # no sign before a zero: −0 would look like a saving
    zero = float(text.replace(",", "")) == 0.0
    sign = "−" if value < 0 and not zero else "+" if metric.signed and not zero else ""
    return sign + text


def _best(values: Sequence[Number], metric: Metric, c: Comparison) -> tuple[bool, ...]:
    open_to = [
        v for v, row in zip(values, c.rows, strict=True) if v is not None and row.role != "bound"
    ]
    # where all are equal nobody is best
    if not metric.better or len(open_to) < 2 or len(set(open_to)) < 2:
        return (False,) * len(values)
    top = min(open_to) if metric.better == "low" else max(open_to)
    return tuple(v == top and row.role != "bound" for v, row in zip(values, c.rows, strict=True))
