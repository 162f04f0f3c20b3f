"""The command: draw, solve twice, run, verify, change what means nothing; and say what differs."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from suandian.testing.fuzz.campaign import tried
from suandian.testing.fuzz.draw import drawn


def main() -> int:
    """Run the command; 1 where something differs."""
    parser = argparse.ArgumentParser(prog="python -m suandian.testing.fuzz", description=__doc__)
    parser.add_argument("--n", type=int, default=150, help="how many scenarios")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--keep", type=Path, help="folder for the scenarios that differ")
    asked = parser.parse_args()
    asked_of: Counter[str] = Counter()
    found = []
    for seed in range(asked.seed, asked.seed + asked.n):
        differences = list(tried(seed, asked_of))
        found += differences
        for difference in differences:
            print(f"seed {difference.seed}: {difference.relation}: {difference.what}")
        if differences and asked.keep:
            drawn(seed).write(asked.keep / f"seed-{seed}")
    failed = Counter(difference.relation for difference in found)
    print(f"{'relation':28} {'asked':>7} {'differ':>7}")
    for relation, count in asked_of.items():
        print(f"{relation:28} {count:>7} {failed[relation]:>7}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
