"""The section on network security: overloads after a loss, before and after, and the AC power flow
of each step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from suandian.record.read import Run

SHOWN = 20


@dataclass(frozen=True)
class SecurityPart:
    """A heading, sentences and a table."""

    title: str
    sentences: tuple[str, ...]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def section(run: Run) -> list[SecurityPart]:
    """Return the parts that apply to `run`, none where neither N-1 nor an AC check was
    asked for.
    """
    return [*_n1(run), *_ac(run)]


def _n1(run: Run) -> Iterator[SecurityPart]:
    if not run.has("security.parquet"):
        return
    found = run.table("security")
    before, after = (found.filter(pl.col("phase") == phase) for phase in ("unsecured", "realised"))
    sentences = [
        f"After the loss of one element, {len(before):,} flows (line × loss × interval) would "
        "exceed their emergency "
        f"limit if each step were dispatched without N-1; {len(after):,} do as it was dispatched."
    ]
    if len(after):
        sentences.append(
            "Those that remain could not be avoided below their price "
            "(grid.outages.violation_price)."
        )
    splitting = run.record.get("splitting") or []
    if splitting:
        sentences.append(
            "Not studied, for they cut an island off or nothing can balance them: "
            f"{', '.join(splitting)}."
        )
    # before: the same steps dispatched without N-1; after: as they were executed
    over = (pl.col("flow_mw").abs() - pl.col("limit_mw")).alias("over")
    both = (
        found.with_columns(over)
        .group_by("kind", "contingency", "line")
        .agg(
            (pl.col("phase") == "unsecured").sum().alias("before"),
            (pl.col("phase") == "realised").sum().alias("after"),
            pl.col("over").filter(pl.col("phase") == "unsecured").max().alias("worst_before"),
            pl.col("over").filter(pl.col("phase") == "realised").max().alias("worst_after"),
        )
    )
    # what is still violated first, then what was most
    top = both.sort(
        "after", "before", "line", "contingency", descending=[True, True, False, False]
    ).head(SHOWN)
    rows = tuple(
        (f"{kind} {name}", line, f"{b:,}", f"{a:,}", _mw(wb), _mw(wa))
        for kind, name, line, b, a, wb, wa in top.iter_rows()
    )
    if len(both) > SHOWN:
        sentences.append(
            f"The {SHOWN} most frequent of {len(both)} pairs; all are in security.parquet."
        )
    columns = ("loss", "line", "intervals before", "after", "worst before [MW]", "after")
    yield SecurityPart("N-1", tuple(sentences), columns, rows)


def _ac(run: Run) -> Iterator[SecurityPart]:
    if not run.has("ac_check.parquet"):
        return
    both = run.table("ac_check")
    sentences = []
    rows = []
    for phase, what in (
        ("planned", "published plans, while in force"),
        ("realised", "executed steps"),
    ):
        found = both.filter(pl.col("phase") == phase)
        good = found.filter("converged")
        sentences.append(
            f"AC power flow (pandapower) of {what}: {len(good)} of {len(found)} converge."
        )
        failed = [str(t) for t in found.filter(~pl.col("converged"))["start"].to_list()]
        if failed:
            more = "" if len(failed) <= SHOWN else " …"
            sentences.append(
                f"No solution was found, which is a finding, at: {', '.join(failed[:SHOWN])}{more}."
            )
        rows += [(phase, *row) for row in _spread(good)]
    sentences.append(
        "Sites draw at unity power factor; losses fall on the running firm units by capacity."
    )
    yield SecurityPart(
        "AC power flow",
        tuple(sentences),
        ("phase", "per step", "unit", "least", "mean", "most"),
        tuple(rows),
    )


def _spread(good: pl.DataFrame) -> Iterator[tuple[str, ...]]:
    for name, column, unit in (
        ("losses", "losses_mw", "MW"),
        ("least voltage", "least_voltage_pu", "pu"),
        ("highest voltage", "most_voltage_pu", "pu"),
        ("voltages outside limits", "voltages_outside", "buses"),
        ("highest loading", "most_loading", "1"),
        ("lines above their rating", "overloads", "lines"),
        ("buses short of reactive power", "reactive_outside", "buses"),
    ):
        values = good[column].drop_nulls().to_numpy()
        if len(values):
            cells = (f"{float(v):,.3f}" for v in (values.min(), values.mean(), values.max()))
            yield (name, unit, *cells)


def _mw(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"
