"""A Notebook: what a policy carries from one decision to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from suandian.model.grid import Ints


@dataclass(frozen=True, eq=False)
class Notebook:
    """What a policy carries from one decision to the next; booked with the plan, so that a resumed
    run has it too.

    `memories` by name of solve: what warms the next one (for ours, maths.result.Memory); `step` of
    the last decision; `leftover`, `level_value` terminal values [currency/MWh], NaN before the
    first decision; `last` the final solve (for ours, maths.result.Result), not booked; `steps` of
    its window (see Plan). A policy that needs none of it hands back the notebook that it was given.
    """

    memories: Mapping[str, Any] = field(default_factory=dict)
    step: int = 0
    leftover: float = float("nan")
    level_value: float = float("nan")
    last: Any = None
    steps: Ints | None = None
