"""Ask all of one drawn case: solve it twice, run it, verify it, change what means nothing."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from suandian.model.hindsight import Hindsight
from suandian.model.issues import InputError, SuandianError
from suandian.model.notebook import Notebook
from suandian.model.state import State
from suandian.policy.chosen import make
from suandian.reading import load
from suandian.record.read import Run, open_run
from suandian.run.study import run_study
from suandian.testing.fuzz.draw import DrawnCase, drawn
from suandian.testing.fuzz.reference import least_cost
from suandian.testing.fuzz.relations import RELATIONS
from suandian.verify import verify

POLICIES = ("asap", "joint", "oracle")
CLOSE = 1e-6
# what is booked is whole Wh, rounded at each member and step, at the price of unserved load
ROUNDING = 0.2


@dataclass(frozen=True)
class Difference:
    """What a seed shows: which relation, and how far off."""

    seed: int
    relation: str
    what: str


def tried(seed: int, asked: Counter[str]) -> Iterator[Difference]:
    """Yield what differs for one seed; `asked` counts the questions."""
    case = drawn(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = case.write(folder / "in")
        try:
            load(source)
        except InputError as error:
            # a check that refuses says so, with a reason; what it lets through must run
            asked["refused by check"] += 1
            if not error.issues:
                yield Difference(seed, "refused by check", "without an issue")
            return
        bound: float | None = None
        for policy in reversed(POLICIES):
            asked["runs to its end"] += 1
            try:
                run = _run(source, folder / policy, policy)
            except (SuandianError, ArithmeticError, ValueError, IndexError) as error:
                yield Difference(seed, "runs to its end", f"{policy}: {error}"[:200])
                continue
            if policy == "oracle":
                bound = float(run.record["bound"])
                asked["bound = second program"] += 1
                yield from _bound(case, bound)
            yield from _judged(case, policy, run, bound, asked)
        if bound is not None:
            yield from _changed(case, bound, folder, asked)


def _run(source: Path, out: Path, policy: str) -> Run:
    scenario = load(source, [("policy.name", policy)])
    return open_run(run_study(scenario, out, source=source))


def _bound_of(source: Path) -> float:
    """Return the bound of a scenario, without a run."""
    scenario = load(source, [("policy.name", "oracle")])
    view = Hindsight.at(scenario, State.initial(scenario))
    plan, _ = make(scenario).decide(view, Notebook())
    return float(str(plan.solves[0]["bound"]))


def _bound(case: DrawnCase, bound: float) -> Iterator[Difference]:
    optimum = least_cost(case)
    if abs(bound - optimum) > CLOSE * (1.0 + abs(optimum)):
        yield Difference(case.seed, "bound = second program", f"{bound:.6f} against {optimum:.6f}")


def _judged(
    case: DrawnCase, policy: str, run: Run, bound: float | None, asked: Counter[str]
) -> Iterator[Difference]:
    asked["verify holds"] += 1
    report = verify(run.path)
    if not report.holds:
        checks = ", ".join(finding.check for finding in report.failed)
        yield Difference(case.seed, "verify holds", f"{policy}: {checks}")
    if bound is None:
        return
    asked["bound ≤ cost"] += 1
    cost = float(run.kpis["system_cost"]["value"])
    if bound > cost + CLOSE * abs(cost) + ROUNDING:
        yield Difference(case.seed, "bound ≤ cost", f"{policy}: {bound:.6f} above {cost:.6f}")


def _changed(
    case: DrawnCase, bound: float, folder: Path, asked: Counter[str]
) -> Iterator[Difference]:
    """Yield the changes that mean nothing, and change the bound all the same."""
    for name, change in RELATIONS.items():
        changed = change(case)
        if changed is None:
            continue
        asked[name] += 1
        other, scale = changed
        source = other.write(folder / name.replace(" ", "-"))
        try:
            found = _bound_of(source)
        except SuandianError as error:
            yield Difference(case.seed, name, str(error)[:200])
            continue
        if abs(found - scale * bound) > CLOSE * (1.0 + abs(scale * bound)):
            yield Difference(case.seed, name, f"{found:.6f} against {scale * bound:.6f}")
