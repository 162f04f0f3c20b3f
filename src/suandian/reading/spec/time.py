"""`[time]`: when a study happens, in the wall time of its zone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from suandian.reading.spec.fields import PositiveDuration, Quantity, Table

Step = Annotated[float, Quantity("h", low=1 / 60, high=1)]


class TimeSpec(Table):
    """When the study happens: its start in local wall time, its length and its step."""

    start: datetime = Field(
        description="first instant, local wall time of `zone`; an offset is only needed in the "
        "hour that occurs twice"
    )
    duration: PositiveDuration | None = Field(
        default=None, description="elapsed time; give this or `end`"
    )
    end: datetime | None = Field(
        default=None, description="end in local wall time; give this or `duration`"
    )
    step: Step = Field(
        default=1.0, description="length of a step, 1 to 60 min, a divisor of the hour"
    )
    zone: str = Field(
        description="IANA time zone, e.g. Europe/Berlin; Etc/GMT+8 is UTC−8 (POSIX sign)"
    )
