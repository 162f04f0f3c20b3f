"""What a run's policy is to the others: its role, what is measured from it, and its place.

Reports ask this, never for a name, so that a stranger's policy is ordered, coloured and explained
as ours are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suandian.model.ports.policy import ROLES, Role
from suandian.policy.chosen import standing_of

FLEXIBILITY = "flexibility"
SYNERGY = "synergy"
BOUND = "bound"


@dataclass(frozen=True)
class Standing:
    """`role` and `measures` as in model.ports.PolicyKind; `place` among the policies of its role;
    `summary` in a few words what it does.
    """

    role: Role = "candidate"
    measures: str = ""
    place: int = 0
    summary: str = ""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Standing:
        """Return the standing that run.json records.

        A folder that was written before it was recorded has that of the installed policy of this
        name; where there is none, its policy is a candidate.
        """
        # a folder explains itself also where its policy is not installed
        recorded = record.get("policy_kind") or standing_of(str(record["policy"]))
        if not recorded:
            return cls()
        return cls(**{key: recorded[key] for key in cls.__dataclass_fields__ if key in recorded})

    @property
    def rank(self) -> tuple[int, int]:
        """Place in a comparison: baselines, candidates, the bound; each as listed."""
        return ROLES.index(self.role), self.place

    def serves(self, purpose: str) -> bool:
        """Tell whether `purpose` (FLEXIBILITY, SYNERGY, BOUND) is measured from such a run."""
        return purpose in (self.measures, self.role)
