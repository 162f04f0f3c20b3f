"""The time axis of a run's figures: local wall time, and tables turned into lists along it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from suandian.report.facts import Facts


@dataclass(frozen=True, eq=False)
class Clock:
    """Interval starts and the last end in local wall time, with the lengths in hours."""

    starts: list[datetime]
    end: datetime
    steps: pl.DataFrame
    axis_title: str

    @classmethod
    def of(cls, facts: Facts) -> Clock:
        """Return the clock of a run."""
        steps = facts.steps
        local = steps.select(facts.local("start"), facts.local("end"))
        return cls(local["start"].to_list(), local["end"].to_list()[-1], steps, f"local time ({facts.zone})")

    def power(self, table: pl.DataFrame, key: str, column: str) -> dict[str, list[float]]:
        """Return key → average power [MW] in each interval, from energies [MWh] by `start` and `key`; gaps are 0."""
        return self._along(table, key, pl.col(column).sum(), per_hour=True)

    def level(self, table: pl.DataFrame, key: str, column: str) -> dict[str, list[float]]:
        """Return key → mean of a column in each interval; gaps are 0."""
        return self._along(table, key, pl.col(column).mean(), per_hour=False)

    def _along(self, table: pl.DataFrame, key: str, what: pl.Expr, per_hour: bool) -> dict[str, list[float]]:
        sums = table.group_by("start", key).agg(value=what)
        made = {}
        for (name,), rows in sums.group_by([key], maintain_order=False):
            joined = self.steps.join(rows.select("start", "value"), on="start", how="left", maintain_order="left")
            value = pl.col("value").fill_null(0.0)
            made[str(name)] = joined.select(value / pl.col("hours") if per_hour else value).to_series().to_list()
        return dict(sorted(made.items()))

    def whole(self, table: pl.DataFrame, column: str) -> list[float]:
        """Return the average power [MW] of all rows in each interval."""
        made = self.power(table.with_columns(_all=pl.lit("all")), "_all", column)
        return made.get("all", [0.0] * len(self.starts))
