"""The windows of a whole study: looked at with their overlaps, then joined at fixed and at priced
hand-overs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np

from suandian.model.grid import Floats, Ints
from suandian.solve.basis import Basis, Layout, carried
from suandian.solve.blend import Sums, blended
from suandian.solve.port import AUTO, solve
from suandian.solve.problem import Ids, Problem
from suandian.solve.split import Part, Split

Tick = Callable[[int, int, str], None]
Span = tuple[int, int]


@dataclass(eq=False)
class Tally:
    """Runs the parts' solves by a `method` of the solver port on an executor, and counts them and
    their CPU seconds; `solvers` are the names of what ran.
    """

    executor: Executor | None
    tick: Tick | None
    method: str = AUTO
    solvers: set[str] = field(default_factory=set)
    seconds: float = 0.0
    solves: int = 0

    def add(self, seconds: float) -> None:
        """Count a solve."""
        self.seconds += seconds
        self.solves += 1

    def run(self, asked: Sequence[tuple[Part, Basis | None]]) -> list[PartAnswer]:
        """Return the answers in the order asked."""
        # both keep the order: the plan does not depend on who was first
        send = map if self.executor is None else self.executor.map
        parts, bases = zip(*asked, strict=True)
        answers = []
        for answer in send(answer_of, parts, bases, [self.method] * len(asked)):
            answers.append(answer)
            self.add(answer.seconds)
            self.solvers.add(answer.solver)
            if self.tick is not None:
                self.tick(len(answers), len(asked), "")
        return answers


@dataclass(frozen=True, eq=False)
class Levels:
    """Where stores and queues stand at the ends of coarse steps: families of columns (edges,
    members).

    `price` of the sums over the study (totals,).
    """

    edge: Ints
    families: Mapping[str, Floats]
    price: Floats

    def at(self, problem: Problem, columns: Ids, step: int) -> Floats:
        """Return the values of `columns` of the whole at the end of `step`, NaN for those of other
        families.
        """
        # NaN: the coarse plan says nothing about it, and the window is free there
        made = np.full(len(columns), np.nan)
        for name, values in self.families.items():
            span = problem.columns[name]
            mine = (columns >= span.start) & (columns < span.start + span.size)
            member = (columns[mine] - span.start) % max(values.shape[1], 1)
            # between the ends of coarse steps a level is taken to move evenly
            made[mine] = [np.interp(step + 1, self.edge, values[:, k]) for k in member.tolist()]
        return np.asarray(np.clip(made, problem.lower[columns], problem.upper[columns]))


@dataclass(frozen=True, eq=False)
class PartAnswer:
    """What is kept of a part's solve."""

    x: Floats
    y: Floats
    basis: Basis | None
    seconds: float
    solver: str


def answer_of(part: Part, basis: Basis | None, method: str) -> PartAnswer:
    """Solve a part from `basis`, if any (a function of the module: it runs in other processes)."""
    solution = solve(part.problem, method, basis)
    return PartAnswer(
        solution.x, solution.row_dual, solution.basis, solution.seconds, solution.solver
    )


@dataclass(frozen=True, eq=False)
class Seen:
    """The windows with their overlaps and their answers; `x`, `y` of the whole as the cores of
    these say.

    Steps agree with themselves, not yet with the step before where a window begins.
    """

    bounds: Sequence[Span]
    wide: Sequence[Part]
    answers: Sequence[PartAnswer]
    cores: Sequence[Part]
    x: Floats
    y: Floats


def look(
    split: Split,
    levels: Levels,
    bounds: Sequence[Span],
    overlap: int,
    before: Seen | None,
    tally: Tally,
) -> Seen:
    """Solve each window with its overlap; `before` are the same windows with fewer lines limited, a
    warm start.

    Without it, all start from the basis of the middle one, unless sums over the study are limited:
    their prices come from the duals, and of several optimal ones those of a cold start proved the
    better bounds (decision 0017).
    """
    whole = split.whole
    steps = bounds[-1][1]
    wide = [
        _wide(
            split,
            levels,
            max(a - overlap, 0),
            min(b + overlap, steps),
            steps,
        ).charged(levels.price)
        for a, b in bounds
    ]
    # a warm start where there is one like it
    known: list[tuple[Part, PartAnswer] | None] = [None] * len(wide)
    if before is not None:
        known = list(zip(before.wide, before.answers, strict=True))
    elif not len(split.totals):
        middle = wide[len(wide) // 2]
        known = [(middle, tally.run([(middle, None)])[0])] * len(wide)
    answers = tally.run(
        [(part, _carried(was, part)) for part, was in zip(wide, known, strict=True)]
    )
    x = np.zeros(whole.shape[1])
    y = np.zeros(whole.shape[0])
    # of each window its core counts; the overlap is there so that the core sees beyond its end
    cores = [split.part(a, b) for a, b in bounds]
    for core, part, answer in zip(cores, wide, answers, strict=True):
        x[core.columns] = answer.x[part.local(core.columns)]
        y[core.rows] = answer.y[np.searchsorted(part.rows, core.rows)]
    return Seen(bounds, wide, answers, cores, x, y)


def _carried(was: tuple[Part, PartAnswer] | None, part: Part) -> Basis | None:
    if was is None or was[1].basis is None:
        return None
    return carried(was[1].basis, Layout.of(was[0].problem), part.problem)


def joined(split: Split, seen: Seen, price: Floats, tally: Tally) -> tuple[Floats, Floats]:
    """Return x and row duals of the whole: the plan with what is handed over fixed, the duals with
    it priced.

    `price` of the sums over the study (totals,) to begin with.
    """
    x = seen.x.copy()
    y = seen.y.copy()
    cores = seen.cores
    # levels and queues at the end of a core are what the next one begins with
    handed = [split.handed(b) for _, b in seen.bounds[:-1]]
    priced = []
    fixed = []
    for i, core in enumerate(cores):
        given = core
        free = core
        if i + 1 < len(cores):
            value = x[handed[i]]
            # plan: both sides take the same value. Bound: the side that gives is paid, the side
            # that takes pays
            given = given.held(handed[i], value, value)
            free = free.paid(handed[i], split.price(handed[i], y))
        if i:
            given, free = (
                given.fixed(x[core.before]),
                free.priced(split.whole, split.price(core.before, y)),
            )
        status = seen.answers[i].basis
        wide = seen.wide[i]
        fixed.append((given, None if status is None else given.basis(wide, status)))
        priced.append((free, None if status is None else free.basis(wide, status)))
    plan, price = _plan(split, fixed, price, tally)
    # at prices every part is free: together their optima prove a bound (Lagrange)
    below = tally.run([(part.charged(price), basis) for part, basis in priced])
    for core, answer, mine in zip(cores, below, plan, strict=True):
        y[core.rows] = answer.y
        x[core.columns] = mine
    # the duals of the sums are the prices at which parts answered
    y[split.totals] = price
    return x, y


def _plan(
    split: Split, fixed: Sequence[tuple[Part, Basis | None]], price: Floats, tally: Tally
) -> tuple[Sequence[Floats], Floats]:
    """Return the columns of each core, and the prices of the sums over the study at which they keep
    these.
    """
    if not len(price):
        return [answer.x for answer in tally.run(fixed)], price
    # rounds differ in prices only: each starts from where the last ended
    bases = [basis for _, basis in fixed]

    def ask(price: Floats) -> Sequence[Floats]:
        asked = [
            (part.charged(price), basis) for (part, _), basis in zip(fixed, bases, strict=True)
        ]
        answers = tally.run(asked)
        bases[:] = [answer.basis for answer in answers]
        return [answer.x for answer in answers]

    whole = split.whole
    totals = split.totals
    names = [
        f"{name} {i}" for name, span in whole.rows.items() if span.total for i in range(span.size)
    ]
    parts = [part for part, _ in fixed]
    sums = Sums(
        [part.problem.cost for part in parts],
        [part.total for part in parts],
        whole.row_lower[totals],
        whole.row_upper[totals],
        names,
    )
    mix = blended(sums, ask, price, tally.method)
    return mix.x, mix.price


def _wide(split: Split, levels: Levels, first: int, end: int, steps: int) -> Part:
    """Return a window with its overlap, from the coarse levels to the coarse levels; ramps into it
    are free.
    """
    # beyond the overlap the coarse plan says where stores and queues will be
    part = split.part(first, end)
    if end < steps:
        last = split.handed(end)
        target = levels.at(split.whole, last, end - 1)
        known = last[np.isfinite(target)]
        part = part.held(known, *(2 * (target[np.isfinite(target)],)))
    if not first:
        return part
    before = levels.at(split.whole, part.before, first - 1)
    lower, upper = (
        np.where(np.isfinite(before), before, limit[part.before])
        for limit in (split.whole.lower, split.whole.upper)
    )
    # what comes from before is a column of its own, for nothing, within its limits
    part = part.priced(split.whole, np.zeros(len(before)))
    own = len(part.columns)
    problem = part.problem
    limited = replace(
        problem,
        lower=np.append(problem.lower[:own], lower),
        upper=np.append(problem.upper[:own], upper),
    )
    return replace(part, problem=limited)
