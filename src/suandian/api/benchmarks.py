"""`bench`: measurements that anyone can run again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from suandian.bench import registry
from suandian.bench.document import shown, spread, stored
from suandian.bench.machine import machine
from suandian.bench.registry import Bench
from suandian.scale.executors import processes

Tick = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class BenchResult:
    """Rows of a benchmark, with the options that made them."""

    name: str
    options: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]

    @property
    def table(self) -> pl.DataFrame:
        """One row per figure: name, size, figure, value, unit, low, high, peer, ratio, …"""
        return pl.DataFrame([dict(row) for row in self.rows], strict=False)

    def lines(self) -> list[tuple[str, ...]]:
        """Return the rows as text: benchmark, value, range, unit, peer, ratio, same answer."""
        return [_cells(row) for row in self.rows]

    def write(self, out: str | Path, date: str = "") -> Path:
        """Store the rows with machine and options as JSON; returns the path.

        `date` is that of the measurement: a benchmark has no calendar.
        """
        path = Path(out)
        path.parent.mkdir(parents=True, exist_ok=True)
        record = stored(self.name, self.options, self.rows, date, machine())
        text = json.dumps(record, indent=1, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")
        return path


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    label = f"{row['name']} {shown(row['size'])}: {row['figure']}"
    peer = row["peer"] or ""
    if row["peer_value"] is not None:
        peer += f": {shown(row['peer_value'])} {row['unit']}"
    ratio = "" if row["ratio"] is None else shown(row["ratio"])
    same = {None: "", True: "yes", False: "NO"}[row["same_answer"]]
    spread_text = spread(row["low"], row["high"])
    return label, shown(row["value"]), spread_text, str(row["unit"]), peer, ratio, same


def benches() -> dict[str, Bench]:
    """Return all benchmarks by name, each with its description and options."""
    return registry.benches()


def bench(
    name: str,
    options: Mapping[str, Any] | Sequence[str] = (),
    progress: Tick | None = None,
) -> BenchResult:
    """Run a benchmark; a ratio above 1 means that ours is better than its peer.

    `options` by name, or as the words of a command line (`["--count", "4"]`); others keep their
    defaults.

    Raises
    ------
    InputError
        No such benchmark, or an option that it has not.
    """
    chosen = registry.find(name)
    # one reader of options for both: names and types are checked as on the command line
    words = options
    if isinstance(options, Mapping):
        words = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
    parsed = chosen.parse(list(words))
    return BenchResult(name, parsed, chosen.run(parsed, progress, processes))
