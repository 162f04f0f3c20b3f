"""`bench weeks`: how far joint planning goes from separate towards perfect foresight, over seeded
weeks.

For each week, in USD of system cost, all by simulation on actual values:

    separate        tuned: `share` is the best of a grid over TUNING weeks, which are not among the
    reported ones joint           as the demo runs it joint+foresight the same horizon and re-plans,
    actual values instead of forecasts oracle          perfect foresight over the whole study,
    executed job by job through the Twin bound           its fluid optimum, proven

    share closed = (separate - joint) / (separate - oracle);   also against the bound
    loss of joint against the bound = placement (oracle - bound) + horizon (joint+foresight -
    oracle)
                                    + forecast (joint - joint+foresight)
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from suandian.bench.registry import Bench, Option
from suandian.bench.rows import Row, row
from suandian.reading.templates import folder

WORTH = 0.005  # weeks count for the target where separate - oracle is at least this share of cost
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
TUNING = ("2020-04-06", "2020-08-31")
_RUNS: dict[str, dict[str, object]] = {
    "separate": {"policy.name": "separate"},
    "joint": {"policy.name": "joint"},
    "joint+foresight": {"policy.name": "joint", "policy.options.foresight": 1.0},
    "oracle": {"policy.name": "oracle"},
}

Tick = Callable[[int, int, str], None]
Job = tuple[str, dict[str, object]]


@dataclass(frozen=True)
class Week:
    """System cost of one week by policy [currency], and the proven bound."""

    start: str
    cost: dict[str, float]
    bound: float

    @property
    def gap(self) -> float:
        """separate - oracle [currency]."""
        return self.cost["separate"] - self.cost["oracle"]

    @property
    def closed(self) -> float:
        """Share of the way from separate to the executed oracle that joint goes [1]."""
        return (self.cost["separate"] - self.cost["joint"]) / self.gap

    @property
    def closed_to_bound(self) -> float:
        """Share of the way from separate to the proven bound [1]."""
        return (self.cost["separate"] - self.cost["joint"]) / (self.cost["separate"] - self.bound)

    @property
    def losses(self) -> dict[str, float]:
        """Parts of joint - bound [currency]."""
        foresight = self.cost["joint+foresight"]
        return {
            "forecast": self.cost["joint"] - foresight,
            "horizon": foresight - self.cost["oracle"],
            "placement": self.cost["oracle"] - self.bound,
        }


def starts(count: int, seed: int) -> list[str]:
    """Return `count` seeded Mondays of 2020 with four weeks of history and a week to spare, tuning
    weeks left out.
    """
    mondays = np.arange(np.datetime64("2020-02-03"), np.datetime64("2020-12-14"), 7)
    free = [str(day) for day in mondays if str(day) not in TUNING]
    return sorted(np.random.default_rng(seed).choice(free, count, replace=False).tolist())


def weeks(
    scenario: Path, executor: Executor, count: int = 8, seed: int = 1, tick: Tick | None = None
) -> tuple[float, list[Week]]:
    """Tune separate's share, run all weeks on `executor`; returns (share, weeks)."""
    total = len(TUNING) * len(SHARES) + count * len(_RUNS)
    done = 0

    def gather(jobs: Sequence[Job]) -> list[tuple[float, float]]:
        nonlocal done
        futures = [executor.submit(cost_of, scenario, start, sets) for start, sets in jobs]
        for future in as_completed(futures):
            future.result()
            done += 1
            if tick is not None:
                tick(done, total, "")
        return [future.result() for future in futures]

    grid = [(start, share) for start in TUNING for share in SHARES]
    tuned = gather(
        [(start, {**_RUNS["separate"], "policy.options.share": share}) for start, share in grid]
    )
    by_share = {
        share: sum(c for (_, x), (c, _) in zip(grid, tuned, strict=True) if x == share)
        for share in SHARES
    }
    best = min(by_share, key=lambda share: by_share[share])
    runs = {**_RUNS, "separate": {**_RUNS["separate"], "policy.options.share": best}}
    chosen = starts(count, seed)
    results = gather([(start, sets) for start in chosen for sets in runs.values()])
    made = []
    for i, start in enumerate(chosen):
        part = dict(zip(runs, results[i * len(runs) : (i + 1) * len(runs)], strict=True))
        made.append(
            Week(start, {name: cost for name, (cost, _) in part.items()}, part["oracle"][1])
        )
    return best, made


def figures(share: float, made: Sequence[Week]) -> list[Row]:
    """Return the rows: medians with their range over the weeks, then each week."""
    worth = [w for w in made if w.gap >= WORTH * w.cost["separate"]]
    out: list[Row] = [
        row(
            "weeks",
            len(made),
            "separate's tuned share",
            [share],
            "1",
        )
    ]
    if worth:
        out.append(
            row(
                "weeks",
                len(worth),
                "closed, separate to oracle",
                [100 * w.closed for w in worth],
                "%",
            )
        )
        out.append(
            row(
                "weeks",
                len(worth),
                "closed, separate to bound",
                [100 * w.closed_to_bound for w in worth],
                "%",
            )
        )
    for name in ("forecast", "horizon", "placement"):
        out.append(
            row("weeks", len(made), f"loss by {name}", [w.losses[name] for w in made], "USD")
        )
    for week in made:
        for figure, value, unit in (
            ("separate - oracle", week.gap, "USD"),
            ("separate - joint", week.cost["separate"] - week.cost["joint"], "USD"),
            ("joint - bound", week.cost["joint"] - week.bound, "USD"),
            ("closed, separate to oracle", 100 * week.closed, "%"),
            *((f"loss by {name}", value, "USD") for name, value in week.losses.items()),
        ):
            out.append(row(f"week {week.start}", 1, figure, [value], unit))
    return out


def cost_of(scenario: Path, start: str, sets: dict[str, object]) -> tuple[float, float]:
    """Simulate one case; returns (system cost, first solve's bound) [currency]."""
    from datetime import datetime

    from suandian.ledger.ledger import Ledger
    from suandian.reading import load
    from suandian.run.loop import Turn, simulate

    loaded = load(scenario, [("time.start", datetime.fromisoformat(start)), *sets.items()])
    bounds: list[float] = []

    def watch(turn: Turn) -> None:
        bounds.extend(float(str(solve["bound"])) for solve in turn.solves)

    with (
        tempfile.TemporaryDirectory() as folder,
        Ledger(Path(folder) / "ledger.db", loaded.hash) as ledger,
    ):
        simulate(loaded, ledger, watch)
        total = sum(int(v) for entry in ledger.entries("cash") for v in entry.memo.values())
    return total / 1e4, bounds[0]


def rows(
    scenario: str,
    count: int,
    seed: int,
    workers: int,
    processes: Callable[[int], Executor],
    tick: Tick | None = None,
) -> list[Row]:
    """Run the weeks on `workers` processes and return their rows."""
    path = Path(scenario) if scenario else folder("three-areas")
    with processes(workers) as executor:
        return figures(*weeks(path, executor, count, seed, tick))


BENCH = Bench(
    "weeks",
    "how far joint planning goes from separate towards perfect foresight, over seeded weeks",
    rows,
    (
        Option("scenario", "", "another scenario than the template three-areas"),
        Option("count", 8, "how many weeks"),
        Option("seed", 1, "which weeks"),
        Option("workers", 2, "processes"),
    ),
)
