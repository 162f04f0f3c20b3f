"""Why a marginal figure may be undefined: the codes that are booked, and what they say."""

from __future__ import annotations

DEFINED, TIED, INFEASIBLE, UNSOLVED = 0, 1, 2, 3
REASONS = (
    "",
    "plans of equal cost emit differently",
    "nobody can give one MWh more",
    "the solver gave no answer",
)
