"""Rows of benchmarks, and measurements in pairs: ours and the peer's in turns, in one
process session.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = dict[str, Any]
Sample = tuple[float, float]  # measured value (seconds, bytes …), objective
# in the order of the stored JSON, which people compare line by line
KEYS = (
    "name",
    "size",
    "figure",
    "value",
    "unit",
    "low",
    "high",
    "peer",
    "peer_value",
    "ratio",
    "ratio_low",
    "ratio_high",
    "same_answer",
)


def row(
    name: str,
    size: int | str,
    figure: str,
    values: Sequence[float],
    unit: str,
    peer: tuple[str, Sequence[float]] | None = None,
    same_answer: bool | None = None,
) -> Row:
    """Return a row: the median of `values` and their range; against `peer` (its name, its values),
    paired by position.

    `ratio` is the median over pairs of peer / ours: above 1, ours is better (give values of which
    less is better).

    Examples
    --------
    >>> peer = ("other", [3.0, 4.0, 6.0])
    >>> made = row("sort", 1000, "wall time", [1.0, 2.0, 1.5], "s", peer, True)
    >>> made["value"], made["peer_value"], made["ratio"], made["ratio_low"]
    (1.5, 4.0, 3.0, 2.0)
    """
    # of pairs and not of medians: what happened in a turn fell on both sides of it
    ratios = (
        []
        if peer is None
        else [theirs / ours for ours, theirs in zip(values, peer[1], strict=True)]
    )
    return {
        "name": name,
        "size": size,
        "figure": figure,
        "value": statistics.median(values),
        "unit": unit,
        "low": min(values),
        "high": max(values),
        "peer": None if peer is None else peer[0],
        "peer_value": None if peer is None else statistics.median(peer[1]),
        "ratio": statistics.median(ratios) if ratios else None,
        "ratio_low": min(ratios, default=None),
        "ratio_high": max(ratios, default=None),
        "same_answer": same_answer,
    }


def in_turns(
    sides: Mapping[str, Callable[[], Sample]],
    repeats: int,
    tick: Callable[[int, int, str], None] | None = None,
) -> dict[str, list[Sample]]:
    """Measure all sides in turns, `repeats` times after one round that warms caches and
    is dropped.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in sides}
    # the first round pays for imports, caches and memory that the others have
    for i in range(repeats + 1):
        for name, measure in sides.items():
            samples[name].append(measure())
        if tick is not None:
            tick(i + 1, repeats + 1, "")
    return {name: found[1:] for name, found in samples.items()}


def paired(
    name: str,
    size: int | str,
    figure: str,
    ours: Sequence[Sample],
    peer: str,
    theirs: Sequence[Sample],
    unit: str = "s",
    tolerance: float = 1e-6,
) -> Row:
    """Return the row of paired samples; the answers are the same where objectives agree to
    `tolerance` (relative).
    """
    same = all(
        abs(a - b) <= tolerance * abs(b) for (_, a), (_, b) in zip(ours, theirs, strict=True)
    )
    return row(
        name,
        size,
        figure,
        [s for s, _ in ours],
        unit,
        (peer, [s for s, _ in theirs]),
        same,
    )
