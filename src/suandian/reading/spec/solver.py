"""`[solver]`: by what method linear problems are solved, and for how long at most."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from suandian.reading.spec.fields import Quantity, Table

Seconds = Annotated[float, Quantity("s", above=0)]


class SolverTable(Table):
    """How the linear problems of plans are solved."""

    method: str = Field(
        default="auto",
        description="auto (by a measured rule), simplex, ipx, hipo, pdlp, or the name of an "
        "installed solver",
    )
    time_limit: Seconds | None = Field(
        default=None,
        description="of one solve; a plan that meets it is labelled, and depends on the machine; "
        "none: no limit",
    )
    crossover: bool = Field(
        default=True,
        description="whether interior points are crossed over to a basis (clean prices, warm "
        "starts)",
    )
