"""Would a test notice? Puts seeded faults into the source, one at a time, and runs the tests.

`python tools/mutants.py --n 300 --seed 1` samples 300 faults, equally many a room, and prints for
each room how many were killed (a test failed), then every survivor: where a mutant survives, a case
is missing. `--only maths` takes one room, `--json FILE` stores everything.

Only tests that execute the faulty function are run, quick ones first, until one fails or `--limit`
seconds are spent. Which tests these are is found once by a traced run of the tests (some minutes)
and kept in `.mutants/` until source or tests change. Faults go into copies there, never into the
checkout. Kernels of `jobs` run as Python, not compiled: a compiled one would be compiled anew for
each fault.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from mutation import children, reach
from mutation.copies import Copy, fingerprint
from mutation.places import Mutant, mutants, shown

HERE = Path(__file__).resolve().parent.parent
STORE = HERE / ".mutants"
PACKAGE = "src/suandian"

# Where the tests of a room lie: its own folder and those of rooms that live on it.
ROOMS: Mapping[str, tuple[str, ...]] = {
    "maths": ("maths", "tariffs", "policy", "horizon", "run"),
    "books": ("books", "run", "settle", "verify"),
    "jobs": ("jobs",),
    "solve": ("solve", "maths", "horizon", "run"),
    "verify": ("verify", "run"),
}
PLAIN = ("jobs",)
# A test that starts the program as another process takes long and is not traced.
TRACE_LIMIT_S = 600.0

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: `by` is the test that failed, or why it is dead; "" if it lives."""

    room: str
    mutant: Mutant
    by: str
    tests: int
    cpu_s: float

    @property
    def killed(self) -> bool:
        """Whether anything noticed."""
        return bool(self.by)


def in_parallel(
    items: Sequence[_Item],
    copies: Sequence[Copy],
    begin: Callable[[_Item, Copy], children.Child],
    end: Callable[[_Item, Copy, children.Ended], None],
) -> None:
    """Work `items` off, one a copy at a time."""
    waiting = list(reversed(items))
    busy: dict[int, tuple[_Item, children.Child]] = {}
    while waiting or busy:
        for slot, copy in enumerate(copies):
            if slot not in busy and waiting:
                item = waiting.pop()
                busy[slot] = item, begin(item, copy)
            if slot in busy:
                item, child = busy[slot]
                ended = child.ended()
                if ended:
                    del busy[slot]
                    end(item, copy, ended)
        time.sleep(0.01)


def environment() -> dict[str, str]:
    """Return what a child needs besides: public data where they lie, nothing skipped."""
    data = os.environ.get("SUANDIAN_DATA", str(HERE.parent / "shared" / "data"))
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    return {"SUANDIAN_DATA": data, **threads}


def files_of(rooms: Sequence[str]) -> list[tuple[str, bool]]:
    """Return the files with tests of `rooms`, and whether their kernels run as Python."""
    files: dict[tuple[str, bool], None] = {}
    for room in rooms:
        paths = [p for f in ROOMS[room] for p in sorted((HERE / "tests" / f).glob("test_*.py"))]
        # Examples in docstrings are tests, too.
        paths += [
            p for p in sorted((HERE / PACKAGE / room).rglob("*.py")) if ">>> " in p.read_text()
        ]
        for path in paths:
            files[path.relative_to(HERE).as_posix(), room in PLAIN] = None
    return list(files)


def known_tests(
    rooms: Sequence[str], copies: Sequence[Copy], say: Callable[[str], None]
) -> dict[bool, dict[str, reach.Known]]:
    """Return what is known of the tests of `rooms`, compiled (False) and plain (True)."""
    folder = STORE / f"reach-{fingerprint(HERE)}"
    folder.mkdir(parents=True, exist_ok=True)

    def stored(item: tuple[str, bool]) -> Path:
        file, plain = item
        return folder / f"{file.replace('/', '.')}-{'plain' if plain else 'compiled'}.json"

    def begin(item: tuple[str, bool], copy: Copy) -> children.Child:
        plugin = reach.Reach(copy.folder, stored(item))
        file, plain = item
        options = ("--maxfail=1000", file)
        work = partial(children.run_tests, copy.folder, options, plugin, plain, environment())
        return children.start(work, stored(item).with_suffix(".log"), TRACE_LIMIT_S)

    def end(item: tuple[str, bool], _: Copy, ended: children.Ended) -> None:
        say(f"traced {item[0]} in {ended.cpu_s:.0f} s of CPU")
        if not stored(item).exists():
            say(f"no tests known of {item[0]}, see {stored(item).with_suffix('.log')}")

    files = files_of(rooms)
    in_parallel([f for f in files if not stored(f).exists()], copies, begin, end)
    tests: dict[bool, dict[str, reach.Known]] = {False: {}, True: {}}
    for item in files:
        passed, failed = reach.read(stored(item))
        tests[item[1]].update(passed)
        for name in failed:
            say(f"left out, does not pass unchanged: {name}")
    return tests


def sample(rooms: Sequence[str], n: int, seed: int) -> list[tuple[str, Mutant]]:
    """Return `n` mutants, as equally many a room as there are, no two at the same place."""
    draw = random.Random(seed)
    chosen: list[tuple[str, Mutant]] = []
    for i, room in enumerate(rooms):
        places: dict[tuple[str, int, int], list[Mutant]] = {}
        for path in sorted((HERE / PACKAGE / room).rglob("*.py")):
            file = path.relative_to(HERE).as_posix()
            for mutant in mutants(file, path.read_bytes()):
                places.setdefault((file, mutant.start, mutant.end), []).append(mutant)
        share = n * (i + 1) // len(rooms) - n * i // len(rooms)
        drawn = draw.sample(list(places), min(share, len(places)))
        chosen += [(room, draw.choice(places[place])) for place in drawn]
    return chosen


def judge(
    sampled: Sequence[tuple[str, Mutant]],
    tests: Mapping[bool, Mapping[str, reach.Known]],
    copies: Sequence[Copy],
    limit_s: float,
    say: Callable[[str], None],
) -> list[Verdict]:
    """Run the tests of each mutant; returns what became of them."""
    # As it stands now: somebody may go on writing while this runs.
    sources = {mutant.file: (HERE / mutant.file).read_bytes() for _, mutant in sampled}
    verdicts: list[Verdict] = []
    chosen: dict[Mutant, list[str]] = {}
    runs = []
    for room, mutant in sampled:
        seconds = reach.reaching(tests[room in PLAIN], mutant.file, mutant.function)
        chosen[mutant] = reach.ordered(seconds, limit_s)
        if chosen[mutant]:
            runs.append((room, mutant, sum(seconds[name] for name in chosen[mutant])))
        else:
            verdicts.append(Verdict(room, mutant, "", 0, 0.0))

    def begin(item: tuple[str, Mutant, float], copy: Copy) -> children.Child:
        room, mutant, seconds = item
        copy.write(mutant.file, mutant.applied(sources[mutant.file]))
        names = chosen[mutant]
        out = copy.folder.with_suffix(".failed")
        out.unlink(missing_ok=True)
        files = list(dict.fromkeys(name.partition("::")[0] for name in names))
        plugin = reach.Chosen(names, out)
        plain = room in PLAIN
        work = partial(children.run_tests, copy.folder, files, plugin, plain, environment())
        # A fault may loop for ever; one that only slows things down gets its time, and the first
        # test of a copy the time to compile kernels.
        allowance = 8.0 if plain else 60.0
        return children.start(work, copy.folder.with_suffix(".log"), allowance + 2 * seconds)

    def end(item: tuple[str, Mutant, float], copy: Copy, ended: children.Ended) -> None:
        room, mutant, _ = item
        copy.write(mutant.file, sources[mutant.file])
        by = _cause(ended, copy.folder.with_suffix(".failed"))
        verdicts.append(Verdict(room, mutant, by, len(chosen[mutant]), ended.cpu_s))
        say(f"{len(verdicts)}/{len(sampled)} {mutant.file}:{mutant.line} {by or 'SURVIVED'}")

    in_parallel(runs, copies, begin, end)
    return verdicts


def _cause(ended: children.Ended, failed: Path) -> str:
    if ended.code == 0:
        return ""
    if ended.code is None:
        return "out of time"
    return failed.read_text() if failed.exists() else f"cannot be imported or run ({ended.code})"


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the lines of the table by room and of the survivors."""
    heads = ("room", "mutants", "killed", "survived", "rate", "CPU, s", "each")
    yield "{:<10}{:>8}{:>8}{:>10}{:>8}{:>9}{:>7}".format(*heads)
    rooms = [*dict.fromkeys(v.room for v in verdicts), "total"]
    for room in rooms:
        own = [v for v in verdicts if room in (v.room, "total")]
        dead = sum(v.killed for v in own)
        cpu = sum(v.cpu_s for v in own)
        yield (
            f"{room:<10}{len(own):>8}{dead:>8}{len(own) - dead:>10}{dead / len(own):>8.1%}"
            f"{cpu:>9.0f}{cpu / len(own):>7.1f}"
        )
    kinds = Counter(v.mutant.kind for v in verdicts)
    alive = Counter(v.mutant.kind for v in verdicts if not v.killed)
    yield ""
    yield "survived by kind: " + ", ".join(f"{k} {alive[k]} of {n}" for k, n in kinds.items())
    for verdict in sorted(verdicts, key=lambda v: (v.mutant.file, v.mutant.line)):
        if not verdict.killed:
            mutant = verdict.mutant
            before, after = shown(mutant)
            ran = f"{verdict.tests} tests" if verdict.tests else "no test comes here"
            yield f"{mutant.file}:{mutant.line}: {before} → {after}  ({mutant.kind}; {ran})"


def main(words: Sequence[str]) -> int:
    """Sample, run and print; returns the exit code: 1 where `--least` is missed."""
    parser = argparse.ArgumentParser(description="seeded faults, and whether a test notices")
    parser.add_argument("--n", type=int, default=300, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=ROOMS, action="append", help="a room (repeat for more)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of tests a mutant")
    parser.add_argument("--least", type=float, default=0.0, help="rate to reach, e.g. 0.9")
    parser.add_argument("--json", type=Path, help="store everything in this file")
    parser.add_argument("--quiet", action="store_true", help="print the table only")
    choice = parser.parse_args(words)
    for library in children.LIBRARIES:
        importlib.import_module(library)

    def say(line: str) -> None:
        if not choice.quiet:
            print(line, file=sys.stderr, flush=True)

    rooms = [room for room in choice.only or ROOMS if (HERE / PACKAGE / room).is_dir()]
    copies = [Copy(HERE, STORE / f"copy-{k}") for k in range(choice.processes)]
    sampled = sample(rooms, choice.n, choice.seed)
    tests = known_tests(rooms, copies, say)
    verdicts = judge(sampled, tests, copies, choice.limit, say)
    print("\n".join(table(verdicts)))
    if choice.json:
        rows = [asdict(v) | {"killed": v.killed} for v in verdicts]
        whole = {"seed": choice.seed, "n": choice.n, "mutants": rows}
        choice.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    rate = sum(v.killed for v in verdicts) / max(len(verdicts), 1)
    return int(rate < choice.least)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
