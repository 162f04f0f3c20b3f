"""Why a marginal figure may be undefined: the codes that are booked, and what they say."""

from __future__ import annotations

DEFINED = 0
TIED = 1
INFEASIBLE = 2
UNSOLVED = 3
REASONS = (
    "",
    "plans of equal cost emit differently",
    "nobody can give one MWh more",
    "the solver gave no answer",
)
