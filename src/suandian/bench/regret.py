"""`bench regret`: what each policy loses against perfect foresight, over seeded weeks of a
scenario.

    regret = system cost of the policy - system cost of the oracle, both executed job by job on
    actual values

The joint policy runs three times: for the forecast, for several futures, and for several futures
with the conditional value at risk in the objective. The difference of each to joint is paired by
week. Nobody but the oracle can look ahead: feeds refuse values that are not yet known
(`tests/policy/test_leak.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from pathlib import Path

import numpy as np

from suandian.bench.registry import Bench, Option, Tick
from suandian.bench.rows import Row, row
from suandian.bench.weeks import cost_of, starts
from suandian.reading.templates import folder
from suandian.solve.futures import value_at_risk

# from the one that looks at nothing to the one that sees all: the order of the table
PLAIN = ("asap", "carbon-aware", "separate", "joint", "oracle")


def cases(futures: int, weight: float, level: float, replan: float) -> dict[str, dict[str, object]]:
    """Return the keys to set, by case."""
    often: dict[str, object] = {"policy.replan": f"{replan:g} h"}
    made = {name: {**often, "policy.name": name} for name in PLAIN}
    several: dict[str, object] = {**made["joint"], "policy.options.futures": float(futures)}
    risk = {"policy.options.cvar_weight": weight, "policy.options.cvar_level": level}
    return {
        **made,
        f"joint, {futures} futures": several,
        f"joint, {futures} futures, CVaR": {**several, **risk},
    }


def figures(costs: dict[str, Sequence[float]], weeks: Sequence[str]) -> list[Row]:
    """Return the rows: regret by case over the weeks, then each case of joint against joint,
    paired, and its worst.
    """
    # paired by week: weeks differ more than policies do
    oracle = np.array(costs["oracle"])
    joint = np.array(costs["joint"])
    regret = {name: np.array(values) - oracle for name, values in costs.items() if name != "oracle"}
    share = {name: 100 * values / oracle for name, values in regret.items()}
    size = f"{len(weeks)} weeks"
    out = [
        row(name, size, f"{name}: regret of cost", values.tolist(), "%")
        for name, values in share.items()
    ]
    for name, values in regret.items():
        out.append(
            row(
                name,
                size,
                f"{name}: mean of the worst quarter",
                [value_at_risk(values, 0.75)],
                "currency",
            )
        )
        if name.startswith("joint,"):
            # of what joint loses, and not of its cost: a part of the cost is nobody's to save
            change = 100 * (np.array(costs[name]) - joint) / (joint - oracle)
            out.append(row(name, size, f"{name}: change of joint's regret", change.tolist(), "%"))
    for i, week in enumerate(weeks):
        out += [
            row(name, week, f"{name}: regret", [values[i]], "currency")
            for name, values in regret.items()
        ]
    return out


def rows(  # noqa: PLR0913 - the options of the command
    scenario: str,
    count: int,
    seed: int,
    replan: float,
    futures: int,
    weight: float,
    level: float,
    workers: int,
    processes: Callable[[int], Executor],
    tick: Tick | None = None,
) -> list[Row]:
    """Run all cases of all weeks on `workers` processes and return their rows."""
    path = Path(scenario) if scenario else folder("three-areas")
    weeks = starts(count, seed)
    wanted = cases(futures, weight, level, replan)
    with processes(workers) as executor:
        asked = {
            (n, w): executor.submit(cost_of, path, w, sets)
            for w in weeks
            for n, sets in wanted.items()
        }
        # the bar moves as cases end; rows come in the order of weeks
        for i, _ in enumerate(as_completed(asked.values())):
            if tick is not None:
                tick(i + 1, len(asked), "")
        return figures({n: [asked[n, w].result()[0] for w in weeks] for n in wanted}, weeks)


BENCH = Bench(
    "regret",
    "what each policy, also for several futures and with CVaR, loses against perfect foresight, "
    "over seeded weeks",
    rows,
    (
        Option("scenario", "", "another scenario than the template three-areas"),
        Option("count", 4, "how many weeks"),
        Option("seed", 1, "which weeks"),
        Option("replan", 6.0, "time between plans [h]"),
        Option("futures", 5, "futures of a plan, the forecast among them"),
        Option("weight", 0.5, "weight of CVaR in the objective"),
        Option("level", 0.8, "level of CVaR"),
        Option("workers", 2, "processes"),
    ),
)
