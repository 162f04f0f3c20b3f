"""The time axis of a run's figures: local wall time, and tables turned into lists along it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import polars as pl

if TYPE_CHECKING:
    from suandian.report.facts import Facts


@dataclass(frozen=True, eq=False)
class LocalTimes:
    """Interval starts and the last end in local wall time, with the lengths in hours."""

    starts: list[datetime]
    end: datetime
    steps: pl.DataFrame
    axis_title: str
    submitted: datetime | None

    @classmethod
    def of(cls, facts: Facts) -> LocalTimes:
        """Return the clock of a run."""
        steps = facts.steps
        local = steps.select(facts.local("start"), facts.local("end"))
        end = local["end"].to_list()[-1]
        # after it nothing new is submitted: queues drain
        main_end_s = facts.record.get("main_end_s")
        submitted = None
        if main_end_s is not None:
            utc = datetime.fromtimestamp(int(main_end_s), UTC)
            submitted = utc.astimezone(ZoneInfo(facts.zone)).replace(tzinfo=None)
        title = f"local time ({facts.zone})"
        return cls(
            local["start"].to_list(), end, steps, title, submitted if submitted != end else None
        )

    def mark(self, figure: go.Figure, rows: int = 1) -> None:
        """Draw where submissions end and the drain begins, with its name in the first of `rows`
        panels.
        """
        if self.submitted is None:
            return
        x = self.submitted.isoformat()
        for row in range(1, rows + 1):
            axis = "" if row == 1 else str(row)
            ends = {"xref": f"x{axis}", "yref": f"y{axis} domain"}
            line = {"color": "#5f6b7a", "width": 1, "dash": "dash"}
            figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, line=line, **ends)
        figure.add_annotation(
            x=x,
            y=1,
            xref="x",
            yref="y domain",
            text="submissions end",
            showarrow=False,
            xanchor="left",
            yanchor="top",
            xshift=4,
            font={"size": 11, "color": "#5f6b7a"},
            bgcolor="rgba(255,255,255,0.7)",
        )

    def power(self, table: pl.DataFrame, key: str, column: str) -> dict[str, list[float]]:
        """Return key → average power [MW] in each interval, from energies [MWh] by `start` and
        `key`; gaps are 0.
        """
        return self._along(table, key, pl.col(column).sum(), per_hour=True)

    def level(
        self, table: pl.DataFrame, key: str, column: str, gap: float | None = 0.0
    ) -> dict[str, list[float]]:
        """Return key → mean of a column in each interval; where there is none, `gap`."""
        return self._along(table, key, pl.col(column).mean(), per_hour=False, gap=gap)

    def _along(
        self, table: pl.DataFrame, key: str, what: pl.Expr, per_hour: bool, gap: float | None = 0.0
    ) -> dict[str, list[float]]:
        # several rows of a step and key add up
        sums = table.group_by("start", key).agg(value=what)
        made = {}
        for (name,), rows in sums.group_by([key], maintain_order=False):
            joined = self.steps.join(
                rows.select("start", "value"), on="start", how="left", maintain_order="left"
            )
            value = pl.col("value") if gap is None else pl.col("value").fill_null(gap)
            made[str(name)] = (
                joined.select(value / pl.col("hours") if per_hour else value).to_series().to_list()
            )
        return dict(sorted(made.items()))

    def whole(self, table: pl.DataFrame, column: str) -> list[float]:
        """Return the average power [MW] of all rows in each interval."""
        made = self.power(table.with_columns(_all=pl.lit("all")), "_all", column)
        return made.get("all", [0.0] * len(self.starts))
