"""`bench scaling`: `bench year` over numbers of sites and lengths of the study, each size in a
process of its own.

Peak memory is a process's, so sizes must not share one. Figures of a size are those of `bench
year`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from suandian.bench.registry import Bench, Option, Tick
from suandian.model.issues import SolveError

FIGURES = (
    "CPU",
    "gap to the proven bound, of the value of flexibility",
    "peak memory of this process",
)


def rows(sites: str, hours: str, buses: int, tick: Tick | None = None) -> list[dict[str, Any]]:
    """Return the rows of `--json`."""
    sizes = [(int(n), int(h)) for h in hours.split(",") for n in sites.split(",")]
    made: list[dict[str, Any]] = []
    for i, (count, length) in enumerate(sizes):
        if tick is not None:
            tick(i, len(sizes), f"{count} sites, {length} h")
        # no more regions than sites, for a region without computing only adds rows; two at least,
        # else there is no grid
        made += _size(count, length, min(buses, max(count, 2)))
    return made


def _size(sites: int, hours: int, buses: int) -> list[dict[str, Any]]:
    words = ["--buses", buses, "--sites", sites, "--hours", hours]
    # by the command line: what is measured is what anybody can run
    command = [sys.executable, "-m", "suandian", "bench", "year", *map(str, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SolveError(f"{' '.join(command[1:])} failed: {done.stderr[-2000:]}")
    found = [row for row in json.loads(done.stdout) if row["figure"] in FIGURES]
    return [{**row, "size": f"{row['name']}: {row['size']:,} columns"} for row in found]


BENCH = Bench(
    "scaling",
    "bench year over numbers of sites and lengths of the study: CPU, gap to the proven bound, "
    "peak memory",
    rows,
    (
        Option("sites", "1,4,16", "data centres, separated by commas"),
        Option("hours", "168,672,2190,8760", "lengths of the study, separated by commas"),
        Option("buses", 8, "regions at most; as many as sites, at least 2"),
    ),
)
