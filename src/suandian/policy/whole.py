"""The whole study planned at once with perfect foresight, in windows, with a proven lower bound beside it.

1. A coarse problem over the whole study gives the levels of stores and queues at the ends of the windows.
2. Each window is solved with an overlap on both sides, from the coarse level to the coarse level. What it holds at the
   end of its core is handed to the next one, and the price of that is the dual of the rows that take it over.
3. Each core is solved again, from the basis of 2, with what is handed over fixed (the plan) and priced (the duals of
   the bound).

Limits on sums over the study (yearly ratios, a carbon cap) have prices: those of the coarse problem in 2, then those of
the mix (solve.blend) of the cores' answers, which keeps them all.

The joined plan and the joined duals are judged by `certify` on the whole problem: its objective is what the plan costs,
its bound holds whatever the windows did (weak duality). Windows need nothing of each other within a phase: they run
on any executor, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from suandian.maths.coarse import coarsened
from suandian.maths.compile import Memory, Result, compile_window, exceeded, solve_window
from suandian.maths.prepared import Prepared
from suandian.maths.window import Groups, Window
from suandian.model.grid import Floats, Ints
from suandian.model.issues import SolveError
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.base import asap_computing
from suandian.policy.outlook import Outlook, foreseen
from suandian.solve.basis import Basis, Layout, carried
from suandian.solve.blend import Sums, blended
from suandian.solve.certificate import Certificate, certify
from suandian.solve.highs import Solution, solve
from suandian.solve.problem import Ids, Problem
from suandian.solve.split import Part, Split

ROUNDS = 20
Tick = Callable[[int, int, str], None]
Span = tuple[int, int]


@dataclass(frozen=True)
class Cut:
    """How a study is cut: core windows of `window_h`, seen with `overlap_h` before and after; coarse steps [h]."""

    window_h: float = 96.0
    overlap_h: float = 24.0
    coarse_h: float = 8.0


@dataclass(frozen=True, eq=False)
class Whole:
    """A plan of a whole study: its read-out, its cost and the bound by `certificate`, and CPU seconds of all solves."""

    result: Result
    certificate: Certificate
    windows: tuple[tuple[int, int], ...]
    seconds: float

    @property
    def cost(self) -> float:
        """Cost of the plan [currency]."""
        return self.certificate.objective

    @property
    def bound(self) -> float:
        """Proven lower bound of the cost of any plan [currency]; -inf where the duals prove none."""
        return self.certificate.proven


def whole_window(scenario: Scenario) -> Window:
    """Return the window of the whole study with actual values; groups of work that never come are left out."""
    window = foreseen(View(scenario, State.initial(scenario)), float("inf")).window
    groups = window.groups
    assert groups is not None
    come = np.flatnonzero(groups.arrived_mwh[-1] > 0)
    kept = Groups(
        groups.allowed[come], groups.move[come], groups.arrived_mwh[:, come], groups.due_mwh[:, come], groups.leftover
    )
    return replace(window, groups=kept, whole=True)


def inflexible_window(scenario: Scenario) -> Window:
    """Return the same window with all work where and when it is submitted."""
    view = View(scenario, State.initial(scenario))
    outlook: Outlook = foreseen(view, float("inf"))
    return replace(outlook.window, **asap_computing(scenario, outlook).fixed(), whole=True)  # type: ignore[arg-type]


def plan_whole(
    prepared: Prepared, window: Window, cut: Cut, executor: Executor | None = None, tick: Tick | None = None
) -> Whole:
    """Plan `window` in parts on `executor` (None: one after the other here); commitment is relaxed.

    Raises
    ------
    SolveError
        The joined plan breaks a limit of the whole, or lines kept overloading.
    InfeasibleError
        A window cannot reach what the next one takes over.
    """
    prepared, tally = prepared.relaxation(), Tally(executor, tick)
    bounds = windows_of(window.hours, cut.window_h)
    overlap = int(np.ceil(cut.overlap_h / window.hours.max()))
    levels, monitored = _coarse(prepared, window, cut.coarse_h, tally)
    known: list[Memory | None] = [None] * len(bounds)
    for _ in range(ROUNDS):
        compiled = compile_window(prepared, window, monitored)
        split = Split.of(compiled.problem)
        x, y = _in_windows(split, levels, bounds, overlap, known, tally)
        certificate = certify(compiled.problem, x, y)
        if not certificate.feasible:
            raise SolveError(f"the joined plan fails the audit: {certificate}")
        solution = Solution(
            "windows", "highs-simplex", x, y, certificate.objective, tally.solves, tally.seconds, certificate, None
        )
        result = Result(compiled, solution, None)
        over = exceeded(prepared, result, monitored)
        if not len(over):
            return Whole(result, certificate, bounds, tally.seconds)
        monitored, levels = np.concatenate([monitored, over]), replace(levels, price=y[split.totals])
    raise SolveError(f"lines kept overloading after {ROUNDS} rounds of added limits")


@dataclass(eq=False)
class Tally:
    """Runs the parts' solves on an executor, and counts them and their CPU seconds."""

    executor: Executor | None
    tick: Tick | None
    seconds: float = 0.0
    solves: int = 0

    def add(self, seconds: float) -> None:
        """Count a solve."""
        self.seconds += seconds
        self.solves += 1

    def run(self, asked: Sequence[tuple[Part, Basis | None]]) -> list[_Answer]:
        """Return the answers in the order asked."""
        send = map if self.executor is None else self.executor.map
        made = []
        for answer in send(_answer, *zip(*asked, strict=True)):
            made.append(answer)
            self.add(answer.seconds)
            if self.tick is not None:
                self.tick(len(made), len(asked), "")
        return made


def windows_of(hours: Floats, window_h: float) -> tuple[tuple[int, int], ...]:
    """Return (first, end) of core windows of `window_h`, the last as long as is left.

    Examples
    --------
    >>> windows_of(np.ones(10), 4.0)
    ((0, 4), (4, 8), (8, 10))
    """
    ends = np.cumsum(hours)
    edges = np.searchsorted(ends, np.arange(window_h, ends[-1] - 1e-9, window_h) - 1e-9) + 1
    edges = np.unique(np.concatenate([[0], edges, [len(hours)]]))
    return tuple(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class _Levels:
    """Where stores and queues stand at the ends of coarse steps: families of columns (edges, members).

    `price` of the sums over the study (totals,).
    """

    edge: Ints
    families: Mapping[str, Floats]
    price: Floats

    def at(self, problem: Problem, columns: Ids, step: int) -> Floats:
        """Return the values of `columns` of the whole at the end of `step`, NaN for those of other families."""
        made = np.full(len(columns), np.nan)
        for name, values in self.families.items():
            span = problem.columns[name]
            mine = (columns >= span.start) & (columns < span.start + span.size)
            member = (columns[mine] - span.start) % max(values.shape[1], 1)
            made[mine] = [np.interp(step + 1, self.edge, values[:, k]) for k in member.tolist()]
        return np.asarray(np.clip(made, problem.lower[columns], problem.upper[columns]))


def _coarse(prepared: Prepared, window: Window, coarse_h: float, tally: Tally) -> tuple[_Levels, Ints]:
    """Solve the study in steps of `coarse_h`; returns its levels, and the lines that were limited."""
    joined = np.diff([0, *(end for _, end in windows_of(window.hours, coarse_h))])
    result = solve_window(prepared, coarsened(window, joined))
    tally.add(result.solution.seconds)
    families = {}
    for name, start in (("level", window.level_mwh), ("queue", 0.0)):
        if name in result.compiled.problem.columns:
            values = result.column(name)
            families[name] = np.vstack([np.broadcast_to(start, values.shape[1:]), values])
    totals = [span for span in result.compiled.problem.rows.values() if span.total]
    price = np.concatenate([np.zeros(0), *(span.of(result.solution.row_dual) for span in totals)])
    return _Levels(np.append(0, np.cumsum(joined)), families, price), result.compiled.monitored


@dataclass(frozen=True, eq=False)
class _Answer:
    """What is kept of a part's solve."""

    x: Floats
    y: Floats
    basis: Basis | None
    seconds: float


def _answer(part: Part, basis: Basis | None) -> _Answer:
    found = solve(part.problem, "simplex", basis)
    return _Answer(found.x, found.row_dual, found.basis, found.seconds)


def _in_windows(
    split: Split, levels: _Levels, bounds: Sequence[Span], overlap: int, known: list[Memory | None], tally: Tally
) -> tuple[Floats, Floats]:
    """Return x and row duals of the whole, joined from its windows.

    `known` is what the same windows left with fewer lines monitored, if anything; what they leave now replaces it.
    """
    whole, steps, price = split.whole, bounds[-1][1], levels.price
    wide = [_wide(split, levels, max(a - overlap, 0), min(b + overlap, steps), steps).charged(price) for a, b in bounds]
    seen = tally.run([(part, _carried(memory, part)) for part, memory in zip(wide, known, strict=True)])
    known[:] = [_remembered(part, answer) for part, answer in zip(wide, seen, strict=True)]
    x, y = np.zeros(whole.shape[1]), np.zeros(whole.shape[0])
    cores = [split.part(a, b) for a, b in bounds]
    for core, part, answer in zip(cores, wide, seen, strict=True):
        x[core.columns] = answer.x[part.local(core.columns)]
        y[core.rows] = answer.y[np.searchsorted(part.rows, core.rows)]
    handed = [split.handed(b) for _, b in bounds[:-1]]
    priced, fixed = [], []
    for i, core in enumerate(cores):
        given, free = core, core
        if i + 1 < len(cores):
            value = x[handed[i]]
            given = given.held(handed[i], value, value)
            free = free.paid(handed[i], split.price(handed[i], y))
        status = seen[i].basis
        if i:
            given, free = given.fixed(x[core.before]), free.priced(whole, split.price(core.before, y))
        start = None if status is None else (given.basis(wide[i], status), free.basis(wide[i], status))
        fixed.append((given, None if start is None else start[0]))
        priced.append((free, None if start is None else start[1]))
    plan, price = _plan(split, fixed, price, tally)
    below = tally.run([(part.charged(price), basis) for part, basis in priced])
    for core, answer, mine in zip(cores, below, plan, strict=True):
        y[core.rows] = answer.y
        x[core.columns] = mine
    y[split.totals] = price
    return x, y


def _remembered(part: Part, answer: _Answer) -> Memory | None:
    return None if answer.basis is None else Memory(Layout.of(part.problem), answer.basis, np.zeros(0, np.int64))


def _carried(memory: Memory | None, part: Part) -> Basis | None:
    return None if memory is None else carried(memory.basis, memory.layout, part.problem)


def _plan(
    split: Split, fixed: Sequence[tuple[Part, Basis | None]], price: Floats, tally: Tally
) -> tuple[Sequence[Floats], Floats]:
    """Return the columns of each core, and the prices of the sums over the study at which they keep these."""
    if not len(price):
        return [answer.x for answer in tally.run(fixed)], price
    bases = [basis for _, basis in fixed]

    def ask(price: Floats) -> Sequence[Floats]:
        asked = [(part.charged(price), basis) for (part, _), basis in zip(fixed, bases, strict=True)]
        answers = tally.run(asked)
        bases[:] = [answer.basis for answer in answers]
        return [answer.x for answer in answers]

    whole, totals = split.whole, split.totals
    names = [f"{name} {i}" for name, span in whole.rows.items() if span.total for i in range(span.size)]
    parts = [part for part, _ in fixed]
    sums = Sums(
        [part.problem.cost for part in parts], [part.total for part in parts],
        whole.row_lower[totals], whole.row_upper[totals], names,
    )  # fmt: skip
    mix = blended(sums, ask, price)
    return mix.x, mix.price


def _wide(split: Split, levels: _Levels, first: int, end: int, steps: int) -> Part:
    """Return a window with its overlap, from the coarse levels to the coarse levels; ramps into it are free."""
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
        np.where(np.isfinite(before), before, limit[part.before]) for limit in (split.whole.lower, split.whole.upper)
    )
    part = part.priced(split.whole, np.zeros(len(before)))
    own = len(part.columns)
    problem = part.problem
    limited = replace(problem, lower=np.append(problem.lower[:own], lower), upper=np.append(problem.upper[:own], upper))
    return replace(part, problem=limited)
