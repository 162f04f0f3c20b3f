"""What every figure of merit is: a name, a value, its unit, and how it was computed."""

from __future__ import annotations

import polars as pl

# Name, value, unit, method. The method travels with the number into kpis.json, so that a figure
# that is quoted somewhere can still be told how it came about.
Item = tuple[str, float | int, str, str]


def total(frame: pl.DataFrame, column: str = "mwh") -> float:
    """Return the sum of a column, 0 of an empty one."""
    # polars gives None for a column of nulls; no energy is 0, and not a gap in the figures
    return float(frame[column].sum() or 0.0)
