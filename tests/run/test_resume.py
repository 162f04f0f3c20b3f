"""A run that is killed anywhere and started again ends at the same ledger, to the byte."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from run.scenes import POLICIES, export, lively
from suandian.model.issues import InputError
from suandian.record.folder import RunFolder
from suandian.run.study import run_study

WORKER = Path(__file__).with_name("worker.py")
STEPS, PLANS = 18 + 12, 5
POINTS = 20


class Nursery:
    """A worker process; each run is a process forked from it."""

    def __init__(self, hash_seed: str = "0") -> None:
        root = WORKER.parents[2]
        env = {
            **os.environ,
            "PYTHONPATH": f"{root / 'tests'}{os.pathsep}{root / 'src'}",
            "PYTHONHASHSEED": hash_seed,
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=env,
        )

    def ask(self, **run: object) -> None:
        """Start a run."""
        print(json.dumps(run, default=str), file=self.process.stdin, flush=True)

    def lines(self) -> Iterator[list[str]]:
        """Yield what the run prints, until it is over."""
        for line in self.process.stdout:
            yield line.split()
            if line.startswith("exit"):
                return
        raise AssertionError(f"the worker ended with {self.process.wait()}")

    def run(
        self, kill_after: int | None = None, wait_s: float = 0.0, **run: object
    ) -> dict[str, str]:
        """Make a run to its end, or to SIGKILL `wait_s` after its booking number `kill_after`."""
        self.ask(**run)
        told: dict[str, str] = {}
        bookings = 0
        for word, value in self.lines():
            told[word] = value
            bookings += word == "booked"
            if word == "booked" and bookings == kill_after:
                time.sleep(wait_s)
                os.kill(int(told["pid"]), signal.SIGKILL)
        return {**told, "bookings": str(bookings)}

    def close(self) -> None:
        """End the worker."""
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="module")
def whole(nursery, tmp_path_factory) -> dict[str, str]:
    """The uninterrupted run."""
    path = tmp_path_factory.mktemp("whole") / "ledger.db"
    told = nursery.run(out=path, policy="joint")
    assert told["exit"] == "0"
    assert int(told["bookings"]) == STEPS + PLANS
    return {**told, "export": export(path)}


@pytest.mark.parametrize("point", range(POINTS))
def test_a_killed_run_resumes_to_the_same_ledger(nursery, whole, tmp_path, point) -> None:
    # odd points: killed from outside, some time after a booking (again, should the run be over by
    # then); even points: as an SQL statement begins, so that transactions are cut between BEGIN,
    # the rows and COMMIT
    draw, path = random.Random(point), tmp_path / "ledger.db"
    if point % 2:
        cut = {"exit": "0"}
        while cut["exit"] == "0":
            path.unlink(missing_ok=True)
            after, wait = draw.randint(1, STEPS + PLANS - 5), draw.uniform(0, 0.02)
            cut = nursery.run(after, wait, out=path, policy="joint")
    else:
        cut = nursery.run(
            out=path, policy="joint", die_at=draw.randint(1, int(whole["statements"]))
        )
    assert cut["exit"] == str(int(signal.SIGKILL))
    told = nursery.run(out=path, policy="joint")
    assert told["exit"] == "0"
    assert (
        int(told["bookings"]) < STEPS + PLANS or int(cut["bookings"]) == 0
    )  # it did go on, not start again
    assert told["done"] == whole["done"]
    assert export(path) == whole["export"]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_run_killed_again_and_again_ends_at_the_same_ledger(nursery, tmp_path, policy) -> None:
    whole, path, kills = (
        nursery.run(out=tmp_path / "whole.db", policy=policy),
        tmp_path / "ledger.db",
        0,
    )
    while "done" not in (told := nursery.run(out=path, policy=policy, die_after=9)):
        kills += 1
        assert kills < STEPS
    assert kills == (STEPS + PLANS) // 9
    assert told["done"] == whole["done"]
    assert export(path) == export(tmp_path / "whole.db")


def test_two_fresh_processes_with_other_hash_seeds_agree(whole, tmp_path) -> None:
    workers = [Nursery(seed) for seed in ("1", "2")]
    for i, worker in enumerate(workers):
        worker.ask(out=tmp_path / f"{i}.db", policy="joint")
    heads = [dict(worker.lines())["done"] for worker in workers]
    for worker in workers:
        worker.close()
    assert heads == [whole["done"]] * 2
    assert export(tmp_path / "0.db") == export(tmp_path / "1.db") == whole["export"]


def _record(folder: Path) -> dict[str, object]:
    """run.json without the seconds that solves took."""
    record = RunFolder(folder).read()
    return {
        **record,
        "solves": [{k: v for k, v in s.items() if k != "cpu_s"} for s in record["solves"]],
    }


@pytest.fixture(scope="module")
def study(nursery, tmp_path_factory) -> Path:
    """The folder of an uninterrupted study."""
    out = tmp_path_factory.mktemp("study") / "a"
    assert nursery.run(out=out, policy="oracle", study=True)["exit"] == "0"
    return out


@pytest.mark.parametrize(
    "death",
    [
        {"die_after": 1},  # the first plan is booked, and nothing else
        {"die_before": 8},  # the second plan is made and told, but not booked
        {"die_after": 29},  # the last plan is booked
        {"die_after": STEPS + PLANS},  # all is booked, no results are written
    ],
)
def test_a_killed_study_resumes_to_the_same_folder(nursery, study, tmp_path, death) -> None:
    a, b = study, tmp_path / "b"
    cut = nursery.run(out=b, policy="oracle", study=True, **death)
    assert cut["exit"] == str(int(signal.SIGKILL))
    assert RunFolder(b).read()["state"] == "running"
    assert nursery.run(out=b, policy="oracle", study=True)["exit"] == "0"
    assert _record(b) == _record(a)  # files by hash, solves, bound, head, state done
    assert RunFolder(b).files() == RunFolder(a).files()


def test_the_evidence_of_a_study_is_that_of_its_solves(study) -> None:
    record = RunFolder(study).read()
    assert [(s["name"], s["step"]) for s in record["solves"]] == [
        ("bound", 0),
        # what work is worth, before anything was planned
        ("first", 0),
        *[("oracle", 6 * i) for i in range(5)],
    ]
    assert record["bound"] == record["solves"][0]["bound"]
    certificates = json.loads((study / "certificate.json").read_text())
    assert [c["certificate"] for c in certificates] == [s["certificate"] for s in record["solves"]]
    with np.load(study / "problem" / "last.npz") as last:
        assert last["cost"] @ last["x"] + last["offset"] == pytest.approx(
            record["solves"][-1]["objective"], rel=1e-9
        )


def test_a_finished_study_is_not_run_again(nursery, tmp_path) -> None:
    scenario = lively("asap", steps=6, jobs=5)
    run_study(scenario, tmp_path / "a")
    with pytest.raises(InputError, match="finished run"):
        run_study(scenario, tmp_path / "a")
    with pytest.raises(InputError, match="another scenario"):
        run_study(lively("asap", steps=6, jobs=4), tmp_path / "a")
