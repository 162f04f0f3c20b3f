"""What a rule looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suandian.reading.spec.scenario import ScenarioSpec

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Checked:
    """A scenario under check: `spec`, what could be saved of it; `raw`, the tables as they are
    written, also those that were cut out after a finding; the name of the `file`.
    """

    spec: ScenarioSpec
    raw: Raw
    file: str
