"""`[commitment]`: whether thermal units are on or off, and how hard to search for the best."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from suandian.reading.spec.fields import Duration, Quantity, Table

Seconds = Annotated[float, Quantity("s", above=0)]


class CommitmentSpec(Table):
    """How units are committed: in every plan, and in what executes it."""

    mode: Literal["relaxed", "mip"] = Field(
        default="relaxed",
        description="relaxed: on in part, without start costs and minimum times; mip: on or off, "
        "with them",
    )
    gap: float = Field(
        default=0.005, ge=0, le=1, description="relative gap at which a MIP stops [1]"
    )
    time_limit: Seconds = Field(
        default=60.0,
        description="time limit of one MIP; a plan that meets it is labelled and depends on the "
        "machine",
    )
    quick_start: Duration = Field(
        default=3.0,
        description="units with minimum times up to this may leave the plan where load would be "
        "unserved",
    )
