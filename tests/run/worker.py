"""A process that forks a run for every line it reads: {"out", "policy", "study", …}.

A run prints `pid`, a line for each booking, and `done HEAD`; the worker prints `exit STATUS` when
it is over. The run kills itself when its ledger is about to execute SQL statement `die_at`, or
after booking `die_after`, or before booking `die_before`.
"""

import json
import os
import signal
import sqlite3
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from run.scenes import lively
from suandian.ledger.ledger import Ledger
from suandian.model.scenario import PolicySpec
from suandian.record.folder import RunFolder
from suandian.run.loop import simulate
from suandian.run.study import run_study

STEPS, JOBS = 18, 25


def say(*words: object) -> None:
    """Print a line that the parent sees at once."""
    print(*words, flush=True)


def die(now: bool) -> None:
    """End as by `kill -9`."""
    if now:
        os.kill(os.getpid(), signal.SIGKILL)


def prepare(die_at: int = 0, die_after: int = 0, die_before: int = 0) -> list[int]:
    """Make every ledger of this process say when it has booked, and count its SQL statements;
    returns the counter.
    """
    quiet, plain, count, booked = Ledger.append, sqlite3.connect, [0], [0]

    def append(self, postings):
        booked[0] += 1
        die(booked[0] == die_before)
        head = quiet(self, postings)
        say("booked", head)
        die(booked[0] == die_after)
        return head

    def trace(_statement: str) -> None:
        count[0] += 1
        die(count[0] == die_at)

    def connect(*args, **options):
        db = plain(*args, **options)
        db.set_trace_callback(trace)
        return db

    Ledger.append, sqlite3.connect = append, connect
    return count


def run(out: str, policy: str, study: bool = False, **deaths: int) -> None:
    """Make the run, from wherever it stands."""
    scenario, count = lively(policy, steps=STEPS, jobs=JOBS), prepare(**deaths)
    if (
        policy != "oracle"
    ):  # windows that end before the study, so that values are carried from plan to plan
        scenario = replace(scenario, policy=PolicySpec(policy, 6, 12))
    if study:
        run_study(scenario, Path(out))
        head = RunFolder(Path(out)).read()["ledger_head"]
    else:
        with Ledger(Path(out), scenario.hash) as ledger:
            simulate(scenario, ledger)
            head = ledger.head
    say("statements", count[0])
    say("done", head)


def main() -> None:
    """Fork a run for each line of standard input; a small run first, so that no fork loads and
    compiles again.
    """
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.db", "") as ledger:
        simulate(lively("joint", steps=2, jobs=4), ledger)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            say("pid", os.getpid())
            run(**json.loads(line))
            os._exit(0)
        say("exit", os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
