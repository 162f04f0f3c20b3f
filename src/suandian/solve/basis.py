"""Carry a basis from one problem to the next: same families, later window, more monitored lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suandian.solve.problem import Problem, Span

Statuses = NDArray[np.int8]
Steps = NDArray[np.int64]
_LOWER = 0
_BASIC = 1


@dataclass(frozen=True, eq=False)
class Basis:
    """A simplex basis: HiGHS status codes by column and by row."""

    columns: Statuses
    rows: Statuses


@dataclass(frozen=True, eq=False)
class Layout:
    """Where each family of columns and rows lies: all that has to be known of the problem a basis
    came from.
    """

    columns: Mapping[str, Span]
    rows: Mapping[str, Span]

    @classmethod
    def of(cls, problem: Problem) -> Layout:
        """Return the layout of `problem`."""
        return cls(problem.columns, problem.rows)


def carried(basis: Basis, layout: Layout, new: Problem, shift: int | Steps = 0) -> Basis:
    """Return `basis`, laid out by `layout`, mapped onto `new`, family by family.

    Families are laid out (steps, members): the status of step t comes from step t + `shift` of the
    old problem (its last step where there is none), new members start at their bound (columns) or
    basic (rows). Where steps are of different length, `shift` (T,) is the old step of each new one.
    """
    return Basis(
        _map(basis.columns, layout.columns, new.columns, new.shape[1], shift, _LOWER),
        _map(basis.rows, layout.rows, new.rows, new.shape[0], shift, _BASIC),
    )


def _map(
    status: Statuses,
    old: Mapping[str, Span],
    new: Mapping[str, Span],
    size: int,
    shift: int | Steps,
    missing: int,
) -> Statuses:
    # what has no like before: columns at their bound, rows basic, so that the basis stays square
    # where it can
    made = np.full(size, missing, dtype=np.int8)
    for name, span in new.items():
        before = old.get(name)
        if before is None or span.size == 0 or before.size == 0:
            continue
        source = status[before.start : before.start + before.size].reshape(before.shape[0], -1)
        target = made[span.start : span.start + span.size].reshape(span.shape[0], -1)
        wide = min(source.shape[1], target.shape[1])
        wanted = np.arange(len(target)) + shift if isinstance(shift, int) else shift[: len(target)]
        target[:, :wide] = source[np.minimum(wanted, len(source) - 1)][:, :wide]
    return made
